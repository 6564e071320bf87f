package alibaba

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

const (
	modeFor = time.Hour        // how long the mode of a cluster is remembered
	askedIn = time.Minute      // how long after an answer the mode is not asked for again because of a doubt
	setsFor = 30 * time.Second // how long one shard's listing of sets serves the other shards of the cluster
)

// cluster is what is known of a sharded cluster. In cluster-backup mode the cloud lists sets of the whole cluster, and
// one listing serves all shards. In the other mode each shard has a list of its own.
type cluster struct {
	mode    *cloudcall.Shared[bool]
	doubted *cloudcall.Shared[bool]                    // the mode, read again because the remembered one is in doubt
	sets    map[string]*cloudcall.Shared[[]clusterSet] // by the region of the copies; "": the sets themselves. Guarded as below

	// Guarded by the mutex of Source.
	instance backup.Instance // as last asked about
	inSets   bool            // the cluster is in cluster-backup mode
	readAt   time.Time       // when inSets was read; zero: never
	doubts   int             // how often the mode was in doubt
}

// cluster returns the entry of a cluster. It makes one when there is none.
func (s *Source) cluster(in backup.Instance) *cluster {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := in.InstanceID
	c, ok := s.clusters[id]
	if !ok {
		c = &cluster{sets: map[string]*cloudcall.Shared[[]clusterSet]{}}
		read := func(ctx context.Context, _ time.Time) (bool, error) { return s.learnMode(ctx, c, id) }
		c.mode = cloudcall.NewShared(opDescribeDBInstanceAttribute, 0, s.now, read)
		c.doubted = cloudcall.NewShared(opDescribeDBInstanceAttribute, askedIn, s.now, read)
		s.clusters[id] = c
	}
	c.instance = in
	return c
}

// setsOf returns the listing of a cluster's sets, or of their copies in a region, that its shards share.
func (s *Source) setsOf(in backup.Instance, copiedTo string) *cloudcall.Shared[[]clusterSet] {
	c, id := s.cluster(in), in.InstanceID
	s.mu.Lock()
	defer s.mu.Unlock()
	shared, ok := c.sets[copiedTo]
	if !ok {
		shared = cloudcall.NewShared(opDescribeClusterBackups, setsFor, s.now, func(ctx context.Context, since time.Time) ([]clusterSet, error) {
			return s.listSets(ctx, s.latest(id), copiedTo, since)
		})
		c.sets[copiedTo] = shared
	}
	return shared
}

// latest returns a cluster as it was last asked about.
func (s *Source) latest(id string) backup.Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, ok := s.clusters[id]; ok {
		return c.instance
	}
	return backup.Instance{Target: s.target(id)} // it is gone meanwhile
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
	c := s.cluster(in)
	s.mu.Lock()
	known, inSets := !c.readAt.IsZero() && s.now().Sub(c.readAt) < modeFor, c.inSets
	s.mu.Unlock()
	if known {
		return inSets, nil
	}
	inSets, err := c.mode.Get(ctx, caller, time.Time{})
	if err != nil {
		return false, ofMode(err)
	}
	return inSets, nil
}

// doubtedMode returns the mode of a cluster after a listing by the remembered mode showed nothing usable. It reads the mode
// again, unless it was read since that listing began or, for whichever shard, within askedIn.
func (s *Source) doubtedMode(ctx context.Context, in backup.Instance, began time.Time) (bool, error) {
	c := s.cluster(in)
	s.mu.Lock()
	inSets, fresh := c.inSets, !c.readAt.Before(began)
	c.doubts++
	caller := strconv.Itoa(c.doubts) // each is a caller of its own, who may take the last answer
	s.mu.Unlock()
	if fresh {
		return inSets, nil
	}
	if _, err := c.doubted.Get(ctx, caller, time.Time{}); err != nil {
		return false, ofMode(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.inSets, nil
}

// backupsOfShard lists the backups of a shard by the mode of its cluster. Somebody may have changed the mode since it was
// read. Then the list by the former mode is empty or refused, and the shard would look as if it had never been backed up.
func (s *Source) backupsOfShard(ctx context.Context, l listed, since time.Time) (backup.List, error) {
	began := s.now()
	inSets, err := s.inClusterMode(ctx, l.in, l.node)
	if err != nil {
		return backup.List{}, err
	}
	list, failure := s.listBy(ctx, inSets, l, since)
	if !mayBeOfOtherMode(list, failure, s.now()) || onLocalDisk(l.in) || l.in.Lifecycle == backup.LifecycleReleased {
		return list, failure
	}
	is, err := s.doubtedMode(ctx, l.in, began)
	switch {
	case err == nil && is != inSets:
		return s.listBy(ctx, is, l, since)
	case failure != nil:
		return backup.List{}, failure
	}
	return list, err
}

// mayBeOfOtherMode reports whether an answer is one that a shard has when its cluster is asked in the wrong mode.
func mayBeOfOtherMode(list backup.List, err error, now time.Time) bool {
	if err == nil {
		return list.LacksUsable(now, now)
	}
	return backup.ClassOf(err) == backup.ClassUnsupported
}

// listBy lists the backups of a shard by a mode.
func (s *Source) listBy(ctx context.Context, inSets bool, l listed, since time.Time) (backup.List, error) {
	read := s.listBackups
	if inSets {
		read = s.partsOfSets
	}
	list, err := read(ctx, l, since)
	if err != nil {
		return backup.List{}, err
	}
	return list.Since(since), nil // it is not documented which time of a backup the API compares with StartTime
}

// ofMode keeps the class of a failure to read the mode from being taken for that of what depends on the mode: that the
// attribute is not offered does not say that backups or recovery are not.
func ofMode(err error) error {
	failure, ok := errors.AsType[*backup.Error](err)
	if !ok || failure.Class != backup.ClassUnsupported {
		return err
	}
	other := *failure
	other.Class = backup.ClassBadRequest
	return &other
}

// learnMode reads the mode of a cluster and remembers it.
func (s *Source) learnMode(ctx context.Context, c *cluster, id string) (bool, error) {
	inSets, err := s.readMode(ctx, id)
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
	if len(a.DBInstances.Value.DBInstance.Items) == 0 {
		return false, wire.ProtocolError(op, "the answer describes no instance")
	}
	var r wire.Reader
	record := &a.DBInstances.Value.DBInstance.Items[0]
	said := record.UseClusterBackup
	if !said.IsSet() && !record.DBInstanceID.IsID() {
		return false, wire.Incomplete(op, "DBInstanceId") // what is no record of an instance does not say that it has no such mode
	}
	flag := r.Flag("UseClusterBackup", said)
	s.rejects.Report(s.target(id), r)
	if flag == nil && said.IsSet() {
		return false, wire.Incomplete(op, "UseClusterBackup") // in the wrong mode, shards would look as if they had no backups
	}
	return wire.IsTrue(flag), nil
}

func (s *Source) listSets(ctx context.Context, in backup.Instance, copiedTo string, since time.Time) ([]clusterSet, error) {
	const op = opDescribeClusterBackups
	records, err := inTimeRange(s, since, s.now(), func(params map[string]string) ([]clusterRecord, error) {
		maps.Copy(params, s.listingParams(in, copiedTo))
		params["PageSize"] = strconv.Itoa(pageSize)
		list := pageReader[clusterRecord]{op: op, pages: newPages[clusterRecord](), id: func(rec *clusterRecord) string { return rec.ClusterBackupID.Text }}
		list.read = func(ctx context.Context, number int) (page[clusterRecord], error) {
			params["PageNo"] = strconv.Itoa(number)
			a, err := ask[clusterBackupsAnswer](ctx, s.client, operation{name: op, params: params})
			if err != nil {
				return page[clusterRecord]{}, err
			}
			return page[clusterRecord]{records: a.ClusterBackups.Items, size: a.PageSize, extent: a.Extent}, nil
		}
		return list.readAll(ctx)
	})
	if err != nil {
		return nil, err
	}
	var r wire.Reader
	sets := make([]clusterSet, 0, len(records))
	for i := range records {
		sets = append(sets, convertSet(&records[i], &r))
	}
	s.rejects.Report(s.target(in.InstanceID), r)
	return sets, nil
}
