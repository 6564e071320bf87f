package poll

import (
	"math"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Most instances of a fleet have nothing that is due most of the time. Such an instance rests: no scrape looks at its questions
// one by one, and what is shown of it is kept from one scrape to the next.

// longestRest bounds how long an instance rests, in case that something is due of which no entry knew.
const longestRest = 10 * time.Minute

// rest is until when nothing of an instance is due. The zero value is no rest.
type rest struct {
	from, until time.Time
	shown       *backup.InstanceState // what a snapshot shows meanwhile, without removals; nil: no snapshot was taken yet
}

// rests reports whether nothing of the instance is due at now, and no answer has come since that was found out.
func (in *instance) rests(now time.Time) bool {
	return in.plan.made && now.Before(in.rest.until) && !now.Before(in.rest.from) && !stepped(in.rest.from, now)
}

// beginRest finds out until when nothing is due. It is called when all questions of the instance have been looked at at now, and
// none is in flight.
func (in *instance) beginRest(opts *Options, now time.Time) {
	wait := min(longestRest, in.plan.newsIn(now))
	for _, e := range in.entries {
		wait = min(wait, e.dueIn(opts, in, now))
	}
	in.rest = rest{from: now, until: now.Add(wait)}
}

// beginRestUnasked begins the rest of an instance that the cloud is not asked about. For as long as it never was, what is shown
// says that its verdict waits from now on.
func (in *instance) beginRestUnasked(opts *Options, now time.Time) {
	wait := min(longestRest, opts.PolicyInterval, opts.StaleAfter)
	for _, n := range in.nodes {
		wait = min(wait, n.increments.turnsIn(now)) // which are shown with another list
	}
	in.plan, in.rest = plan{made: true}, rest{from: now, until: now.Add(wait)}
}

// forever is how long to wait for what does not come.
const forever = time.Duration(math.MaxInt64)

// newsIn returns how long it takes until news are expected; forever: they are already, or none are.
func (p plan) newsIn(now time.Time) time.Duration {
	if now.Before(p.idleUntil) {
		return p.idleUntil.Sub(now)
	}
	return forever
}

// dueFor is dueIn for a question about an instance. What is of no use any more is asked for as if the instance were not idle.
func (c *cell[T]) dueFor(in *instance, opts *Options, scope backup.Scope, now time.Time) time.Duration {
	if !in.idle(now) || c.useless(now) {
		return c.dueIn(now, in.interval(opts, scope, false))
	}
	return min(c.dueIn(now, in.interval(opts, scope, true)), c.turnsIn(now))
}

// dueIn returns how long it takes until the cell's question is due. One that was never asked is not wanted, so that it is not due
// before an answer comes.
//
// Some times are of the wall clock alone. Since it was set, they cannot be compared with others, but both with now.
func (c *cell[T]) dueIn(now time.Time, interval time.Duration) time.Duration {
	if c.launchedAt.IsZero() {
		return forever
	}
	return c.launchedAt.Add(c.pauseAt(now, interval) - min(earliness, interval/2)).Sub(now)
}

// turnsIn returns how long it holds whether what was read may be shown.
func (c *cell[T]) turnsIn(now time.Time) time.Duration {
	until := c.reading.HoldsUntil(now)
	if until.IsZero() {
		return forever
	}
	return until.Sub(now.Round(0))
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
