package alibaba

import (
	"context"
	"strconv"

	"mongodb_backup_exporter/internal/cloudcall"
)

// CreateOptions say how a manual backup is made.
type CreateOptions struct {
	Method        string // Snapshot, Physical or Logical; "": the cloud's default for the instance
	RetentionDays int    // 7 to 730, or -1 for ever; cloud disks only; 0: as the instance's policy says
}

// Created names a manual backup that was asked for.
type Created struct {
	JobID    string // id of the task, as in Jobs
	BackupID string // id of the backup set; "" now that the API does without it
}

// CreateBackup asks for a full backup of an instance. It is tried once only: an answer that is lost may hide a backup
// that was begun. An instance that cannot be backed up now is an error of class busy.
func (s *Source) CreateBackup(ctx context.Context, instanceID string, opts CreateOptions) (Created, error) {
	const op = opCreateBackup
	q := query{"DBInstanceId": instanceID}
	if opts.Method != "" {
		q["BackupMethod"] = opts.Method
	}
	if opts.RetentionDays != 0 {
		q["BackupRetentionPeriod"] = strconv.Itoa(opts.RetentionDays)
	}
	decode := decoder[createAnswer](op)
	a, err := cloudcall.Once(ctx, s.caller, op, func(ctx context.Context) (*createAnswer, error) {
		body, err := s.send(ctx, op, q)
		if err != nil {
			return nil, err
		}
		return decode(body)
	})
	if err != nil {
		return Created{}, err
	}
	return Created{JobID: a.BackupJobID.Text, BackupID: a.BackupID.Text}, nil
}
