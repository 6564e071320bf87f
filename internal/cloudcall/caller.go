package cloudcall

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/internal/backup"
)

// Place is the account and region that calls are made for. Its fields are the labels cloud, account and region.
type Place struct{ Cloud, Account, Region string }

// Observer receives every attempt and every rejected value. Implementations are safe for concurrent use and return at
// once.
type Observer interface {
	// Request receives one attempt. result is "ok" or a backup.Class.
	Request(place Place, operation, result string, elapsed time.Duration)
	// Rejected receives one record or value that could not be read. field is the API's name of the field.
	Rejected(field string)
}

// Options say how calls to one place are made. Place, Observer, Now and Classify are required.
type Options struct {
	Place    Place
	Observer Observer
	Now      func() time.Time // measures how long an attempt took, and how far the cloud's clock is ahead
	// Logger is told of every attempt, at level debug; nil: nobody is.
	Logger log.Logger
	// Classify turns an error of an SDK into an Error with a class. It never returns nil. It is asked only about errors
	// that this package does not recognize: not about deadlines, connections and answers that are not JSON.
	Classify func(op string, err error) *backup.Error
	// Gate keeps refused credentials from being tried over and over; nil: none.
	Gate *Gate
	// Budget is the rate limit; nil: none.
	Budget *Budget
	// Timeout bounds one attempt; 0: only the caller's context bounds it.
	Timeout time.Duration
	// MaxAttempts bounds the attempts of one call, the first included; 0: 4.
	MaxAttempts uint
	// FirstRetry is the mean pause before the first retry; 0: 500 ms. The mean doubles with each retry. A pause is
	// random, between half and one and a half times its mean, and is added to what the cloud asks to wait.
	FirstRetry time.Duration
}

// Caller makes the calls to one place. It is safe for concurrent use.
type Caller struct {
	opts  Options
	clock cloudClock
}

// New returns a Caller with the zero values of opts replaced by their defaults.
func New(opts Options) *Caller {
	if opts.MaxAttempts == 0 {
		opts.MaxAttempts = 4
	}
	if opts.FirstRetry == 0 {
		opts.FirstRetry = 500 * time.Millisecond
	}
	return &Caller{opts: opts, clock: newCloudClock()}
}

// Place returns the account and region that the calls are made for.
func (c *Caller) Place() Place { return c.opts.Place }

// Rejected counts one record or value that could not be read.
func (c *Caller) Rejected(field string) { c.opts.Observer.Rejected(field) }

// Do makes one call, and repeats it while its failure has a class that may pass. op is the cloud's own name of the
// operation. attempt is called with a context that ends at the deadline of the attempt, and returns by then. It may be
// called again later, and at the same time by others, to find out whether the credentials still work: it must not write
// to what it captured. Every error is a [*backup.Error]. When ctx ends during a retry, the error is that of the attempt
// before, because it says more than "no answer in time".
func Do[T any](ctx context.Context, c *Caller, op string, attempt func(context.Context) (T, error)) (T, error) {
	wait := newPauses(ctx, c.opts.FirstRetry)
	about := aboutOf(ctx)
	again := func(ctx context.Context) *backup.Error {
		_, failure, _ := send(About(ctx, about, ""), c, op, attempt)
		return failure
	}
	var last *backup.Error
	value, err := backoff.Retry(ctx, func() (T, error) {
		value, failure, sent := once(ctx, c, op, attempt, again)
		if failure == nil {
			return value, nil
		}
		if last == nil || saysMore(ctx, failure, sent) {
			last = failure
		}
		if !sent || !failure.Class.Retryable() {
			return value, backoff.Permanent(last)
		}
		wait.retryAfter = failure.RetryAfter
		return value, last
	}, backoff.WithBackOff(wait), backoff.WithMaxTries(c.opts.MaxAttempts), backoff.WithMaxElapsedTime(0))
	if err != nil {
		return value, last
	}
	return value, nil
}

// Once makes one call and never repeats it. It is for operations that start a backup: without an answer, a backup may
// have been started or not. The hint of such a failure says so.
func Once[T any](ctx context.Context, c *Caller, op string, attempt func(context.Context) (T, error)) (T, error) {
	value, failure, sent := once(ctx, c, op, attempt, nil)
	if failure == nil {
		return value, nil
	}
	if sent && mayHaveStarted(failure) {
		hinted := *failure
		hinted.Hint = join(failure.Hint, maybeStarted)
		failure = &hinted
	}
	return value, failure
}

const maybeStarted = "a backup may have been started nevertheless: look at `mongodb_backup_exporter status` first"

// mayHaveStarted reports whether the cloud may have done what a failed call asked for.
func mayHaveStarted(failure *backup.Error) bool {
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

// saysMore reports whether a failure says more than that the caller stopped waiting.
func saysMore(ctx context.Context, failure *backup.Error, sent bool) bool {
	switch failure.Class {
	case backup.ClassCanceled:
		return false
	case backup.ClassTimeout:
		return sent && ctx.Err() == nil
	default:
		return true
	}
}

// once makes one attempt: through the gate, within the budget, with a timeout, and counted. again lets the gate make the
// same call later; nil: it must not. sent is false when the gate, the budget or the context did not let the call be sent.
func once[T any](
	ctx context.Context, c *Caller, op string, attempt func(context.Context) (T, error), again func(context.Context) *backup.Error,
) (value T, failure *backup.Error, sent bool) {
	if ctx.Err() != nil {
		return value, c.classify(ctx, op, ctx.Err()), false
	}
	permit, err := c.opts.Gate.enter(ctx, op)
	if err != nil {
		return value, c.classify(ctx, op, err), false
	}
	ctx = withEvidence(ctx, permit)
	value, failure, sent = send(ctx, c, op, attempt)
	return value, permit.leave(ctx, failure, again), sent
}

// send makes one attempt that the gate has let pass.
func send[T any](ctx context.Context, c *Caller, op string, attempt func(context.Context) (T, error)) (value T, failure *backup.Error, sent bool) {
	if err := c.opts.Budget.wait(ctx, op); err != nil {
		return value, c.classify(ctx, op, err), false
	}
	value, failure = observed(ctx, c, op, attempt)
	instanceID, _, _ := strings.Cut(aboutOf(ctx), "/")
	if failure == nil || failure.Class.Answered() {
		c.opts.Budget.learn(op, instanceID, failure != nil && failure.Class == backup.ClassThrottled, c.opts.Now())
	}
	return value, failure, true
}

// observed makes one attempt, with a timeout, and counts and logs it.
func observed[T any](ctx context.Context, c *Caller, op string, attempt func(context.Context) (T, error)) (T, *backup.Error) {
	if c.opts.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.opts.Timeout)
		defer cancel()
	}
	ctx, head := c.withHeadSlot(ctx)
	instanceID, _, _ := strings.Cut(aboutOf(ctx), "/")
	head.clock = c.clock.toldBy(op, instanceID)
	start := c.opts.Now()
	value, err := Guard(func() (T, error) { return attempt(ctx) })
	elapsed := c.opts.Now().Sub(start)
	if err == nil {
		c.observe(ctx, attemptOutcome{op: op, result: "ok", elapsed: elapsed, requestID: cleanID(head.requestID(), keysOf(ctx))})
		return value, nil
	}
	failure := c.withClock(Redacted(head.complete(c.classify(ctx, op, err)), keysOf(ctx)...))
	c.observe(ctx, attemptOutcome{op: op, result: string(failure.Class), elapsed: elapsed, requestID: failure.RequestID, code: failure.Code})
	return value, failure
}

// attemptOutcome is what is told of one attempt.
type attemptOutcome struct {
	op, result, requestID, code string
	elapsed                     time.Duration
}

func (c *Caller) observe(ctx context.Context, a attemptOutcome) {
	c.opts.Observer.Request(c.opts.Place, a.op, a.result, a.elapsed)
	if c.opts.Logger != nil {
		level.Debug(c.opts.Logger).Log("msg", "Asked the cloud", "operation", a.op, "target", aboutOf(ctx),
			"duration", a.elapsed, "result", a.result, "code", a.code, "request_id", a.requestID)
	}
}

type aboutKey struct{}

// About returns a context that tells the log which instance, and which of its shards, the calls made with it are about.
// Without it a call is about the whole region.
func About(ctx context.Context, instanceID, nodeID string) context.Context {
	if nodeID != "" {
		instanceID += "/" + nodeID
	}
	return context.WithValue(ctx, aboutKey{}, instanceID)
}

func aboutOf(ctx context.Context) string {
	about, _ := ctx.Value(aboutKey{}).(string)
	return about
}

// pauses yields how long to wait before each retry, and stops when the call would end before the retry.
type pauses struct {
	*backoff.ExponentialBackOff
	deadline   time.Time     // of the call, by the clock of contexts; zero: none
	retryAfter time.Duration // how long the cloud asked to wait; 0: not set
}

func newPauses(ctx context.Context, first time.Duration) *pauses {
	growing := backoff.NewExponentialBackOff()
	growing.InitialInterval, growing.Multiplier, growing.MaxInterval = first, 2, 30*time.Second
	deadline, _ := ctx.Deadline()
	return &pauses{ExponentialBackOff: growing, deadline: deadline}
}

// NextBackOff adds a random pause to what the cloud asked for: callers that were asked the same must not return
// together.
func (p *pauses) NextBackOff() time.Duration {
	pause := p.retryAfter + p.ExponentialBackOff.NextBackOff()
	if !p.deadline.IsZero() && time.Until(p.deadline) <= pause {
		return backoff.Stop
	}
	return pause
}
