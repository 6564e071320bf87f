package huawei

import (
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

// CreateManualBackup asks for a full backup of an instance. The name must be unique in the project: 4 to 64 letters,
// digits, - or _, a letter first. An instance that cannot be backed up now is an error of class busy. After an error of
// class timeout, server, network or protocol there may be a backup nevertheless.
func (s *Source) CreateManualBackup(ctx context.Context, instanceID, name, description string) (Created, error) {
	if err := checkID(opCreateManualBackup, instanceID); err != nil {
		return Created{}, err
	}
	option := &model.CreateManualBackupOption{InstanceId: instanceID, Name: name}
	if description != "" {
		option.Description = &description
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
