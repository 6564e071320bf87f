package alibaba

import (
	"net/http"
	"slices"

	"mongodb_backup_exporter/internal/wire"
)

// The answers, with the fields that are read. Download URLs are left out on purpose: they are signed, and so secrets.

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
	LockMode              wire.Scalar
	ReplicationFactor     wire.Scalar
	StorageType           wire.Scalar
	Engine                wire.Scalar
	EngineVersion         wire.Scalar
	CreationTime          wire.Scalar
	UseClusterBackup      wire.Scalar // only in the answer of DescribeDBInstanceAttribute
	Tags                  wire.Part[tagList]
	ShardList             struct {
		ShardAttribute []struct {
			NodeID wire.Scalar `json:"NodeId"`
		}
	}
}

type tagList struct{ Tag []wire.Tag }

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
	BackupSize       wire.Scalar // bytes
	BackupStartTime  wire.Scalar
	BackupEndTime    wire.Scalar
	BackupExpireTime wire.Scalar
	BackupScale      wire.Scalar // what the backup holds
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
	AttachLogStatus        wire.Scalar
	Progress               wire.Scalar // of a set that is running; sometimes of others too
	Backups                []shardRecord
}

type shardRecord struct {
	BackupID        wire.Scalar `json:"BackupId"`
	InstanceName    wire.Scalar // the shard's id, or else ExtraInfo has it
	BackupStatus    wire.Scalar
	BackupSize      wire.Scalar // bytes
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
	BackupRetentionPeriod   wire.Scalar // days
	SnapshotBackupType      wire.Scalar
	BackupInterval          wire.Scalar // minutes; counts only when SnapshotBackupType is Flash
	EnableBackupLog         wire.Scalar

	HighFrequencyBackupRetention           wire.Scalar // days
	DestRegion                             wire.Scalar // of the copies; "": there are none
	BackupRetentionPolicyOnClusterDeletion wire.Scalar // 0: none is kept; 1: the last one; 2: all
}

type recoverTimeAnswer struct {
	fault
	RestoreRanges list[rangeRecord]
}

type rangeRecord struct{ RestoreBeginTime, RestoreEndTime wire.Scalar }

type recoveryConditionAnswer struct {
	fault
	IsValid wire.Scalar
}

type createAnswer struct {
	fault
	BackupJobID wire.Scalar `json:"BackupJobId"`
	BackupID    wire.Scalar `json:"BackupId"`
}

// Missing implements wire.Answer.
func (a *instancesAnswer) Missing(mistyped bool) string {
	return wire.MissingUnless(a.DBInstances != nil && !(mistyped && len(a.DBInstances.DBInstance) == 0), "DBInstances")
}

// Missing implements wire.Answer.
func (a *backupsAnswer) Missing(mistyped bool) string {
	return wire.MissingUnless(a.Backups != nil && !(mistyped && len(a.Backups.Backup) == 0), "Backups")
}

// Missing implements wire.Answer.
func (a *clusterBackupsAnswer) Missing(bool) string {
	return wire.MissingUnless(a.ClusterBackups.present, "ClusterBackups")
}

// Missing implements wire.Answer.
func (a *tasksAnswer) Missing(bool) string {
	return a.missingList("BackupJobs", a.BackupJobs.present, a.BackupJobs.mistyped)
}

// Missing implements wire.Answer. An answer without any field of a policy is none.
func (a *policyAnswer) Missing(bool) string {
	return wire.MissingUnless(a.PreferredBackupPeriod.IsSet() || a.saysMore(), "PreferredBackupPeriod")
}

// saysMore reports whether the policy has another field than the days.
func (a *policyAnswer) saysMore() bool {
	return slices.ContainsFunc([]wire.Scalar{
		a.PreferredBackupTime, a.PreferredNextBackupTime, a.BackupRetentionPeriod, a.SnapshotBackupType, a.BackupInterval,
		a.EnableBackupLog, a.HighFrequencyBackupRetention, a.BackupRetentionPolicyOnClusterDeletion,
	}, wire.Scalar.IsSet)
}

// Missing implements wire.Answer.
func (a *recoverTimeAnswer) Missing(bool) string {
	return a.missingList("RestoreRanges", a.RestoreRanges.present, a.RestoreRanges.mistyped)
}

// Missing implements wire.Answer.
func (a *recoveryConditionAnswer) Missing(bool) string {
	return wire.MissingUnless(a.IsValid.IsSet(), "IsValid")
}

// Missing implements wire.Answer.
func (a *createAnswer) Missing(bool) string {
	return wire.MissingUnless(a.BackupJobID.Text != "" || a.BackupID.Text != "", "BackupJobId")
}

// missingList returns the name of a list that may be left out or null when it has no records. It is missing when it has
// another type, or when the answer has no request id, without which it is no answer of the cloud's, or is an error.
func (f *fault) missingList(field string, present, mistyped bool) string {
	answered := f.RequestID.IsSet() && !f.Code.IsSet()
	return wire.MissingUnless(present || (answered && !mistyped), field)
}

// Fault returns an error only for an answer in which a field is missing: a complete answer may have a Code too.
func (f *fault) Fault(op, missing string) error {
	if missing == "" {
		return nil
	}
	if f.Code.IsSet() {
		return f.failure(op, http.StatusOK)
	}
	failure := wire.Incomplete(op, missing)
	failure.RequestID = wire.Clip(f.RequestID.Text, longestID)
	return failure
}

// list is a JSON array that may be missing. Each answer decides whether a missing list and null are an empty one, because
// no answer has a total to compare with.
type list[T any] struct {
	items    []T
	present  bool
	mistyped bool // neither a list nor null
}

// UnmarshalJSON never fails: any value but an array counts as missing. Elements of the wrong type become zero values.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	l.present, l.mistyped = data[0] == '[', data[0] != '[' && data[0] != 'n'
	if !l.present {
		return nil
	}
	_, err := wire.Unmarshal(data, &l.items)
	return err
}
