package huawei

import (
	"context"

	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

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

// policyRead notes whether a policy makes incremental backups.
func (s *Source) policyRead(id string, logBackup *bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logBackup[id] = logBackup
}

// makesIncrements returns whether the newest policy that was read makes incremental backups; nil: it does not say, or none was
// read.
func (s *Source) makesIncrements(id string) *bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logBackup[id]
}
