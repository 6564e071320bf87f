package backup

import "time"

// missedWindow returns the start of the newest scheduled window that is over, grace included, if no attempt was begun in
// it or since; zero: none was missed, or that is unknown. A list that was read before the end of a window does not show
// whether it was missed.
//
// Windows are enforced only when the RPO comes from the policy: a configured RPO replaces the schedule. An instance
// younger than its RPO misses no window. Otherwise a first backup made by hand would turn pending into late.
func (c *assessment) missedWindow() time.Time {
	if c.source != RPOFromPolicy || c.young() {
		return time.Time{}
	}
	due := c.in.Policy.Value.lastDue(earlier(c.now.Add(-max(0, c.want.RPOGrace)), c.in.Backups.At))
	created := c.in.CreatedAt
	existed := !created.After(due) || !c.horizon.allows(created)
	if due.IsZero() || !existed || c.attemptedSince(due.Add(-MaxSkew)) {
		return time.Time{}
	}
	return due
}

// attemptedSince reports whether an attempt was begun at t or later.
func (c *assessment) attemptedSince(t time.Time) bool {
	for begun := range c.attempts {
		if !begun.Before(t) {
			return true
		}
	}
	return false
}

// attempts yields the start of each attempt, of any outcome. Incremental backups do not count: they belong to
// point-in-time recovery and are minutes apart, and the schedule is one of full backups. A backup of only a part of the
// instance and a job that is only planned do not count either. Nor does a manual job that failed, because the schedule did
// not begin it: unless the list of backups has its failure, a missed window would pass for one that was kept.
func (c *assessment) attempts(yield func(begun time.Time) bool) {
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		if b.Kind != KindIncremental && b.Part == "" && c.horizon.allows(b.began()) && !yield(b.began()) {
			return
		}
	}
	if !c.known.jobs {
		return
	}
	horizon := horizonOf(c.in.Jobs.At)
	for _, j := range c.in.Jobs.Value {
		if j.State.begun() && !(j.State == JobFailed && j.Trigger == TriggerManual) && horizon.allows(j.StartedAt) && !yield(j.StartedAt) {
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
	passed := t.Add(-max(0, p.Window))
	due := p.windowBefore(passed)
	if p.NextAt.IsZero() || p.NextAt.After(passed) {
		return due
	}
	planned := p.NextAt
	// The cloud may start at any time in the window, also before the planned minute.
	if start := p.windowBefore(planned); !start.IsZero() && planned.Before(start.Add(p.Window)) {
		planned = start
	}
	if planned.After(due) {
		return planned
	}
	return due
}

// windowBefore returns the start of the newest daily window that starts at t or earlier; zero: the policy has no daily
// window.
func (p Policy) windowBefore(t time.Time) time.Time {
	days := p.windowDays()
	if days == 0 {
		return time.Time{}
	}
	date := t.UTC().Truncate(day)
	for !days.has(date.Weekday()) || date.Add(p.StartsAt).After(t) { // at most eight times: the set is not empty
		date = date.Add(-day)
	}
	return date.Add(p.StartsAt)
}

// windowAfter returns the start of the first daily window that starts after t; zero: the policy has no daily window.
func (p Policy) windowAfter(t time.Time) time.Time {
	days := p.windowDays()
	date := t.UTC().Truncate(day)
	for range 8 { // the window of t's own day may have started, and the next one be a week away
		if start := date.Add(p.StartsAt); days.has(date.Weekday()) && start.After(t) {
			return start
		}
		date = date.Add(day)
	}
	return time.Time{}
}

// windowDays returns the days with a daily window; none when its hours are unknown.
func (p Policy) windowDays() weekdays {
	if p.Window <= 0 || p.StartsAt < 0 || p.StartsAt >= day {
		return 0
	}
	return p.weekdays()
}
