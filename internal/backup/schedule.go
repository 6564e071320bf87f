package backup

import "time"

// missedWindow returns the start of the newest scheduled window that is over, grace included, and in which no attempt
// was made, nor after it. The zero time: none, or nobody can say: a list that was read before the end of a window does
// not tell what came of it.
//
// Windows bind only where the objective follows from them: who sets an RPO has said what counts. An instance younger
// than its RPO misses none, or else its first backup, made by hand, would turn pending into late.
func (c *assessment) missedWindow() time.Time {
	if c.source != RPOFromPolicy || c.young() {
		return time.Time{}
	}
	due := c.in.Policy.Value.lastDue(earlier(c.now.Add(-max(0, c.want.RPOGrace)), c.in.Backups.At))
	created := c.in.CreatedAt
	existed := !created.After(due) || !c.horizon.allows(created)
	if due.IsZero() || !existed || c.attemptedSince(due.Add(-maxSkew)) {
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

// attempts yields when each attempt was begun, whatever came of it. Incremental backups are not attempts: they are the
// pieces of point-in-time recovery, minutes apart, and the schedule is one of full backups. Neither is a job that is
// only planned.
func (c *assessment) attempts(yield func(begun time.Time) bool) {
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		if b.Kind != KindIncremental && c.horizon.allows(b.began()) && !yield(b.began()) {
			return
		}
	}
	if !c.in.Jobs.Known(c.now) {
		return
	}
	horizon := horizonOf(c.in.Jobs.At)
	for _, j := range c.in.Jobs.Value {
		if j.State.begun() && horizon.allows(j.StartedAt) && !yield(j.StartedAt) {
			return
		}
	}
}

func (s JobState) begun() bool {
	switch s {
	case JobChecking, JobRunning, JobFinished, JobFailed:
		return true
	case JobUnknown, JobScheduled:
	}
	return false
}

// lastDue returns the start of the newest scheduled window that was over at t; the zero time when the policy does not
// say.
func (p Policy) lastDue(t time.Time) time.Time {
	passed := t.Add(-max(0, p.Window))
	due := p.windowBefore(passed)
	if p.NextAt.IsZero() || p.NextAt.After(passed) {
		return due
	}
	planned := p.NextAt
	// The cloud may start anywhere in the window, also before the minute that it once planned.
	if start := p.windowBefore(planned); !start.IsZero() && planned.Before(start.Add(p.Window)) {
		planned = start
	}
	if planned.After(due) {
		return planned
	}
	return due
}

// windowBefore returns the start of the newest daily window that starts at t or earlier; the zero time when the policy
// does not say which hours of which days are meant.
func (p Policy) windowBefore(t time.Time) time.Time {
	days := p.windowDays()
	if days == 0 {
		return time.Time{}
	}
	date := t.UTC().Truncate(day)
	for !days.has(date.Weekday()) || date.Add(p.StartsAt).After(t) { // at most seven days back: the set is not empty
		date = date.Add(-day)
	}
	return date.Add(p.StartsAt)
}

// windowAfter returns the start of the first daily window that starts after t; the zero time when the policy does not
// say which hours of which days are meant.
func (p Policy) windowAfter(t time.Time) time.Time {
	days := p.windowDays()
	date := t.UTC().Truncate(day)
	for range 8 { // the window of t's own day may be over, and the next one a week away
		if start := date.Add(p.StartsAt); days.has(date.Weekday()) && start.After(t) {
			return start
		}
		date = date.Add(day)
	}
	return time.Time{}
}

// windowDays returns the days with a daily window; none unless the policy says which hours are meant, too.
func (p Policy) windowDays() weekdays {
	if p.Window <= 0 || p.StartsAt < 0 || p.StartsAt >= day {
		return 0
	}
	return p.weekdays()
}
