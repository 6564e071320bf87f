package backup

import (
	"slices"
	"time"
)

// Outlook is what is to be expected for a target, and what is in progress. Every field is absent (zero time, nil, false)
// when it is not known.
type Outlook struct {
	// TurnsAt is the first whole second at which the verdict is late or never, provided that no backup is made and the
	// cloud gives the same answers until then. If the verdict is late or never already, it is the second at which that
	// began. Zero: the backup list is not current, the verdict never turns, or the list does not show when it turned.
	TurnsAt     time.Time
	LastSuccess *Backup  // the successful backup of any kind that ended last, usable or not; nil: none known
	Running     bool     // a backup is running: a job of the instance, or else a backup of the target
	Progress    *float64 // of the running job in percent, 0 to 100; nil: unknown
}

// Outlook returns what is to be expected for a target. Health must be what Assess returned for the same arguments.
// TurnsAt is after now unless the verdict is late or never. It cannot contradict Assess, because it is found by computing
// the verdict at other moments.
func (in TargetState) Outlook(health Health, want Objectives, now time.Time) Outlook {
	o := Outlook{LastSuccess: health.NewestSuccess()}
	o.Running, o.Progress = in.running(now)
	f := forecast{in: in, want: want, now: now.Round(0)}
	f.in.Backups, f.in.Jobs, f.in.Recovery = ifKnown(in.Backups, now), ifKnown(in.Jobs, now), ifKnown(in.Recovery, now)
	switch {
	case !health.Known:
	case health.State.lateOrNever():
		o.TurnsAt = f.lastTurn()
	default:
		o.TurnsAt = f.nextTurn()
	}
	return o
}

// running reports whether a backup is running, and the progress of its job.
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

// forecast computes verdicts on one target at moments other than now.
type forecast struct {
	in   TargetState // without the readings that are not known now
	want Objectives
	now  time.Time // by the wall clock
}

// ifKnown returns the reading. When its value is not known at now, it is not known at any time, and no more is left of it than
// that the cloud has told it once.
func ifKnown[T any](r Reading[T], now time.Time) Reading[T] {
	if !r.Known(now) {
		return Reading[T]{At: r.At, NotOffered: r.NotOffered}
	}
	return r
}

// nextTurn returns the first whole second after now at which the verdict is late or never; zero: there is none.
func (f *forecast) nextTurn() time.Time {
	t := secondAfter(f.now)
	for !t.IsZero() {
		c := f.at(t)
		if c.health.State.lateOrNever() {
			return t
		}
		c.ahead = true
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

// lastTurn returns the first whole second of the time that the verdict has been late or never without a break; zero: the
// list does not go back that far.
func (f *forecast) lastTurn() time.Time {
	t := f.now
	for {
		c := f.at(t)
		switch {
		case c.health.Usable == 0 && !c.lapsed:
			return time.Time{} // the list shows no earlier backup that was usable
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

// at returns the assessment at t. A moment after now is assessed as if the cloud had given the same answers then, and a
// moment before now by the part of the answers that was true then.
func (f *forecast) at(t time.Time) *assessment {
	in := f.in
	in.Backups, in.Jobs, in.Recovery = readAt(in.Backups, f.now, t), readAt(in.Jobs, f.now, t), readAt(in.Recovery, f.now, t)
	in.windowAt(t, f.in.Recovery.At, f.now)
	in.policyAt(t)
	c := &assessment{in: in, want: f.want, clock: t}
	c.conclude()
	return c
}

// readAt returns a reading as it would be at t. For a moment after now, the same value was read again; for a moment
// before now, it was read no later than t.
func readAt[T any](r Reading[T], now, t time.Time) Reading[T] {
	if r.At.IsZero() || r.GoodUntil.IsZero() {
		return r
	}
	if t.After(now) || t.Before(r.At) {
		r.At = t
	}
	r.CloudAt, r.GoodUntil = time.Time{}, t.Add(time.Second)
	return r
}

// turningPoints yields every whole second at which the verdict can become late or never while the recovery point is that
// of this assessment. It becomes so at few of them.
func (c *assessment) turningPoints(yield func(time.Time) bool) {
	for t := range c.limits {
		// At the limit itself the verdict may still be good, or bad already.
		if !yield(secondAfter(t)) || !yield(secondAfter(t.Add(-1))) {
			return
		}
	}
}

// limits yields the moments at which something ends that kept the verdict from being late or never.
func (c *assessment) limits(yield func(time.Time) bool) {
	rpo := c.health.RPO
	if point := c.health.RecoveryPoint; !point.IsZero() && !yield(point.Add(rpo)) {
		return
	}
	if daily, may := c.dailyRPO(); may && !c.health.RecoveryPoint.IsZero() && !yield(c.health.RecoveryPoint.Add(daily)) {
		return
	}
	if c.horizon.allows(c.in.CreatedAt) && !c.youth(yield) {
		return
	}
	for a := range c.attempts {
		if a.running && !yield(a.began.Add(max(0, c.want.MaxDuration))) {
			return
		}
	}
	if !c.in.PolicyBy.IsZero() && !yield(c.in.PolicyBy) || !c.in.WindowBy.IsZero() && !yield(c.in.WindowBy) {
		return
	}
	if older := c.in.Backups.Value.Older; older != nil && !older.By.IsZero() && !yield(older.By) {
		return
	}
	for e := range c.eras {
		was, _ := RPOInForce(Reading[Policy]{Value: e.policy, At: c.in.Policy.At}, c.want, c.takes())
		if !e.from.IsZero() && !yield(c.settled(e, was)) {
			return
		}
	}
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		if b.State != StateSuccess {
			continue
		}
		if !b.ExpiresAt.IsZero() && !c.superseded(b) && !yield(b.ExpiresAt) {
			return
		}
		// The first backup of a pending instance may be late from the moment on at which its times are believed.
		if end := later(b.StartedAt, b.EndedAt); end.After(c.horizon.Time) && !yield(end.Add(-MaxSkew)) {
			return
		}
	}
}

// superseded reports whether the expiry of a backup changes no verdict while the newest usable full one does not expire. Looking
// back, that one may be unusable, and the other may have been the recovery point.
func (c *assessment) superseded(b *Backup) bool {
	return c.ahead && b.StartedAt.Before(c.health.NewestFull)
}

// youth yields the moments at which an instance is no longer too new to have a backup.
func (c *assessment) youth(yield func(time.Time) bool) bool {
	created := c.in.CreatedAt
	if !yield(earlier(created, c.in.Backups.At).Add(c.health.RPO)) {
		return false
	}
	if gap, ok := c.in.Policy.Value.daysGap(); ok && !yield(created.Add(2*gap)) { // see listsDailyOnly
		return false
	}
	first := c.firstWindow(created)
	return first.IsZero() || yield(first)
}

// secondAfter returns the first whole second after t.
func secondAfter(t time.Time) time.Time { return t.Truncate(time.Second).Add(time.Second) }
