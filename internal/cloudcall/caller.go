package cloudcall

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/cenkalti/backoff/v5"

	"mongodb_backup_exporter/internal/backup"
)

// Place names whose calls these are: the labels cloud, account and region.
type Place struct{ Cloud, Account, Region string }

// Observer is told of every attempt and of every record that could not be read. Implementations are safe for
// concurrent use and return at once.
type Observer interface {
	// Request reports one attempt; result is "ok" or a backup.Class.
	Request(place Place, operation, result string, elapsed time.Duration)
	// Rejected reports one record or value that could not be read, by the name of the API's field.
	Rejected(field string)
}

// Options say how calls to one place are made. Place, Observer, Now and Classify are required.
type Options struct {
	Place    Place
	Observer Observer
	Now      func() time.Time // measures how long an attempt took
	// Classify turns what an SDK returned into an Error of a known class, never nil. It is the provider's errors.go,
	// and is asked only about failures that this package does not recognise by itself (deadlines, connections,
	// answers that are not JSON).
	Classify func(op string, err error) *backup.Error
	// Gate stands before all calls of one account, whatever the region; nil: none.
	Gate *Gate
	// Budget is the rate limit; nil: none.
	Budget *Budget
	// Timeout bounds one attempt; 0: none but the caller's context.
	Timeout time.Duration
	// MaxAttempts bounds the attempts of one call, the first included; 0: 4.
	MaxAttempts uint
	// FirstRetry is the mean pause before the first retry, which doubles from then on; 0: 500 ms. Each pause is
	// drawn from half to one and a half times its mean, and comes on top of what the cloud asks to wait.
	FirstRetry time.Duration
}

// Caller makes the calls to one place. It is safe for concurrent use.
type Caller struct{ opts Options }

// New returns a Caller with the zero values of opts replaced by their defaults.
func New(opts Options) *Caller {
	if opts.MaxAttempts == 0 {
		opts.MaxAttempts = 4
	}
	if opts.FirstRetry == 0 {
		opts.FirstRetry = 500 * time.Millisecond
	}
	return &Caller{opts: opts}
}

// Place returns whose calls these are.
func (c *Caller) Place() Place { return c.opts.Place }

// Rejected counts one record or value that could not be read.
func (c *Caller) Rejected(field string) { c.opts.Observer.Rejected(field) }

// Do makes one call, and makes it again while its failure is of a class that passes by itself. op is the cloud's own
// name of the operation. attempt is called with a context that ends at the call's deadline and must not outlive it.
// The error, if any, is always a [*backup.Error]. When the context ends during a retry it is the failure that the
// retry was to overcome, because that says more than "no answer in time".
func Do[T any](ctx context.Context, c *Caller, op string, attempt func(context.Context) (T, error)) (T, error) {
	wait := newPauses(ctx, c.opts.FirstRetry)
	var newest *backup.Error
	value, err := backoff.Retry(ctx, func() (T, error) {
		value, failure, sent := once(ctx, c, op, attempt)
		if failure == nil {
			return value, nil
		}
		if newest == nil || tellsMore(ctx, failure, sent) {
			newest = failure
		}
		if !sent || !failure.Class.Retryable() {
			return value, backoff.Permanent(newest)
		}
		wait.asked = failure.RetryAfter
		return value, newest
	}, backoff.WithBackOff(wait), backoff.WithMaxTries(c.opts.MaxAttempts), backoff.WithMaxElapsedTime(0))
	if err != nil {
		return value, newest
	}
	return value, nil
}

// Once makes one call and never repeats it: for the operations that start a backup, where no answer does not mean that
// none was started. The hint of such a failure says so.
func Once[T any](ctx context.Context, c *Caller, op string, attempt func(context.Context) (T, error)) (T, error) {
	value, failure, sent := once(ctx, c, op, attempt)
	if failure == nil {
		return value, nil
	}
	if sent && leavesOpen(failure) {
		told := *failure
		told.Hint = join(failure.Hint, maybeStarted)
		failure = &told
	}
	return value, failure
}

const maybeStarted = "a backup may have been started nevertheless: look at `mongodb_backup_exporter status` first"

// leavesOpen reports whether the cloud may have done what it was asked for.
func leavesOpen(failure *backup.Error) bool {
	if op, ok := errors.AsType[*net.OpError](failure.Err); ok && op.Op == "dial" {
		return false // nothing was sent
	}
	return !failure.Class.Answered() && failure.Class != backup.ClassAuth
}

// join makes one hint of two.
func join(hint, more string) string {
	if hint == "" {
		return more
	}
	return hint + "; " + more
}

// tellsMore reports whether a failure is news, and not just the end of the caller's patience.
func tellsMore(ctx context.Context, failure *backup.Error, sent bool) bool {
	switch failure.Class {
	case backup.ClassCanceled:
		return false
	case backup.ClassTimeout:
		return sent && ctx.Err() == nil
	default:
		return true
	}
}

// once makes one attempt: through the gate, within the budget, bounded in time, counted. sent is false when there was
// no attempt, because the gate, the budget or the context forbade it.
func once[T any](ctx context.Context, c *Caller, op string, attempt func(context.Context) (T, error)) (value T, failure *backup.Error, sent bool) {
	if ctx.Err() != nil {
		return value, c.classify(ctx, op, ctx.Err()), false
	}
	leave, err := c.opts.Gate.enter(ctx)
	if err != nil {
		return value, c.classify(ctx, op, err), false
	}
	defer func() { leave(failure) }()
	if err := c.opts.Budget.wait(ctx, op); err != nil {
		return value, c.classify(ctx, op, err), false
	}
	callCtx, cancel := ctx, func() {}
	if c.opts.Timeout > 0 {
		callCtx, cancel = context.WithTimeout(ctx, c.opts.Timeout)
	}
	defer cancel()
	callCtx, seen := withAnswer(callCtx)
	start := c.opts.Now()
	value, err = Guard(func() (T, error) { return attempt(callCtx) })
	elapsed := c.opts.Now().Sub(start)
	if err == nil {
		c.opts.Observer.Request(c.opts.Place, op, "ok", elapsed)
		return value, nil, true
	}
	failure = seen.complete(c.classify(callCtx, op, err))
	c.opts.Observer.Request(c.opts.Place, op, string(failure.Class), elapsed)
	return value, failure, true
}

// pauses yields how long to wait before each retry, and stops when the call would end first.
type pauses struct {
	*backoff.ExponentialBackOff
	deadline time.Time     // of the call, by the clock of contexts; zero: none
	asked    time.Duration // what the cloud asked to wait; 0: nothing
}

func newPauses(ctx context.Context, first time.Duration) *pauses {
	growing := backoff.NewExponentialBackOff()
	growing.InitialInterval, growing.Multiplier, growing.MaxInterval = first, 2, 30*time.Second
	deadline, _ := ctx.Deadline()
	return &pauses{ExponentialBackOff: growing, deadline: deadline}
}

// NextBackOff adds the random pause to what the cloud asked for: callers told the same must not all return at once.
func (p *pauses) NextBackOff() time.Duration {
	pause := p.asked + p.ExponentialBackOff.NextBackOff()
	if !p.deadline.IsZero() && time.Until(p.deadline) <= pause {
		return backoff.Stop
	}
	return pause
}
