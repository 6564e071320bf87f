package cloudcall

import (
	"context"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

const (
	renewBefore  = 5 * time.Minute // before credentials expire; at most a quarter of their life
	renewalPause = time.Minute     // after a failed renewal, while the credentials are still good
)

// Expiring is credentials that a cloud gave for a while.
type Expiring[K any] struct {
	Key  K
	Life time.Duration // from now on; not positive: they are good for one call
}

// Renewing is a CredentialSource of credentials that expire, such as those of an assumed role. It renews them before
// they expire, one caller at a time. While that fails, it gives the present ones until they expire. It counts their
// life by its own clock from the moment it got them, so that a wall clock that jumps does not end it. Make one with
// NewRenewing.
type Renewing[K any] struct {
	opts RenewingOptions[K]
	turn chan struct{} // holds a token while a caller fetches

	mu       sync.Mutex
	held     *Expiring[K] // nil: none
	since    time.Time    // when held was asked for
	triedAt  time.Time    // when the newest renewal began
	failures int          // fetches that failed
	failure  error        // of the newest failed fetch
}

// RenewingOptions make a Renewing. Logger may be nil: failed renewals are then not logged.
type RenewingOptions[K any] struct {
	Now     func() time.Time
	Fetch   func(context.Context) (Expiring[K], error) // returns at the end of the context; its errors show no secret
	Refused func(error) bool                           // whether a call failed because the cloud refused the credentials
	Logger  log.Logger
}

// NewRenewing returns a Renewing that has no credentials yet. It makes no call.
func NewRenewing[K any](opts RenewingOptions[K]) *Renewing[K] {
	return &Renewing[K]{opts: opts, turn: make(chan struct{}, 1)}
}

// Credentials implements CredentialSource. Callers that wait while a fetch fails share its failure.
func (r *Renewing[K]) Credentials(ctx context.Context) (none K, err error) {
	key, state, failures := r.look()
	if state == fresh {
		return key, nil
	}
	select {
	case r.turn <- struct{}{}:
	default: // somebody else is fetching
		if state == usable {
			return key, nil
		}
		select {
		case <-ctx.Done():
			return none, ctx.Err()
		case r.turn <- struct{}{}:
		}
	}
	defer func() { <-r.turn }()
	key, state, now := r.look()
	switch {
	case state == fresh:
		return key, nil
	case state == absent && now != failures:
		return none, r.lastFailure()
	}
	return r.fetch(ctx)
}

// Invalidate implements CredentialSource.
func (r *Renewing[K]) Invalidate(err error) {
	if !r.opts.Refused(err) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = nil
}

// Values of the state of the held credentials.
const (
	absent = iota // none, or expired
	usable        // to be renewed
	fresh         // good, and not to be renewed now
)

// look returns the held credentials, their state, and how many fetches have failed so far.
func (r *Renewing[K]) look() (key K, state, failures int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held == nil {
		return key, absent, r.failures
	}
	now := r.opts.Now()
	age, life := now.Sub(r.since), r.held.Life
	switch {
	case age >= life:
		return key, absent, r.failures
	case age < life-min(renewBefore, life/4) || now.Sub(r.triedAt) < renewalPause:
		return r.held.Key, fresh, r.failures
	}
	return r.held.Key, usable, r.failures
}

func (r *Renewing[K]) lastFailure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failure
}

// fetch gets new credentials, or else returns the present ones if they are still good.
func (r *Renewing[K]) fetch(ctx context.Context) (none K, err error) {
	began := r.opts.Now()
	r.mu.Lock()
	r.triedAt = began
	r.mu.Unlock()
	got, err := r.opts.Fetch(ctx)
	if err == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.held, r.since = &got, began
		return got.Key, nil
	}
	key, state, _ := r.look()
	if ctx.Err() == nil { // else the failure is this caller's own
		r.mu.Lock()
		r.failures++
		r.failure = err
		r.mu.Unlock()
	}
	if state == absent {
		return none, err
	}
	if r.opts.Logger != nil {
		level.Warn(r.opts.Logger).Log("msg", "Temporary credentials cannot be renewed; the present ones are used until they expire", "err", err)
	}
	return key, nil
}
