package alibaba

import (
	"context"
	"errors"
	"strconv"

	"mongodb_backup_exporter/internal/backup"
)

// StartBackup asks for a full backup of an instance. The call is made once only: when its answer is lost, a backup may
// have been started. An instance that cannot be backed up now is an error of class busy. An order with a Name is
// refused, because the cloud names backups itself. A Description is not kept.
func (s *Source) StartBackup(ctx context.Context, in backup.Instance, order backup.ManualOrder) (backup.Started, error) {
	if order.Name != "" {
		return backup.Started{}, errors.New("--name: Alibaba Cloud names backups itself; leave it out")
	}
	params := map[string]string{"DBInstanceId": in.InstanceID}
	if order.Method != "" {
		params["BackupMethod"] = order.Method
	}
	if order.RetentionDays != 0 {
		params["BackupRetentionPeriod"] = strconv.Itoa(order.RetentionDays)
	}
	a, err := ask[createAnswer](ctx, s.client, operation{name: opCreateBackup, params: params, changes: true})
	if err != nil {
		return backup.Started{}, err
	}
	return backup.Started{JobID: a.BackupJobID.Text}, nil // BackupId is deprecated, and names one shard's set only
}
