package evidence

import (
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// Target is the evidence about one target. Ratios are from 0 to 1; what is not known is null.
type Target struct {
	Cloud        string `json:"cloud"`
	Account      string `json:"account"`
	Region       string `json:"region"`
	InstanceID   string `json:"instance_id"`
	NodeID       string `json:"node_id"` // "" for anything but a shard
	InstanceName string `json:"instance_name"`

	Result string  `json:"result"` // of its controls: broken when one is, else unknown when one is, else kept; not_due when none applies
	Health string  `json:"health"` // the verdict at the end of the span
	Reason string  `json:"reason"` // one sentence: why
	RPO    float64 `json:"rpo_seconds"`
	Gone   bool    `json:"gone"` // the cloud does not list the instance any more

	WatchedSince *time.Time `json:"watched_since"` // since when what the cloud lists is kept; null: it is not
	KnownSince   *time.Time `json:"known_since"`   // from when on it is known whether the objective was kept

	Within  *float64 `json:"within_rpo_ratio"` // of the time that is known
	Unsure  *float64 `json:"unknown_ratio"`    // of the time in which there was something to judge
	Kept    float64  `json:"kept_seconds"`
	Broken  float64  `json:"broken_seconds"`
	Unknown float64  `json:"unknown_seconds"`
	NotDue  float64  `json:"not_due_seconds"` // no backup was to be there yet, or there was no database

	Expected       int `json:"expected"`         // backups that the schedule asked for, and of which it is known what became
	Made           int `json:"made"`             // of those: one succeeded
	Hit            int `json:"hit"`              // of those that were made: begun in the window
	Late           int `json:"late"`             // of those that were made: begun after the window had closed
	Unsuccessful   int `json:"unsuccessful"`     // of those that were expected: one was begun, and none succeeded
	Missed         int `json:"missed"`           // of those that were expected: none was begun
	ExpectedUnsure int `json:"expected_unknown"` // backups that the schedule asked for, and of which nobody knows what became
	Succeeded      int `json:"succeeded"`        // full backups that began in the span
	Increments     int `json:"increments"`       // successful incremental ones; they are not in backups
	Failed         int `json:"failed"`           // attempts that failed

	LastSize   *int64   `json:"last_size_bytes"`
	LeastSize  *int64   `json:"smallest_size_bytes"`
	MostSize   *int64   `json:"largest_size_bytes"`
	MedianTook *float64 `json:"median_duration_seconds"`
	MostTook   *float64 `json:"longest_duration_seconds"`

	KeptSpans       []Span                        `json:"kept_spans"`    // with one, the oldest first
	Gaps            []Span                        `json:"gaps"`          // without a recovery point within the objective, the oldest first
	UnknownSpans    []Span                        `json:"unknown_spans"` // of which nobody knows
	Windows         []Windows                     `json:"windows"`       // of the schedule, what became of them, the oldest first
	Failures        []Failure                     `json:"failures"`      // the newest first
	PolicyChanges   []PolicyChange                `json:"policy_changes"`
	EarlyRemovals   []Removal                     `json:"early_removals"`
	Controls        map[backup.ControlName]string `json:"controls"` // kept, broken or unknown; those that do not apply are left out
	ControlEvidence map[backup.ControlName]string `json:"control_evidence"`
	Backups         []Backup                      `json:"backups"` // without incremental ones that succeeded, the newest first
}

// Span is a time.
type Span struct {
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	Seconds float64   `json:"seconds"`
}

// Failure is an attempt that failed.
type Failure struct {
	At     time.Time `json:"at"` // when it began, or else when it ended
	Kind   string    `json:"type"`
	Reason string    `json:"reason"` // in the cloud's words; "": it does not say
}

// PolicyChange is a change of the policy that was seen.
type PolicyChange struct {
	At    time.Time  `json:"at"`    // when it was seen
	Since *time.Time `json:"since"` // when the former policy was last read
	What  []string   `json:"what"`  // what changed, from what to what
}

// Backup is a backup, or an attempt.
type Backup struct {
	ID        string     `json:"id"`
	State     string     `json:"state"`
	Kind      string     `json:"type"`
	Trigger   string     `json:"trigger"`
	Began     *time.Time `json:"began"`
	Ended     *time.Time `json:"ended"`
	SizeBytes *int64     `json:"size_bytes"`
	Note      string     `json:"note"` // why it failed, or is no recovery point
}

func newTarget(one *subject, past *backup.Past, e *backup.Evidence) Target {
	in, state := one.state.Instance, past.State
	t := Target{
		Cloud: in.Cloud, Account: in.Account, Region: in.Region, InstanceID: in.InstanceID, NodeID: state.Target.NodeID, InstanceName: in.Name,
		Result: result(e.Controls), Health: e.Health.State.String(), Reason: e.Health.Reason, RPO: e.Health.RPO.Seconds(), Gone: one.gone,
		WatchedSince: when(e.WatchedFrom), KnownSince: when(e.KnownFrom()),
		Kept: e.Total(backup.StandingKept).Seconds(), Broken: e.Total(backup.StandingBroken).Seconds(),
		Unknown: e.Total(backup.StandingUnknown).Seconds(), NotDue: e.Total(backup.StandingNotDue).Seconds(),
		Expected: e.Schedule.Expected, Made: e.Schedule.Made, Hit: e.Schedule.Made - e.Schedule.Late, Late: e.Schedule.Late, Windows: windows(e.Planned), Unsuccessful: e.Schedule.Failed, Missed: e.Schedule.Missed, ExpectedUnsure: e.Schedule.Unknown,
		KeptSpans: spans(e.Of(backup.StandingKept)), Gaps: spans(e.Of(backup.StandingBroken)), UnknownSpans: spans(e.Of(backup.StandingUnknown)),
		EarlyRemovals: report.Removals(e.Removals), Failures: []Failure{}, PolicyChanges: []PolicyChange{}, Backups: []Backup{},
		Controls: map[backup.ControlName]string{}, ControlEvidence: map[backup.ControlName]string{}, Failed: e.Failed(),
	}
	if share, ok := e.WithinRPO(); ok {
		t.Within = &share
	}
	if share, ok := e.Unknown(); ok {
		t.Unsure = &share
	}
	if t.EarlyRemovals == nil {
		t.EarlyRemovals = []Removal{}
	}
	for _, c := range e.Controls {
		t.Controls[c.Name], t.ControlEvidence[c.Name] = c.State.String(), c.Text
	}
	for _, change := range report.Changes(state.Policy.Value, state.PolicyChanges) {
		if !change.At.Before(e.Since) && change.At.Before(e.Until) {
			t.PolicyChanges = append(t.PolicyChanges, PolicyChange{At: change.At.UTC(), Since: change.Since, What: change.What})
		}
	}
	t.list(e.Backups)
	t.measure(e.Backups)
	return t
}

// notDue is the result of a target of which nothing is asked: no control applies.
const notDue = "not_due"

// result returns the worst state of controls.
func result(controls []backup.Control) string {
	if len(controls) == 0 {
		return notDue
	}
	worst := backup.ControlKept
	for _, c := range controls {
		switch c.State {
		case backup.ControlBroken:
			return c.State.String()
		case backup.ControlUnknown:
			worst = c.State
		case backup.ControlKept:
		}
	}
	return worst.String()
}

func spans(all []backup.Stretch) []Span {
	list := []Span{}
	for _, s := range all {
		list = append(list, Span{s.From.UTC(), s.Until.UTC(), s.Until.Sub(s.From).Seconds()})
	}
	return list
}

// list takes over the backups, and counts them.
func (t *Target) list(all []backup.PastBackup) {
	for i := range all {
		b := &all[i]
		line := newBackup(b)
		switch {
		case b.State == backup.StateFailed:
			at := b.StartedAt
			if at.IsZero() {
				at = b.EndedAt
			}
			t.Failures = append(t.Failures, Failure{At: at.UTC(), Kind: line.Kind, Reason: b.Reason})
		case b.State == backup.StateSuccess && b.Kind == backup.KindIncremental:
			t.Increments++
			continue
		case b.State == backup.StateSuccess && b.Kind == backup.KindFull && b.Part == "":
			t.Succeeded++
		}
		t.Backups = append(t.Backups, line)
	}
}

func newBackup(b *backup.PastBackup) Backup {
	return Backup{
		ID: b.ID, State: b.State.String(), Kind: b.Kind.String(), Trigger: b.Trigger.String(),
		Began: when(b.StartedAt), Ended: when(b.EndedAt), SizeBytes: b.SizeBytes, Note: noteOf(b),
	}
}

// noteOf says what is the matter with a backup; "": nothing.
func noteOf(b *backup.PastBackup) string {
	switch {
	case b.Reason != "":
		return b.Reason
	case b.Flaw != "":
		return "it " + b.Flaw
	}
	return ""
}

// measure takes sizes and durations of full backups that succeeded.
func (t *Target) measure(all []backup.PastBackup) {
	var took []time.Duration
	for i := range all {
		b := &all[i]
		if b.State != backup.StateSuccess || b.Kind != backup.KindFull || b.Part != "" {
			continue
		}
		if d := b.Took(); d > 0 {
			took = append(took, d)
		}
		if size := b.SizeBytes; size != nil {
			if t.LastSize == nil {
				t.LastSize, t.LeastSize, t.MostSize = size, size, size
			}
			t.LeastSize, t.MostSize = new(min(*t.LeastSize, *size)), new(max(*t.MostSize, *size))
		}
	}
	if n := len(took); n > 0 {
		slices.Sort(took)
		t.MedianTook, t.MostTook = new(((took[(n-1)/2] + took[n/2]) / 2).Seconds()), new(took[n-1].Seconds())
	}
}
