package alibaba

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// Source reads one account in one region. It is safe for concurrent use.
type Source struct {
	*client
	owner   backup.Target // of the instances, without InstanceID
	now     func() time.Time
	logger  log.Logger
	rejects *wire.Rejects
	history history

	unfinished cloudcall.Unfinished[page[backupRecord]]

	types            offeredTypes
	futureEndRefused atomic.Bool // the cloud refuses an EndTime in the future

	mu       sync.Mutex
	clusters map[string]*cluster // by instance id
}

// New returns a Source. It makes no call. An error says which option is wrong.
func New(opts Options) (*Source, error) {
	c, err := newClient(opts)
	if err != nil {
		return nil, err
	}
	s := &Source{
		client:   c,
		owner:    backup.Target{Cloud: backup.Alibaba, Account: opts.Account, Region: opts.Region},
		now:      opts.Now,
		logger:   opts.Logger,
		rejects:  wire.NewRejects(opts.Logger, opts.Caller.Rejected),
		types:    offeredTypes{refused: map[string]time.Time{}, listed: map[string]bool{}},
		clusters: map[string]*cluster{},
	}
	if s.logger == nil {
		s.logger = log.NewNopLogger()
	}
	s.history.shared = cloudcall.NewShared(opDescribeHistoryTasks, time.Minute, s.now, s.listFailedManual)
	return s, nil
}

// Skew returns how far the cloud's clock is ahead of ours; false: not known.
func (s *Source) Skew() (ahead time.Duration, known bool) { return s.caller.Skew() }

func (s *Source) target(id string) backup.Target {
	t := s.owner
	t.InstanceID = id
	return t
}

// Instances lists every instance of the region, with its shards. The cloud has a list for each type of instance, and not
// every region offers every type. Where one is not offered, the others are listed all the same.
func (s *Source) Instances(ctx context.Context) (backup.Listing, error) {
	listing := backup.Listing{Op: opDescribeDBInstances}
	var r wire.Reader
	seen := map[string]bool{}
	for _, kind := range instanceTypes() {
		records, err := s.types.list(kind, s.now(), func() ([]instanceRecord, error) { return s.listInstances(ctx, kind) })
		if err != nil && kind == replicate && !refusesType(err) {
			return backup.Listing{}, err
		}
		listing.Failed = cmp.Or(listing.Failed, err)
		for i := range records {
			if id := records[i].DBInstanceID.Text; id != "" && seen[id] {
				continue // the cloud does not know the type, and lists its default
			}
			seen[records[i].DBInstanceID.Text] = true
			in, ok := convertInstance(&records[i], s.owner, kind, &r)
			if !ok {
				listing.Unread++
				continue
			}
			listing.Instances = append(listing.Instances, in)
		}
	}
	s.rejects.Report(s.owner, r)
	if listing.Err() == nil {
		s.forgetClusters(listing.Instances)
	}
	return listing, nil
}

// Backups lists the finished backup sets of one target. For a shard of a cluster in cluster-backup mode it lists the
// running ones too.
func (s *Source) Backups(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error) {
	return s.backupsOf(ctx, listed{in: in, node: node}, since)
}

// Increments reports that there is nothing to add: Backups lists incremental backups too.
func (s *Source) Increments(context.Context, backup.Instance, string, time.Time) (backup.List, error) {
	return backup.List{}, cloudcall.Unsupported(opDescribeBackups, "the list of backups has the incremental ones")
}

// Copies lists the copies of a target's backups in another region.
func (s *Source) Copies(ctx context.Context, in backup.Instance, node, to string, since time.Time) (backup.Copies, error) {
	list, err := s.backupsOf(ctx, listed{in: in, node: node, copiedTo: to}, since)
	if err == nil {
		err = wire.NoneReadable(list.Op, list.Unread.Count+len(list.Backups), len(list.Backups))
	}
	return backup.Copies{Region: to, Backups: list.Backups}, err
}

// listed is whose backups are listed.
type listed struct {
	in       backup.Instance
	node     string
	copiedTo string // the region of the copies; "": the backups themselves
}

// name tells the list from others.
func (l listed) name() string { return l.in.InstanceID + " " + l.node + " " + l.copiedTo }

// backupsOf lists what began at since or later, the newest start first.
func (s *Source) backupsOf(ctx context.Context, l listed, since time.Time) (backup.List, error) {
	in := l.in
	if in.Topology == backup.TopologyShardedCluster && l.node == "" {
		return backup.List{}, &backup.Error{
			Op: opDescribeBackups, Class: backup.ClassBadRequest,
			Err:  errors.New("the cloud lists no shards of this cluster"),
			Hint: "name them as nodes of the instance in the configuration",
		}
	}
	if l.node != "" {
		return s.backupsOfShard(ctx, l, since)
	}
	return s.listBy(ctx, false, l, since)
}

// partsOfSets lists a shard's parts of its cluster's sets.
func (s *Source) partsOfSets(ctx context.Context, l listed, since time.Time) (backup.List, error) {
	in, node := l.in, l.node
	sets, err := s.setsOf(in, l.copiedTo).Get(ctx, node, since)
	if err != nil {
		return backup.List{}, err
	}
	if ofNoShard(sets, in.Nodes) {
		return backup.List{}, wire.ProtocolError(opDescribeClusterBackups, "the sets name none of the cluster's shards")
	}
	entries := make([]backup.Entry, 0, len(sets))
	for i := range sets {
		if entry, ok := sets[i].forShard(node, in.Nodes); ok {
			entries = append(entries, entry)
		}
	}
	if len(in.Nodes) > 0 && node == in.Nodes[0] { // one shard speaks for all: they share the sets
		var r wire.Reader
		strangers(sets, in.Nodes, &r)
		s.rejects.Report(in.Target, r)
	}
	return s.sift(opDescribeClusterBackups, entries), nil
}

// Jobs lists the instance's backup jobs, and its manual ones that failed in the last two days. The cloud has such a list for
// instances on cloud disks only.
func (s *Source) Jobs(ctx context.Context, in backup.Instance) ([]backup.Job, error) {
	const op = opDescribeBackupTasks
	if in.Lifecycle == backup.LifecycleReleased {
		return nil, cloudcall.Unsupported(op, "a released instance has no backup jobs")
	}
	if onLocalDisk(in) {
		return nil, cloudcall.Unsupported(op, "the cloud lists no backup jobs for instances on local disks")
	}
	a, err := ask[tasksAnswer](ctx, s.client, instanceOperation(op, in))
	if err != nil {
		return nil, err
	}
	var r wire.Reader
	jobs := make([]backup.Job, 0, len(a.BackupJobs.Items))
	for i := range a.BackupJobs.Items {
		if job, ok := convertJob(&a.BackupJobs.Items[i], &r); ok {
			jobs = append(jobs, job)
		}
	}
	s.rejects.Report(in.Target, r)
	if err := wire.NoneReadable(op, len(a.BackupJobs.Items), len(jobs)); err != nil {
		return nil, err
	}
	return withFailed(jobs, s.failedManual(ctx, in.InstanceID)), nil
}

// Policy returns the instance's schedule for automatic backups.
func (s *Source) Policy(ctx context.Context, in backup.Instance) (backup.Policy, error) {
	a, err := ask[policyAnswer](ctx, s.client, operation{name: opDescribeBackupPolicy, params: s.params(in)})
	if err != nil {
		return backup.Policy{}, err
	}
	var r wire.Reader
	policy := convertPolicy(a, &r)
	s.rejects.Report(in.Target, r)
	if field := r.FirstRejected(scheduleFields()...); field != "" {
		return backup.Policy{}, wire.Incomplete(opDescribeBackupPolicy, field)
	}
	return policy, nil
}

// Recovery returns the newest span of point-in-time recovery. The cloud offers it for replica sets on cloud disks, and
// for sharded clusters in cluster-backup mode.
func (s *Source) Recovery(ctx context.Context, in backup.Instance) (backup.Window, error) {
	op, err := s.recoveryOperation(ctx, in)
	if err != nil {
		return backup.Window{}, err
	}
	a, err := ask[recoverTimeAnswer](ctx, s.client, instanceOperation(op, in))
	if err != nil {
		return backup.Window{}, err
	}
	var r wire.Reader
	window, ok := convertRanges(a.RestoreRanges.Items, s.now(), &r)
	s.rejects.Report(in.Target, r)
	if !ok {
		return backup.Window{}, wire.Incomplete(op, "RestoreRanges")
	}
	return window, nil
}

// recoveryOperation returns the operation that lists an instance's spans of point-in-time recovery. The error has class
// unsupported where there is none.
func (s *Source) recoveryOperation(ctx context.Context, in backup.Instance) (op string, err error) {
	op = opDescribeInstanceRecoverTime
	if in.Lifecycle == backup.LifecycleReleased {
		return "", cloudcall.Unsupported(op, "a released instance has no point-in-time recovery")
	}
	if in.Topology == backup.TopologyShardedCluster {
		op = opDescribeClusterRecoverTime
		inSets, err := s.inClusterMode(ctx, in, "")
		if err != nil {
			return "", err
		}
		if !inSets {
			return "", cloudcall.Unsupported(op, "the cluster is not in cluster-backup mode")
		}
	}
	if onLocalDisk(in) || in.Topology == backup.TopologyStandalone {
		return "", cloudcall.Unsupported(op, "the cloud has no point-in-time recovery for this storage and topology")
	}
	return op, nil
}

// params returns the parameters that say which instance is meant. Of a released one, only its backups and its policy can be
// asked for, with the region in which it was.
func (s *Source) params(in backup.Instance) map[string]string {
	params := map[string]string{"DBInstanceId": in.InstanceID}
	if in.Lifecycle == backup.LifecycleReleased {
		params["SrcRegion"] = s.region
	}
	return params
}

// listingParams returns the parameters of a listing of backups.
func (s *Source) listingParams(in backup.Instance, copiedTo string) map[string]string {
	params := s.params(in)
	if copiedTo != "" {
		params["SrcRegion"], params["DestRegion"] = s.region, copiedTo
	}
	return params
}

// instanceOperation returns a call whose only parameter is the instance's id.
func instanceOperation(op string, in backup.Instance) operation {
	return operation{name: op, params: map[string]string{"DBInstanceId": in.InstanceID}}
}

// onLocalDisk is false for an instance whose storage is not known.
func onLocalDisk(in backup.Instance) bool {
	return strings.HasPrefix(strings.ToLower(in.Storage), "local")
}
