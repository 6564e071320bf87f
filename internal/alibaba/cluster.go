package alibaba

import (
	"context"
	"slices"
	"strconv"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

const (
	modeFor = time.Hour        // how long the mode of a cluster is remembered
	setsFor = 30 * time.Second // how long one shard's listing of sets serves the other shards of the cluster
)

// cluster is what is known of a sharded cluster. In cluster-backup mode the cloud lists sets of the whole cluster, and
// one listing serves all shards. In the other mode each shard has a list of its own.
type cluster struct {
	mode *cloudcall.Shared[bool]
	sets *cloudcall.Shared[[]clusterSet]

	// Guarded by the mutex of Source.
	inSets bool      // the cluster is in cluster-backup mode
	readAt time.Time // when inSets was read; zero: never
}

// cluster returns the entry of a cluster. It makes one when there is none.
func (s *Source) cluster(id string) *cluster {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.clusters[id]
	if !ok {
		c = &cluster{
			mode: cloudcall.NewShared(opDescribeDBInstanceAttribute, 0, s.now, func(ctx context.Context, _ time.Time) (bool, error) {
				return s.readMode(ctx, id)
			}),
			sets: cloudcall.NewShared(opDescribeClusterBackups, setsFor, s.now, func(ctx context.Context, since time.Time) ([]clusterSet, error) {
				return s.listSets(ctx, id, since)
			}),
		}
		s.clusters[id] = c
	}
	return c
}

// forgetClusters removes the entries of clusters that are not listed.
func (s *Source) forgetClusters(listed []backup.Instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.clusters {
		if !slices.ContainsFunc(listed, func(in backup.Instance) bool { return in.InstanceID == id }) {
			delete(s.clusters, id)
		}
	}
}

// inClusterMode reports whether the backups of a sharded cluster are listed as sets of the whole cluster. caller
// identifies who asks.
func (s *Source) inClusterMode(ctx context.Context, in backup.Instance, caller string) (bool, error) {
	if onLocalDisk(in) {
		return false, nil
	}
	c := s.cluster(in.InstanceID)
	s.mu.Lock()
	known, inSets := !c.readAt.IsZero() && s.now().Sub(c.readAt) < modeFor, c.inSets
	s.mu.Unlock()
	if known {
		return inSets, nil
	}
	inSets, err := c.mode.Get(ctx, caller, time.Time{})
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.inSets, c.readAt = inSets, s.now()
	return inSets, nil
}

func (s *Source) readMode(ctx context.Context, id string) (bool, error) {
	const op = opDescribeDBInstanceAttribute
	a, err := ask[instancesAnswer](ctx, s.client, operation{name: op, params: map[string]string{"DBInstanceId": id}})
	if err != nil {
		return false, err
	}
	if len(a.DBInstances.DBInstance) == 0 {
		failure := wire.ProtocolError(op, "the answer describes no instance")
		failure.RequestID = wire.Clip(a.RequestID.Text, longestID)
		return false, failure
	}
	var r wire.Reader
	flag := r.Flag("UseClusterBackup", a.DBInstances.DBInstance[0].UseClusterBackup)
	s.rejects.Report(s.target(id), r)
	return wire.IsTrue(flag), nil
}

func (s *Source) listSets(ctx context.Context, id string, since time.Time) ([]clusterSet, error) {
	const op = opDescribeClusterBackups
	records, err := inTimeRange(s, since, func(params map[string]string) ([]clusterRecord, error) {
		params["DBInstanceId"], params["PageSize"] = id, strconv.Itoa(pageSize)
		return readPages(op, func(number int) (page[clusterRecord], error) {
			params["PageNo"] = strconv.Itoa(number)
			a, err := ask[clusterBackupsAnswer](ctx, s.client, operation{name: op, params: params})
			if err != nil {
				return page[clusterRecord]{}, err
			}
			return page[clusterRecord]{records: a.ClusterBackups.items, size: a.PageSize}, nil
		}, func(rec *clusterRecord) string { return rec.ClusterBackupID.Text })
	})
	if err != nil {
		return nil, err
	}
	var r wire.Reader
	sets := make([]clusterSet, 0, len(records))
	for i := range records {
		if set, ok := convertSet(&records[i], &r); ok {
			sets = append(sets, set)
		}
	}
	s.rejects.Report(s.target(id), r)
	return sets, nil
}

// clusterSet is one backup of a whole cluster.
type clusterSet struct {
	whole     backup.Backup            // the set as one backup
	parts     map[string]backup.Backup // by shard
	available *bool                    // the parts of all shards are good; nil: not set
	unread    bool                     // some part could not be read
}

// convertSet returns false when the record cannot be used: its id or end cannot be read.
func convertSet(rec *clusterRecord, r *wire.Reader) (set clusterSet, ok bool) {
	whole := &set.whole
	if whole.ID, ok = r.ID("ClusterBackupId", rec.ClusterBackupID); !ok {
		return set, false
	}
	if whole.EndedAt, ok = timeOf(r, "ClusterBackupEndTime", rec.ClusterBackupEndTime); !ok {
		return set, false
	}
	whole.StartedAt, _ = timeOf(r, "ClusterBackupStartTime", rec.ClusterBackupStartTime)
	whole.Kind = backup.KindFull
	whole.Trigger = trigger(r, "ClusterBackupMode", rec.ClusterBackupMode)
	whole.ExpiresAt = expiry(r, rec.BackupExpireTime)
	// Only OK is documented.
	whole.State = wire.Choice(r, "ClusterBackupStatus", rec.ClusterBackupStatus, map[string]backup.State{
		"ok": backup.StateSuccess, "success": backup.StateSuccess, "failed": backup.StateFailed,
		"running": backup.StateRunning, "backuping": backup.StateRunning, "checking": backup.StateRunning,
		"scheduled": backup.StateRunning, "init": backup.StateRunning,
	})
	if whole.State == backup.StateRunning {
		whole.EndedAt = time.Time{} // an end means nothing yet
	}
	set.available = r.Flag("IsAvail", rec.IsAvail)
	set.parts = make(map[string]backup.Backup, len(rec.Backups))
	for i := range rec.Backups {
		node, part, ok := set.convertPart(&rec.Backups[i], r)
		if !ok {
			set.unread = true
			continue
		}
		set.parts[node] = part
	}
	return set, true
}

// convertPart returns one shard's part of the set. ok is false when the shard's id, or the part's id or times cannot be
// read.
func (set *clusterSet) convertPart(rec *shardRecord, r *wire.Reader) (node string, part backup.Backup, ok bool) {
	name := rec.ExtraInfo.NodeID
	if !name.IsSet() {
		name = rec.InstanceName
	}
	if node, ok = r.ID("InstanceName", name); !ok {
		return node, part, false
	}
	if set.whole.State == backup.StateRunning {
		part = set.whole // the state of a part means nothing while its set is running
		return node, part, true
	}
	part, ok = timedBackup(r, timedRecord{
		id: rec.BackupID, status: rec.BackupStatus, start: rec.BackupStartTime, end: rec.BackupEndTime,
	})
	if !ok {
		return node, part, false
	}
	part.Kind, part.Trigger, part.ExpiresAt = set.whole.Kind, set.whole.Trigger, set.whole.ExpiresAt
	if part.State == backup.StateSuccess && set.whole.State == backup.StateUnknown && set.available == nil {
		part.State = backup.StateUnknown
	}
	if part.State == backup.StateSuccess {
		part.SizeBytes = r.Size("BackupSize", rec.BackupSize, 1)
		part.Unavailable = set.incomplete() || wire.IsFalse(r.Flag("IsAvail", rec.IsAvail))
	}
	return node, part, true
}

// incomplete reports whether the cloud says that the set cannot be restored, whatever it says about the parts.
func (set *clusterSet) incomplete() bool {
	if set.available != nil {
		return !*set.available
	}
	return set.whole.State == backup.StateFailed
}

// forShard returns the set as a backup of one shard. ok is false when it is not known what the set is for the shard.
func (set *clusterSet) forShard(node string) (b backup.Backup, ok bool) {
	if part, ok := set.parts[node]; ok {
		return part, true
	}
	b = set.whole
	switch {
	case b.State == backup.StateRunning:
		return b, true
	case set.unread || !set.incomplete():
		return b, false // the part may be good, or the shard may be younger than the set
	}
	b.State = backup.StateFailed // the set is incomplete, and this shard's part is missing
	return b, true
}
