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

// policyState is what is known of an instance's policy. Recovery depends on it. The mutex of Source guards it.
type policyState struct {
	logBackup  *bool     // Policy.LogBackup
	changedAt  time.Time // when logBackup was read first or changed; zero: never read
	noRecovery bool      // there was no moment to restore to since changedAt
}

// policyOf returns the state of an instance's policy. It makes one when there is none. The source is locked.
func (s *Source) policyOf(id string) *policyState {
	p, ok := s.policies[id]
	if !ok {
		p = &policyState{}
		s.policies[id] = p
	}
	return p
}

// Policy returns the instance's schedule for automatic backups.
func (s *Source) Policy(ctx context.Context, in backup.Instance) (backup.Policy, error) {
	if err := checkID(opShowBackupPolicy, in.InstanceID); err != nil {
		return backup.Policy{}, err
	}
	policy, err := s.readPolicy(ctx, in.InstanceID)
	if err == nil {
		s.policyRead(in.InstanceID, policy.LogBackup)
	}
	return policy, err
}

func (s *Source) readPolicy(ctx context.Context, id string) (backup.Policy, error) {
	const op = opShowBackupPolicy
	strategy := s.lookUp(id).strategy
	return askFor(cloudcall.About(ctx, id, ""), s.client, operation{
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
}

// policyRead notes that a policy was read.
func (s *Source) policyRead(id string, logBackup *bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.policyOf(id)
	if p.changedAt.IsZero() || !sameFlag(p.logBackup, logBackup) {
		p.logBackup, p.changedAt, p.noRecovery = logBackup, s.now(), false
	}
}

func sameFlag(a, b *bool) bool {
	return wire.IsTrue(a) == wire.IsTrue(b) && wire.IsFalse(a) == wire.IsFalse(b)
}

// logBackupIsOn reports whether the newest policy that was read makes incremental backups.
func (s *Source) logBackupIsOn(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return wire.IsTrue(s.policyOf(id).logBackup)
}

// recoveryEnded reports whether there is no moment to restore to, and will be none while the policy stays as it is. asOf
// is for foundNoRecovery.
func (s *Source) recoveryEnded(id string) (ended bool, asOf time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.policyOf(id)
	return p.noRecovery && wire.IsFalse(p.logBackup), p.changedAt
}

// foundNoRecovery notes that there was no moment to restore to. That holds only if the policy was not read first or
// changed after asOf: otherwise the answer may be older than the policy.
func (s *Source) foundNoRecovery(id string, asOf time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.policyOf(id)
	p.noRecovery = !asOf.IsZero() && p.changedAt.Equal(asOf)
}
