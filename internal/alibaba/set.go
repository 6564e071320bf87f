package alibaba

import (
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// clusterSet is one backup of a whole cluster.
type clusterSet struct {
	whole     backup.Backup // the set as one backup; Unusable says why no part of it can be restored
	available *bool         // the parts of all shards are good; nil: not set
	parts     []setPart
	unread    bool // some part could not be read
	lost      bool // the set itself could not: nothing but whole is known, as far as it could be read
}

// setPart is the backup of one shard in a set. The record names the shard twice, and the two names may differ: it is not
// documented which of them is the shard's id.
type setPart struct {
	names  []string
	backup backup.Backup
}

// convertSet reads a set. It is lost when its id, its end or its status cannot be read.
func convertSet(rec *clusterRecord, r *wire.Reader) (set clusterSet) {
	whole := &set.whole
	var ok, ended bool
	whole.ID, ok = r.ID("ClusterBackupId", rec.ClusterBackupID)
	whole.EndedAt, ended = timeOf(r, "ClusterBackupEndTime", rec.ClusterBackupEndTime)
	status := rec.ClusterBackupStatus
	set.lost = !ok || !ended || status.Garbled() || (!status.IsWord() && !rec.Progress.IsSet())
	whole.StartedAt, _ = timeOf(r, "ClusterBackupStartTime", rec.ClusterBackupStartTime)
	startBeforeEnd(r, "ClusterBackupStartTime", rec.ClusterBackupStartTime, whole)
	whole.Kind = backup.KindFull
	whole.Trigger = trigger(r, "ClusterBackupMode", rec.ClusterBackupMode)
	whole.ExpiresAt = expiry(r, rec.BackupExpireTime)
	set.available = r.Flag("IsAvail", rec.IsAvail)
	set.readState(rec, r)
	if set.lost {
		if whole.State == backup.StateRunning {
			whole.State = backup.StateUnknown // that it has no end says nothing
		}
		return set
	}
	parts, ok := wire.Entries(r, "Backups", rec.Backups)
	set.unread = !ok
	for i := range parts {
		part, ok := set.convertPart(&parts[i], r)
		if !ok {
			set.unread = true
			continue
		}
		set.parts = append(set.parts, part)
	}
	return set
}

// readState sets the state of the set, and why it cannot be restored.
func (set *clusterSet) readState(rec *clusterRecord, r *wire.Reader) {
	whole := &set.whole
	whole.State = set.state(rec, r)
	switch {
	case whole.State == backup.StateRunning:
		whole.EndedAt = time.Time{} // an end means nothing yet
	case whole.State == backup.StateFailed, wire.IsFalse(set.available):
		whole.Unusable = backup.FlaggedUnusable
	case whole.State == backup.StateSuccess:
		set.readLogs(rec.AttachLogStatus, r)
	}
}

// state returns the state of the set. Of the words for it only OK is documented; the others are those of a sibling product.
// A set that is not OK has a progress while it runs, and no end. IsAvail is false until it has ended well. A word that is
// not known proves nothing after that: it may be one for a failure.
func (set *clusterSet) state(rec *clusterRecord, r *wire.Reader) backup.State {
	status := wire.Choice(r, "ClusterBackupStatus", rec.ClusterBackupStatus, map[string]backup.State{
		"ok": backup.StateSuccess, "success": backup.StateSuccess, "failed": backup.StateFailed, "error": backup.StateFailed,
		"running": backup.StateRunning,
	})
	progress := r.Percent("Progress", rec.Progress)
	unfinished := set.whole.EndedAt.IsZero() || (progress != nil && *progress < 100)
	good := status == backup.StateSuccess && wire.IsTrue(set.available)
	if unfinished && !good && status != backup.StateFailed {
		return backup.StateRunning
	}
	return status
}

// readLogs reads whether the logs are attached that bring the shards to the same moment. Without them, a restored cluster
// has shards of different moments.
func (set *clusterSet) readLogs(status wire.Scalar, r *wire.Reader) {
	type verdict struct {
		known    bool
		unusable string // before the status
	}
	v := wire.Choice(r, "AttachLogStatus", status, map[string]verdict{
		"ready": {known: true}, "no_need": {known: true},
		"init":    {true, backup.LogsNotYetAttached},
		"running": {true, backup.LogsNotYetAttached},
		"failed":  {true, backup.LogsNotAttached},
	})
	switch {
	case v.unusable != "":
		set.whole.Unusable = v.unusable + status.Text
	case !v.known && status.IsSet():
		set.whole.State = backup.StateUnknown
	}
}

// convertPart returns one shard's part of the set. ok is false when both names of the shard, or the part's id or times
// cannot be read.
func (set *clusterSet) convertPart(rec *shardRecord, r *wire.Reader) (part setPart, ok bool) {
	extra, _ := wire.Take(r, "ExtraInfo", rec.ExtraInfo)
	for _, name := range []wire.Scalar{rec.InstanceName, extra.NodeID} {
		if name.IsID() && !slices.Contains(part.names, name.Text) {
			part.names = append(part.names, name.Text)
		}
	}
	if len(part.names) == 0 {
		r.Reject("InstanceName", rec.InstanceName, "an id")
		return part, false
	}
	if set.whole.State == backup.StateRunning {
		part.backup = set.whole // the state of a part means nothing while its set is running
		return part, true
	}
	part.backup, ok = timedBackup(r, timedRecord{
		id: rec.BackupID, status: rec.BackupStatus, start: rec.BackupStartTime, end: rec.BackupEndTime,
	})
	if !ok {
		return part, false
	}
	b := &part.backup
	b.Kind, b.Trigger, b.ExpiresAt = set.whole.Kind, set.whole.Trigger, set.whole.ExpiresAt
	if whole := set.whole.State; whole == backup.StateFailed || whole == backup.StateUnknown {
		b.State = whole // a good part of a set that is or may be bad proves nothing, nor does a bad one of one that may run
	}
	if b.State == backup.StateSuccess {
		b.SizeBytes = r.Size("BackupSize", rec.BackupSize, 1)
		b.Unusable = set.whole.Unusable
		if b.Unusable == "" && wire.IsFalse(r.Flag("IsAvail", rec.IsAvail)) {
			b.Unusable = backup.FlaggedUnusable
		}
	}
	return part, true
}

// forShard returns the set as a backup of one of the cluster's shards. ok is false when it may be none of the shard.
func (set *clusterSet) forShard(node string, shards []string) (e backup.Entry, ok bool) {
	found, certain := 0, true
	for _, part := range set.parts {
		if slices.Contains(part.names, node) {
			e.Backup = part.backup
			found++
			certain = !part.ambiguous(shards)
		}
	}
	switch {
	case found == 1 && certain:
		return e, true
	case found > 0, set.lost:
		return set.unreadable(), true
	case set.whole.State == backup.StateRunning:
		return backup.Entry{Backup: set.whole}, true
	case set.unread, set.saysNothing():
		return set.unreadable(), true
	case set.mayHold(shards):
		return e, false
	}
	e.Backup = set.whole
	e.State, e.Unusable = backup.StateFailed, "" // the set is incomplete, and this shard's part is missing
	return e, true
}

// unreadable returns the set as a backup of a shard of which it is not known how it ended.
func (set *clusterSet) unreadable() backup.Entry {
	e := backup.Entry{Backup: set.whole, Unread: true}
	if e.State == backup.StateSuccess && (wire.IsFalse(set.available) || len(set.parts) == 0) {
		e.State = backup.StateUnknown // the part may have failed
	}
	return e
}

// saysNothing reports whether the set has no part at all although it has not failed.
func (set *clusterSet) saysNothing() bool { return len(set.parts) == 0 && !set.incomplete() }

// incomplete reports whether the cloud says that a part is missing.
func (set *clusterSet) incomplete() bool {
	return set.whole.State == backup.StateFailed || (set.whole.State != backup.StateUnknown && wire.IsFalse(set.available))
}

// mayHold reports whether the set may have a good part of a shard although none is found: a part belongs to no known shard,
// or the cloud does not say that the set is incomplete. The shard may also be younger than the set.
func (set *clusterSet) mayHold(shards []string) bool {
	return !set.incomplete() || slices.ContainsFunc(set.parts, func(p setPart) bool { return !p.of(shards) })
}

// of reports whether the part belongs to one of the shards.
func (p setPart) of(shards []string) bool {
	return slices.ContainsFunc(p.names, func(name string) bool { return slices.Contains(shards, name) })
}

// ambiguous reports whether the part's two names are those of two shards.
func (p setPart) ambiguous(shards []string) bool {
	return len(p.names) > 1 && !slices.ContainsFunc(p.names, func(name string) bool { return !slices.Contains(shards, name) })
}

// ofNoShard reports whether there are parts, and none of them belongs to a shard: then nothing is known of any shard.
func ofNoShard(sets []clusterSet, shards []string) bool {
	parts := 0
	for i := range sets {
		parts += len(sets[i].parts)
		if slices.ContainsFunc(sets[i].parts, func(p setPart) bool { return p.of(shards) }) {
			return false
		}
	}
	return parts > 0
}

// strangers rejects the parts that belong to none of the cluster's shards.
func strangers(sets []clusterSet, shards []string, r *wire.Reader) {
	for i := range sets {
		for _, part := range sets[i].parts {
			if !part.of(shards) {
				r.RejectAs("InstanceName", "the cluster has no shard "+part.names[0])
			}
		}
	}
}
