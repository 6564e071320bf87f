package huawei

import (
	"errors"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// listedInstance is an instance as the list has it, with its backup policy.
type listedInstance struct {
	backup.Instance
	strategy policyRecord
}

// convertInstance returns false when the record has no valid id. owner is the target without InstanceID. An instance
// has no nodes, whatever its mode: DDS backs up and restores a cluster as a whole.
func convertInstance(rec *instanceRecord, owner backup.Target, r *wire.Reader) (listedInstance, bool) {
	id, ok := r.ID("id", rec.ID)
	if !ok {
		return listedInstance{}, false
	}
	if !validID(id) {
		r.Reject("id", rec.ID, "an instance id")
		return listedInstance{}, false
	}
	owner.InstanceID = id
	created, _ := timeOf(r, "created", rec.Created)
	store, _ := wire.Take(r, "datastore", rec.Datastore)
	strategy, _ := wire.Take(r, "backup_strategy", rec.Strategy)
	status := r.Text("status", rec.Status)
	tags, allTags := r.Tags("tags", rec.Tags, "key", "value")
	return listedInstance{
		Instance: backup.Instance{
			Target:    owner,
			Name:      r.Text("name", rec.Name),
			Engine:    r.Text("datastore.type", store.Type),
			Version:   r.Text("datastore.version", store.Version),
			Topology:  topology(r, rec.Mode),
			Status:    status,
			Lifecycle: lifecycle(status),
			CreatedAt: created,
			Tags:      tags,
			TagsLack:  !allTags,
		},
		strategy: strategy,
	}, true
}

// lifecycle returns the meaning of an instance's status. A word that is not listed changes nothing: the instance is judged
// like one in service.
func lifecycle(status string) backup.Lifecycle {
	switch strings.ToLower(status) {
	case "creating":
		return backup.LifecycleCreating
	case "createfail":
		return backup.LifecycleCreateFailed
	case "frozen":
		return backup.LifecycleFrozen
	case "abnormal", "data_disk_full", "enlargefail":
		return backup.LifecycleImpaired
	}
	return backup.LifecycleRunning
}

func topology(r *wire.Reader, mode wire.Scalar) string {
	return wire.Choice(r, "mode", mode, map[string]string{
		"Sharding": backup.TopologyShardedCluster, "ReplicaSet": backup.TopologyReplicaSet, "Single": backup.TopologyStandalone,
	})
}

// convertBackup returns false when the record cannot be used: an id, its end or its status cannot be read. The backup has
// then what can be. A start or size that cannot be read is left unset. A type or status that is not known is kept as
// unknown. Manual backups are kept until somebody deletes them.
func convertBackup(rec *backupRecord, r *wire.Reader) (instanceID string, b backup.Backup, ok bool) {
	b.ID, instanceID, ok = ids(r, rec.ID, rec.InstanceID)
	if instanceID == "" {
		return "", b, false
	}
	ok = ok && rec.Status.IsWord()
	b.State = wire.Choice(r, "status", required(r, "status", rec.Status), map[string]backup.State{
		"COMPLETED": backup.StateSuccess, "FAILED": backup.StateFailed, "BUILDING": backup.StateRunning,
		"DISABLED": backup.StateDeleting, "DELETING": backup.StateDeleting, // as the documentation and as the SDK have it
	})
	b.Kind, b.Trigger = kindAndTrigger(r, rec.Type)
	b.Method = r.Text("backup_method", rec.Method)
	if !readTimes(&b, rec, r) || !ok {
		return instanceID, b, false
	}
	if b.Trigger == backup.TriggerManual {
		b.ExpiresAt = backup.Never
	}
	if b.State == backup.StateSuccess {
		b.SizeBytes = r.Size("size", rec.Size, 1024)
	}
	return instanceID, b, true
}

// ids reads the id of a record and the id of its instance. ok is false when either was rejected.
func ids(r *wire.Reader, record, instance wire.Scalar) (id, instanceID string, ok bool) {
	id, ok = r.ID("id", record)
	instanceID, owned := r.ID("instance_id", instance)
	return id, instanceID, ok && owned
}

// required returns s, and rejects it when it is not set.
func required(r *wire.Reader, field string, s wire.Scalar) wire.Scalar {
	if !s.IsSet() {
		r.Reject(field, s, "known")
	}
	return s
}

// kindAndTrigger reads a type. The documentation lists Auto, Manual and Incremental, and has "auto" in its example.
func kindAndTrigger(r *wire.Reader, s wire.Scalar) (backup.Kind, backup.Trigger) {
	type meaning struct {
		kind    backup.Kind
		trigger backup.Trigger
	}
	m := wire.Choice(r, "type", required(r, "type", s), map[string]meaning{
		"Auto":        {backup.KindFull, backup.TriggerAutomatic},
		"Manual":      {backup.KindFull, backup.TriggerManual},
		"Incremental": {backup.KindIncremental, backup.TriggerAutomatic},
	})
	return m.kind, m.trigger
}

// readTimes reads the start and the end of b, which has its state already. It returns false when the end does not fit the
// state: a success must have one, and any end must be readable. The end of a running backup is not read, because it means
// nothing. A start that cannot be read or is after the end is left unset: the backup is then no recovery point, but a
// failure still counts.
func readTimes(b *backup.Backup, rec *backupRecord, r *wire.Reader) (ok bool) {
	running := b.State == backup.StateRunning
	b.StartedAt, ok = timeOf(r, "begin_time", rec.BeginTime)
	if running {
		return true
	}
	if ok && b.StartedAt.IsZero() {
		r.Reject("begin_time", rec.BeginTime, "the start of a backup")
	}
	if b.EndedAt, ok = timeOf(r, "end_time", rec.EndTime); !ok {
		return false
	}
	switch {
	case b.EndedAt.IsZero() && b.State == backup.StateSuccess:
		r.Reject("end_time", rec.EndTime, "the end of a success")
		return false
	case !b.EndedAt.IsZero() && b.StartedAt.After(b.EndedAt):
		r.Reject("begin_time", rec.BeginTime, "before the end")
		b.StartedAt = time.Time{}
	}
	return true
}

// convertJob returns false when an id or the status cannot be read.
func convertJob(rec *jobRecord, r *wire.Reader) (instanceID string, job backup.Job, ok bool) {
	if job.ID, instanceID, ok = ids(r, rec.ID, rec.InstanceID); !ok {
		return instanceID, job, false
	}
	job.State = wire.Choice(r, "status", required(r, "status", rec.Status), map[string]backup.JobState{
		"Running": backup.JobRunning, "Completed": backup.JobFinished, "Failed": backup.JobFailed,
	})
	job.Progress = r.Percent("progress", rec.Progress)
	job.StartedAt, _ = timeOf(r, "created_at", rec.CreatedAt)
	job.Reason = failReason(r.Text("fail_reason", rec.FailReason))
	return instanceID, job, ok && !rec.Status.Garbled()
}

// convertPolicy reads a schedule. Automatic backup is off when backups are kept for zero days. A field that is not set is
// taken from strategy, the policy in the list of instances. It is an error when the days are not set there either.
func convertPolicy(rec, strategy policyRecord, r *wire.Reader) (backup.Policy, error) {
	if !rec.KeepDays.IsSet() {
		rec.KeepDays = strategy.KeepDays
	}
	if !rec.StartTime.IsSet() {
		rec.StartTime = strategy.StartTime
	}
	kept, ok := retention(r, rec.KeepDays)
	if !ok {
		return backup.Policy{}, errors.New("the answer does not say how many days backups are kept, nor so whether there are any")
	}
	p := backup.Policy{LogBackup: r.Flag("enable_incremental_backup", rec.Incremental)}
	if kept == 0 {
		p.Automatic = new(false)
		return p, nil
	}
	daily := backup.Schedule{Retention: kept, Weekdays: r.Weekdays("period", rec.Period, wire.WeekdayByNumber)}
	daily.StartsAt, daily.Window = r.DailyWindow("start_time", rec.StartTime, "15:04")
	p.Automatic, p.Schedules = new(true), []backup.Schedule{daily}
	if field := r.FirstRejected("period", "start_time"); field != "" {
		return backup.Policy{}, wire.Incomplete(opShowBackupPolicy, field) // it must not loosen the objective
	}
	return p, nil
}

// retention reads a number of days. ok is false when it is not set or was rejected.
func retention(r *wire.Reader, s wire.Scalar) (kept time.Duration, ok bool) {
	const field = "keep_days"
	days := r.Integer(field, required(r, field, s))
	if days == nil {
		return 0, false
	}
	return r.Span(field, s, *days, 24*time.Hour)
}

// largestGap is how far apart two ranges may be that belong together: some end a millisecond before the next one begins.
const largestGap = time.Second

// convertRanges returns the newest range of point-in-time recovery, joined with those that it overlaps or touches; the
// zero Window when there is none. A range that ends in the future is not believed. Any other that cannot be read may be the
// newest: ok is false then.
func convertRanges(ranges []rangeRecord, now time.Time, r *wire.Reader) (newest backup.Window, ok bool) {
	var windows []backup.Window
	for i := range ranges {
		w, ok := convertRange(&ranges[i], r)
		if !ok {
			return backup.Window{}, false
		}
		if w.End.After(now.Add(backup.MaxSkew)) {
			r.Reject("end_time", ranges[i].End, "a time that has come")
			continue
		}
		windows = append(windows, w)
	}
	slices.SortFunc(windows, func(a, b backup.Window) int { return b.End.Compare(a.End) })
	if len(windows) == 0 {
		return backup.Window{}, len(ranges) == 0
	}
	newest = windows[0]
	for _, w := range windows[1:] {
		if w.End.Add(largestGap).After(newest.Start) && w.Start.Before(newest.Start) {
			newest.Start = w.Start
		}
	}
	return newest, true
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

// timeOf reads a time in the layout of backups, of instances, of jobs, or of RFC 3339. A time without a zone is in UTC.
func timeOf(r *wire.Reader, field string, s wire.Scalar) (t time.Time, ok bool) {
	return r.Time(field, s, time.DateTime, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700", time.RFC3339)
}
