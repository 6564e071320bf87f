package backup

import (
	"slices"
	"time"
)

// Timeline is what happened to the backups of a target, what the schedule plans, and when the objective was not kept. It is
// for people: nothing is judged by it.
type Timeline struct {
	From, Until time.Time
	Known       bool              // the backup list may be shown as current; when false, Backups and Gaps are empty
	Backups     []PastBackup      // that began from From on, newest first
	Windows     []ScheduledWindow // of the schedule, oldest first
	Gaps        []Gap             // oldest first; of very many the newest
	Running     []RunningBackup   // of the instance: what was begun or is planned, and has not ended
}

// PastBackup is a backup, and what is to be said of it.
type PastBackup struct {
	Backup
	Flaw   string // why it is no recovery point, in words that follow its name; "": it is one
	Reason string // why it failed, in the cloud's words; "": it did not, or the cloud does not say
}

// Took returns how long the backup took; 0: not known.
func (b Backup) Took() time.Duration {
	if b.StartedAt.IsZero() || b.EndedAt.IsZero() {
		return 0
	}
	return max(0, b.EndedAt.Sub(b.StartedAt))
}

// ScheduledWindow is a window of the schedule in which the cloud begins a backup.
type ScheduledWindow struct {
	From, Until time.Time
	State       WindowState
}

// WindowState says what became of a window. The zero value is WindowUnknown.
type WindowState uint8

// The states of a window.
const (
	WindowUnknown WindowState = iota // the list of backups does not tell
	WindowPlanned                    // it has not opened yet
	WindowOpen                       // a backup may still begin in it, or has not been listed yet
	WindowKept                       // a backup was begun in it, or ran when it opened, and succeeded or goes on
	WindowLate                       // the same, but it was begun after the window had closed, and before the next one opened
	WindowFailed                     // attempts were made, and all of them failed
	WindowMissed                     // it passed without an attempt
)

// String returns planned, open, kept, late, failed, missed or unknown.
func (s WindowState) String() string {
	switch s {
	case WindowPlanned:
		return "planned"
	case WindowOpen:
		return "open"
	case WindowKept:
		return "kept"
	case WindowLate:
		return "late"
	case WindowFailed:
		return "failed"
	case WindowMissed:
		return "missed"
	case WindowUnknown:
	}
	return "unknown"
}

// Gap is a time in which nothing could be restored that was as new as the objective asks for, as far as the list of backups
// tells afterwards.
type Gap struct{ From, Until time.Time }

// RunningBackup is a job, or else a backup, that has not ended.
type RunningBackup struct {
	Job                // without ID where the list of backups alone shows it
	UsualEnd time.Time // when it has taken as long as the longest success of the target in the list; zero: not known
}

// maxWindows bounds the windows of a timeline.
const maxWindows = 2000

// Timeline returns what is known of a target from one moment to another, which may be to come. A window that began before
// the oldest backup of the list is WindowUnknown: nobody knows whether the list would have its backup.
func (in TargetState) Timeline(want Objectives, from, until, now time.Time) Timeline {
	c := assessment{in: in, want: want, clock: now}
	c.conclude()
	t := Timeline{From: from, Until: until, Known: c.health.Known, Windows: c.windows(from, until)}
	t.Running = c.unfinished()
	if !t.Known {
		return t
	}
	oldest := c.oldestFull()
	for _, b := range in.Backups.Value.Backups {
		if !b.began().IsZero() && !b.began().Before(from) {
			t.Backups = append(t.Backups, PastBackup{Backup: b, Flaw: c.shownFlaw(&b, oldest), Reason: c.reasonOf(&b)})
		}
	}
	f := forecast{in: in, want: want, now: c.now}
	f.in.Backups, f.in.Jobs, f.in.Recovery = ifKnown(in.Backups, now), ifKnown(in.Jobs, now), ifKnown(in.Recovery, now)
	t.Gaps = f.gaps(from)
	return t
}

// shownFlaw is flawOf for a success, and for an incremental one that began before the oldest full one.
func (c *assessment) shownFlaw(b *Backup, oldest time.Time) string {
	if b.State != StateSuccess {
		return ""
	}
	why := c.flawOf(b)
	if why == flawNone && b.Kind == KindIncremental && c.health.Kinds[KindFull].Asked && (oldest.IsZero() || b.StartedAt.Before(oldest)) {
		why = flawNoFull
	}
	return string(why)
}

// oldestFull returns the start of the oldest usable full backup; zero: there is none.
func (c *assessment) oldestFull() time.Time {
	var oldest time.Time
	for i := range c.in.Backups.Value.Backups {
		if b := &c.in.Backups.Value.Backups[i]; b.Kind == KindFull && c.flawOf(b) == flawNone {
			oldest = earlier(oldest, b.StartedAt)
		}
	}
	return oldest
}

// windows returns the windows of the schedule that overlap a span, without those that opened before there was the instance.
func (c *assessment) windows(from, until time.Time) []ScheduledWindow {
	var found []ScheduledWindow
	for e := range c.eras {
		found = e.appendWindows(found, from, until)
		if e.from.Before(from) {
			break
		}
	}
	found = slices.DeleteFunc(found, func(w ScheduledWindow) bool { return w.From.Before(c.in.CreatedAt) })
	slices.SortFunc(found, func(a, b ScheduledWindow) int { return a.From.Compare(b.From) })
	for i := range found {
		next := until
		if i+1 < len(found) {
			next = found[i+1].From
		}
		found[i].State = c.became(found[i], next)
	}
	return found
}

// appendWindows appends the daily windows that opened in the era and overlap a span.
func (e era) appendWindows(found []ScheduledWindow, from, until time.Time) []ScheduledWindow {
	if !e.enforced() {
		return found
	}
	w := e.policy.windowAfter(later(from.Add(-e.policy.longestWindow()), e.from).Add(-1))
	for ; !w.at.IsZero() && w.at.Before(until) && len(found) < maxWindows; w = e.policy.windowAfter(w.at) {
		if !e.until.IsZero() && !w.at.Before(e.until) {
			break
		}
		if over := w.at.Add(w.length); !over.Before(from) {
			found = append(found, ScheduledWindow{From: w.at, Until: over})
		}
	}
	return found
}

// became returns what became of a window. A backup counts for it until the next one opens.
func (c *assessment) became(w ScheduledWindow, next time.Time) WindowState {
	over, attempted := w.Until.Add(c.patience()), WindowUnknown
	if c.known.backups {
		attempted = c.attempted(w, next)
	}
	switch {
	case c.now.Before(w.From):
		return WindowPlanned
	case !c.known.backups:
		return WindowUnknown
	case attempted == WindowKept:
		return WindowKept
	case attempted != WindowUnknown && !c.listsBefore(w.From): // one in time may have left the list
		return WindowUnknown
	case attempted == WindowFailed && c.now.Before(over): // another attempt may be made
		return WindowOpen
	case attempted != WindowUnknown:
		return attempted
	case w.From.Equal(c.unattended()):
		return WindowMissed
	case c.now.Before(over) || c.in.Backups.At.Before(w.Until):
		return WindowOpen
	case c.listsBefore(w.From):
		return WindowMissed
	}
	return WindowUnknown
}

// attempted returns what became of the attempts that count for a window: those that began before the next one opens, or were
// still running when it opened. WindowUnknown: there is none.
func (c *assessment) attempted(w ScheduledWindow, next time.Time) WindowState {
	found := WindowUnknown
	for a := range c.attempts {
		began := a.began.Add(early)
		switch counts := !began.Before(w.From) && began.Before(next) || began.Before(w.From) && a.ended.After(w.From); {
		case !counts:
		case a.failed:
			if found == WindowUnknown {
				found = WindowFailed
			}
		case a.began.After(w.Until.Add(early)):
			found = WindowLate
		default:
			return WindowKept
		}
	}
	return found
}

// listsBefore reports whether the list has an attempt that began before t, so that it would have one at t, too.
func (c *assessment) listsBefore(t time.Time) bool {
	for a := range c.attempts {
		if a.began.Before(t) {
			return true
		}
	}
	return false
}

// unfinished returns what was begun, or is planned, and has not ended: jobs, or else backups of the list.
func (c *assessment) unfinished() []RunningBackup {
	var found []RunningBackup
	takes := c.takes()
	add := func(job Job) {
		r := RunningBackup{Job: job}
		if takes > 0 && !job.StartedAt.IsZero() && job.State.begun() {
			r.UsualEnd = job.StartedAt.Add(takes)
		}
		found = append(found, r)
	}
	if c.known.jobs {
		for _, job := range c.in.Jobs.Value {
			if job.State != JobFinished && job.State != JobFailed {
				add(job)
			}
		}
	}
	if len(found) > 0 || !c.known.backups {
		return found
	}
	for i := range c.in.Backups.Value.Backups {
		if b := &c.in.Backups.Value.Backups[i]; b.State == StateRunning {
			add(Job{State: JobRunning, Trigger: b.Trigger, StartedAt: b.StartedAt})
		}
	}
	return found
}
