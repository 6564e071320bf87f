package huawei

import (
	"context"
	"errors"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

const (
	// listingTimeout bounds a listing that callers share: none of them has the right to set its deadline.
	listingTimeout = 5 * time.Minute
	// slack is how much more than asked for is listed, so that a caller of the same moment whose since is a little
	// earlier can share.
	slack = time.Hour
)

// shared is a listing of a whole project that callers of the same moment share, so that asking for each of a hundred
// instances costs one listing and not a hundred. A caller joins the listing in flight, or takes the last one if it is
// recent and that caller has not had it yet: asking twice always gives news. Failures are shared just so.
type shared[T any] struct {
	op     string           // for errors
	recent time.Duration    // how long after its end a listing may still be taken
	now    func() time.Time // tells how long ago that was
	list   func(ctx context.Context, since time.Time) (T, error)

	mu   sync.Mutex
	last *flight[T]
}

// flight is one listing, under way or ended. The mutex of shared guards had, waiting, ended and endedAt.
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

// get returns a listing of what began at since or later. who names the caller.
func (s *shared[T]) get(ctx context.Context, who string, since time.Time) (T, error) {
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
		var none T
		return none, ended(ctx, s.op)
	}
}

func (s *shared[T]) join(ctx context.Context, who string, since time.Time) *flight[T] {
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

func (s *shared[T]) fits(f *flight[T], who string, since time.Time) bool {
	if since.Before(f.since) {
		return false
	}
	return !f.ended || (!f.had[who] && s.now().Sub(f.endedAt) < s.recent)
}

// start begins a listing that ends on its own terms: with its work, its timeout, or the last caller's leaving.
func (s *shared[T]) start(ctx context.Context, since time.Time) *flight[T] {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), listingTimeout)
	since = since.Add(-slack)
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
func (s *shared[T]) leave(f *flight[T]) (abandoned bool) {
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

// ended returns the error of a caller who stopped waiting.
func ended(ctx context.Context, op string) *backup.Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &backup.Error{Op: op, Class: backup.ClassTimeout, Err: errors.New("no answer in time")}
	}
	return &backup.Error{Op: op, Class: backup.ClassCanceled, Err: context.Canceled}
}
