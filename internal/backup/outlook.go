package backup

import (
	"slices"
	"time"
)

// Outlook is what is to come for a target, and what is under way. Every field is absent (zero time, nil, false) when it
// is not known.
type Outlook struct {
	// TurnsAt is the first whole second at which the verdict is late or never if no backup is made and the cloud gives
	// the same answers until then. For a target that is late or never already, it is when that began. Zero: the backup
	// list is not current, the verdict never turns, or the list does not show when it turned.
	TurnsAt     time.Time
	LastSuccess *Backup  // the successful backup of any kind that ended last, usable or not; nil: none known
	Running     bool     // a backup is running: a job of the instance, or else a backup of the target
	Progress    *float64 // of the running job in percent, 0 to 100; nil: not said
}

// Outlook returns what is to come for a target. Health must be what Assess returned for the same arguments. TurnsAt is
// after now unless the verdict is late or never, and is found by asking for the verdict at other moments, so that it
// cannot contradict Assess.
func (in TargetState) Outlook(health Health, want Objectives, now time.Time) Outlook {
	o := Outlook{LastSuccess: health.newestSuccess()}
	o.Running, o.Progress = in.running(now)
	f := forecast{in: in, want: want, now: now}
	switch {
	case !health.Known:
	case health.State.lateOrNever():
		o.TurnsAt = f.turned()
	default:
		o.TurnsAt = f.turns()
	}
	return o
}

func (in TargetState) running(now time.Time) (bool, *float64) {
	if in.Jobs.Known(now) {
		for _, job := range in.Jobs.Value {
			if job.State == JobRunning {
				return true, job.Progress
			}
		}
	}
	return in.Backups.Known(now) && slices.ContainsFunc(in.Backups.Value.Backups, func(b Backup) bool {
		return b.State == StateRunning
	}), nil
}

// forecast asks for verdicts on one target at other moments than now.
type forecast struct {
	in   TargetState
	want Objectives
	now  time.Time
}

// turns returns the first whole second after now at which the verdict is late or never; zero: it never is.
func (f *forecast) turns() time.Time {
	t := secondAfter(f.now)
	for !t.IsZero() {
		c := f.at(t)
		if c.health.State.lateOrNever() {
			return t
		}
		next := time.Time{}
		for turn := range c.turningPoints {
			if turn.After(t) {
				next = earlier(next, turn)
			}
		}
		t = next
	}
	return time.Time{}
}

// turned returns the first whole second since which the verdict has been late or never without a break; zero: as far
// as the list goes back, it was nothing else.
func (f *forecast) turned() time.Time {
	t := f.now
	for {
		c := f.at(t)
		switch {
		case c.health.Usable == 0 && !c.lapsed:
			return time.Time{} // the list does not go back to a time when it was better
		case !c.health.State.lateOrNever():
			return t.Add(time.Second)
		}
		previous := time.Time{}
		for turn := range c.turningPoints {
			if turn.Before(t.Add(time.Second)) {
				previous = later(previous, turn)
			}
		}
		if previous.IsZero() {
			return time.Time{}
		}
		t = previous.Add(-time.Second)
	}
}

// at returns the assessment at t: of what the cloud will have said by then if nothing changes, or of what it had said
// by then as far as that shows today.
func (f *forecast) at(t time.Time) *assessment {
	in := f.in
	in.Backups, in.Jobs, in.Recovery = readAt(in.Backups, f.now, t), readAt(in.Jobs, f.now, t), readAt(in.Recovery, f.now, t)
	if w := &in.Recovery.Value; t.Before(f.now) && horizonOf(f.in.Recovery.At).allows(w.End) && !t.Before(w.Start) {
		w.End = earlier(w.End, t) // the window was open, and ended where it had come to
	}
	c := &assessment{in: in, want: f.want, now: t}
	c.conclude()
	return c
}

// readAt returns the reading that would be known at t. After now it is read again with the same value; before now it
// is not newer than t. What is not known now is not known at t.
func readAt[T any](r Reading[T], now, t time.Time) Reading[T] {
	if !r.Known(now) {
		return Reading[T]{}
	}
	if t.After(now) || t.Before(r.At) {
		r.At = t
	}
	r.GoodUntil = t.Add(time.Second)
	return r
}

// turningPoints yields every whole second at which the verdict can become late or never, given the recovery point of
// this assessment. Most of them turn nothing.
func (c *assessment) turningPoints(yield func(time.Time) bool) {
	for t := range c.limits {
		if !yield(secondAfter(t)) || !yield(secondAfter(t.Add(-1))) { // the limit itself may still be good, or already bad
			return
		}
	}
}

// limits yields the moments up to which something holds that keeps the verdict from being late or never.
func (c *assessment) limits(yield func(time.Time) bool) {
	rpo := c.health.RPO
	if point := c.health.RecoveryPoint; !point.IsZero() && !yield(point.Add(rpo)) {
		return
	}
	if c.horizon.allows(c.in.CreatedAt) && !yield(earlier(c.in.CreatedAt, c.in.Backups.At).Add(rpo)) {
		return
	}
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		if b.State != StateSuccess {
			continue
		}
		if !b.ExpiresAt.IsZero() && !yield(b.ExpiresAt) {
			return
		}
		// A pending instance may turn late with the first backup that is believed.
		if end := later(b.StartedAt, b.EndedAt); !c.horizon.allows(end) && !yield(end.Add(-maxSkew)) {
			return
		}
	}
	if c.source == RPOFromPolicy {
		c.windowLimits(yield)
	}
}

// windowLimits yields the ends, grace included, of the scheduled windows that can be the first without an attempt: the
// planned one, the first of the instance's life, and the first after each attempt.
func (c *assessment) windowLimits(yield func(time.Time) bool) {
	policy := c.in.Policy.Value
	end := func(start time.Time) bool {
		return start.IsZero() || yield(start.Add(max(0, policy.Window)).Add(max(0, c.want.RPOGrace)))
	}
	if !end(policy.NextAt) {
		return
	}
	if created := c.in.CreatedAt; !created.IsZero() && !end(policy.windowAfter(created.Add(-1))) {
		return
	}
	for begun := range c.attempts {
		if !end(policy.windowAfter(begun.Add(maxSkew))) {
			return
		}
	}
}

// secondAfter returns the first whole second after t.
func secondAfter(t time.Time) time.Time { return t.Truncate(time.Second).Add(time.Second) }
