package huawei

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// Source reads one account in one region. It is safe for concurrent use.
type Source struct {
	*client
	whose   backup.Target // of the instances; without InstanceID
	now     func() time.Time
	rejects *wire.Rejects
	recent  time.Duration

	// What DDS lists for a whole project is listed for all who ask at the same moment.
	instances *cloudcall.Shared[backup.Listing]
	backups   *cloudcall.Shared[map[string][]backup.Backup] // by instance id
	jobs      *cloudcall.Shared[map[string][]backup.Job]    // by instance id

	mu       sync.Mutex
	known    map[string]known      // by instance id, of the newest listing
	policies map[string]*policy    // by instance id
	recents  map[string]increments // by instance id
	from     time.Time             // see begin
}

// New returns a Source, without making any call.
func New(opts Options) (*Source, error) {
	c, err := newClient(opts)
	if err != nil {
		return nil, err
	}
	s := &Source{
		client:   c,
		whose:    backup.Target{Cloud: backup.Huawei, Account: opts.Account, Region: opts.Region},
		now:      opts.Now,
		rejects:  wire.NewRejects(opts.Logger, opts.Caller.Rejected),
		recent:   cmp.Or(opts.ShareListings, time.Minute),
		known:    map[string]known{},
		policies: map[string]*policy{},
		recents:  map[string]increments{},
	}
	s.instances = cloudcall.NewShared(opListInstances, s.recent, s.now, s.listInstances)
	s.backups = cloudcall.NewShared(opListBackups, s.recent, s.now, s.listBackups)
	s.jobs = cloudcall.NewShared(opListTasks, s.recent, s.now, s.listTasks)
	return s, nil
}

// Instances lists every instance of the project. None has nodes.
func (s *Source) Instances(ctx context.Context) (backup.Listing, error) {
	listing, err := s.instances.Get(ctx, "", time.Time{})
	listing.Instances = slices.Clone(listing.Instances)
	return listing, err
}

// Backups lists the backup sets of one instance: full ones, and incremental ones where its policy makes them.
func (s *Source) Backups(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error) {
	if node != "" {
		return backup.List{}, &backup.Error{
			Op: opListBackups, Class: backup.ClassBadRequest, Err: fmt.Errorf("no node %q: DDS backs an instance up as a whole", node),
			Hint: "leave out nodes in the configuration of the instance",
		}
	}
	all, err := s.backups.Get(ctx, in.InstanceID, s.begin(since))
	if err != nil {
		return backup.List{}, err
	}
	sets := all[in.InstanceID]
	if len(sets) == 0 {
		if err := s.mustExist(ctx, opListBackups, in.InstanceID); err != nil {
			return backup.List{}, err
		}
	}
	list := backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: slices.Clone(sets)}
	if s.makesIncrementals(ctx, in.InstanceID) {
		more, err := s.incrementals(ctx, in.InstanceID, since)
		if err != nil {
			return backup.List{}, err
		}
		list.Asked = append(list.Asked, backup.KindIncremental)
		list.Backups = append(list.Backups, more...)
	}
	return list.Since(since), nil
}

// slack is how much more than asked for is listed.
const slack = time.Hour

// begin returns a time somewhat before since that stays the same for a while, so that callers of the same moment ask
// for the same listing.
func (s *Source) begin(since time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if since.Before(s.from) || since.Sub(s.from) > 2*slack {
		s.from = since.Add(-slack)
	}
	return s.from
}

// mustExist returns an error of class not found for an instance that the project does not list. A list of the whole
// project says nothing about an instance that it does not mention.
func (s *Source) mustExist(ctx context.Context, op, instanceID string) error {
	if s.lookUp(instanceID).InstanceID != "" {
		return nil
	}
	listing, err := s.instances.Get(ctx, instanceID, time.Time{})
	if slices.ContainsFunc(listing.Instances, func(in backup.Instance) bool { return in.InstanceID == instanceID }) {
		return nil // even if others could not be read
	}
	if err := cmp.Or(err, listing.Err()); err != nil {
		return err
	}
	missing := &backup.Error{Op: op, Class: backup.ClassNotFound, Err: fmt.Errorf("the project does not list instance %q", instanceID)}
	missing.Hint = hint(op, missing)
	return missing
}

// Jobs lists the instance's backup tasks of the last two days, newest first.
func (s *Source) Jobs(ctx context.Context, in backup.Instance) ([]backup.Job, error) {
	all, err := s.jobs.Get(ctx, in.InstanceID, time.Time{})
	if err != nil {
		return nil, err
	}
	jobs := slices.Clone(all[in.InstanceID])
	if len(jobs) == 0 {
		if err := s.mustExist(ctx, opListTasks, in.InstanceID); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(jobs, func(a, b backup.Job) int { return b.StartedAt.Compare(a.StartedAt) })
	return jobs, nil
}

// Recovery returns the span of today, or else of yesterday, in which any moment can be restored. Once there is none while
// the policy is without incremental backup, there will be none, and DDS is not asked. Class unsupported for single nodes
// and for clusters before version 4.0.
func (s *Source) Recovery(ctx context.Context, in backup.Instance) (backup.Window, error) {
	if err := checkID(opListRestoreTimes, in.InstanceID); err != nil {
		return backup.Window{}, err
	}
	if !restorable(in) {
		return backup.Window{}, unsupported(opListRestoreTimes, "point-in-time recovery is for replica sets, and for clusters from version 4.0")
	}
	ended, asOf := s.recoveryEnded(in.InstanceID)
	if ended {
		return backup.Window{}, nil
	}
	today := s.now().UTC()
	for _, day := range []time.Time{today, today.AddDate(0, 0, -1)} {
		window, err := s.recoveryOn(ctx, in.Target, day)
		if err != nil || !window.IsZero() {
			return window, err
		}
	}
	s.foundNoRecovery(in.InstanceID, asOf)
	return backup.Window{}, nil
}

func (s *Source) recoveryOn(ctx context.Context, of backup.Target, day time.Time) (backup.Window, error) {
	const op = opListRestoreTimes
	a, err := ask(ctx, s.client, operation{
		name: op, define: dds.GenReqDefForListRestoreTimes,
		request: &model.ListRestoreTimesRequest{InstanceId: of.InstanceID, Date: day.Format(time.DateOnly)},
	}, decoder[restoreTimesAnswer](op))
	if err != nil {
		return backup.Window{}, err
	}
	var r wire.Reader
	window := convertRanges(a.Ranges, &r)
	s.rejects.Report(of, r)
	return window, nil
}

func restorable(in backup.Instance) bool {
	switch in.Topology {
	case backup.TopologyStandalone:
		return false
	case backup.TopologyShardedCluster:
		return !strings.HasPrefix(in.Version, "3.") && !strings.HasPrefix(in.Version, "2.")
	}
	return true
}

func checkID(op, instanceID string) error {
	if validID(instanceID) {
		return nil
	}
	return &backup.Error{
		Op: op, Class: backup.ClassNotFound, Err: fmt.Errorf("%q is not an instance id", instanceID),
		Hint: "check the instance id in the configuration",
	}
}

func (s *Source) lookUp(instanceID string) known {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[instanceID]
}

func unsupported(op, why string) *backup.Error {
	return &backup.Error{Op: op, Class: backup.ClassUnsupported, Err: errors.New(why)}
}

// orUnsupported tells apart a region whose gateway does not know the path: the list is newer than the rest of the API.
func orUnsupported(err error) error {
	failure, ok := errors.AsType[*backup.Error](err)
	if !ok || failure.Code != "APIGW.0101" {
		return err
	}
	other := *failure
	other.Class, other.Hint = backup.ClassUnsupported, ""
	return &other
}
