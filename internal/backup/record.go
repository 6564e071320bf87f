package backup

import "time"

// Kind is the type of a backup: what it holds. It is the value of the label type.
type Kind uint8

// The kinds of backup. The zero value is KindUnknown. numKinds is how many there are, and must stay last.
const (
	KindUnknown     Kind = iota // the cloud named a type that this version does not know
	KindFull                    // restorable on its own
	KindIncremental             // restorable together with the full backup before it
	numKinds        = iota
)

// String returns the value of the label type: full, incremental or unknown.
func (k Kind) String() string {
	switch k {
	case KindFull:
		return "full"
	case KindIncremental:
		return "incremental"
	case KindUnknown:
	}
	return "unknown"
}

// Trigger is what started a backup.
type Trigger uint8

// The triggers. The zero value is TriggerUnknown.
const (
	TriggerUnknown   Trigger = iota
	TriggerAutomatic         // the cloud's own schedule
	TriggerManual            // a person or a program
)

// String returns automatic, manual or unknown.
func (t Trigger) String() string {
	switch t {
	case TriggerAutomatic:
		return "automatic"
	case TriggerManual:
		return "manual"
	case TriggerUnknown:
	}
	return "unknown"
}

// State is the state of a backup.
type State uint8

// The states of a backup. The zero value is StateUnknown, which never counts as success. NumStates is how many there
// are, and must stay last.
const (
	StateUnknown  State = iota // the cloud named a status that this version does not know
	StateSuccess               // finished, and the cloud calls it successful
	StateFailed                // finished without a usable result
	StateRunning               // not finished
	StateDeleting              // being deleted: neither usable nor a failure
	NumStates     = iota
)

// String returns the value of the label status: success, failed, running, deleting or unknown.
func (s State) String() string {
	switch s {
	case StateSuccess:
		return "success"
	case StateFailed:
		return "failed"
	case StateRunning:
		return "running"
	case StateDeleting:
		return "deleting"
	case StateUnknown:
	}
	return "unknown"
}

// Never is the expiry of a backup that is kept forever.
var Never = time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant of a type that Go has no constants for

// Backup is one backup of one target, as the cloud lists it.
type Backup struct {
	ID        string  // unique within its target, never a label
	Kind      Kind    // full or incremental
	Trigger   Trigger // automatic or manual
	Method    string  // the cloud's own word: Snapshot, Physical, Logical; "": unknown
	State     State
	StartedAt time.Time // zero: unknown
	EndedAt   time.Time // zero: not finished, or the cloud does not tell the end
	ExpiresAt time.Time // zero: unknown; Never: kept forever
	SizeBytes *int64    // nil: unknown; set for a success only
	// Unusable says why the backup cannot be restored although it succeeded, e.g. FlaggedUnusable: words for a person that
	// follow "the last success". "": nothing is known against it. It is set for a success only.
	Unusable string
	// Part is the cloud's word for what the backup holds when that is not the whole target, e.g. DBTable. Such a backup is
	// neither a recovery point nor an attempt of the schedule. "": the whole target.
	Part string
}

// FlaggedUnusable is the Unusable of a backup that the cloud flags as not restorable without saying why.
const FlaggedUnusable = "is flagged as not restorable by the cloud"

// LogsNotAttached and LogsNotYetAttached begin the Unusable of a backup of a cluster that lacks the logs which bring all
// shards to one moment. The cloud's own word follows.
const (
	LogsNotAttached    = "cannot be restored, its logs are not attached: "
	LogsNotYetAttached = "cannot be restored yet, its logs are not attached: "
)

// List is the backups of one target, as the cloud lists them.
type List struct {
	Op      string   // the cloud's own name of the operation, for Err
	Backups []Backup // newest start first
	Asked   []Kind   // the kinds that this list covers: without a backup of such a kind there is none
	Unread  Unread   // what the list has besides
	Older   *Older   // what began before the time that was asked for; nil: nobody needs to know
	Jobs    []Job    // the jobs that the list tells with the backups; nil: it tells none, which does not say that there are none
}

// Older is what a target has of backups that began before its list does. It is asked for when the list has no usable backup:
// only then can it change a verdict.
type Older struct {
	At      time.Time // when the cloud answered; zero: it has not yet
	Backups []Backup  // successful full ones, newest start first
	Err     error     // why it could not be asked; nil: it could, or was not
	By      time.Time // until when a verdict waits for the answer; zero: it does not
}

// Window is a span in which any moment can be restored (point-in-time recovery). The zero value is no window.
type Window struct {
	Start time.Time // oldest restorable moment
	End   time.Time // newest restorable moment
}

// IsZero reports whether there is no restorable moment.
func (w Window) IsZero() bool { return w.End.IsZero() }

// JobState is the state of a backup job.
type JobState uint8

// The states of a job. The zero value is JobUnknown. NumJobStates is how many there are, and must stay last.
const (
	JobUnknown JobState = iota // the cloud named a status that this version does not know
	JobScheduled
	JobChecking
	JobRunning
	JobFinished
	JobFailed
	NumJobStates = iota
)

// String returns the value of the label status of mongodb_backup_jobs.
func (s JobState) String() string {
	switch s {
	case JobScheduled:
		return "scheduled"
	case JobChecking:
		return "checking"
	case JobRunning:
		return "running"
	case JobFinished:
		return "finished"
	case JobFailed:
		return "failed"
	case JobUnknown:
	}
	return "unknown"
}

// Job is one backup job of an instance: planned, in progress, or recently finished.
type Job struct {
	ID        string
	State     JobState
	Trigger   Trigger
	StartedAt time.Time // zero: unknown
	Progress  *float64  // percent, 0 to 100; nil: unknown
	Reason    string    // why it failed, in the cloud's words; "": unknown
}
