package cloudcall

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/time/rate"

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
	// Classify turns what an SDK returned into an Error of a known class. It is the provider's errors.go, and is
	// asked only about failures that this package does not recognise by itself (deadlines, connections, answers that
	// are not JSON).
	Classify func(op string, err error) *backup.Error
	// Gate stands before all calls of one account, whatever the region; nil: none.
	Gate *Gate
	// Budget is the rate limit; nil: none.
	Budget *Budget
	// Timeout bounds one attempt; 0: none but the caller's context.
	Timeout time.Duration
	// MaxAttempts bounds the attempts of one call, the first included; 0: 4.
	MaxAttempts uint
	// FirstRetry is the mean pause before the first retry, which doubles from then on; 0: 500 ms.
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
// The error, if any, is always a [*backup.Error].
func Do[T any](ctx context.Context, c *Caller, op string, attempt func(context.Context) (T, error)) (T, error) {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval = c.opts.FirstRetry
	pause.MaxInterval = 30 * time.Second
	value, err := backoff.Retry(ctx, func() (T, error) {
		value, failure := once(ctx, c, op, attempt)
		switch {
		case failure == nil:
			return value, nil
		case !failure.Class.Retryable():
			return value, backoff.Permanent(failure)
		case failure.RetryAfter > 0:
			return value, errors.Join(failure, &backoff.RetryAfterError{Duration: failure.RetryAfter})
		}
		return value, failure
	}, backoff.WithBackOff(pause), backoff.WithMaxTries(c.opts.MaxAttempts), backoff.WithMaxElapsedTime(0))
	if err == nil {
		return value, nil
	}
	if failure, ok := errors.AsType[*backup.Error](err); ok {
		return value, failure
	}
	return value, c.classify(ctx, op, err) // ctx ended before the first attempt or between two
}

// once makes one attempt: through the gate, within the budget, bounded in time, counted.
func once[T any](ctx context.Context, c *Caller, op string, attempt func(context.Context) (T, error)) (value T, failure *backup.Error) {
	leave, err := c.opts.Gate.enter(ctx)
	if err != nil {
		return value, c.classify(ctx, op, err)
	}
	defer func() { leave(failure) }()
	if err := c.opts.Budget.wait(ctx, op); err != nil {
		return value, c.classify(ctx, op, err)
	}
	callCtx, cancel := ctx, func() {}
	if c.opts.Timeout > 0 {
		callCtx, cancel = context.WithTimeout(ctx, c.opts.Timeout)
	}
	defer cancel()
	seen := &answer{}
	start := c.opts.Now()
	value, err = attempt(context.WithValue(callCtx, answerKey{}, seen))
	elapsed := c.opts.Now().Sub(start)
	if err == nil {
		c.opts.Observer.Request(c.opts.Place, op, "ok", elapsed)
		return value, nil
	}
	failure = c.classify(callCtx, op, err)
	seen.complete(failure)
	c.opts.Observer.Request(c.opts.Place, op, string(failure.Class), elapsed)
	return value, failure
}

// classify finds the class of a failure: first by what is the same for all clouds, then by the provider's rules.
func (c *Caller) classify(ctx context.Context, op string, err error) *backup.Error {
	if failure, ok := errors.AsType[*backup.Error](err); ok {
		return failure
	}
	if a, ok := errors.AsType[*AnswerError](err); ok {
		return &backup.Error{Op: op, Class: a.class(), Status: a.Status, RetryAfter: a.RetryAfter, RequestID: a.RequestID, Err: a}
	}
	if errors.Is(err, context.Canceled) {
		return &backup.Error{Op: op, Class: backup.ClassCanceled, Err: context.Canceled}
	}
	if isTimeout(ctx, err) {
		return &backup.Error{Op: op, Class: backup.ClassTimeout, Err: errors.New("no answer in time")}
	}
	if cause, ok := networkCause(err); ok {
		return &backup.Error{Op: op, Class: backup.ClassNetwork, Err: cause}
	}
	return c.opts.Classify(op, err)
}

func isTimeout(ctx context.Context, err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return true
	}
	netErr, ok := errors.AsType[net.Error](err)
	return ok && netErr.Timeout()
}

// networkCause finds a failure of the connection. It returns the cause without the URL that net/http wraps around it,
// because a URL may carry an access key id, a signature or a token.
func networkCause(err error) (error, bool) {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err, true
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e, true
	}
	return nil, false
}

// Budget is a token bucket per operation, or one for all of them together. A nil Budget has no limit.
type Budget struct {
	perSecond float64
	shared    bool
	mu        sync.Mutex
	buckets   map[string]*rate.Limiter
}

// NewBudget returns a Budget of perSecond calls a second, for each operation or, when shared, for all together.
// It allows a burst of one second's calls.
func NewBudget(perSecond float64, shared bool) *Budget {
	return &Budget{perSecond: perSecond, shared: shared, buckets: map[string]*rate.Limiter{}}
}

func (b *Budget) wait(ctx context.Context, op string) error {
	if b == nil {
		return nil
	}
	if err := b.bucket(op).Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &backup.Error{
			Op: op, Class: backup.ClassTimeout,
			Err:  fmt.Errorf("not sent: %v calls a second are not enough", b.perSecond),
			Hint: "raise requests_per_second or poll less often",
		}
	}
	return nil
}

func (b *Budget) bucket(op string) *rate.Limiter {
	if b.shared {
		op = ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	bucket, ok := b.buckets[op]
	if !ok {
		bucket = rate.NewLimiter(rate.Limit(b.perSecond), int(math.Max(1, math.Ceil(b.perSecond))))
		b.buckets[op] = bucket
	}
	return bucket
}
