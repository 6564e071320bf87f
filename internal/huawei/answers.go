package huawei

import (
	"errors"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// The answers, as far as they are read.

type instancesAnswer struct {
	Instances  []instanceRecord `json:"instances"`
	TotalCount wire.Scalar      `json:"total_count"`
}

type instanceRecord struct {
	ID        wire.Scalar             `json:"id"`
	Name      wire.Scalar             `json:"name"`
	Mode      wire.Scalar             `json:"mode"`
	Status    wire.Scalar             `json:"status"`
	Created   wire.Scalar             `json:"created"`
	Datastore wire.Part[storeRecord]  `json:"datastore"`
	Strategy  wire.Part[policyRecord] `json:"backup_strategy"`
	Tags      wire.Part[[]tagRecord]  `json:"tags"`
}

type storeRecord struct {
	Type    wire.Scalar `json:"type"`
	Version wire.Scalar `json:"version"`
}

type tagRecord struct {
	Key   wire.Scalar `json:"key"`
	Value wire.Scalar `json:"value"`
}

type backupsAnswer struct {
	Backups    []backupRecord `json:"backups"`
	TotalCount wire.Scalar    `json:"total_count"`
}

type backupRecord struct {
	ID         wire.Scalar `json:"id"`
	InstanceID wire.Scalar `json:"instance_id"`
	Type       wire.Scalar `json:"type"`
	Method     wire.Scalar `json:"backup_method"`
	Status     wire.Scalar `json:"status"`
	BeginTime  wire.Scalar `json:"begin_time"`
	EndTime    wire.Scalar `json:"end_time"`
	Size       wire.Scalar `json:"size"` // kB
}

type tasksAnswer struct {
	Jobs       []jobRecord `json:"jobs"`
	TotalCount wire.Scalar `json:"total_count"`
}

type jobRecord struct {
	ID         wire.Scalar `json:"id"`
	InstanceID wire.Scalar `json:"instance_id"`
	Status     wire.Scalar `json:"status"`
	Progress   wire.Scalar `json:"progress"`
	CreatedAt  wire.Scalar `json:"created_at"`
	FailReason wire.Scalar `json:"fail_reason"`
}

type policyAnswer struct {
	Policy *policyRecord `json:"backup_policy"`
}

type policyRecord struct {
	KeepDays    wire.Scalar `json:"keep_days"`
	StartTime   wire.Scalar `json:"start_time"`
	Period      wire.Scalar `json:"period"`
	Incremental wire.Scalar `json:"enable_incremental_backup"`
}

type restoreTimesAnswer struct {
	Ranges []rangeRecord `json:"restore_time"`
}

type rangeRecord struct {
	Start wire.Scalar `json:"start_time"` // Unix milliseconds
	End   wire.Scalar `json:"end_time"`
}

type createAnswer struct {
	JobID    wire.Scalar `json:"job_id"`
	BackupID wire.Scalar `json:"backup_id"`
}

type projectsAnswer struct {
	Projects []projectRecord `json:"projects"`
}

type projectRecord struct {
	ID   wire.Scalar `json:"id"`
	Name wire.Scalar `json:"name"`
}

// answer is the body of an HTTP 200.
type answer interface {
	// lacks names what every answer of its kind has and this one has not; "" when it is whole. mistyped says that some
	// value in it had the wrong type and was left out.
	lacks(mistyped bool) string
}

func (a *instancesAnswer) lacks(bool) string {
	return lacksOfList(a.Instances != nil, "instances", a.TotalCount)
}

func (a *backupsAnswer) lacks(bool) string {
	return lacksOfList(a.Backups != nil, "backups", a.TotalCount)
}

func (a *tasksAnswer) lacks(bool) string {
	return lacksOfList(a.Jobs != nil, "jobs", a.TotalCount)
}

func (a *policyAnswer) lacks(mistyped bool) string {
	return unless(a.Policy != nil && !(mistyped && *a.Policy == policyRecord{}), "backup_policy")
}

func (a *restoreTimesAnswer) lacks(bool) string {
	return unless(a.Ranges != nil, "restore_time")
}

func (a *createAnswer) lacks(bool) string {
	return unless(a.JobID.Text != "" || a.BackupID.Text != "", "job_id")
}

func (a *projectsAnswer) lacks(bool) string {
	return unless(a.Projects != nil, "projects")
}

// lacksOfList wants the list and the count, of whatever type: an answer without them would say that all backups are
// gone.
func lacksOfList(there bool, name string, total wire.Scalar) string {
	if !there {
		return name
	}
	return unless(total.Kind != wire.Missing && total.Kind != wire.Null, "total_count")
}

func unless(there bool, name string) string {
	if there {
		return ""
	}
	return name
}

// decoder returns what decodes the answers of one operation. An HTTP 200 without what the operation promises is an
// error of class protocol. So nothing that is not a list is ever taken for an empty one.
func decoder[A any, P interface {
	*A
	answer
}](op string) func(body []byte) (P, error) {
	return func(body []byte) (P, error) {
		a := P(new(A))
		mistyped, err := wire.Unmarshal(body, a)
		if err != nil {
			return nil, protocolError(op, err.Error())
		}
		if lacks := a.lacks(mistyped); lacks != "" {
			return nil, protocolError(op, "the answer has no proper "+lacks)
		}
		return a, nil
	}
}

func protocolError(op, problem string) *backup.Error {
	return &backup.Error{Op: op, Class: backup.ClassProtocol, Err: errors.New(problem)}
}
