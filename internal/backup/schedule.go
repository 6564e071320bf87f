package backup

import "time"

// takes returns how long backups of the target take: as long as the longest success in the list, but no longer than one
// may; 0: not known.
func (c *assessment) takes() time.Duration {
	var longest time.Duration
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		if b.State != StateSuccess || b.Kind != KindFull || b.Part != "" || !c.horizon.allows(b.StartedAt) || !c.horizon.allows(b.EndedAt) {
			continue
		}
		longest = max(longest, b.EndedAt.Sub(b.StartedAt))
	}
	return min(longest, max(0, c.want.MaxDuration))
}

// patience returns how long after the end of a window a backup may be missing: the grace, and how long backups take where
// the cloud does not show what is running.
func (c *assessment) patience() time.Duration {
	grace := max(0, c.want.RPOGrace)
	if shown := !c.in.Jobs.NotOffered && !c.in.Jobs.At.IsZero(); shown {
		return grace
	}
	takes := c.takes()
	if takes == 0 { // no backup has told it yet
		takes = max(0, c.want.MaxDuration)
	}
	return sum(grace, takes)
}

// missedWindow returns the start of the newest scheduled window that is over, patience included, if no attempt was made in
// it or since; zero: none was missed, or that is unknown. Windows count only where the RPO comes from the policy, and by the
// policy that was in force when they opened.
//
// A list that was read before the end of a window does not show whether it was missed. Where it does not show what is
// running, it must be as much newer as a backup takes.
func (c *assessment) missedWindow() time.Time {
	if !c.scheduled() {
		return time.Time{}
	}
	return c.unattended()
}

// unattended is missedWindow whatever the RPO comes from.
func (c *assessment) unattended() time.Time {
	patience := c.patience()
	unseen := patience - max(0, c.want.RPOGrace)
	over := earlier(c.now.Add(-patience), c.in.Backups.At.Add(-unseen))
	var due time.Time
	for e := range c.eras {
		if due = e.lastDue(over); !due.IsZero() {
			break
		}
	}
	c.heedsWindows(over, patience)
	created := c.in.CreatedAt
	existed := !created.After(due) || !c.horizon.allows(created)
	if due.IsZero() || !existed || c.attemptedSince(due) {
		return time.Time{}
	}
	return due
}

// heedsWindows notes when the next window of each policy is over, patience included. over is how far windows are over now.
func (c *assessment) heedsWindows(over time.Time, patience time.Duration) {
	for e := range c.eras {
		for i := range e.policy.Schedules {
			length := max(0, e.policy.Schedules[i].Window)
			if opens := e.policy.Schedules[i].windowAfter(over.Add(-length)); !opens.IsZero() {
				c.reached(opens.Add(length).Add(patience))
			}
		}
		c.reached(e.policy.NextAt.Add(e.policy.longestWindow()).Add(patience))
	}
}

// firstWindow returns when the first window that opened after a moment is over, patience included; zero: no window counts.
func (c *assessment) firstWindow(after time.Time) time.Time {
	var first time.Time
	if !c.scheduled() {
		return first
	}
	for e := range c.eras {
		if opens := e.windowAfter(after); !opens.at.IsZero() {
			first = earlier(first, c.windowOver(opens))
		}
		if !e.from.After(after) {
			break
		}
	}
	return first
}

// windowOver returns when a window is over, patience included.
func (c *assessment) windowOver(w opening) time.Time {
	return w.at.Add(w.length).Add(c.patience())
}

// early is how long before a window its attempt may begin.
const early = MaxSkew

// attemptedSince reports whether an attempt was made in the window that opened at t or since: it began then, or was still
// running.
func (c *assessment) attemptedSince(t time.Time) bool {
	for a := range c.attempts {
		if !a.began.Before(t.Add(-early)) || a.ended.After(t) {
			return true
		}
	}
	return false
}

// runningSince returns the start of the oldest attempt that is running, and has not run for too long; zero: none is seen.
func (c *assessment) runningSince() time.Time {
	var since time.Time
	for a := range c.attempts {
		if a.running && !c.over(a.began, c.want.MaxDuration) {
			since = earlier(since, a.began)
		}
	}
	return since
}

// runsUntil returns until when an attempt that was running when the cloud was asked counts: one that has run for too long is
// none for the windows that open after that.
func (c *assessment) runsUntil(began, asked time.Time) time.Time {
	return earlier(asked, began.Add(max(0, c.want.MaxDuration)))
}

// attempt is when a full backup was tried.
type attempt struct {
	began   time.Time
	ended   time.Time // zero: not known
	running bool      // it had not ended when the cloud was asked
	failed  bool
}

// attempts yields each attempt, of any outcome. Incremental backups do not count: they belong to point-in-time recovery and
// are minutes apart, and the schedule is one of full backups. A backup of only a part of the instance, one in a state that
// is not known, and a job that is only planned do not count either. Nor does a manual job that failed: unless the list of
// backups has its failure, a missed window would pass for one that was kept.
func (c *assessment) attempts(yield func(attempt) bool) {
	asked := c.in.Backups.At
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		if b.Kind == KindIncremental || b.Part != "" || b.State == StateUnknown || !c.horizon.allows(b.began()) {
			continue
		}
		a := attempt{began: b.began(), ended: b.EndedAt, running: b.State == StateRunning, failed: b.State == StateFailed}
		if a.running {
			a.ended = c.runsUntil(a.began, asked)
		}
		if !c.horizon.allows(a.ended) {
			a.ended = time.Time{}
		}
		if !yield(a) {
			return
		}
	}
	if !c.known.jobs {
		return
	}
	horizon := horizonOf(c.in.Jobs.At)
	for _, j := range c.in.Jobs.Value {
		if !j.State.begun() || (j.State == JobFailed && j.Trigger == TriggerManual) || !horizon.allows(j.StartedAt) {
			continue
		}
		a := attempt{began: j.StartedAt, running: j.State == JobRunning || j.State == JobChecking, failed: j.State == JobFailed}
		if a.running {
			a.ended = c.runsUntil(a.began, c.in.Jobs.At)
		}
		if !yield(a) {
			return
		}
	}
}

// begun reports whether a job in this state has been started.
func (s JobState) begun() bool {
	switch s {
	case JobChecking, JobRunning, JobFinished, JobFailed:
		return true
	case JobUnknown, JobScheduled:
	}
	return false
}

// lastDue returns the start of the newest scheduled window that was over at t; zero: the policy names none.
func (p Policy) lastDue(t time.Time) time.Time {
	var due time.Time
	for i := range p.Schedules {
		s := &p.Schedules[i]
		due = later(due, s.windowBefore(t.Add(-max(0, s.Window))))
	}
	passed := t.Add(-p.longestWindow())
	if p.NextAt.IsZero() || p.NextAt.After(passed) {
		return due
	}
	planned := p.NextAt
	// The cloud may start at any time in the window, also before the planned minute.
	if w := p.windowBefore(planned); !w.at.IsZero() && planned.Before(w.at.Add(w.length)) {
		planned = w.at
	}
	return later(due, planned)
}
