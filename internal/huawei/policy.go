package huawei

import (
	"context"
	"time"

	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// policyRetry is how long Backups does without a policy that could not be read, before it asks by itself again.
const policyRetry = 10 * time.Minute

// policy is what is known of an instance's policy, because the other questions depend on it.
type policy struct {
	asking *cloudcall.Shared[backup.Policy] // one question for all who want to know at the same moment

	// Guarded by the mutex of Source.
	log, former *bool     // LogBackup, and what it was before since
	since       time.Time // when log was learned; zero: never
	failed      time.Time // when the policy could not be read last; zero: never
	noRecovery  bool      // found since then: there is no moment to restore to
}

// policy returns the entry of an instance, which it makes when there is none.
func (s *Source) policy(id string) *policy {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.policies[id]
	if !ok {
		p = &policy{asking: cloudcall.NewShared(opShowBackupPolicy, s.recent, s.now, func(ctx context.Context, _ time.Time) (backup.Policy, error) {
			return s.askPolicy(ctx, id)
		})}
		s.policies[id] = p
	}
	return p
}

// Policy returns the instance's schedule for automatic backups.
func (s *Source) Policy(ctx context.Context, in backup.Instance) (backup.Policy, error) {
	if err := checkID(opShowBackupPolicy, in.InstanceID); err != nil {
		return backup.Policy{}, err
	}
	return s.policy(in.InstanceID).asking.Get(ctx, "Policy", time.Time{})
}

func (s *Source) askPolicy(ctx context.Context, id string) (backup.Policy, error) {
	const op = opShowBackupPolicy
	strategy := s.lookUp(id).strategy
	decode := decoder[policyAnswer](op)
	var r wire.Reader
	schedule, err := ask(ctx, s.client, operation{
		name: op, define: dds.GenReqDefForShowBackupPolicy, request: &model.ShowBackupPolicyRequest{InstanceId: id},
	}, func(body []byte) (backup.Policy, error) {
		a, err := decode(body)
		if err != nil {
			return backup.Policy{}, err
		}
		return convertPolicy(*a.Policy, strategy, &r)
	})
	of := s.whose
	of.InstanceID = id
	s.rejects.Report(of, r)
	if err == nil {
		s.learn(id, schedule.LogBackup)
	} else if backup.ClassOf(err) != backup.ClassCanceled {
		s.policyFailed(id)
	}
	return schedule, err
}

// learn keeps what a policy says that the other questions depend on.
func (s *Source) learn(id string, log *bool) {
	p := s.policy(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	switch {
	case p.since.IsZero():
		p.log, p.former, p.since = log, log, now
	case isOn(p.log) != isOn(log) || isOff(p.log) != isOff(log):
		p.former = p.settled(now, s.recent)
		p.log, p.since, p.noRecovery = log, now, false
	}
}

// policyFailed notes that a policy could not be read.
func (s *Source) policyFailed(id string) {
	p := s.policy(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	p.failed = s.now()
}

// settled returns LogBackup without a change of just now, so that the answer to one question does not depend on whether
// another of the same moment was faster.
func (p *policy) settled(now time.Time, recent time.Duration) *bool {
	if now.Sub(p.since) < recent {
		return p.former
	}
	return p.log
}

func isOn(flag *bool) bool { return flag != nil && *flag }

func isOff(flag *bool) bool { return flag != nil && !*flag }

// makesIncrementals reports whether the policy of an instance makes incremental backups. It asks when nobody has told:
// after a reload of the configuration the policy may not be due for an hour. A policy that cannot be read counts as one
// that makes none.
func (s *Source) makesIncrementals(ctx context.Context, id string) bool {
	p := s.policy(id)
	s.mu.Lock()
	now := s.now()
	known, failed := !p.since.IsZero(), !p.failed.IsZero() && now.Sub(p.failed) < policyRetry
	s.mu.Unlock()
	if !known {
		if failed || !validID(id) {
			return false
		}
		if _, err := p.asking.Get(ctx, "Backups", time.Time{}); err != nil {
			return false
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return isOn(p.settled(now, s.recent))
}

// recoveryEnded reports whether there is no moment to restore to, nor will be while the policy stays as it is. asOf is
// for foundNoRecovery.
func (s *Source) recoveryEnded(id string) (ended bool, asOf time.Time) {
	p := s.policy(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.noRecovery && isOff(p.log), p.since
}

// foundNoRecovery remembers that there was no moment to restore to, unless the policy was learned or changed since asOf.
func (s *Source) foundNoRecovery(id string, asOf time.Time) {
	p := s.policy(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	p.noRecovery = !asOf.IsZero() && p.since.Equal(asOf)
}
