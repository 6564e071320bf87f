package turn

import (
	"context"
	"errors"
	"sync"
	"time"
)

// WithTimeout is context.WithTimeout, but the time does not run while the context's ticket waits for a rate limit. Contexts
// that are made of it end with context.Canceled, and [Cause] tells why.
func WithTimeout(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	t := Of(ctx)
	if t == nil {
		return context.WithTimeout(ctx, after)
	}
	bounded, cancel := context.WithCancelCause(ctx)
	w := &timeout{Context: bounded, left: after}
	w.end = func() { cancel(context.DeadlineExceeded) }
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timeouts[w] = struct{}{}
	if t.waits == 0 {
		w.resume()
	}
	return w, func() {
		t.mu.Lock()
		delete(t.timeouts, w)
		t.mu.Unlock()
		w.pause()
		cancel(context.Canceled)
	}
}

// Cause returns why a context has ended: context.DeadlineExceeded also where that was the timeout of a context that it was
// made of. nil: it has not ended.
func Cause(ctx context.Context) error {
	if err := ctx.Err(); err == nil || !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return err
	}
	return context.DeadlineExceeded
}

// timeout is a context whose time can stand still.
type timeout struct {
	context.Context

	end   func()
	mu    sync.Mutex
	left  time.Duration // when the time began to run, or still
	since time.Time     // when it began to run; zero: it stands still
	timer *time.Timer
}

func (w *timeout) resume() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.since.IsZero() {
		w.since = time.Now() //nolint:forbidigo // contexts go by this clock
		w.timer = time.AfterFunc(w.left, w.end)
	}
}

func (w *timeout) pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.since.IsZero() {
		w.timer.Stop()
		w.left -= time.Since(w.since)
		w.since = time.Time{}
	}
}

// Deadline implements context.Context. It returns when the context would end if its time ran from now on.
func (w *timeout) Deadline() (time.Time, bool) {
	outer, bounded := w.Context.Deadline()
	w.mu.Lock()
	defer w.mu.Unlock()
	from := w.since
	if from.IsZero() {
		from = time.Now() //nolint:forbidigo // as above
	}
	own := from.Add(w.left)
	if bounded && outer.Before(own) {
		return outer, true
	}
	return own, true
}

// Err implements context.Context.
func (w *timeout) Err() error {
	if err := w.Context.Err(); err == nil || !errors.Is(context.Cause(w.Context), context.DeadlineExceeded) {
		return err
	}
	return context.DeadlineExceeded
}
