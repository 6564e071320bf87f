package poll

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Most instances of a fleet have nothing that is due most of the time. Such an instance rests: no scrape looks at its questions
// one by one, and what is shown of it is kept from one scrape to the next.

// longestRest bounds how long an instance rests: some questions become due by what was read and by the time together.
const longestRest = 10 * time.Minute

// rest is until when nothing of an instance is due. The zero value is no rest.
type rest struct {
	from, until time.Time
	shown       *backup.InstanceState // what a snapshot shows meanwhile, without removals; nil: no snapshot was taken yet
}

// rests reports whether nothing of the instance is due at now, and no answer has come since that was found out.
func (in *instance) rests(now time.Time) bool {
	return in.plan.made && now.Before(in.rest.until) && !now.Before(in.rest.from) && !jumped(in.rest.from, now)
}

// beginRest finds out until when nothing is due. It is called when all questions of the instance have been looked at at now, and
// none is in flight.
func (in *instance) beginRest(opts *Options, now time.Time) {
	until := now.Add(longestRest)
	sooner := func(t time.Time) {
		if t.Before(until) {
			until = t
		}
	}
	if in.idle(now) {
		sooner(in.plan.idleUntil)
	}
	// What is of no use any more is asked for as if the instance were not idle.
	every := func(scope backup.Scope, useless bool) time.Duration {
		return in.interval(opts, scope, in.idle(now) && !useless)
	}
	for _, n := range in.nodes {
		sooner(n.backups.dueAt(every(backup.ScopeBackups, n.backups.useless(now))))
		sooner(n.increments.dueAt(increments{&n.increments, in, n}.interval(opts, in.idle(now))))
		sooner(n.copies.dueAt(every(backup.ScopeCopies, n.copies.useless(now))))
		sooner(n.increments.turnsAt(now))
	}
	sooner(in.jobs.dueAt(every(backup.ScopeJobs, in.jobs.useless(now))))
	sooner(in.policy.dueAt(every(backup.ScopePolicy, in.policy.useless(now))))
	sooner(in.recovery.dueAt(every(backup.ScopeRecovery, in.recovery.useless(now))))
	in.rest = rest{from: now, until: until}
}

// dueAt returns when the cell's question is due next. One that was never asked is not wanted, so that it is not due before an
// answer comes.
func (c *cell[T]) dueAt(interval time.Duration) time.Time {
	if c.launchedAt.IsZero() {
		return backup.Never
	}
	return c.launchedAt.Add(c.pause(interval) - min(earliness, interval/2))
}

// turnsAt returns when what was read may not be shown any more.
func (c *cell[T]) turnsAt(now time.Time) time.Time {
	if c.reading.At.IsZero() || !now.Before(c.reading.GoodUntil) {
		return backup.Never
	}
	return c.reading.GoodUntil
}

// show fills in what a snapshot shows of the instance, without removals.
func (in *instance) show(state *backup.InstanceState, opts *Options, now time.Time) {
	if !in.rests(now) {
		*state = in.state(opts, now)
		return
	}
	if in.rest.shown == nil {
		in.rest.shown = new(in.state(opts, now))
	}
	*state = *in.rest.shown
}
