package huawei

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

// Source reads the DDS instances of one account in one region. It satisfies poll.Source and is safe for concurrent use.
type Source struct {
	client          *client
	account, region string
	now             func() time.Time
	recent          time.Duration
	logger          log.Logger

	// What DDS lists for a whole project is listed for all who ask at the same moment.
	instances *cloudcall.Shared[[]backup.Instance]
	backups   *cloudcall.Shared[map[string][]backup.Backup] // by instance id
	jobs      *cloudcall.Shared[map[string][]backup.Job]    // by instance id

	mu       sync.Mutex
	known    map[string]known         // by instance id, of the newest listing
	policies map[string]learnedPolicy // by instance id
	recents  map[string]increments    // by instance id
	from     time.Time                // see begin
	told     map[string]bool          // fields whose unreadable values have been logged
}

// learnedPolicy is what a policy says that the other questions depend on.
type learnedPolicy struct {
	incremental bool
	at          time.Time // when it first said so
}

// increments are the incremental backups of an instance, as listed at a moment.
type increments struct {
	sets []backup.Backup
	at   time.Time
}

// DDS lists incremental backups for one instance at a time, and makes one every few minutes: a call per instance and
// minute would use up what a user may call. So the newest are listed, and not more often than they are worth; how far a
// restore reaches is Recovery's to say.
const (
	incrementsFor   = 6 * time.Hour    // one page, at one every 5 minutes
	incrementsEvery = 10 * time.Minute // how long a listing of them holds
)

// New returns a Source. It makes no call.
func New(opts Options) (*Source, error) {
	client, err := newClient(opts)
	if err != nil {
		return nil, err
	}
	s := &Source{
		client: client, account: opts.Account, region: opts.Region, now: opts.Now,
		recent: cmp.Or(opts.ShareListings, time.Minute), logger: opts.Logger,
		known: map[string]known{}, policies: map[string]learnedPolicy{}, recents: map[string]increments{}, told: map[string]bool{},
	}
	if s.logger == nil {
		s.logger = log.NewNopLogger()
	}
	s.instances = cloudcall.NewShared(opListInstances, s.recent, s.now, s.listInstances)
	s.backups = cloudcall.NewShared(opListBackups, s.recent, s.now, s.listBackups)
	s.jobs = cloudcall.NewShared(opListTasks, s.recent, s.now, s.listTasks)
	return s, nil
}

// Instances lists every instance of the project. None has nodes.
func (s *Source) Instances(ctx context.Context) ([]backup.Instance, error) {
	listed, err := s.instances.Get(ctx, "", time.Time{})
	return slices.Clone(listed), err
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
	answer := backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: slices.Clone(sets)}
	if learned := s.learned(in.InstanceID); learned.incremental {
		more, err := s.incrementals(ctx, in.InstanceID, since)
		if err != nil {
			return backup.List{}, err
		}
		answer.Asked = append(answer.Asked, backup.KindIncremental)
		answer.Backups = append(answer.Backups, more...)
	}
	answer.Backups = slices.DeleteFunc(answer.Backups, func(b backup.Backup) bool {
		return !b.StartedAt.IsZero() && b.StartedAt.Before(since)
	})
	slices.SortStableFunc(answer.Backups, func(a, b backup.Backup) int { return b.StartedAt.Compare(a.StartedAt) })
	return answer, nil
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
	listed, err := s.instances.Get(ctx, instanceID, time.Time{})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(listed, func(in backup.Instance) bool { return in.InstanceID == instanceID }) {
		return nil
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

// Policy returns the instance's schedule.
func (s *Source) Policy(ctx context.Context, in backup.Instance) (backup.Policy, error) {
	if err := checkID(opShowBackupPolicy, in.InstanceID); err != nil {
		return backup.Policy{}, err
	}
	strategy := s.lookUp(in.InstanceID).strategy
	policy, err := call(ctx, s.client, operation{
		name: opShowBackupPolicy, define: dds.GenReqDefForShowBackupPolicy,
		request: &model.ShowBackupPolicyRequest{InstanceId: in.InstanceID},
	}, func(body []byte) (backup.Policy, error) {
		var answer struct {
			Policy *policyRecord `json:"backup_policy"`
		}
		if err := json.Unmarshal(body, &answer); err != nil || answer.Policy == nil {
			return backup.Policy{}, errors.New("the answer has no backup_policy")
		}
		return convertPolicy(*answer.Policy, strategy, s.reject)
	})
	if err != nil {
		return backup.Policy{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	incremental := policy.LogBackup != nil && *policy.LogBackup
	if former, ok := s.policies[in.InstanceID]; !ok || former.incremental != incremental {
		s.policies[in.InstanceID] = learnedPolicy{incremental: incremental, at: s.now()}
	}
	return policy, nil
}

// learned returns what the policy of an instance said. What it said just now does not count yet, so that the answer to
// one question does not depend on whether another of the same moment was faster.
func (s *Source) learned(instanceID string) learnedPolicy {
	s.mu.Lock()
	defer s.mu.Unlock()
	learned := s.policies[instanceID]
	if s.now().Sub(learned.at) < s.recent {
		return learnedPolicy{}
	}
	return learned
}

// Recovery returns the span of today, or else of yesterday, in which any moment can be restored. Class unsupported for
// single nodes and for clusters before version 4.0.
func (s *Source) Recovery(ctx context.Context, in backup.Instance) (backup.Window, error) {
	if err := checkID(opListRestoreTimes, in.InstanceID); err != nil {
		return backup.Window{}, err
	}
	if !restorable(in) {
		return backup.Window{}, &backup.Error{
			Op: opListRestoreTimes, Class: backup.ClassUnsupported,
			Err: errors.New("point-in-time recovery is for replica sets, and for clusters from version 4.0"),
		}
	}
	today := s.now().UTC()
	for _, day := range []time.Time{today, today.AddDate(0, 0, -1)} {
		window, err := s.recoveryOn(ctx, in.InstanceID, day)
		if err != nil || !window.IsZero() {
			return window, err
		}
	}
	return backup.Window{}, nil
}

func (s *Source) recoveryOn(ctx context.Context, instanceID string, day time.Time) (backup.Window, error) {
	return call(ctx, s.client, operation{
		name: opListRestoreTimes, define: dds.GenReqDefForListRestoreTimes,
		request: &model.ListRestoreTimesRequest{InstanceId: instanceID, Date: day.Format(time.DateOnly)},
	}, func(body []byte) (backup.Window, error) {
		var answer struct {
			Spans *[]json.RawMessage `json:"restore_time"`
		}
		if err := json.Unmarshal(body, &answer); err != nil || answer.Spans == nil {
			return backup.Window{}, errors.New("the answer has no list of restore_time")
		}
		return convertWindows(*answer.Spans, s.reject), nil
	})
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

// reject counts what could not be read, and logs the first of each field.
func (s *Source) reject(field string, value json.RawMessage) {
	s.client.caller.Rejected(field)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told[field] {
		return
	}
	s.told[field] = true
	level.Warn(s.logger).Log("msg", "cannot read a value of the cloud's answer; logged once",
		"account", s.account, "region", s.region, "field", field, "value", clip(string(value)))
}
