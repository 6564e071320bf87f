package alibaba

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// convertInstance returns false when the record has no id, or its shards cannot all be read: a shard that is left out
// would no longer be watched. owner is the target without InstanceID. kind is the DBInstanceType that was asked for; what
// the record says of itself comes first.
func convertInstance(rec *instanceRecord, owner backup.Target, kind string, r *wire.Reader) (backup.Instance, bool) {
	id, ok := r.ID("DBInstanceId", rec.DBInstanceID)
	if !ok {
		return backup.Instance{}, false
	}
	owner.InstanceID = id
	if own := strings.ToLower(rec.DBInstanceType.Text); slices.Contains(instanceTypes(), own) {
		kind = own
	}
	created, _ := timeOf(r, "CreationTime", rec.CreationTime)
	part, isPart := wire.Take(r, "Tags", rec.Tags)
	tags, allTags := r.Tags("Tag", part.Tag, "Key", "Value")
	in := backup.Instance{
		Target:    owner,
		Name:      r.Text("DBInstanceDescription", rec.DBInstanceDescription),
		Engine:    r.Text("Engine", rec.Engine),
		Version:   r.Text("EngineVersion", rec.EngineVersion),
		Topology:  topology(kind, r.Integer("ReplicationFactor", rec.ReplicationFactor)),
		Storage:   r.Text("StorageType", rec.StorageType),
		CreatedAt: created,
		Tags:      tags,
		TagsLack:  !isPart || !allTags,
	}
	in.Lifecycle, in.Status = lifecycle(r.Text("DBInstanceStatus", rec.DBInstanceStatus), r.Text("LockMode", rec.LockMode))
	if in.Topology == backup.TopologyShardedCluster {
		if in.Nodes, ok = shards(rec, r); !ok {
			r.RejectAs("DBInstanceId", id+" is left out, because its shards cannot all be read")
		}
	}
	if kind == serverless {
		in.NoBackup = "serverless instances have no managed backup"
	}
	return in, ok
}

// lifecycle returns the stage of an instance, and the word for it: that of the lock where an instance is locked. An unknown
// word changes nothing.
func lifecycle(status, lock string) (backup.Lifecycle, string) {
	stages := map[string]backup.Lifecycle{
		"released": backup.LifecycleReleased, "manuallock": backup.LifecycleFrozen, "lockbyexpiration": backup.LifecycleFrozen,
		"lockbyrestoration": backup.LifecycleFrozen, "lockbydiskquota": backup.LifecycleFrozen,
		"creating": backup.LifecycleCreating, "deleting": backup.LifecycleDeleting,
	}
	ofStatus, ofLock := stages[strings.ToLower(status)], stages[strings.ToLower(lock)]
	if ofLock == backup.LifecycleReleased || (ofLock == backup.LifecycleFrozen && ofStatus.Exists()) {
		return ofLock, lock
	}
	return ofStatus, status
}

// shards returns the ids of a cluster's shards, sorted. ok is false when one of them cannot be read. A cluster without
// any is still being created.
func shards(rec *instanceRecord, r *wire.Reader) (nodes []string, ok bool) {
	list, ok := wire.Take(r, "ShardList", rec.ShardList)
	if !ok {
		return nil, false
	}
	records, ok := wire.Entries(r, "ShardAttribute", list.ShardAttribute)
	for i := range records {
		node, readable := r.ID("NodeId", records[i].NodeID)
		nodes, ok = append(nodes, node), ok && readable
	}
	if ok && len(nodes) == 0 {
		r.RejectAs("ShardList", "a sharded cluster without shards")
	}
	slices.Sort(nodes)
	return slices.Compact(nodes), ok
}

// Values of the parameter DBInstanceType.
const (
	replicate  = "replicate" // replica sets, and standalone instances, whose ReplicationFactor is 1
	sharding   = "sharding"
	serverless = "serverless" // no longer sold, and offered in some regions only
)

// instanceTypes returns the types of instances, each of which has a list of its own.
func instanceTypes() []string { return []string{replicate, sharding, serverless} }

func topology(kind string, replicationFactor *int64) string {
	switch {
	case kind == sharding:
		return backup.TopologyShardedCluster
	case replicationFactor != nil && *replicationFactor == 1:
		return backup.TopologyStandalone
	}
	return backup.TopologyReplicaSet
}

// convertBackup returns false when the record cannot be used: its id, its end or the status cannot be read. The backup has
// then what can be. A size that cannot be read is left unset. A type or status that is not known is kept as unknown.
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
	b.Method = r.Text("BackupMethod", rec.BackupMethod)
	b.ExpiresAt = expiry(r, rec.BackupExpireTime)
	b.Part = heldPart(r, rec.BackupScale)
	if rec.BackupScale.Garbled() {
		return b, false // it may be of the whole instance
	}
	if b.State == backup.StateSuccess {
		b.SizeBytes = r.Size("BackupSize", rec.BackupSize, 1)
		if wire.IsFalse(r.Flag("IsAvail", rec.IsAvail)) {
			b.Unusable = backup.FlaggedUnusable
		}
	}
	return b, true
}

// heldPart reads BackupScale: the word for what a backup holds that does not hold the whole instance; "" for one that does.
// Only the word for the whole instance is documented.
func heldPart(r *wire.Reader, scale wire.Scalar) string {
	word := r.Text("BackupScale", scale)
	if !scale.IsSet() || strings.EqualFold(word, "DBInstance") {
		return ""
	}
	return cmp.Or(word, "unknown")
}

// timedRecord has the fields that records of DescribeBackups and of shards in DescribeClusterBackups have in common.
type timedRecord struct{ id, status, start, end wire.Scalar }

// timedBackup returns false when id, status or end cannot be used, and then what can be. A success must have an end; a
// failure may have none. Parts of sets have the words of DescribeBackups or those of the sets.
func timedBackup(r *wire.Reader, rec timedRecord) (b backup.Backup, ok bool) {
	b.ID, ok = r.ID("BackupId", rec.id)
	b.State = wire.Choice(r, "BackupStatus", rec.status, map[string]backup.State{
		"success": backup.StateSuccess, "ok": backup.StateSuccess, "failed": backup.StateFailed, "error": backup.StateFailed,
	})
	var ended bool
	b.EndedAt, ended = timeOf(r, "BackupEndTime", rec.end)
	b.StartedAt, _ = timeOf(r, "BackupStartTime", rec.start)
	startBeforeEnd(r, "BackupStartTime", rec.start, &b)
	if b.State == backup.StateSuccess && ended && b.EndedAt.IsZero() {
		r.Reject("BackupEndTime", rec.end, "the end of a success")
		ended = false
	}
	return b, ok && ended && rec.status.IsWord()
}

// startBeforeEnd rejects a start after the end: it is not known which of them is wrong, and a backup without a start is no
// recovery point.
func startBeforeEnd(r *wire.Reader, field string, start wire.Scalar, b *backup.Backup) {
	if !b.EndedAt.IsZero() && b.StartedAt.After(b.EndedAt) {
		r.Reject(field, start, "before the end")
		b.StartedAt = time.Time{}
	}
}

func trigger(r *wire.Reader, field string, s wire.Scalar) backup.Trigger {
	return wire.Choice(r, field, s, map[string]backup.Trigger{
		"automated": backup.TriggerAutomatic, "manual": backup.TriggerManual,
	})
}

// expiry reads BackupExpireTime. Any time in the year 9999 means that the backup is kept for ever.
func expiry(r *wire.Reader, s wire.Scalar) time.Time {
	t, _ := timeOf(r, "BackupExpireTime", s)
	if t.Year() == 9999 {
		return backup.Never
	}
	return t
}

// convertJob returns false when the id or the status cannot be read.
func convertJob(rec *jobRecord, r *wire.Reader) (backup.Job, bool) {
	id, ok := r.ID("BackupjobId", rec.BackupJobID)
	if !ok || rec.BackupSetStatus.Garbled() {
		return backup.Job{}, false
	}
	started, _ := timeOf(r, "BackupStartTime", rec.BackupStartTime)
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

// convertRanges returns the newest range of point-in-time recovery; the zero Window when there is none. A range that ends in
// the future is not believed. Any other that cannot be read may be the newest: ok is false then.
func convertRanges(ranges []rangeRecord, now time.Time, r *wire.Reader) (newest backup.Window, ok bool) {
	ok = true
	for i := range ranges {
		begin, ok1 := timeOf(r, "RestoreBeginTime", ranges[i].RestoreBeginTime)
		end, ok2 := timeOf(r, "RestoreEndTime", ranges[i].RestoreEndTime)
		switch {
		case !ok1 || !ok2:
			ok = false
		case begin.IsZero() || end.Before(begin):
			r.Reject("RestoreBeginTime", ranges[i].RestoreBeginTime, "before the end")
			ok = false
		case end.After(now.Add(backup.MaxSkew)):
			r.Reject("RestoreEndTime", ranges[i].RestoreEndTime, "a time that has come")
		case end.After(newest.End):
			newest = backup.Window{Start: begin, End: end}
		}
	}
	if !ok || (newest.IsZero() && len(ranges) > 0) {
		return backup.Window{}, false
	}
	return newest, true
}

// timeOf reads a time, with seconds or without. A time without a zone is in UTC.
func timeOf(r *wire.Reader, field string, s wire.Scalar) (t time.Time, ok bool) {
	return r.Time(field, s, time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime)
}
