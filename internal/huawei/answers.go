package huawei

import (
	"cmp"
	"net/http"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"

	"mongodb_backup_exporter/internal/wire"
)

// The answers, with the fields that are read.

type instancesAnswer struct {
	fault
	wire.Extent
	Instances  wire.List[instanceRecord] `json:"instances"`
	TotalCount wire.Scalar               `json:"total_count"`
}

type instanceRecord struct {
	ID        wire.Scalar             `json:"id"`
	Name      wire.Scalar             `json:"name"`
	Mode      wire.Scalar             `json:"mode"`
	Status    wire.Scalar             `json:"status"`
	Created   wire.Scalar             `json:"created"`
	Datastore wire.Part[storeRecord]  `json:"datastore"`
	Strategy  wire.Part[policyRecord] `json:"backup_strategy"`
	Tags      wire.List[wire.Tag]     `json:"tags"`
}

type storeRecord struct {
	Type    wire.Scalar `json:"type"`
	Version wire.Scalar `json:"version"`
}

type backupsAnswer struct {
	fault
	wire.Extent
	Backups    wire.List[backupRecord] `json:"backups"`
	TotalCount wire.Scalar             `json:"total_count"`
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

// tasksAnswer has no total_count: the table of the API's documentation names one, but neither the example there nor the
// live API has it.
type tasksAnswer struct {
	fault
	wire.Extent
	Jobs wire.List[jobRecord] `json:"jobs"`
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
	fault
	Policy wire.Part[policyRecord] `json:"backup_policy"`
}

type policyRecord struct {
	KeepDays    wire.Scalar `json:"keep_days"`
	StartTime   wire.Scalar `json:"start_time"`
	Period      wire.Scalar `json:"period"`
	Incremental wire.Scalar `json:"enable_incremental_backup"`
}

type restoreTimesAnswer struct {
	fault
	Ranges wire.List[rangeRecord] `json:"restore_time"`
}

type rangeRecord struct {
	Start wire.Scalar `json:"start_time"` // Unix milliseconds
	End   wire.Scalar `json:"end_time"`
}

type createAnswer struct {
	fault
	JobID    wire.Scalar `json:"job_id"`
	BackupID wire.Scalar `json:"backup_id"`
}

type projectsAnswer struct {
	fault
	Projects wire.List[projectRecord] `json:"projects"`
}

type projectRecord struct {
	ID   wire.Scalar `json:"id"`
	Name wire.Scalar `json:"name"`
}

// Missing implements wire.Answer.
func (a *instancesAnswer) Missing() string {
	return missingOfList(a.Instances.Present(), "instances", a.TotalCount)
}

// Missing implements wire.Answer.
func (a *backupsAnswer) Missing() string {
	return missingOfList(a.Backups.Present(), "backups", a.TotalCount)
}

// Missing implements wire.Answer.
func (a *tasksAnswer) Missing() string {
	return wire.MissingUnless(a.Jobs.Present(), "jobs")
}

// Missing implements wire.Answer. A policy whose schedule is garbled is none: it would replace the schedule that is known.
func (a *policyAnswer) Missing() string {
	policy := &a.Policy.Value
	return cmp.Or(wire.MissingUnless(a.Policy.Present(), "backup_policy"), wire.FirstGarbled(
		wire.Named{Field: "keep_days", Value: policy.KeepDays}, wire.Named{Field: "start_time", Value: policy.StartTime},
		wire.Named{Field: "period", Value: policy.Period},
	))
}

// Missing implements wire.Answer.
func (a *restoreTimesAnswer) Missing() string {
	return wire.MissingUnless(a.Ranges.Present(), "restore_time")
}

// Missing implements wire.Answer.
func (a *createAnswer) Missing() string {
	return wire.MissingUnless(a.JobID.Text != "" || a.BackupID.Text != "", "job_id")
}

// Missing implements wire.Answer.
func (a *projectsAnswer) Missing() string {
	return wire.MissingUnless(a.Projects.Present(), "projects")
}

// missingOfList requires the list and the total. The total may have any type: an answer without either would say that
// all backups are gone.
func missingOfList(present bool, name string, total wire.Scalar) string {
	if !present {
		return name
	}
	return wire.MissingUnless(total.Kind != wire.Missing && total.Kind != wire.Null && total.Kind != wire.Repeated, "total_count")
}

// fault is the error that an answer may have instead of what the operation promises.
type fault struct {
	Code    wire.Scalar `json:"error_code"`
	Message wire.Scalar `json:"error_msg"`
}

// Fault returns an error for any answer with an error code, also when no field is missing. The error has the form of the
// SDK, so that it is treated like one with another HTTP status.
func (f *fault) Fault(_, _ string) error {
	switch f.Code.Kind {
	case wire.String, wire.Long, wire.Repeated:
		if !f.Code.IsSet() {
			return nil
		}
	case wire.Missing, wire.Null, wire.Number, wire.Boolean, wire.Composite:
		return nil
	}
	return &sdkerr.ServiceResponseError{StatusCode: http.StatusOK, ErrorCode: f.Code.Text, ErrorMessage: f.Message.Text}
}
