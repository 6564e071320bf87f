package huawei

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// Source reads one account in one region. It is safe for concurrent use.
type Source struct {
	*client
	owner    backup.Target // of the instances, without InstanceID
	now      func() time.Time
	logger   log.Logger
	rejects  *wire.Rejects
	shareFor time.Duration // Options.ShareListings

	// DDS lists these for the whole project. One listing serves all instances that are asked for at the same moment.
	instances *cloudcall.Shared[backup.Listing]
	backups   *cloudcall.Shared[map[string]backup.List] // by instance id
	jobs      *cloudcall.Shared[map[string]jobList]     // by instance id
	restores  *cloudcall.Shared[map[string]jobList]     // by instance id

	fullRead  time.Duration // Options.FullReadInterval
	ofProject struct {
		backups projectList[backupEntry]
		jobs    projectList[jobEntry]
	}
	unfinished cloudcall.Unfinished[page[backupRecord]]

	mu          sync.Mutex
	listed      map[string]listedInstance          // by instance id
	whole       bool                               // listed is a whole listing, and what was found by id since
	byID        map[string]*cloudcall.Shared[bool] // whether DDS has an instance that the whole listing lacks
	logBackup   map[string]*bool                   // by instance id: Policy.LogBackup of the newest policy
	increments  map[string]increments              // by instance id
	past        map[string]pastWindow              // by instance id
	failedJobs  map[string]bool                    // by id: those of the last listing, which were logged
	listedSince time.Time                          // see commonSince
}

// New returns a Source. It makes no call. An error says which option is wrong.
func New(opts Options) (*Source, error) {
	c, err := newClient(opts)
	if err != nil {
		return nil, err
	}
	s := &Source{
		client:     c,
		owner:      backup.Target{Cloud: backup.Huawei, Account: opts.Account, Region: opts.Region},
		now:        opts.Now,
		logger:     loggerOr(opts.Logger),
		rejects:    wire.NewRejects(opts.Logger, opts.Caller.Rejected),
		shareFor:   cmp.Or(opts.ShareListings, time.Minute),
		fullRead:   opts.FullReadInterval,
		listed:     map[string]listedInstance{},
		byID:       map[string]*cloudcall.Shared[bool]{},
		logBackup:  map[string]*bool{},
		increments: map[string]increments{},
		past:       map[string]pastWindow{},
	}
	s.instances = cloudcall.NewShared(opListInstances, s.shareFor, s.now, s.listInstances)
	s.backups = cloudcall.NewShared(opListBackups, s.shareFor, s.now, s.listBackups)
	s.jobs = cloudcall.NewShared(opListTasks, s.shareFor, s.now, s.listTasks)
	s.restores = cloudcall.NewShared(opListTasks, shareRestores, s.now, s.listRestores)
	return s, nil
}

// Skew returns how far the cloud's clock is ahead of ours; false: not known.
func (s *Source) Skew() (ahead time.Duration, known bool) { return s.caller.Skew() }

func (s *Source) target(id string) backup.Target {
	t := s.owner
	t.InstanceID = id
	return t
}

// Instances lists every instance of the project. None has nodes.
func (s *Source) Instances(ctx context.Context) (backup.Listing, error) {
	listing, err := s.instances.Get(ctx, "", time.Time{})
	listing.Instances = slices.Clone(listing.Instances)
	return listing, err
}

// Backups lists the full backup sets of one instance.
func (s *Source) Backups(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error) {
	if err := checkNode(node); err != nil {
		return backup.List{}, err
	}
	if s.now().Sub(since) > farBack {
		return s.oldBackups(ctx, in.InstanceID, since)
	}
	all, err := s.backups.Get(ctx, in.InstanceID, s.commonSince(since))
	if err != nil {
		return backup.List{}, err
	}
	list := all[in.InstanceID]
	if err := s.ownerExists(ctx, opListBackups, in.InstanceID, len(list.Backups)); err != nil {
		return backup.List{}, err
	}
	list.Op, list.Asked, list.Backups = opListBackups, []backup.Kind{backup.KindFull}, slices.Clone(list.Backups)
	return list.Since(since), nil
}

// checkNode returns an error for backups of a shard.
func checkNode(node string) error {
	if node == "" {
		return nil
	}
	return &backup.Error{
		Op: opListBackups, Class: backup.ClassBadRequest, Err: fmt.Errorf("no node %q: DDS backs an instance up as a whole", node),
		Hint: "leave out nodes in the configuration of the instance",
	}
}

// farBack is from how far back on backups are listed for one instance alone. Few instances need that, and a listing of the
// whole project would be long.
const farBack = 365 * 24 * time.Hour

// oldBackups lists the full backups of one instance.
func (s *Source) oldBackups(ctx context.Context, instanceID string, since time.Time) (backup.List, error) {
	byInstance, err := s.backupsBy(cloudcall.About(ctx, instanceID, ""), model.ListBackupsRequest{InstanceId: &instanceID}, since)
	if err != nil {
		return backup.List{}, err
	}
	list := byInstance[instanceID]
	list.Op, list.Asked = opListBackups, []backup.Kind{backup.KindFull}
	return list.Since(since), nil
}

// slack is how much further back than asked for backups are listed.
const slack = time.Hour

// commonSince returns a time up to two slacks before since. It stays the same for a while, so that instances that are
// asked for at the same moment share one listing.
func (s *Source) commonSince(since time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if since.Before(s.listedSince) || since.Sub(s.listedSince) > 2*slack {
		s.listedSince = since.Add(-slack)
	}
	return s.listedSince
}

// Jobs lists the instance's backup tasks of the last two days, newest first.
func (s *Source) Jobs(ctx context.Context, in backup.Instance) ([]backup.Job, error) {
	all, err := s.jobs.Get(ctx, in.InstanceID, time.Time{})
	if err != nil {
		return nil, err
	}
	list := all[in.InstanceID]
	jobs := slices.Clone(list.jobs)
	if err := s.ownerExists(ctx, opListTasks, in.InstanceID, len(jobs)); err != nil {
		return nil, err
	}
	if err := wire.NoneReadable(opListTasks, list.total, len(jobs)); err != nil {
		return nil, err
	}
	slices.SortStableFunc(jobs, func(a, b backup.Job) int { return b.StartedAt.Compare(a.StartedAt) })
	return jobs, nil
}

// checkID returns an error of class not found for an id that must not be part of a path.
func checkID(op, instanceID string) error {
	if validID(instanceID) {
		return nil
	}
	return &backup.Error{
		Op: op, Class: backup.ClassNotFound, Err: fmt.Errorf("%q is not an instance id", instanceID),
		Hint: "check the instance id in the configuration",
	}
}

// lookUp returns an instance as it was listed last; the zero value when it was not.
func (s *Source) lookUp(instanceID string) listedInstance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listed[instanceID]
}

// orUnsupported changes the class of a path that the gateway does not know. The list of tasks is newer than the rest of
// the API, and some regions do not have it.
func orUnsupported(err error) error {
	return cloudcall.UnsupportedIf(err, func(failure *backup.Error) bool {
		return failure.Op == opListTasks && failure.Code == "APIGW.0101"
	})
}
