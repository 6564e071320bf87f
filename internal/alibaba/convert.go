package alibaba

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// convertInstance returns false when the record has no id. kind is the DBInstanceType that was asked for.
func convertInstance(rec *instanceRecord, whose backup.Target, kind string, r *reader) (backup.Instance, bool) {
	id, ok := r.id("DBInstanceId", rec.DBInstanceID)
	if !ok {
		return backup.Instance{}, false
	}
	whose.InstanceID = id
	created, _ := r.time("CreationTime", rec.CreationTime)
	in := backup.Instance{
		Target:    whose,
		Name:      r.words("DBInstanceDescription", rec.DBInstanceDescription),
		Engine:    r.words("Engine", rec.Engine),
		Version:   r.words("EngineVersion", rec.EngineVersion),
		Topology:  topology(kind, rec.ReplicationFactor.text),
		Storage:   r.words("StorageType", rec.StorageType),
		Status:    r.words("DBInstanceStatus", rec.DBInstanceStatus),
		CreatedAt: created,
	}
	for _, tag := range rec.Tags.Tag {
		if in.Tags == nil {
			in.Tags = make(map[string]string, len(rec.Tags.Tag))
		}
		in.Tags[r.words("Key", tag.Key)] = r.words("Value", tag.Value)
	}
	if in.Topology != backup.TopologyShardedCluster {
		return in, true
	}
	for _, shard := range rec.ShardList.ShardAttribute {
		if node, ok := r.id("NodeId", shard.NodeID); ok {
			in.Nodes = append(in.Nodes, node)
		}
	}
	if len(in.Nodes) == 0 {
		r.rejected = append(r.rejected, rejection{"ShardList", "a sharded cluster without shards"})
	}
	slices.Sort(in.Nodes)
	in.Nodes = slices.Compact(in.Nodes)
	return in, true
}

// Values of the parameter DBInstanceType.
const (
	replicate = "replicate" // standalone instances too, whose ReplicationFactor is 1
	sharding  = "sharding"
)

func topology(kind, replicationFactor string) string {
	switch {
	case kind == sharding:
		return backup.TopologyShardedCluster
	case replicationFactor == "1":
		return backup.TopologyStandalone
	}
	return backup.TopologyReplicaSet
}

// convertBackup returns false when the record cannot be used at all.
func convertBackup(rec *backupRecord, r *reader) (backup.Backup, bool) {
	b, ok := timedBackup(r, timedRecord{
		id: rec.BackupID, status: rec.BackupStatus, start: rec.BackupStartTime, end: rec.BackupEndTime,
	})
	if !ok {
		return b, false
	}
	b.Kind = choice(r, "BackupType", rec.BackupType, map[string]backup.Kind{
		"fullbackup": backup.KindFull, "incrementalbackup": backup.KindIncremental,
	})
	b.Trigger = trigger(r, "BackupMode", rec.BackupMode)
	b.Method = r.words("BackupMethod", rec.BackupMethod)
	b.ExpiresAt = expiry(r, rec.BackupExpireTime)
	if b.State == backup.StateSuccess {
		b.SizeBytes = r.bytes("BackupSize", rec.BackupSize)
		b.Unavailable = denied(r.flag("IsAvail", rec.IsAvail))
	}
	return b, true
}

// timedRecord is what the records of DescribeBackups and of the shards in DescribeClusterBackups have in common.
type timedRecord struct{ id, status, start, end scalar }

// timedBackup reads id, state and times. A success must have an end; a failure need not.
func timedBackup(r *reader, rec timedRecord) (b backup.Backup, ok bool) {
	if b.ID, ok = r.id("BackupId", rec.id); !ok {
		return b, false
	}
	b.State = choice(r, "BackupStatus", rec.status, map[string]backup.State{
		"success": backup.StateSuccess, "failed": backup.StateFailed,
	})
	if b.EndedAt, ok = r.time("BackupEndTime", rec.end); !ok {
		return b, false
	}
	if b.State == backup.StateSuccess && b.EndedAt.IsZero() {
		r.reject("BackupEndTime", rec.end, "the end of a success")
		return b, false
	}
	b.StartedAt, _ = r.time("BackupStartTime", rec.start)
	if !b.EndedAt.IsZero() && b.StartedAt.After(b.EndedAt) {
		r.reject("BackupStartTime", rec.start, "before the end")
		b.StartedAt = time.Time{}
	}
	return b, true
}

func trigger(r *reader, field string, s scalar) backup.Trigger {
	return choice(r, field, s, map[string]backup.Trigger{
		"automated": backup.TriggerAutomatic, "manual": backup.TriggerManual,
	})
}

// expiry reads BackupExpireTime, whose year 9999 stands for a backup that is kept for ever.
func expiry(r *reader, s scalar) time.Time {
	t, _ := r.time("BackupExpireTime", s)
	if t.Year() == 9999 {
		return backup.Never
	}
	return t
}

func denied(flag *bool) bool { return flag != nil && !*flag }

// finish sorts backups, the newest start first, and drops those from before since: which of a backup's times the API
// compares with StartTime is not documented.
func finish(backups []backup.Backup, since time.Time) []backup.Backup {
	backups = slices.DeleteFunc(backups, func(b backup.Backup) bool {
		return !began(b).IsZero() && began(b).Before(since)
	})
	slices.SortStableFunc(backups, func(a, b backup.Backup) int { return began(b).Compare(began(a)) })
	return backups
}

// began is the start of a backup, or else its end.
func began(b backup.Backup) time.Time {
	if b.StartedAt.IsZero() {
		return b.EndedAt
	}
	return b.StartedAt
}

func convertJob(rec *jobRecord, r *reader) (backup.Job, bool) {
	id, ok := r.id("BackupjobId", rec.BackupJobID)
	if !ok {
		return backup.Job{}, false
	}
	started, _ := r.time("BackupStartTime", rec.BackupStartTime)
	return backup.Job{
		ID: id,
		State: choice(r, "BackupSetStatus", rec.BackupSetStatus, map[string]backup.JobState{
			"scheduled": backup.JobScheduled, "checking": backup.JobChecking, "backuping": backup.JobRunning,
			"finished": backup.JobFinished, "failed": backup.JobFailed,
		}),
		Trigger:   trigger(r, "JobMode", rec.JobMode),
		StartedAt: started,
		Progress:  r.percent("Progress", rec.Progress),
	}, true
}

// convertPolicy takes an empty PreferredBackupPeriod without high-frequency backup for automatic backup switched off:
// the days are all that makes the cloud back up by itself.
func convertPolicy(a *policyAnswer, r *reader) backup.Policy {
	days := weekdays(r, a.PreferredBackupPeriod)
	start, window := dailyWindow(r, a.PreferredBackupTime)
	next, _ := r.time("PreferredNextBackupTime", a.PreferredNextBackupTime)
	p := backup.Policy{
		Retention: retention(r, a.BackupRetentionPeriod),
		Weekdays:  days,
		StartsAt:  start,
		Window:    window,
		LogBackup: r.flag("EnableBackupLog", a.EnableBackupLog),
		NextAt:    next,
	}
	if minutes := r.integer("BackupInterval", a.BackupInterval); minutes != nil && *minutes > 0 {
		p.Interval = span(r, "BackupInterval", a.BackupInterval, *minutes, time.Minute)
	}
	p.Enabled = a.PreferredBackupPeriod.said() || p.Interval > 0
	return p
}

// weekdays reads "Monday,Tuesday", sorted from Sunday.
func weekdays(r *reader, s scalar) []time.Weekday {
	var days []time.Weekday
	for name := range strings.SplitSeq(s.text, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		day := slices.IndexFunc(allWeekdays(), func(d time.Weekday) bool { return strings.EqualFold(d.String(), name) })
		if day < 0 {
			r.reject("PreferredBackupPeriod", scalar{name, str}, "a weekday")
			continue
		}
		days = append(days, time.Weekday(day))
	}
	if s.kind == composite {
		r.reject("PreferredBackupPeriod", s, "a list of weekdays")
	}
	slices.Sort(days)
	return slices.Compact(days)
}

func allWeekdays() []time.Weekday {
	return []time.Weekday{
		time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday,
	}
}

// dailyWindow reads "09:00Z-10:00Z", which may pass midnight.
func dailyWindow(r *reader, s scalar) (start, window time.Duration) {
	if !s.said() {
		return 0, 0
	}
	from, to, _ := strings.Cut(s.text, "-")
	begin, err1 := time.Parse("15:04Z", from)
	end, err2 := time.Parse("15:04Z", to)
	if s.kind != str || err1 != nil || err2 != nil {
		r.reject("PreferredBackupTime", s, "a time of day")
		return 0, 0
	}
	const day = 24 * time.Hour
	return begin.Sub(begin.Truncate(day)), (end.Sub(begin) + day) % day
}

// retention reads days; -1 is for ever.
func retention(r *reader, s scalar) time.Duration {
	const field = "BackupRetentionPeriod"
	days := r.integer(field, s)
	switch {
	case days == nil || *days == 0:
		return 0
	case *days == -1:
		return backup.Forever
	}
	return span(r, field, s, *days, 24*time.Hour)
}

// span multiplies, within what a hundred years may hold.
func span(r *reader, field string, s scalar, n int64, unit time.Duration) time.Duration {
	const longest = 100 * 366 * 24 * time.Hour
	if n < 0 || n > int64(longest/unit) {
		r.reject(field, s, "a number of "+strconv.Quote(unit.String()))
		return 0
	}
	return time.Duration(n) * unit
}

// convertRanges returns the newest range of point-in-time recovery; the zero Window when there is none.
func convertRanges(ranges []rangeRecord, r *reader) backup.Window {
	var newest backup.Window
	for i := range ranges {
		begin, ok1 := r.time("RestoreBeginTime", ranges[i].RestoreBeginTime)
		end, ok2 := r.time("RestoreEndTime", ranges[i].RestoreEndTime)
		switch {
		case !ok1 || !ok2:
		case begin.IsZero() || end.Before(begin):
			r.reject("RestoreBeginTime", ranges[i].RestoreBeginTime, "before the end")
		case end.After(newest.End):
			newest = backup.Window{Start: begin, End: end}
		}
	}
	return newest
}
