package alibaba

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// Source reads one account in one region. It is safe for concurrent use.
type Source struct {
	*client
	whose   backup.Target // of the instances; without InstanceID
	now     func() time.Time
	rejects *wire.Rejects

	endsInPast atomic.Bool // the cloud refuses an EndTime in the future

	mu       sync.Mutex
	clusters map[string]*cluster // by instance id
}

// New returns a Source, without making any call.
func New(opts Options) (*Source, error) {
	c, err := newClient(opts)
	if err != nil {
		return nil, err
	}
	return &Source{
		client:   c,
		whose:    backup.Target{Cloud: backup.Alibaba, Account: opts.Account, Region: opts.Region},
		now:      opts.Now,
		rejects:  wire.NewRejects(opts.Logger, opts.Caller.Rejected),
		clusters: map[string]*cluster{},
	}, nil
}

func (s *Source) target(id string) backup.Target {
	t := s.whose
	t.InstanceID = id
	return t
}

// Instances lists every instance of the region, with its shards. The cloud lists replica sets, standalone instances
// among them, and sharded clusters apart.
func (s *Source) Instances(ctx context.Context) (backup.Listing, error) {
	listing := backup.Listing{Op: opDescribeDBInstances}
	var r wire.Reader
	for _, kind := range [...]string{replicate, sharding} {
		records, err := s.listInstances(ctx, kind)
		if err != nil {
			return backup.Listing{}, err
		}
		for i := range records {
			in, ok := convertInstance(&records[i], s.whose, kind, &r)
			if !ok {
				listing.Unread++
				continue
			}
			listing.Instances = append(listing.Instances, in)
		}
	}
	s.rejects.Report(s.whose, r)
	if listing.Unread == 0 {
		s.forgetClusters(listing.Instances)
	}
	return listing, nil
}

// Backups lists the finished backup sets of one target, and for a shard of a cluster in cluster-backup mode those
// under way too.
func (s *Source) Backups(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error) {
	if in.Topology == backup.TopologyShardedCluster && node == "" {
		return backup.List{}, &backup.Error{
			Op: opDescribeBackups, Class: backup.ClassBadRequest,
			Err:  errors.New("the cloud lists no shards of this cluster"),
			Hint: "name them as nodes of the instance in the configuration",
		}
	}
	list := backup.List{Asked: []backup.Kind{backup.KindFull, backup.KindIncremental}}
	inSets := false
	if node != "" {
		var err error
		if inSets, err = s.inClusterMode(ctx, in, node); err != nil {
			return backup.List{}, err
		}
	}
	read := s.listBackups
	if inSets {
		read = s.partsOfSets
	}
	backups, err := read(ctx, in.Target.Node(node), since)
	if err != nil {
		return backup.List{}, err
	}
	list.Backups = backups
	return list.Since(since), nil // which of a backup's times the API compares with StartTime is not documented
}

// partsOfSets lists a shard's parts of the sets of its cluster.
func (s *Source) partsOfSets(ctx context.Context, of backup.Target, since time.Time) ([]backup.Backup, error) {
	sets, err := s.cluster(of.InstanceID).sets.Get(ctx, of.NodeID, since)
	if err != nil {
		return nil, err
	}
	backups := make([]backup.Backup, 0, len(sets))
	for i := range sets {
		if b, ok := sets[i].of(of.NodeID); ok {
			backups = append(backups, b)
		}
	}
	return backups, nil
}

// Jobs lists the instance's backup jobs. The cloud has such a list for instances on cloud disks.
func (s *Source) Jobs(ctx context.Context, in backup.Instance) ([]backup.Job, error) {
	const op = opDescribeBackupTasks
	if onLocalDisk(in) {
		return nil, unsupported(op, "the cloud lists no backup jobs for instances on local disks")
	}
	a, err := ask(ctx, s.client, op, query{"DBInstanceId": in.InstanceID}, decoder[tasksAnswer](op))
	if err != nil {
		return nil, orUnsupported(err)
	}
	var r wire.Reader
	jobs := make([]backup.Job, 0, len(a.BackupJobs.items))
	for i := range a.BackupJobs.items {
		if job, ok := convertJob(&a.BackupJobs.items[i], &r); ok {
			jobs = append(jobs, job)
		}
	}
	s.rejects.Report(in.Target, r)
	return jobs, nil
}

// Policy returns the instance's schedule for automatic backups.
func (s *Source) Policy(ctx context.Context, in backup.Instance) (backup.Policy, error) {
	const op = opDescribeBackupPolicy
	a, err := ask(ctx, s.client, op, query{"DBInstanceId": in.InstanceID}, decoder[policyAnswer](op))
	if err != nil {
		return backup.Policy{}, err
	}
	var r wire.Reader
	policy := convertPolicy(a, &r)
	s.rejects.Report(in.Target, r)
	return policy, nil
}

// Recovery returns the newest span of point-in-time recovery. The cloud offers it for replica sets on cloud disks, and
// for sharded clusters in cluster-backup mode.
func (s *Source) Recovery(ctx context.Context, in backup.Instance) (backup.Window, error) {
	op := opDescribeInstanceRecoverTime
	if in.Topology == backup.TopologyShardedCluster {
		op = opDescribeClusterRecoverTime
		inSets, err := s.inClusterMode(ctx, in, "")
		if err != nil {
			return backup.Window{}, err
		}
		if !inSets {
			return backup.Window{}, unsupported(op, "the cluster is not in cluster-backup mode")
		}
	}
	if onLocalDisk(in) || in.Topology == backup.TopologyStandalone {
		return backup.Window{}, unsupported(op, "the cloud has no point-in-time recovery for this storage and topology")
	}
	a, err := ask(ctx, s.client, op, query{"DBInstanceId": in.InstanceID}, decoder[recoverTimeAnswer](op))
	if err != nil {
		return backup.Window{}, orUnsupported(err)
	}
	var r wire.Reader
	window := convertRanges(a.RestoreRanges.items, &r)
	s.rejects.Report(in.Target, r)
	return window, nil
}

// onLocalDisk is false for an instance whose storage is not known.
func onLocalDisk(in backup.Instance) bool {
	return strings.HasPrefix(strings.ToLower(in.Storage), "local")
}

func unsupported(op, why string) *backup.Error {
	return &backup.Error{Op: op, Class: backup.ClassUnsupported, Err: errors.New(why)}
}

// orUnsupported takes a refused parameter for an instance that the operation is not made for: the only one it has is the
// instance's id, and which code the cloud answers with is not documented.
func orUnsupported(err error) error {
	failure, ok := errors.AsType[*backup.Error](err)
	if !ok || failure.Class != backup.ClassBadRequest {
		return err
	}
	other := *failure
	other.Class = backup.ClassUnsupported
	return &other
}
