package cloudcall

import (
	"context"
	"sync"
	"time"
)

// sharedTimeout bounds a listing that callers share: none of them has the right to set its deadline.
const sharedTimeout = 5 * time.Minute

// Shared is a listing that callers of the same moment share, so that asking for each part of a whole costs one listing
// of the whole. A caller joins the listing in flight, or takes the last one if it is recent and that caller has not had
// it yet: asking twice always gives news. Failures are shared just so. It is safe for concurrent use.
type Shared[T any] struct {
	op     string
	recent time.Duration
	now    func() time.Time
	list   func(ctx context.Context, since time.Time) (T, error)

	mu   sync.Mutex
	last *flight[T]
}

// NewShared returns a Shared of what list returns. op names it in the errors of callers who stop waiting; recent is how
// long after its end a listing may still be taken.
func NewShared[T any](op string, recent time.Duration, now func() time.Time, list func(ctx context.Context, since time.Time) (T, error)) *Shared[T] {
	return &Shared[T]{op: op, recent: recent, now: now, list: list}
}

// flight is one listing, under way or ended. The mutex of Shared guards had, waiting, ended and endedAt.
type flight[T any] struct {
	since   time.Time // it holds what began then or later
	had     map[string]bool
	waiting int
	ended   bool
	endedAt time.Time

	work   sync.WaitGroup
	cancel context.CancelFunc
	done   chan struct{}
	value  T // both to be read after done only
	err    error
}

// Get returns a listing of what began at since or later. who names the caller. The value is shared: nothing it reaches
// may be written to.
func (s *Shared[T]) Get(ctx context.Context, who string, since time.Time) (T, error) {
	var none T
	if ctx.Err() != nil {
		return none, contextFailure(s.op, ctx.Err())
	}
	f := s.join(ctx, who, since)
	select {
	case <-f.done:
		s.leave(f)
		return f.value, f.err
	case <-ctx.Done():
		if s.leave(f) {
			f.cancel()
			f.work.Wait()
		}
		return none, contextFailure(s.op, ctx.Err())
	}
}

func (s *Shared[T]) join(ctx context.Context, who string, since time.Time) *flight[T] {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.last
	if f == nil || !s.fits(f, who, since) {
		f = s.start(ctx, since)
		s.last = f
	}
	f.had[who] = true
	f.waiting++
	return f
}

func (s *Shared[T]) fits(f *flight[T], who string, since time.Time) bool {
	if since.Before(f.since) {
		return false
	}
	return !f.ended || (!f.had[who] && s.now().Sub(f.endedAt) < s.recent)
}

// start begins a listing that ends on its own terms: with its work, its timeout, or the last caller's leaving.
func (s *Shared[T]) start(ctx context.Context, since time.Time) *flight[T] {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sharedTimeout)
	f := &flight[T]{since: since, had: map[string]bool{}, cancel: cancel, done: make(chan struct{})}
	f.work.Go(func() {
		defer cancel()
		f.value, f.err = s.list(ctx, since)
		s.mu.Lock()
		f.ended, f.endedAt = true, s.now()
		s.mu.Unlock()
		close(f.done)
	})
	return f
}

// leave reports whether the listing was left under way with nobody waiting. Nobody can join it then.
func (s *Shared[T]) leave(f *flight[T]) (abandoned bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.waiting--
	if f.waiting > 0 || f.ended {
		return false
	}
	if s.last == f {
		s.last = nil
	}
	return true
}
