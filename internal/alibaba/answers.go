package alibaba

import (
	"errors"
	"net/http"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// The answers, as far as they are read. Signed download URLs are left out on purpose: they are secrets.

type instancesAnswer struct {
	fault
	TotalCount  wire.Scalar
	PageSize    wire.Scalar
	DBInstances *struct {
		DBInstance []instanceRecord
	}
}

type instanceRecord struct {
	DBInstanceID          wire.Scalar `json:"DBInstanceId"`
	DBInstanceDescription wire.Scalar
	DBInstanceType        wire.Scalar
	DBInstanceStatus      wire.Scalar
	ReplicationFactor     wire.Scalar
	StorageType           wire.Scalar
	Engine                wire.Scalar
	EngineVersion         wire.Scalar
	CreationTime          wire.Scalar
	UseClusterBackup      wire.Scalar // of DescribeDBInstanceAttribute
	Tags                  wire.Part[tagList]
	ShardList             struct {
		ShardAttribute []struct {
			NodeID wire.Scalar `json:"NodeId"`
		}
	}
}

type tagList struct {
	Tag []struct{ Key, Value wire.Scalar }
}

type backupsAnswer struct {
	fault
	TotalCount wire.Scalar
	PageSize   wire.Scalar
	Backups    *struct {
		Backup []backupRecord
	}
}

type backupRecord struct {
	BackupID         wire.Scalar `json:"BackupId"`
	BackupStatus     wire.Scalar
	BackupType       wire.Scalar
	BackupMode       wire.Scalar
	BackupMethod     wire.Scalar
	BackupSize       wire.Scalar
	BackupStartTime  wire.Scalar
	BackupEndTime    wire.Scalar
	BackupExpireTime wire.Scalar
	IsAvail          wire.Scalar
}

type clusterBackupsAnswer struct {
	fault
	PageSize       wire.Scalar
	ClusterBackups list[clusterRecord]
}

type clusterRecord struct {
	ClusterBackupID        wire.Scalar `json:"ClusterBackupId"`
	ClusterBackupStatus    wire.Scalar
	ClusterBackupMode      wire.Scalar
	ClusterBackupStartTime wire.Scalar
	ClusterBackupEndTime   wire.Scalar
	BackupExpireTime       wire.Scalar
	IsAvail                wire.Scalar
	Backups                []shardRecord
}

type shardRecord struct {
	BackupID        wire.Scalar `json:"BackupId"`
	InstanceName    wire.Scalar // of the shard
	BackupStatus    wire.Scalar
	BackupSize      wire.Scalar
	BackupStartTime wire.Scalar
	BackupEndTime   wire.Scalar
	IsAvail         wire.Scalar
	ExtraInfo       struct {
		NodeID wire.Scalar `json:"NodeId"`
	}
}

type tasksAnswer struct {
	fault
	BackupJobs list[jobRecord]
}

type jobRecord struct {
	BackupJobID     wire.Scalar `json:"BackupjobId"` // the lower-case j is the API's
	BackupSetStatus wire.Scalar
	BackupStartTime wire.Scalar
	Progress        wire.Scalar
	JobMode         wire.Scalar
}

type policyAnswer struct {
	fault
	PreferredBackupPeriod   wire.Scalar
	PreferredBackupTime     wire.Scalar
	PreferredNextBackupTime wire.Scalar
	BackupRetentionPeriod   wire.Scalar
	BackupInterval          wire.Scalar
	EnableBackupLog         wire.Scalar
}

type recoverTimeAnswer struct {
	fault
	RestoreRanges list[rangeRecord]
}

type rangeRecord struct{ RestoreBeginTime, RestoreEndTime wire.Scalar }

type createAnswer struct {
	fault
	BackupJobID wire.Scalar `json:"BackupJobId"`
	BackupID    wire.Scalar `json:"BackupId"`
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
	return unless(a.PreferredBackupPeriod.Kind != wire.Missing, "PreferredBackupPeriod")
}

func (a *recoverTimeAnswer) lacks(bool) string {
	return unless(a.RestoreRanges.present || a.RestoreRanges.null, "RestoreRanges")
}

func (a *createAnswer) lacks(bool) string {
	return unless(a.BackupJobID.Text != "" || a.BackupID.Text != "", "BackupJobId")
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
		mistyped, err := wire.Unmarshal(body, a)
		if err != nil {
			return nil, protocolError(op, err.Error(), "")
		}
		lacks := a.lacks(mistyped)
		switch {
		case lacks == "":
			return a, nil
		case a.said().Code.Said():
			return nil, a.said().failure(op, http.StatusOK)
		}
		return nil, protocolError(op, "the answer has no proper "+lacks, a.said().RequestID.Text)
	}
}

func protocolError(op, problem, requestID string) *backup.Error {
	return &backup.Error{Op: op, Class: backup.ClassProtocol, RequestID: wire.Clip(requestID, 80), Err: errors.New(problem)}
}

// list is a JSON array that knows whether it was there: [] is a list of nothing, a missing one is no list. Whether null is
// one is for each answer to say: none of them has a total that could contradict it.
type list[T any] struct {
	items         []T
	present, null bool
}

// UnmarshalJSON never fails: anything but an array is no list. Elements of the wrong type become zero values.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	l.present, l.null = data[0] == '[', data[0] == 'n'
	if !l.present {
		return nil
	}
	_, err := wire.Unmarshal(data, &l.items)
	return err
}
