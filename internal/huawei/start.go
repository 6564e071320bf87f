package huawei

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

// StartBackup asks for a full backup of an instance. The call is made once only: when its answer is lost, a backup may
// have been started. An instance that cannot be backed up now is an error of class busy. An order with a Method or with
// RetentionDays is refused, because DDS has neither.
func (s *Source) StartBackup(ctx context.Context, in backup.Instance, order backup.ManualOrder) (backup.Started, error) {
	const op = opCreateManualBackup
	if order.Method != "" || order.RetentionDays != 0 {
		return backup.Started{}, errors.New("--method and --retention-days: Huawei Cloud DDS chooses the method itself and keeps manual backups until they are deleted; leave them out")
	}
	if err := checkID(op, in.InstanceID); err != nil {
		return backup.Started{}, err
	}
	option := &model.CreateManualBackupOption{
		InstanceId: in.InstanceID, Name: cmp.Or(order.Name, manualName(in.InstanceID, s.now())),
	}
	if order.Description != "" {
		option.Description = &order.Description
	}
	a, err := ask[createAnswer](cloudcall.About(ctx, in.InstanceID, ""), s.client, operation{
		name: op, define: dds.GenReqDefForCreateManualBackup, success: http.StatusAccepted, changes: true,
		request: &model.CreateManualBackupRequest{Body: &model.CreateManualBackupRequestBody{Backup: option}},
	})
	if err != nil {
		return backup.Started{}, err
	}
	return backup.Started{JobID: a.JobID.Text, BackupID: a.BackupID.Text}, nil
}

// manualName makes a name that is unique in the project, where one of the same second is about another instance.
func manualName(instanceID string, now time.Time) string {
	const idPart = 12
	return now.UTC().Format("manual-20060102-150405-") + instanceID[:min(idPart, len(instanceID))]
}
