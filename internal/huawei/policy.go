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

// policyRetry is how long Backups waits after a policy could not be read, before it reads the policy again.
const policyRetry = 10 * time.Minute

// policyState is what is known of an instance's policy. Backups and Recovery depend on it.
type policyState struct {
	policy *cloudcall.Shared[backup.Policy] // one call for all who need the policy at the same moment

	// Guarded by the mutex of Source.
	logBackup  *bool     // Policy.LogBackup
	former     *bool     // logBackup before it changed
	changedAt  time.Time // when logBackup was read first or changed; zero: never read
	failedAt   time.Time // when the policy could not be read; zero: never
	noRecovery bool      // there was no moment to restore to since changedAt
}

// policyOf returns the state of an instance's policy. It makes one when there is none.
func (s *Source) policyOf(id string) *policyState {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.policies[id]
	if !ok {
		p = &policyState{policy: cloudcall.NewShared(opShowBackupPolicy, s.shareFor, s.now, func(ctx context.Context, _ time.Time) (backup.Policy, error) {
			return s.readPolicy(ctx, id)
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
	return s.policyOf(in.InstanceID).policy.Get(ctx, "Policy", time.Time{})
}

func (s *Source) readPolicy(ctx context.Context, id string) (backup.Policy, error) {
	const op = opShowBackupPolicy
	strategy := s.lookUp(id).strategy
	policy, err := askFor(cloudcall.About(ctx, id, ""), s.client, operation{
		name: op, define: dds.GenReqDefForShowBackupPolicy, request: &model.ShowBackupPolicyRequest{InstanceId: id},
	}, func(body []byte) (backup.Policy, error) {
		a, err := wire.Decode[policyAnswer](op, body)
		if err != nil {
			return backup.Policy{}, err
		}
		var r wire.Reader
		defer func() { s.rejects.Report(s.target(id), r) }()
		return convertPolicy(a.Policy.Value, strategy, &r)
	})
	if err == nil {
		s.policyRead(id, policy.LogBackup)
	} else if backup.ClassOf(err) != backup.ClassCanceled {
		s.policyFailed(id)
	}
	return policy, err
}

// policyRead notes that a policy was read.
func (s *Source) policyRead(id string, logBackup *bool) {
	p := s.policyOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	switch {
	case p.changedAt.IsZero():
		p.logBackup, p.former, p.changedAt = logBackup, logBackup, now
	case !sameFlag(p.logBackup, logBackup):
		p.former = p.settled(now, s.shareFor)
		p.logBackup, p.changedAt, p.noRecovery = logBackup, now, false
	}
}

// policyFailed notes that a policy could not be read.
func (s *Source) policyFailed(id string) {
	p := s.policyOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	p.failedAt = s.now()
}

// settled returns logBackup, or its former value while the change is younger than age. So the answer to one question does
// not depend on whether another question of the same moment was answered first.
func (p *policyState) settled(now time.Time, age time.Duration) *bool {
	if now.Sub(p.changedAt) < age {
		return p.former
	}
	return p.logBackup
}

func sameFlag(a, b *bool) bool {
	return wire.IsTrue(a) == wire.IsTrue(b) && wire.IsFalse(a) == wire.IsFalse(b)
}

// makesIncrementals reports whether the policy of an instance makes incremental backups. It reads the policy when it was
// never read: after a reload of the configuration, it may not be due for an hour. A policy that cannot be read counts as
// one that makes none.
func (s *Source) makesIncrementals(ctx context.Context, id string) bool {
	p := s.policyOf(id)
	s.mu.Lock()
	now := s.now()
	known, failed := !p.changedAt.IsZero(), !p.failedAt.IsZero() && now.Sub(p.failedAt) < policyRetry
	s.mu.Unlock()
	if !known {
		if failed || !validID(id) {
			return false
		}
		if _, err := p.policy.Get(ctx, "Backups", time.Time{}); err != nil {
			return false
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return wire.IsTrue(p.settled(now, s.shareFor))
}

// logBackupIsOn reports whether the newest policy that was read makes incremental backups.
func (s *Source) logBackupIsOn(id string) bool {
	p := s.policyOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	return wire.IsTrue(p.logBackup)
}

// recoveryEnded reports whether there is no moment to restore to, and will be none while the policy stays as it is. asOf
// is for foundNoRecovery.
func (s *Source) recoveryEnded(id string) (ended bool, asOf time.Time) {
	p := s.policyOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.noRecovery && wire.IsFalse(p.logBackup), p.changedAt
}

// foundNoRecovery notes that there was no moment to restore to. That holds only if the policy was not read first or
// changed after asOf: otherwise the answer may be older than the policy.
func (s *Source) foundNoRecovery(id string, asOf time.Time) {
	p := s.policyOf(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	p.noRecovery = !asOf.IsZero() && p.changedAt.Equal(asOf)
}
