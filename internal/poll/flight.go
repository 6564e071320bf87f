package poll

import (
	"context"
	"errors"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// What failed is asked again after retryAfter when its interval is longer; what the cloud does not offer, after
// unsupportedFor when its interval is shorter.
const (
	retryAfter     = time.Minute
	unsupportedFor = time.Hour
)

// punctuality is by how much a question may be early: a scrape every minute never comes exactly a minute after the
// one before, and must not for that poll every other minute only.
const punctuality = time.Second

// flight is one question on its way.
type flight struct {
	done      chan struct{} // closed when the answer is stored
	followers []*flight     // what the answer led to; set before done is closed
	cancel    context.CancelFunc
}

// cell holds one reading and the question about it that is in flight.
type cell[T any] struct {
	reading backup.Reading[T]
	askedAt time.Time // when the newest question was sent; zero: never
	flight  *flight   // nil: none
}

// due reports whether the cell's question is to be asked at now.
func (c *cell[T]) due(now time.Time, interval time.Duration) bool {
	if c.flight != nil {
		return false
	}
	if c.askedAt.IsZero() {
		return true
	}
	return now.Sub(c.askedAt) >= c.pause(interval)-min(punctuality, interval/2)
}

// pause is how long the newest answer holds.
func (c *cell[T]) pause(interval time.Duration) time.Duration {
	switch backup.ClassOf(c.reading.Err) {
	case "":
		return interval
	case backup.ClassUnsupported:
		return max(interval, unsupportedFor)
	default:
		return min(interval, retryAfter)
	}
}

// renew makes due again what is in flight or failed: the question may be another one now.
func (c *cell[T]) renew() {
	if c.flight != nil || c.reading.Err != nil {
		c.flight, c.askedAt = nil, time.Time{}
	}
}

// question is what to ask about one cell.
type question[T any] struct {
	interval time.Duration
	optional bool // a cloud may well not offer it, and nothing is wrong then
	ask      func(context.Context) (T, error)
	// learn is called with the poller locked, once the reading holds the answer; it returns the flights that follow.
	learn func(ctx context.Context) []*flight
}

// launch asks the question unless it is not due or in flight already, and returns the flight, or nil for none. The
// poller is locked.
func launch[T any](ctx context.Context, p *Poller, r *region, c *cell[T], q question[T]) *flight {
	if !c.due(p.opts.Now(), q.interval) {
		return c.flight
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{done: make(chan struct{}), cancel: cancel}
	c.flight = f
	p.took(r, f)
	timeout := p.opts.RoundTimeout
	r.pool.submit(func() {
		p.sent(r, &c.askedAt)
		bounded, stop := context.WithTimeout(ctx, timeout)
		value, err := q.ask(bounded)
		stop()
		if !q.optional {
			err = required(err)
		}
		p.land(r, f, func() {
			c.store(value, err, p.opts.Now(), q.interval, p.opts.StaleAfter)
			if q.learn != nil {
				f.followers = q.learn(ctx)
			}
		})
	})
	return f
}

// required turns "not offered" into a refusal: what must be there fails without it.
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

// sent notes when a question left, unless nobody wants its answer any more.
func (p *Poller) sent(r *region, askedAt *time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !r.abandoned {
		*askedAt = p.opts.Now()
	}
}

// land stores the answer of a flight, unless nobody wants it any more, and ends the flight.
func (p *Poller) land(r *region, f *flight, store func()) {
	p.mu.Lock()
	defer p.unlock()
	if !r.abandoned {
		store()
	}
	p.landed(r, f)
	f.cancel()
	close(f.done)
}

// store puts an answer into the reading. A failure keeps the last good value.
func (c *cell[T]) store(value T, err error, now time.Time, interval, staleAfter time.Duration) {
	c.flight = nil
	c.reading.TriedAt, c.reading.Err = now, err
	if class := backup.ClassOf(err); class == "" || class == backup.ClassUnsupported {
		c.reading.Value, c.reading.At = value, now
		c.reading.GoodUntil = now.Add(c.pause(interval) + staleAfter)
	}
}

// pool runs tasks, at most limit at a time, in the order of their submission. Its goroutines end when there is nothing
// left to do.
type pool struct {
	limit   int
	workers *sync.WaitGroup

	mu     sync.Mutex
	active int
	queue  []func()
}

// submit queues a task and returns at once.
func (q *pool) submit(task func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.queue = append(q.queue, task)
	if q.active < q.limit {
		q.active++
		q.workers.Go(q.work)
	}
}

func (q *pool) work() {
	for {
		q.mu.Lock()
		if len(q.queue) == 0 {
			q.active--
			q.queue = nil
			q.mu.Unlock()
			return
		}
		task := q.queue[0]
		q.queue = q.queue[1:]
		q.mu.Unlock()
		task()
	}
}
