package alibaba

import (
	"cmp"
	"net/http"
	"slices"

	"mongodb_backup_exporter/internal/wire"
)

// The answers, with the fields that are read. Download URLs are left out on purpose: they are signed, and so secrets.

type instancesAnswer struct {
	fault
	wire.Extent
	TotalCount  wire.Scalar
	PageSize    wire.Scalar
	DBInstances wire.Part[instanceList]
}

type instanceList struct{ DBInstance wire.List[instanceRecord] }

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
	ShardList             wire.Part[shardList]
}

type tagList struct{ Tag wire.List[wire.Tag] }

type shardList struct{ ShardAttribute wire.List[nodeRecord] }

type nodeRecord struct {
	NodeID wire.Scalar `json:"NodeId"`
}

type backupsAnswer struct {
	fault
	wire.Extent
	TotalCount wire.Scalar
	PageSize   wire.Scalar
	Backups    wire.Part[backupList]
}

type backupList struct{ Backup wire.List[backupRecord] }

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
	wire.Extent
	PageSize       wire.Scalar
	ClusterBackups wire.List[clusterRecord]
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
	Backups                wire.List[shardRecord]
}

type shardRecord struct {
	BackupID        wire.Scalar `json:"BackupId"`
	InstanceName    wire.Scalar // the shard's id, or else ExtraInfo has it
	BackupStatus    wire.Scalar
	BackupSize      wire.Scalar // bytes
	BackupStartTime wire.Scalar
	BackupEndTime   wire.Scalar
	IsAvail         wire.Scalar
	ExtraInfo       wire.Part[nodeRecord]
}

type tasksAnswer struct {
	fault
	BackupJobs wire.List[jobRecord]
}

type jobRecord struct {
	BackupJobID     wire.Scalar `json:"BackupjobId"` // the lower-case j is the API's
	BackupSetStatus wire.Scalar
	BackupStartTime wire.Scalar
	Progress        wire.Scalar
	JobMode         wire.Scalar
}

type historyAnswer struct {
	fault
	wire.Extent
	TotalCount wire.Scalar
	PageSize   wire.Scalar
	Items      wire.List[historyRecord]
}

type historyRecord struct {
	TaskID          wire.Scalar `json:"TaskId"`
	TaskType        wire.Scalar
	InstanceID      wire.Scalar `json:"InstanceId"`
	Status          wire.Scalar
	CurrentStepName wire.Scalar
	StartTime       wire.Scalar
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
	RestoreRanges wire.List[rangeRecord]
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
func (a *instancesAnswer) Missing() string {
	return wire.MissingUnless(a.DBInstances.Present() && readable(&a.DBInstances.Value.DBInstance), "DBInstances")
}

// Missing implements wire.Answer.
func (a *backupsAnswer) Missing() string {
	return wire.MissingUnless(a.Backups.Present() && readable(&a.Backups.Value.Backup), "Backups")
}

// readable reports whether the list inside an object says which records there are. The object alone, with null or
// nothing in it, says that there are none.
func readable[T any](l *wire.List[T]) bool { return l.Present() || l.Empty() }

// Missing implements wire.Answer.
func (a *clusterBackupsAnswer) Missing() string {
	return wire.MissingUnless(a.ClusterBackups.Present(), "ClusterBackups")
}

// Missing implements wire.Answer.
func (a *tasksAnswer) Missing() string {
	return wire.MissingUnless(a.mayBeEmpty(a.BackupJobs.Present(), a.BackupJobs.Empty()), "BackupJobs")
}

// Missing implements wire.Answer.
func (a *historyAnswer) Missing() string {
	return wire.MissingUnless(a.mayBeEmpty(a.Items.Present(), a.Items.Empty()), "Items")
}

// Missing implements wire.Answer. An answer without any field of a policy is none, and neither is one whose schedule is
// garbled: it would replace the schedule that is known by none.
func (a *policyAnswer) Missing() string {
	known := a.PreferredBackupPeriod.IsSet() || a.saysMore()
	return cmp.Or(wire.MissingUnless(known, "PreferredBackupPeriod"), wire.FirstGarbled(
		wire.Named{Field: "PreferredBackupPeriod", Value: a.PreferredBackupPeriod},
		wire.Named{Field: "PreferredBackupTime", Value: a.PreferredBackupTime},
		wire.Named{Field: "BackupRetentionPeriod", Value: a.BackupRetentionPeriod},
		wire.Named{Field: "SnapshotBackupType", Value: a.SnapshotBackupType},
		wire.Named{Field: "BackupInterval", Value: a.BackupInterval},
	))
}

// saysMore reports whether the policy has another field than the days.
func (a *policyAnswer) saysMore() bool {
	return slices.ContainsFunc([]wire.Scalar{
		a.PreferredBackupTime, a.PreferredNextBackupTime, a.BackupRetentionPeriod, a.SnapshotBackupType, a.BackupInterval,
		a.EnableBackupLog, a.HighFrequencyBackupRetention, a.BackupRetentionPolicyOnClusterDeletion,
	}, wire.Scalar.IsSet)
}

// Missing implements wire.Answer.
func (a *recoverTimeAnswer) Missing() string {
	return wire.MissingUnless(a.mayBeEmpty(a.RestoreRanges.Present(), a.RestoreRanges.Empty()), "RestoreRanges")
}

// Missing implements wire.Answer.
func (a *recoveryConditionAnswer) Missing() string {
	return wire.MissingUnless(a.IsValid.IsSet(), "IsValid")
}

// Missing implements wire.Answer.
func (a *createAnswer) Missing() string {
	return wire.MissingUnless(a.BackupJobID.Text != "" || a.BackupID.Text != "", "BackupJobId")
}

// mayBeEmpty reports whether an answer says which records there are, where the cloud may leave the list out or send null
// when there are none. Without a request id it is no answer of the cloud's, and with a code it is an error.
func (f *fault) mayBeEmpty(present, empty bool) bool {
	return present || (empty && f.RequestID.IsSet() && !f.Code.IsSet())
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
	failure.RequestID = f.RequestID.Clip(longestID)
	return failure
}
