package huawei

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// known is an instance with what its list entry says of its backup policy.
type known struct {
	backup.Instance
	strategy policyRecord
}

// convertInstance returns false when the record has no id. Whatever its mode, an instance is one target without nodes:
// DDS backs a cluster up, and restores it, as a whole.
func convertInstance(rec *instanceRecord, whose backup.Target, r *wire.Reader) (known, bool) {
	id, ok := r.ID("id", rec.ID)
	if !ok {
		return known{}, false
	}
	if !validID(id) {
		r.Reject("id", rec.ID, "an instance id")
		return known{}, false
	}
	whose.InstanceID = id
	created, _ := moment(r, "created", rec.Created)
	store := wire.Take(r, "datastore", rec.Datastore)
	return known{
		Instance: backup.Instance{
			Target:    whose,
			Name:      r.Words("name", rec.Name),
			Engine:    r.Words("datastore.type", store.Type),
			Version:   r.Words("datastore.version", store.Version),
			Topology:  topology(r, rec.Mode),
			Status:    r.Words("status", rec.Status),
			CreatedAt: created,
			Tags:      tags(r, rec.Tags),
		},
		strategy: wire.Take(r, "backup_strategy", rec.Strategy),
	}, true
}

func tags(r *wire.Reader, part wire.Part[[]tagRecord]) map[string]string {
	list := wire.Take(r, "tags", part)
	if len(list) == 0 {
		return nil
	}
	all := make(map[string]string, len(list))
	for _, tag := range list {
		all[r.Words("key", tag.Key)] = r.Words("value", tag.Value)
	}
	return all
}

func topology(r *wire.Reader, mode wire.Scalar) string {
	return wire.Choice(r, "mode", mode, map[string]string{
		"Sharding": backup.TopologyShardedCluster, "ReplicaSet": backup.TopologyReplicaSet, "Single": backup.TopologyStandalone,
	})
}

// convertBackup returns false when the record cannot be used at all. A time that cannot be read costs the record, a
// size only itself; an unknown type or status is kept as unknown.
func convertBackup(rec *backupRecord, r *wire.Reader) (instanceID string, b backup.Backup, ok bool) {
	if b.ID, ok = r.ID("id", rec.ID); !ok {
		return "", b, false
	}
	if instanceID, ok = r.ID("instance_id", rec.InstanceID); !ok {
		return "", b, false
	}
	b.State = wire.Choice(r, "status", needed(r, "status", rec.Status), map[string]backup.State{
		"COMPLETED": backup.StateSuccess, "FAILED": backup.StateFailed, "BUILDING": backup.StateRunning,
		"DISABLED": backup.StateDeleting, "DELETING": backup.StateDeleting, // the documentation has the one, the SDK the other
	})
	b.Kind, b.Trigger = kindAndTrigger(r, rec.Type)
	b.Method = r.Words("backup_method", rec.Method)
	if !readTimes(&b, rec, r) {
		return "", b, false
	}
	if b.State == backup.StateSuccess {
		b.SizeBytes = r.Size("size", rec.Size, 1024)
	}
	return instanceID, b, true
}

// needed returns s, which has to be there, and rejects it where it is not.
func needed(r *wire.Reader, field string, s wire.Scalar) wire.Scalar {
	if !s.Said() {
		r.Reject(field, s, "known")
	}
	return s
}

// kindAndTrigger reads a type: documented as Auto, Manual and Incremental, and as "auto" in the same page's example.
func kindAndTrigger(r *wire.Reader, s wire.Scalar) (backup.Kind, backup.Trigger) {
	type meaning struct {
		kind    backup.Kind
		trigger backup.Trigger
	}
	is := wire.Choice(r, "type", needed(r, "type", s), map[string]meaning{
		"Auto":        {backup.KindFull, backup.TriggerAutomatic},
		"Manual":      {backup.KindFull, backup.TriggerManual},
		"Incremental": {backup.KindIncremental, backup.TriggerAutomatic},
	})
	return is.kind, is.trigger
}

// readTimes reads the start and the end of b, whose state is known. A running backup need not have begun and has no
// end, whatever the cloud says; a success must have one; no end is before its start.
func readTimes(b *backup.Backup, rec *backupRecord, r *wire.Reader) (ok bool) {
	running := b.State == backup.StateRunning
	if b.StartedAt, ok = moment(r, "begin_time", rec.BeginTime); !ok {
		return false
	}
	if b.StartedAt.IsZero() && !running {
		r.Reject("begin_time", rec.BeginTime, "the start of a backup")
		return false
	}
	if running {
		return true
	}
	if b.EndedAt, ok = moment(r, "end_time", rec.EndTime); !ok {
		return false
	}
	switch {
	case b.EndedAt.IsZero() && b.State == backup.StateSuccess:
		r.Reject("end_time", rec.EndTime, "the end of a success")
		return false
	case !b.EndedAt.IsZero() && b.EndedAt.Before(b.StartedAt):
		r.Reject("end_time", rec.EndTime, "after the start")
		return false
	}
	return true
}

// convertJob returns false when the record cannot be used at all.
func convertJob(rec *jobRecord, r *wire.Reader) (instanceID string, job backup.Job, ok bool) {
	if job.ID, ok = r.ID("id", rec.ID); !ok {
		return "", job, false
	}
	if instanceID, ok = r.ID("instance_id", rec.InstanceID); !ok {
		return "", job, false
	}
	job.State = wire.Choice(r, "status", needed(r, "status", rec.Status), map[string]backup.JobState{
		"Running": backup.JobRunning, "Completed": backup.JobFinished, "Failed": backup.JobFailed,
	})
	job.Progress = r.Percent("progress", rec.Progress)
	job.StartedAt, _ = moment(r, "created_at", rec.CreatedAt)
	job.Reason = r.Words("fail_reason", rec.FailReason)
	return instanceID, job, true
}

// convertPolicy takes no days of retention for automatic backup switched off. What the answer leaves out is taken from
// the instance's own entry; that it leaves out the days there too is an error.
func convertPolicy(rec, strategy policyRecord, r *wire.Reader) (backup.Policy, error) {
	if !rec.KeepDays.Said() {
		rec.KeepDays = strategy.KeepDays
	}
	if !rec.StartTime.Said() {
		rec.StartTime = strategy.StartTime
	}
	kept, ok := retention(r, rec.KeepDays)
	if !ok {
		return backup.Policy{}, errors.New("the answer does not say how many days backups are kept, nor so whether there are any")
	}
	p := backup.Policy{LogBackup: r.Flag("enable_incremental_backup", rec.Incremental)}
	if kept == 0 {
		return p, nil
	}
	p.Enabled, p.Retention = true, kept
	p.Weekdays = r.Weekdays("period", rec.Period, weekday)
	p.StartsAt, p.Window = r.DailyWindow("start_time", rec.StartTime, "15:04")
	return p, nil
}

// retention reads days; ok is false when there are none to read.
func retention(r *wire.Reader, s wire.Scalar) (kept time.Duration, ok bool) {
	const field = "keep_days"
	days := r.Integer(field, needed(r, field, s))
	if days == nil {
		return 0, false
	}
	return r.Span(field, s, *days, 24*time.Hour)
}

// weekday reads a day of "1,2,7": digits from 1, Monday, to 7, Sunday.
func weekday(digit string) (time.Weekday, bool) {
	n, err := strconv.Atoi(digit)
	return time.Weekday(n % 7), err == nil && n >= 1 && n <= 7
}

// touching is how far apart two ranges may be that are one: some end with the last millisecond before the next.
const touching = time.Second

// convertRanges returns the newest range of point-in-time recovery, joined with those that touch it; the zero Window
// when there is none.
func convertRanges(ranges []rangeRecord, r *wire.Reader) backup.Window {
	var windows []backup.Window
	for i := range ranges {
		if w, ok := convertRange(&ranges[i], r); ok {
			windows = append(windows, w)
		}
	}
	slices.SortFunc(windows, func(a, b backup.Window) int { return b.End.Compare(a.End) })
	if len(windows) == 0 {
		return backup.Window{}
	}
	newest := windows[0]
	for _, w := range windows[1:] {
		if w.End.Add(touching).After(newest.Start) && w.Start.Before(newest.Start) {
			newest.Start = w.Start
		}
	}
	return newest
}

func convertRange(rec *rangeRecord, r *wire.Reader) (w backup.Window, ok bool) {
	if w.Start, ok = r.Milliseconds("start_time", rec.Start); !ok {
		return w, false
	}
	if w.End, ok = r.Milliseconds("end_time", rec.End); !ok {
		return w, false
	}
	if w.Start.IsZero() || w.End.Before(w.Start) {
		r.Reject("start_time", rec.Start, "before the end")
		return w, false
	}
	return w, true
}

// moment reads a time: of backups, of instances, of jobs, and as RFC 3339 has it. One without a zone is UTC.
func moment(r *wire.Reader, field string, s wire.Scalar) (t time.Time, ok bool) {
	return r.Time(field, s, time.DateTime, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700", time.RFC3339)
}
