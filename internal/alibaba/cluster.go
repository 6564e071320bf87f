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
	modeKnown  = time.Hour        // how long it is remembered whether an instance is in cluster-backup mode
	setsRecent = 30 * time.Second // how long one shard's listing of sets serves the instance's other shards
)

// cluster is what is known of a sharded cluster. In cluster-backup mode the cloud lists the sets of the whole cluster,
// which are shared by its shards; otherwise each shard has a list of its own.
type cluster struct {
	mode *cloudcall.Shared[bool]
	sets *cloudcall.Shared[[]clusterSet]

	// Guarded by the mutex of Source.
	inMode    bool
	modeSince time.Time // when inMode was learned; zero: never
}

// cluster returns the entry of an instance, which it makes when there is none.
func (s *Source) cluster(id string) *cluster {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.clusters[id]
	if !ok {
		c = &cluster{
			mode: cloudcall.NewShared(opDescribeDBInstanceAttribute, 0, s.now, func(ctx context.Context, _ time.Time) (bool, error) {
				return s.askMode(ctx, id)
			}),
			sets: cloudcall.NewShared(opDescribeClusterBackups, setsRecent, s.now, func(ctx context.Context, since time.Time) ([]clusterSet, error) {
				return s.listSets(ctx, id, since)
			}),
		}
		s.clusters[id] = c
	}
	return c
}

// forgetClusters drops what is known of clusters that are no more.
func (s *Source) forgetClusters(instances []backup.Instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.clusters {
		if !slices.ContainsFunc(instances, func(in backup.Instance) bool { return in.InstanceID == id }) {
			delete(s.clusters, id)
		}
	}
}

// inClusterMode reports whether the backups of a sharded cluster are listed as sets. who names the caller.
func (s *Source) inClusterMode(ctx context.Context, in backup.Instance, who string) (bool, error) {
	if onLocalDisk(in) {
		return false, nil
	}
	c := s.cluster(in.InstanceID)
	s.mu.Lock()
	known, inMode := !c.modeSince.IsZero() && s.now().Sub(c.modeSince) < modeKnown, c.inMode
	s.mu.Unlock()
	if known {
		return inMode, nil
	}
	inMode, err := c.mode.Get(ctx, who, time.Time{})
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.inMode, c.modeSince = inMode, s.now()
	return inMode, nil
}

func (s *Source) askMode(ctx context.Context, id string) (bool, error) {
	const op = opDescribeDBInstanceAttribute
	a, err := ask(ctx, s.client, op, query{"DBInstanceId": id}, decoder[instancesAnswer](op))
	if err != nil {
		return false, err
	}
	if len(a.DBInstances.DBInstance) == 0 {
		return false, protocolError(op, "the answer describes no instance", a.RequestID.Text)
	}
	var r wire.Reader
	flag := r.Flag("UseClusterBackup", a.DBInstances.DBInstance[0].UseClusterBackup)
	s.rejects.Report(s.target(id), r)
	return flag != nil && *flag, nil
}

// clusterSet is one backup of a whole cluster.
type clusterSet struct {
	whole     backup.Backup            // the set; State says only whether it is running or failed
	parts     map[string]backup.Backup // by shard
	available *bool                    // every shard's part is good; nil: not said
	unread    bool                     // some part could not be read
}

func (s *Source) listSets(ctx context.Context, id string, since time.Time) ([]clusterSet, error) {
	const op = opDescribeClusterBackups
	decode := decoder[clusterBackupsAnswer](op)
	records, err := inTime(s, since, func(q query) ([]clusterRecord, error) {
		q["DBInstanceId"], q["PageSize"] = id, strconv.Itoa(pageSize)
		return readPages(op, func(number int) (page[clusterRecord], error) {
			q["PageNo"] = strconv.Itoa(number)
			a, err := ask(ctx, s.client, op, q, decode)
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

// convertSet returns false when the record cannot be used at all.
func convertSet(rec *clusterRecord, r *wire.Reader) (set clusterSet, ok bool) {
	whole := &set.whole
	if whole.ID, ok = r.ID("ClusterBackupId", rec.ClusterBackupID); !ok {
		return set, false
	}
	if whole.EndedAt, ok = moment(r, "ClusterBackupEndTime", rec.ClusterBackupEndTime); !ok {
		return set, false
	}
	whole.StartedAt, _ = moment(r, "ClusterBackupStartTime", rec.ClusterBackupStartTime)
	whole.Kind = backup.KindFull
	whole.Trigger = trigger(r, "ClusterBackupMode", rec.ClusterBackupMode)
	whole.ExpiresAt = expiry(r, rec.BackupExpireTime)
	// Of these, OK alone is documented.
	whole.State = wire.Choice(r, "ClusterBackupStatus", rec.ClusterBackupStatus, map[string]backup.State{
		"ok": backup.StateSuccess, "success": backup.StateSuccess, "failed": backup.StateFailed,
		"running": backup.StateRunning, "backuping": backup.StateRunning, "checking": backup.StateRunning,
		"scheduled": backup.StateRunning, "init": backup.StateRunning,
	})
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

// convertPart reads one shard's part of the set.
func (set *clusterSet) convertPart(rec *shardRecord, r *wire.Reader) (node string, part backup.Backup, ok bool) {
	name := rec.ExtraInfo.NodeID
	if !name.Said() {
		name = rec.InstanceName
	}
	if node, ok = r.ID("InstanceName", name); !ok {
		return node, part, false
	}
	if set.whole.State == backup.StateRunning {
		part = set.whole // what a part says before its set is done means nothing
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
		part.Unavailable = set.incomplete() || denied(r.Flag("IsAvail", rec.IsAvail))
	}
	return node, part, true
}

// incomplete reports whether the cloud calls the set one that cannot be restored, whatever it says of its parts.
func (set *clusterSet) incomplete() bool {
	if set.available != nil {
		return !*set.available
	}
	return set.whole.State == backup.StateFailed
}

// of returns what the set is for one shard; ok is false when it says nothing of it.
func (set *clusterSet) of(node string) (b backup.Backup, ok bool) {
	if part, ok := set.parts[node]; ok {
		return part, true
	}
	b = set.whole
	switch {
	case b.State == backup.StateRunning:
		b.EndedAt = time.Time{}
		return b, true
	case set.unread || !set.incomplete():
		return b, false // the part may be good, or the shard younger than the set
	}
	b.State = backup.StateFailed // an incomplete set, in which this shard's part is missing
	return b, true
}
