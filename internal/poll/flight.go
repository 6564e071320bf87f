package poll

import (
	"context"
	"errors"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// flight is one question in progress, from its launch until its answer is stored.
type flight struct {
	done      chan struct{} // closed when the answer is stored
	followers []*flight     // flights that the answer started; set before done is closed
	cancel    context.CancelFunc
}

// question is what to ask about one cell.
type question[T any] struct {
	scope backup.Scope
	ask   func(context.Context) (T, error)
	// learn is called with the poller locked, once the reading holds the answer; it returns the flights that follow.
	learn func(ctx context.Context) []*flight
}

// launch asks the question unless it is not due or in flight already, and returns the flight, or nil for none. The
// poller is locked.
func launch[T any](ctx context.Context, p *Poller, r *region, c *cell[T], q question[T]) *flight {
	interval := p.opts.interval(q.scope)
	if !c.due(p.opts.Now(), interval) {
		return c.flight
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{done: make(chan struct{}), cancel: cancel}
	c.flight = f
	p.began(r, f)
	timeout := p.opts.RoundTimeout
	r.pool.submit(func() {
		p.sent(r, &c.askedAt)
		bounded, stop := context.WithTimeout(ctx, timeout)
		value, err := q.ask(bounded)
		stop()
		if !q.scope.Optional() {
			err = required(err)
		}
		p.land(r, f, func() {
			c.store(value, err, p.opts.Now(), interval, p.opts.StaleAfter)
			f.followers = q.learn(ctx)
		})
	})
	return f
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

// sent notes when a question was sent, unless its answer will be dropped.
func (p *Poller) sent(r *region, askedAt *time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !r.abandoned {
		*askedAt = p.opts.Now()
	}
}

// land ends a flight. It stores the answer, unless the region was replaced meanwhile.
func (p *Poller) land(r *region, f *flight, store func()) {
	p.mu.Lock()
	defer p.unlock()
	if !r.abandoned {
		store()
	}
	p.ended(r, f)
	f.cancel()
	close(f.done)
}
