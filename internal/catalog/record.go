package catalog

import (
	"encoding/json"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// What follows is the form of values in the file. It is stable: a name or a number that was written once keeps its meaning,
// and a change that older programs would misread takes another format number. Every field is one of a list of a cloud.

// The numbers of words in the file are their places here. docs/catalog.md has them too.
//
//nolint:gochecknoglobals // tables that are never written to
var (
	kinds     = []backup.Kind{backup.KindUnknown, backup.KindFull, backup.KindIncremental}
	triggers  = []backup.Trigger{backup.TriggerUnknown, backup.TriggerAutomatic, backup.TriggerManual}
	states    = []backup.State{backup.StateUnknown, backup.StateSuccess, backup.StateFailed, backup.StateRunning, backup.StateDeleting}
	jobStates = []backup.JobState{
		backup.JobUnknown, backup.JobScheduled, backup.JobChecking, backup.JobRunning, backup.JobFinished, backup.JobFailed,
	}
	absences   = []Absence{Listed, OutOfRange, Missing, Explained, RemovedEarly}
	lifecycles = []backup.Lifecycle{
		backup.LifecycleRunning, backup.LifecycleCreating, backup.LifecycleCreateFailed, backup.LifecycleImpaired,
		backup.LifecycleFrozen, backup.LifecycleDeleting, backup.LifecycleReleased,
	}
)

// number returns the number of a word in the file; 0, which is the unknown one, for a word that has none.
func number[T comparable](words []T, word T) int64 { return int64(max(0, slices.Index(words, word))) }

// word returns the word of a number; the first, which is the unknown one, for a number that has none.
func word[T any](words []T, number int64) T {
	if number < 0 || number >= int64(len(words)) {
		number = 0
	}
	return words[number]
}

// listRecord is what a list of backups says besides its backups.
type listRecord struct {
	Op          string      `json:"op,omitempty"`
	Asked       []int64     `json:"asked,omitempty"`  // kinds
	Unread      int         `json:"unread,omitempty"` // records that could not be read
	UnreadDated stamp       `json:"unread_dated_ms,omitempty"`
	Since       stamp       `json:"since_ms,omitempty"`
	Whole       stamp       `json:"whole_ms,omitempty"`   // when a whole list was read
	Apart       stamp       `json:"apart_ms,omitempty"`   // when the incremental backups were read that the cloud's list leaves out
	Watches     [][2]stamp  `json:"watches_ms,omitempty"` // times in which whole lists were read again and again: begin and end
	Jobs        []jobRecord `json:"jobs,omitzero"`        // that the list tells; none is not the same as nothing said
}

func (n *node) record() listRecord {
	list := n.backups.value
	r := listRecord{
		Op: list.Op, Unread: list.Unread.Count, UnreadDated: stampOf(list.Unread.Dated), Since: n.since, Whole: n.whole, Apart: n.apart,
	}
	for _, w := range n.watches {
		r.Watches = append(r.Watches, [2]stamp{w.from, w.until})
	}
	for _, kind := range list.Asked {
		r.Asked = append(r.Asked, number(kinds, kind))
	}
	if list.Jobs != nil {
		r.Jobs = make([]jobRecord, 0, len(list.Jobs))
	}
	for i := range list.Jobs {
		j := &list.Jobs[i]
		r.Jobs = append(r.Jobs, jobRecord{j.ID, number(jobStates, j.State), number(triggers, j.Trigger), stampOf(j.StartedAt), j.Progress, j.Reason})
	}
	return r
}

func (r *listRecord) list() backup.List {
	list := backup.List{Op: r.Op, Unread: backup.Unread{Count: r.Unread, Dated: r.UnreadDated.time()}}
	for _, n := range r.Asked {
		list.Asked = append(list.Asked, word(kinds, n))
	}
	if r.Jobs != nil {
		list.Jobs = make([]backup.Job, 0, len(r.Jobs))
	}
	for _, j := range r.Jobs {
		list.Jobs = append(list.Jobs, backup.Job{
			ID: j.ID, State: word(jobStates, j.State), Trigger: word(triggers, j.Trigger), StartedAt: j.StartedAt.time(),
			Progress: j.Progress, Reason: j.Reason,
		})
	}
	return list
}

// jobRecord is a job that a list of backups tells. Those of a list of their own are rows.
type jobRecord struct {
	ID        string   `json:"id"`
	State     int64    `json:"state,omitempty"`
	Trigger   int64    `json:"trigger,omitempty"`
	StartedAt stamp    `json:"started_ms,omitempty"`
	Progress  *float64 `json:"progress,omitempty"`
	Reason    string   `json:"reason,omitempty"`
}

// policyRecord is a policy. Spans are seconds; -1 is for ever. A schedule of windows, and a high-frequency one after it, have fields
// of their own; any other schedules are a list.
type policyRecord struct {
	Automatic         *bool            `json:"automatic,omitempty"`
	Retention         int64            `json:"retention_s,omitempty"`
	Weekdays          []int            `json:"weekdays,omitempty"` // 0 is Sunday
	StartsAt          int64            `json:"starts_at_s,omitempty"`
	Window            int64            `json:"window_s,omitempty"`
	Interval          int64            `json:"interval_s,omitempty"`
	LogBackup         *bool            `json:"log_backup,omitempty"`
	NextAt            stamp            `json:"next_at_ms,omitempty"`
	IntervalRetention int64            `json:"interval_retention_s,omitempty"`
	CopyRegion        string           `json:"copy_region,omitempty"`
	KeptAfterDeletion *bool            `json:"kept_after_deletion,omitempty"`
	MayBeUnlisted     bool             `json:"may_be_unlisted,omitempty"`
	Schedules         []scheduleRecord `json:"schedules,omitempty"`
}

// scheduleRecord is a schedule of a policy.
type scheduleRecord struct {
	Weekdays  []int `json:"weekdays,omitempty"`
	StartsAt  int64 `json:"starts_at_s,omitempty"`
	Window    int64 `json:"window_s,omitempty"`
	Interval  int64 `json:"interval_s,omitempty"`
	Retention int64 `json:"retention_s,omitempty"`
}

func seconds(d time.Duration) int64 {
	if d == backup.Forever {
		return -1
	}
	return int64(d / time.Second)
}

func span(s int64) time.Duration {
	if s < 0 {
		return backup.Forever
	}
	return time.Duration(s) * time.Second
}

func recordOfPolicy(p *backup.Policy) policyRecord {
	r := policyRecord{
		Automatic: p.Automatic, LogBackup: p.LogBackup, NextAt: stampOf(p.NextAt), CopyRegion: p.CopyRegion,
		KeptAfterDeletion: p.KeptAfterDeletion, MayBeUnlisted: p.MayBeUnlisted,
	}
	all := make([]scheduleRecord, 0, len(p.Schedules))
	for i := range p.Schedules {
		all = append(all, recordOfSchedule(&p.Schedules[i]))
	}
	windows := len(all) > 0 && all[0].Interval == 0
	frequent := len(all) == 2 && all[1].isInterval()
	if len(all) > 0 && (!windows || len(all) > 1 && !frequent) {
		r.Schedules = all
		return r
	}
	if windows {
		r.Retention, r.Weekdays, r.StartsAt, r.Window = all[0].Retention, all[0].Weekdays, all[0].StartsAt, all[0].Window
	}
	if frequent {
		r.Interval, r.IntervalRetention = all[1].Interval, all[1].Retention
	}
	return r
}

func recordOfSchedule(s *backup.Schedule) scheduleRecord {
	r := scheduleRecord{StartsAt: seconds(s.StartsAt), Window: seconds(s.Window), Interval: seconds(s.Interval), Retention: seconds(s.Retention)}
	for _, day := range s.Weekdays {
		r.Weekdays = append(r.Weekdays, int(day))
	}
	return r
}

// isInterval reports whether there is nothing but an interval and a retention.
func (r *scheduleRecord) isInterval() bool {
	return r.Interval > 0 && len(r.Weekdays) == 0 && r.StartsAt == 0 && r.Window == 0
}

func (r *scheduleRecord) schedule() backup.Schedule {
	s := backup.Schedule{StartsAt: span(r.StartsAt), Window: span(r.Window), Interval: span(r.Interval), Retention: span(r.Retention)}
	for _, day := range r.Weekdays {
		s.Weekdays = append(s.Weekdays, time.Weekday(day))
	}
	return s
}

func (r *policyRecord) policy() backup.Policy {
	p := backup.Policy{
		Automatic: r.Automatic, LogBackup: r.LogBackup, NextAt: r.NextAt.time(), CopyRegion: r.CopyRegion,
		KeptAfterDeletion: r.KeptAfterDeletion, MayBeUnlisted: r.MayBeUnlisted,
	}
	all := r.Schedules
	windows := scheduleRecord{Weekdays: r.Weekdays, StartsAt: r.StartsAt, Window: r.Window, Retention: r.Retention}
	if said := len(r.Weekdays) > 0 || r.StartsAt != 0 || r.Window != 0 || r.Retention != 0 || r.Interval > 0; len(all) == 0 && said {
		all = []scheduleRecord{windows}
	}
	if r.Interval > 0 {
		all = append(all, scheduleRecord{Interval: r.Interval, Retention: r.IntervalRetention})
	}
	for i := range all {
		p.Schedules = append(p.Schedules, all[i].schedule())
	}
	return p
}

// windowRecord is a span in which any moment can be restored.
type windowRecord struct {
	Start stamp `json:"start_ms,omitempty"`
	End   stamp `json:"end_ms,omitempty"`
}

// restoreRecord is when backups were last restored.
type restoreRecord struct {
	At stamp `json:"at_ms,omitempty"`
}

// checkRecord is what the cloud says of one backup.
type checkRecord struct {
	BackupID string `json:"id"`
	At       stamp  `json:"at_ms,omitempty"`
	Refused  string `json:"refused,omitempty"`
}

func recordOfChecks(all backup.RestoreChecks) []checkRecord {
	records := make([]checkRecord, 0, len(all))
	for _, check := range all {
		records = append(records, checkRecord{check.BackupID, stampOf(check.At), check.Refused})
	}
	return records
}

func checksOf(records []checkRecord) backup.RestoreChecks {
	var all backup.RestoreChecks
	for _, r := range records {
		all = append(all, backup.RestoreCheck{BackupID: r.BackupID, At: r.At.time(), Refused: r.Refused})
	}
	return all
}

// marshal returns the JSON of a record. The records above have nothing that JSON cannot hold.
func marshal(record any) string {
	text, _ := json.Marshal(record)
	return string(text)
}
