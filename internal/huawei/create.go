package huawei

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"
)

// Created names a manual backup that was asked for.
type Created struct {
	JobID    string // id of the task, as in Jobs
	BackupID string // id of the backup set, as in Backups
}

// CreateOptions say how a manual backup is made.
type CreateOptions struct {
	// Name must be unique in the project: 4 to 64 letters, digits, - or _, a letter first. "": made of the time.
	Name        string
	Description string // up to 256 characters; "": none
}

// CreateBackup asks for a full backup of an instance. It is tried once only: an answer that is lost may hide a backup
// that was begun. An instance that cannot be backed up now is an error of class busy.
func (s *Source) CreateBackup(ctx context.Context, instanceID string, opts CreateOptions) (Created, error) {
	if err := checkID(opCreateManualBackup, instanceID); err != nil {
		return Created{}, err
	}
	option := &model.CreateManualBackupOption{
		InstanceId: instanceID, Name: cmp.Or(opts.Name, s.now().UTC().Format("manual-20060102-150405")),
	}
	if opts.Description != "" {
		option.Description = &opts.Description
	}
	return call(ctx, s.client, operation{
		name: opCreateManualBackup, define: dds.GenReqDefForCreateManualBackup, success: http.StatusAccepted, changes: true,
		request: &model.CreateManualBackupRequest{Body: &model.CreateManualBackupRequestBody{Backup: option}},
	}, decodeCreated)
}

func decodeCreated(body []byte) (Created, error) {
	var answer struct {
		JobID    json.RawMessage `json:"job_id"`
		BackupID json.RawMessage `json:"backup_id"`
	}
	err := json.Unmarshal(body, &answer)
	job, ok1 := text(answer.JobID)
	set, ok2 := text(answer.BackupID)
	if err != nil || !ok1 || !ok2 || (job == "" && set == "") {
		return Created{}, errors.New("the answer names neither a job nor a backup")
	}
	return Created{JobID: job, BackupID: set}, nil
}
