package backup

import (
	"slices"
	"time"
)

// Evidence is what is known of a target over a span of time: for somebody who has to show that its objective was kept, or to
// find out when it was not.
type Evidence struct {
	Since, Until time.Time
	Health       Health // the verdict at Until

	Stretches []Stretch // from Since to Until, without a hole, the oldest first
	// WatchedFrom is since when what the cloud lists is kept, so that what has left since is known, too; zero: it is not.
	WatchedFrom time.Time
	Planned     []PlannedBackup // what the schedule asked for and is over, the oldest first
	Schedule    Adherence       // the same, counted
	Backups     []PastBackup    // that began in the span, the newest first; failed jobs without one are among them
	Removals    []Removal       // the newest first
	Controls    []Control       // in the order of ControlNames; those that do not apply are left out
}

// Total returns how long the standing was what is asked for.
func (e *Evidence) Total(standing Standing) time.Duration {
	var total time.Duration
	for _, s := range e.Stretches {
		if s.Standing == standing {
			total += s.Until.Sub(s.From)
		}
	}
	return total
}

// WithinRPO returns the share of the time that is known and in which there was something to judge in which the objective was
// kept, from 0 to 1; false: there is no such time.
func (e *Evidence) WithinRPO() (float64, bool) {
	kept, broken := e.Total(StandingKept), e.Total(StandingBroken)
	return ratio(kept, kept+broken)
}

// Unknown returns the share of the time in which there was something to judge of which nobody knows whether the objective was
// kept, from 0 to 1; false: there was nothing to judge.
func (e *Evidence) Unknown() (float64, bool) {
	unknown := e.Total(StandingUnknown)
	return ratio(unknown, unknown+e.Total(StandingKept)+e.Total(StandingBroken))
}

func ratio(part, whole time.Duration) (float64, bool) {
	if whole <= 0 {
		return 0, false
	}
	return float64(part) / float64(whole), true
}

// Of returns the stretches with a standing, the oldest first.
func (e *Evidence) Of(standing Standing) []Stretch {
	var found []Stretch
	for _, s := range e.Stretches {
		if s.Standing == standing {
			found = append(found, s)
		}
	}
	return found
}

// KnownFrom returns from when on anything is known of the objective; zero: nothing is.
func (e *Evidence) KnownFrom() time.Time {
	for _, s := range e.Stretches {
		if s.Standing == StandingKept || s.Standing == StandingBroken {
			return s.From
		}
	}
	return time.Time{}
}

// Failed counts the attempts of the span that failed.
func (e *Evidence) Failed() int {
	n := 0
	for i := range e.Backups {
		if e.Backups[i].State == StateFailed {
			n++
		}
	}
	return n
}

// Evidence returns what is known of the target from one moment to another. What is to come is left out.
func (p *Past) Evidence(since, until time.Time) Evidence {
	until = earlier(until, p.now)
	since = earlier(since, until)
	state := p.State
	if until.Before(p.now) {
		state = p.At(until, true)
	}
	e := Evidence{
		Since: since, Until: until, Health: Assess(state, p.Want, until),
		Stretches: p.Stretches(since, until), WatchedFrom: p.watchedFrom(), Backups: p.backups(since, until),
	}
	e.Planned = p.planned(since, until)
	e.Schedule = adherence(e.Planned)
	for _, r := range p.removals() {
		if !r.LeftAt.Before(since) && r.LeftAt.Before(until) {
			e.Removals = append(e.Removals, r)
		}
	}
	e.Controls = p.controls(&e, state)
	return e
}

// watchedFrom returns since when what the cloud lists is kept; zero: it is not.
func (p *Past) watchedFrom() time.Time {
	var from time.Time
	if len(p.Kept.Reads) > 0 {
		from = p.reads[0]
	}
	for _, w := range p.Kept.Watches {
		from = earlier(from, w.From)
	}
	return from
}

// backups returns what began in a span, the newest first.
func (p *Past) backups(since, until time.Time) []PastBackup {
	c := assessment{in: p.State, want: p.Want, instant: instant{now: p.now}, horizon: horizonOf(p.State.Backups.At)}
	c.in.Jobs.Value, c.known.jobs = p.jobs(), true
	var all []PastBackup
	for i := range p.sets {
		b := &p.sets[i].Backup
		if b.began().Before(since) || !b.began().Before(until) {
			continue
		}
		one := PastBackup{Backup: *b, Reason: c.reasonOf(b)}
		if b.State == StateSuccess {
			if why := c.flawOf(b); why != flawExpired {
				one.Flaw = string(why)
			}
		}
		all = append(all, one)
	}
	all = append(all, p.failedJobs(since, until)...)
	slices.SortStableFunc(all, func(a, b PastBackup) int { return b.began().Compare(a.began()) })
	return all
}

// failedJobs returns the jobs that failed in a span, and of which no backup is listed, as backups. Those of an instance with
// shards are about no target.
func (p *Past) failedJobs(since, until time.Time) []PastBackup {
	if p.State.Target.NodeID != "" {
		return nil
	}
	var all []PastBackup
	for _, job := range p.jobs() {
		began := job.StartedAt
		if job.State != JobFailed || began.Before(since) || !began.Before(until) {
			continue
		}
		listed := slices.ContainsFunc(p.sets, func(set PastSet) bool { return set.began().Sub(began).Abs() <= sameAttempt })
		if !listed {
			b := Backup{State: StateFailed, Trigger: job.Trigger, StartedAt: began}
			all = append(all, PastBackup{Backup: b, Reason: job.Reason})
		}
	}
	return all
}
