package poll

import (
	"context"
	"errors"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
	"mongodb_backup_exporter/internal/turn"
)

// flight is one question in progress, from its launch until its answer is stored.
type flight struct {
	done      chan struct{} // closed when the answer is stored and logged
	followers []*flight     // flights that the answer started; set before done is closed
	cancel    context.CancelFunc
	about     string // the id of the instance asked about; "": the region
	first     bool   // the question was never sent before
	news      bool   // it is about backups of which news are expected
	task      *task
}

// left reports whether a refresh that began at a moment of each pool need not wait for the flight: it has waited for a rate
// limit since, and something is known already. It returns what is closed when that may have changed.
func (f *flight) left(since map[*pool]int) (bool, <-chan struct{}) {
	if f.first {
		return false, nil
	}
	return f.task.pool.heldSince(f.task, since[f.task.pool])
}

// hurry makes the question come before those that nobody waits for.
func (f *flight) hurry() { f.task.pool.hurry(f.task) }

// question is what to ask about one cell.
type question[T any] struct {
	scope backup.Scope
	in    *instance // asked about; nil: none
	// aside says that all others come before the question, and that it is a kind of its own.
	aside bool
	// atMost is how often it is asked at most; 0: as often as its scope.
	atMost time.Duration
	// far is the same for a question that reaches far back: it may take long.
	far bool
	ask func(context.Context) (T, error)
	// keep tells the catalog of an answer that the reading took over. It is called with the poller locked. nil: there is
	// nothing to tell.
	keep func(*catalog.Catalog)
	// learn is called with the poller locked, once the reading holds the answer; it returns the flights that follow.
	learn func(ctx context.Context) []*flight
}

// interval returns the interval in force of the question. useless is as of its cell.
func (q *question[T]) interval(p *Poller, r *region, now time.Time, useless bool) time.Duration {
	interval := stretchedInterval(p.opts.busyInterval(q.scope), r.stretched)
	if q.in != nil {
		interval = q.in.interval(&p.opts, q.scope, q.in.idle(now) && !useless)
	}
	if q.servesAll(r) {
		interval = max(interval, r.catchUp.interval(catchUpEvery))
	}
	return max(interval, q.atMost)
}

// servesAll reports whether the answer serves all instances of the region.
func (q *question[T]) servesAll(r *region) bool { return !q.aside && r.answersAll(q.scope, q.in) }

// launch asks the question unless it is not due or in flight already, and returns the flight, or nil for none. The
// poller is locked.
func launch[T any](ctx context.Context, p *Poller, r *region, c *cell[T], q question[T]) *flight {
	now := p.opts.Now()
	interval := q.interval(p, r, now, c.useless(now))
	if !c.due(now, interval) {
		return c.flight
	}
	u := urgency{c.deadline(now, interval, p.opts.StaleAfter, slack(q.scope, interval)), rank(q.scope)}
	if q.aside {
		u.rank = len(backup.Scopes())
	}
	if q.servesAll(r) {
		u.due = now.Add(-2 * p.opts.StaleAfter) // before what was never asked
	}
	c.launchedAt = now
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f, of := &flight{done: make(chan struct{}), cancel: cancel, first: c.askedAt.IsZero()}, kind{scope: q.scope, aside: q.aside}
	if q.in != nil {
		f.about, of.topology = q.in.InstanceID, q.in.Topology
		f.news = q.scope == backup.ScopeBackups && !q.aside && !q.in.idle(now)
	}
	c.flight = f
	p.began(r, f)
	timeout, clock := p.opts.RoundTimeout, r.conf.Source
	turns := r.pool
	if q.far {
		turns = r.far
	}
	f.task = turns.submit(of, u, func(ticket *turn.Ticket) {
		a := answer[T]{askedAt: p.sent(r, &c.askedAt)}
		bounded, stop := turn.WithTimeout(turn.With(ctx, ticket), timeout)
		a.value, a.err = q.ask(bounded)
		stop()
		if !q.aside && !q.scope.Optional() {
			a.err = required(a.err)
		}
		p.finish(r, f, func() {
			a.endedAt = p.opts.Now()
			a.cloudAt = cloudTime(clock, a.endedAt)
			good := c.store(a, interval, p.opts.StaleAfter)
			if q.in != nil {
				q.in.plan.made = false
			}
			if good && f.first && q.in != nil && r.limits() {
				c.begin(q.in.InstanceID, q.scope, interval, r.roundTakes())
			}
			if good && q.keep != nil && p.opts.Catalog != nil {
				q.keep(p.opts.Catalog)
			}
			f.followers = q.learn(ctx)
			if q.in != nil && !q.in.busy() {
				q.in.lookAhead(&p.opts, a.endedAt) // not at the next scrape, which would wait for it
			}
		})
	})
	return f
}

// slack returns how long a question may wait beyond its time for others that share a rate limit with it: what is read seldom lets
// what is read often go first, such as the list of an instance whose backup has just ended. What a policy says changes seldom.
func slack(scope backup.Scope, interval time.Duration) time.Duration {
	if scope == backup.ScopePolicy {
		return interval / 4
	}
	return interval / 20
}

// rank says which of the questions that were due at the same time come first.
func rank(scope backup.Scope) int { return slices.Index(backup.Scopes(), scope) }

// cloudTime returns the time by the cloud's clock; zero: the cloud has not told it yet.
func cloudTime(clock Clock, now time.Time) time.Time {
	ahead, known := clock.Skew()
	if !known {
		return time.Time{}
	}
	return now.Round(0).Add(ahead)
}

// required turns "not offered" into a failure. It is for scopes that every cloud offers.
func required(err error) error {
	if backup.ClassOf(err) != backup.ClassUnsupported {
		return err
	}
	failure := &backup.Error{Err: err}
	if e, ok := errors.AsType[*backup.Error](err); ok {
		*failure = *e
	}
	failure.Class = backup.ClassBadRequest
	return failure
}

// sent returns the time at which a question is sent. It notes the time, unless the answer will be dropped.
func (p *Poller) sent(r *region, askedAt *time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.opts.Now()
	if !r.abandoned {
		*askedAt = now
	}
	return now
}

// finish ends a flight. It stores the answer, unless the region was replaced meanwhile. Who waits for the flight goes on
// when the log has its lines: a command may end then.
func (p *Poller) finish(r *region, f *flight, store func()) {
	defer close(f.done)
	p.mu.Lock()
	defer p.unlock()
	if !r.abandoned {
		p.stir()
		store()
	}
	p.ended(r, f)
	f.cancel()
}
