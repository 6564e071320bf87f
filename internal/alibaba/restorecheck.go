package alibaba

import (
	"context"
	"errors"
	"strings"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// CheckRestore asks whether a backup of an instance could be restored to a new instance. Sharded clusters cannot be asked
// about: the operation does not take their backups.
func (s *Source) CheckRestore(ctx context.Context, in backup.Instance, backupID string) (backup.RestoreCheck, error) {
	const op = opCheckRecoveryCondition
	if in.Topology == backup.TopologyShardedCluster {
		return backup.RestoreCheck{}, cloudcall.Unsupported(op, "the cloud does not check single backups of sharded clusters")
	}
	params := map[string]string{"SourceDBInstance": in.InstanceID, "BackupId": backupID}
	if in.Lifecycle == backup.LifecycleReleased {
		params["SrcRegion"], params["RestoreType"] = s.region, "2"
	}
	check := backup.RestoreCheck{BackupID: backupID, At: s.now()}
	a, err := ask[recoveryConditionAnswer](ctx, s.client, operation{name: op, params: params})
	if why := refusedState(err); why != "" {
		check.Refused = "cannot be restored by the cloud's own check: " + why
		return check, nil
	}
	if err != nil {
		return backup.RestoreCheck{}, err
	}
	var r wire.Reader
	valid := r.Flag("IsValid", a.IsValid)
	s.rejects.Report(in.Target, r)
	if valid == nil {
		return backup.RestoreCheck{}, wire.ProtocolError(op, "IsValid is neither true nor false")
	}
	if !*valid {
		check.Refused = "cannot be restored by the cloud's own check"
	}
	return check, nil
}

// refusedState returns the cloud's words for a backup whose state does not allow a restore; "" for any other error. All
// other codes are about the instance or the call, and say nothing about the backup.
func refusedState(err error) string {
	failure, ok := errors.AsType[*backup.Error](err)
	if !ok || !strings.EqualFold(failure.Code, "IncorrectBackupSetState") {
		return ""
	}
	if failure.Err == nil {
		return failure.Code
	}
	return failure.Err.Error()
}
