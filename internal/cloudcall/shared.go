package cloudcall

import (
	"context"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/turn"
)

// sharedTimeout bounds a shared listing, without the time for which it waits for a rate limit. No caller's deadline does,
// because other callers may wait for longer.
const sharedTimeout = 5 * time.Minute

// Shared shares one listing of a whole among callers who each need a part of it. A caller joins the listing that is
// running, or takes the last one when it ended recently. A caller never receives the same listing twice: asking again
// starts a new one. Failures are shared the same way. It is safe for concurrent use.
type Shared[T any] struct {
	op     string
	recent time.Duration
	now    func() time.Time
	list   func(ctx context.Context, since time.Time) (T, error)

	mu   sync.Mutex
	last *listing[T] // nil: none yet, or the last one was abandoned
}

// NewShared returns a Shared that calls list. op is the operation in the errors of callers that stop waiting. recent is
// how long after its end a listing may still be taken; 0: only while it is running.
func NewShared[T any](op string, recent time.Duration, now func() time.Time, list func(ctx context.Context, since time.Time) (T, error)) *Shared[T] {
	return &Shared[T]{op: op, recent: recent, now: now, list: list}
}

// listing is one call of list, running or ended. The mutex of Shared guards callers, waiting, ended and endedAt.
type listing[T any] struct {
	since   time.Time       // it holds what began then or later
	callers map[string]bool // those that joined or took it
	waiting int
	ended   bool
	endedAt time.Time

	ticket *turn.Ticket // as urgent as the most urgent caller
	work   sync.WaitGroup
	cancel context.CancelFunc
	done   chan struct{} // closed when value and err may be read
	value  T
	err    error
}

// Get returns a listing of everything that began at since or later. caller identifies who asks. The value is shared:
// nothing that it reaches may be written to.
func (s *Shared[T]) Get(ctx context.Context, caller string, since time.Time) (T, error) {
	var none T
	if ctx.Err() != nil {
		return none, contextFailure(s.op, turn.Cause(ctx))
	}
	l := s.join(ctx, caller, since)
	ticket := turn.Of(ctx)
	l.ticket.Share(ticket)
	select {
	case <-l.done:
		s.leave(l)
		l.ticket.Unshare(ticket)
		ticket.GoOn(ctx)
		return l.value, l.err
	case <-ctx.Done():
		defer l.ticket.Unshare(ticket)
		if s.leave(l) {
			l.cancel()
			l.work.Wait()
		}
		return none, contextFailure(s.op, turn.Cause(ctx))
	}
}

func (s *Shared[T]) join(ctx context.Context, caller string, since time.Time) *listing[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.last
	if l == nil || !s.serves(l, caller, since) {
		l = s.start(ctx, since)
		s.last = l
	}
	l.callers[caller] = true
	l.waiting++
	return l
}

// serves reports whether a caller may have the listing.
func (s *Shared[T]) serves(l *listing[T], caller string, since time.Time) bool {
	if since.Before(l.since) {
		return false
	}
	return !l.ended || (!l.callers[caller] && Recent(l.endedAt, s.now(), s.recent))
}

// start starts a listing. It runs until it is done, its timeout has passed, or the last caller has left.
func (s *Shared[T]) start(ctx context.Context, since time.Time) *listing[T] {
	ticket := turn.NewShared()
	ctx, cancel := turn.WithTimeout(turn.With(context.WithoutCancel(ctx), ticket), sharedTimeout)
	l := &listing[T]{since: since, callers: map[string]bool{}, ticket: ticket, cancel: cancel, done: make(chan struct{})}
	l.work.Go(func() {
		defer cancel()
		l.value, l.err = s.list(ctx, since)
		s.mu.Lock()
		l.ended, l.endedAt = true, s.now()
		s.mu.Unlock()
		close(l.done)
	})
	return l
}

// leave notes that a caller stopped waiting. abandoned says that the listing still runs and nobody waits for it; nobody
// can join it any more.
func (s *Shared[T]) leave(l *listing[T]) (abandoned bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.waiting--
	if l.waiting > 0 || l.ended {
		return false
	}
	if s.last == l {
		s.last = nil
	}
	return true
}
