package huawei

import (
	"cmp"
	"context"
	"net/http"

	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"
)

// CreateOptions say how a manual backup is made.
type CreateOptions struct {
	// Name must be unique in the project: 4 to 64 letters, digits, - or _, a letter first. "": made of the time.
	Name        string
	Description string // up to 256 characters; "": none
}

// Created names a manual backup that was asked for.
type Created struct {
	JobID    string // id of the task, as in Jobs
	BackupID string // id of the backup set, as in Backups
}

// CreateBackup asks for a full backup of an instance. It is tried once only: an answer that is lost may hide a backup
// that was begun. An instance that cannot be backed up now is an error of class busy.
func (s *Source) CreateBackup(ctx context.Context, instanceID string, opts CreateOptions) (Created, error) {
	const op = opCreateManualBackup
	if err := checkID(op, instanceID); err != nil {
		return Created{}, err
	}
	option := &model.CreateManualBackupOption{
		InstanceId: instanceID, Name: cmp.Or(opts.Name, s.now().UTC().Format("manual-20060102-150405")),
	}
	if opts.Description != "" {
		option.Description = &opts.Description
	}
	a, err := ask(ctx, s.client, operation{
		name: op, define: dds.GenReqDefForCreateManualBackup, success: http.StatusAccepted, changes: true,
		request: &model.CreateManualBackupRequest{Body: &model.CreateManualBackupRequestBody{Backup: option}},
	}, decoder[createAnswer](op))
	if err != nil {
		return Created{}, err
	}
	return Created{JobID: a.JobID.Text, BackupID: a.BackupID.Text}, nil
}
