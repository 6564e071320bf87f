package alibaba

import (
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// convertInstance returns false when the record has no id. kind is the DBInstanceType that was asked for.
func convertInstance(rec *instanceRecord, whose backup.Target, kind string, r *wire.Reader) (backup.Instance, bool) {
	id, ok := r.ID("DBInstanceId", rec.DBInstanceID)
	if !ok {
		return backup.Instance{}, false
	}
	whose.InstanceID = id
	created, _ := moment(r, "CreationTime", rec.CreationTime)
	in := backup.Instance{
		Target:    whose,
		Name:      r.Words("DBInstanceDescription", rec.DBInstanceDescription),
		Engine:    r.Words("Engine", rec.Engine),
		Version:   r.Words("EngineVersion", rec.EngineVersion),
		Topology:  topology(kind, rec.ReplicationFactor.Text),
		Storage:   r.Words("StorageType", rec.StorageType),
		Status:    r.Words("DBInstanceStatus", rec.DBInstanceStatus),
		CreatedAt: created,
		Tags:      tags(r, rec.Tags),
	}
	if in.Topology != backup.TopologyShardedCluster {
		return in, true
	}
	for _, shard := range rec.ShardList.ShardAttribute {
		if node, ok := r.ID("NodeId", shard.NodeID); ok {
			in.Nodes = append(in.Nodes, node)
		}
	}
	if len(in.Nodes) == 0 {
		r.Note("ShardList", "a sharded cluster without shards")
	}
	slices.Sort(in.Nodes)
	in.Nodes = slices.Compact(in.Nodes)
	return in, true
}

func tags(r *wire.Reader, part wire.Part[tagList]) map[string]string {
	list := wire.Take(r, "Tags", part)
	if len(list.Tag) == 0 {
		return nil
	}
	all := make(map[string]string, len(list.Tag))
	for _, tag := range list.Tag {
		all[r.Words("Key", tag.Key)] = r.Words("Value", tag.Value)
	}
	return all
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
func convertBackup(rec *backupRecord, r *wire.Reader) (backup.Backup, bool) {
	b, ok := timedBackup(r, timedRecord{
		id: rec.BackupID, status: rec.BackupStatus, start: rec.BackupStartTime, end: rec.BackupEndTime,
	})
	if !ok {
		return b, false
	}
	b.Kind = wire.Choice(r, "BackupType", rec.BackupType, map[string]backup.Kind{
		"fullbackup": backup.KindFull, "incrementalbackup": backup.KindIncremental,
	})
	b.Trigger = trigger(r, "BackupMode", rec.BackupMode)
	b.Method = r.Words("BackupMethod", rec.BackupMethod)
	b.ExpiresAt = expiry(r, rec.BackupExpireTime)
	if b.State == backup.StateSuccess {
		b.SizeBytes = r.Size("BackupSize", rec.BackupSize, 1)
		b.Unavailable = denied(r.Flag("IsAvail", rec.IsAvail))
	}
	return b, true
}

// timedRecord is what the records of DescribeBackups and of the shards in DescribeClusterBackups have in common.
type timedRecord struct{ id, status, start, end wire.Scalar }

// timedBackup reads id, state and times. A success must have an end; a failure need not.
func timedBackup(r *wire.Reader, rec timedRecord) (b backup.Backup, ok bool) {
	if b.ID, ok = r.ID("BackupId", rec.id); !ok {
		return b, false
	}
	b.State = wire.Choice(r, "BackupStatus", rec.status, map[string]backup.State{
		"success": backup.StateSuccess, "failed": backup.StateFailed,
	})
	if b.EndedAt, ok = moment(r, "BackupEndTime", rec.end); !ok {
		return b, false
	}
	if b.State == backup.StateSuccess && b.EndedAt.IsZero() {
		r.Reject("BackupEndTime", rec.end, "the end of a success")
		return b, false
	}
	b.StartedAt, _ = moment(r, "BackupStartTime", rec.start)
	if !b.EndedAt.IsZero() && b.StartedAt.After(b.EndedAt) {
		r.Reject("BackupStartTime", rec.start, "before the end")
		b.StartedAt = time.Time{}
	}
	return b, true
}

func trigger(r *wire.Reader, field string, s wire.Scalar) backup.Trigger {
	return wire.Choice(r, field, s, map[string]backup.Trigger{
		"automated": backup.TriggerAutomatic, "manual": backup.TriggerManual,
	})
}

// expiry reads BackupExpireTime, whose year 9999 stands for a backup that is kept for ever.
func expiry(r *wire.Reader, s wire.Scalar) time.Time {
	t, _ := moment(r, "BackupExpireTime", s)
	if t.Year() == 9999 {
		return backup.Never
	}
	return t
}

func denied(flag *bool) bool { return flag != nil && !*flag }

func convertJob(rec *jobRecord, r *wire.Reader) (backup.Job, bool) {
	id, ok := r.ID("BackupjobId", rec.BackupJobID)
	if !ok {
		return backup.Job{}, false
	}
	started, _ := moment(r, "BackupStartTime", rec.BackupStartTime)
	return backup.Job{
		ID: id,
		State: wire.Choice(r, "BackupSetStatus", rec.BackupSetStatus, map[string]backup.JobState{
			"scheduled": backup.JobScheduled, "checking": backup.JobChecking, "backuping": backup.JobRunning,
			"finished": backup.JobFinished, "failed": backup.JobFailed,
		}),
		Trigger:   trigger(r, "JobMode", rec.JobMode),
		StartedAt: started,
		Progress:  r.Percent("Progress", rec.Progress),
	}, true
}

// convertPolicy takes an empty PreferredBackupPeriod without high-frequency backup for automatic backup switched off:
// the days are all that makes the cloud back up by itself.
func convertPolicy(a *policyAnswer, r *wire.Reader) backup.Policy {
	p := backup.Policy{
		Retention: retention(r, a.BackupRetentionPeriod),
		Weekdays:  r.Weekdays("PreferredBackupPeriod", a.PreferredBackupPeriod, weekday),
		LogBackup: r.Flag("EnableBackupLog", a.EnableBackupLog),
	}
	p.StartsAt, p.Window = r.DailyWindow("PreferredBackupTime", a.PreferredBackupTime, "15:04Z")
	p.NextAt, _ = moment(r, "PreferredNextBackupTime", a.PreferredNextBackupTime)
	if minutes := r.Integer("BackupInterval", a.BackupInterval); minutes != nil && *minutes > 0 {
		p.Interval, _ = r.Span("BackupInterval", a.BackupInterval, *minutes, time.Minute)
	}
	p.Enabled = a.PreferredBackupPeriod.Said() || p.Interval > 0
	return p
}

// retention reads days; -1 is for ever.
func retention(r *wire.Reader, s wire.Scalar) time.Duration {
	const field = "BackupRetentionPeriod"
	days := r.Integer(field, s)
	switch {
	case days == nil:
		return 0
	case *days == -1:
		return backup.Forever
	}
	kept, _ := r.Span(field, s, *days, 24*time.Hour)
	return kept
}

// weekday reads a day of "Monday,Tuesday".
func weekday(name string) (time.Weekday, bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(day.String(), name) {
			return day, true
		}
	}
	return 0, false
}

// convertRanges returns the newest range of point-in-time recovery; the zero Window when there is none.
func convertRanges(ranges []rangeRecord, r *wire.Reader) backup.Window {
	var newest backup.Window
	for i := range ranges {
		begin, ok1 := moment(r, "RestoreBeginTime", ranges[i].RestoreBeginTime)
		end, ok2 := moment(r, "RestoreEndTime", ranges[i].RestoreEndTime)
		switch {
		case !ok1 || !ok2:
		case begin.IsZero() || end.Before(begin):
			r.Reject("RestoreBeginTime", ranges[i].RestoreBeginTime, "before the end")
		case end.After(newest.End):
			newest = backup.Window{Start: begin, End: end}
		}
	}
	return newest
}

// moment reads a time, with seconds or without.
func moment(r *wire.Reader, field string, s wire.Scalar) (t time.Time, ok bool) {
	return r.Time(field, s, time.RFC3339, "2006-01-02T15:04Z07:00")
}
