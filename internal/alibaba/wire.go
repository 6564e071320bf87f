package alibaba

import (
	"encoding/json"
	"errors"
	"net/http"

	"mongodb_backup_exporter/internal/backup"
)

// The answers, as far as they are read. Signed download URLs are left out on purpose: they are secrets.

type instancesAnswer struct {
	fault
	TotalCount  scalar
	PageSize    scalar
	DBInstances *struct {
		DBInstance []instanceRecord
	}
}

type instanceRecord struct {
	DBInstanceID          scalar `json:"DBInstanceId"`
	DBInstanceDescription scalar
	DBInstanceType        scalar
	DBInstanceStatus      scalar
	ReplicationFactor     scalar
	StorageType           scalar
	Engine                scalar
	EngineVersion         scalar
	CreationTime          scalar
	UseClusterBackup      scalar // of DescribeDBInstanceAttribute
	Tags                  struct {
		Tag []struct{ Key, Value scalar }
	}
	ShardList struct {
		ShardAttribute []struct {
			NodeID scalar `json:"NodeId"`
		}
	}
}

type backupsAnswer struct {
	fault
	TotalCount scalar
	PageSize   scalar
	Backups    *struct {
		Backup []backupRecord
	}
}

type backupRecord struct {
	BackupID         scalar `json:"BackupId"`
	BackupStatus     scalar
	BackupType       scalar
	BackupMode       scalar
	BackupMethod     scalar
	BackupSize       scalar
	BackupStartTime  scalar
	BackupEndTime    scalar
	BackupExpireTime scalar
	IsAvail          scalar
}

type clusterBackupsAnswer struct {
	fault
	PageSize       scalar
	ClusterBackups list[clusterRecord]
}

type clusterRecord struct {
	ClusterBackupID        scalar `json:"ClusterBackupId"`
	ClusterBackupStatus    scalar
	ClusterBackupMode      scalar
	ClusterBackupStartTime scalar
	ClusterBackupEndTime   scalar
	BackupExpireTime       scalar
	IsAvail                scalar
	Backups                []shardRecord
}

type shardRecord struct {
	BackupID        scalar `json:"BackupId"`
	InstanceName    scalar // of the shard
	BackupStatus    scalar
	BackupSize      scalar
	BackupStartTime scalar
	BackupEndTime   scalar
	IsAvail         scalar
	ExtraInfo       struct {
		NodeID scalar `json:"NodeId"`
	}
}

type tasksAnswer struct {
	fault
	BackupJobs list[jobRecord]
}

type jobRecord struct {
	BackupJobID     scalar `json:"BackupjobId"` // the lower-case j is the API's
	BackupSetStatus scalar
	BackupStartTime scalar
	Progress        scalar
	JobMode         scalar
}

type policyAnswer struct {
	fault
	PreferredBackupPeriod   scalar
	PreferredBackupTime     scalar
	PreferredNextBackupTime scalar
	BackupRetentionPeriod   scalar
	BackupInterval          scalar
	EnableBackupLog         scalar
}

type recoverTimeAnswer struct {
	fault
	RestoreRanges list[rangeRecord]
}

type rangeRecord struct{ RestoreBeginTime, RestoreEndTime scalar }

type createAnswer struct {
	fault
	BackupJobID scalar `json:"BackupJobId"`
	BackupID    scalar `json:"BackupId"`
}

// answer is the body of an HTTP 200.
type answer interface {
	// lacks names what every answer of its kind has and this one has not; "" when it is whole. mistyped says that some
	// value in it had the wrong type and was left out.
	lacks(mistyped bool) string
	// said returns the error that the body may be.
	said() fault
}

func (f *fault) said() fault { return *f }

func (a *instancesAnswer) lacks(mistyped bool) string {
	return unless(a.DBInstances != nil && !(mistyped && len(a.DBInstances.DBInstance) == 0), "DBInstances")
}

func (a *backupsAnswer) lacks(mistyped bool) string {
	return unless(a.Backups != nil && !(mistyped && len(a.Backups.Backup) == 0), "Backups")
}

func (a *clusterBackupsAnswer) lacks(bool) string {
	return unless(a.ClusterBackups.present, "ClusterBackups")
}

func (a *tasksAnswer) lacks(bool) string {
	return unless(a.BackupJobs.present, "BackupJobs")
}

func (a *policyAnswer) lacks(bool) string {
	return unless(a.PreferredBackupPeriod.kind != missing, "PreferredBackupPeriod")
}

func (a *recoverTimeAnswer) lacks(bool) string {
	return unless(a.RestoreRanges.present, "RestoreRanges")
}

func (a *createAnswer) lacks(bool) string {
	return unless(a.BackupJobID.text != "" || a.BackupID.text != "", "BackupJobId")
}

func unless(there bool, name string) string {
	if there {
		return ""
	}
	return name
}

// decoder returns what decodes the answers of one operation. An HTTP 200 without what the operation promises is an
// error: that of the body where it is shaped like one, else of class protocol. So nothing that is not a list is ever
// taken for an empty one.
func decoder[A any, P interface {
	*A
	answer
}](op string) func(body []byte) (P, error) {
	return func(body []byte) (P, error) {
		a := P(new(A))
		err := json.Unmarshal(body, a)
		if err != nil && !mistyped(err) {
			return nil, protocolError(op, "the answer cannot be read: "+err.Error(), "")
		}
		lacks := a.lacks(err != nil)
		switch {
		case lacks == "":
			return a, nil
		case a.said().Code.said():
			return nil, a.said().failure(op, http.StatusOK)
		}
		return nil, protocolError(op, "the answer has no proper "+lacks, a.said().RequestID.text)
	}
}

// mistyped reports whether err is a value of the wrong type in otherwise good JSON, which the decoder left out.
func mistyped(err error) bool {
	_, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok
}

func protocolError(op, problem, requestID string) *backup.Error {
	return &backup.Error{Op: op, Class: backup.ClassProtocol, RequestID: clip(requestID, 80), Err: errors.New(problem)}
}
