package cloudcall

import (
	"context"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Gate stops calls with refused credentials, because clouds lock a key after a few failures in a row. It is shared by
// all calls of one account.
//
// Until one call has proved the credentials good, calls pass one at a time. After a refusal no call passes for a while,
// and the pause doubles with each further refusal. Meanwhile calls fail at once, with the error of the refused call. New
// credentials open the gate again. Calls that are already sent when good credentials are withdrawn cannot be stopped,
// and count as one refusal.
//
// A Gate is safe for concurrent use. A nil Gate lets every call pass.
type Gate struct {
	now         func() time.Time
	fingerprint func() string // nil: a change of the credentials cannot be seen
	turn        chan struct{} // holds a token while no call is proving the credentials

	mu       sync.Mutex
	proven   bool
	refusals int           // in a row, of the same credentials
	until    time.Time     // no call passes before
	refusal  *backup.Error // the newest; nil: none since the last good call
	refused  string        // fingerprint of the refused credentials
}

// Pauses after the first and after many refusals in a row. They keep refusals to three within 30 s.
const (
	firstPause = 10 * time.Second
	maxPause   = 5 * time.Minute
)

// NewGate returns a Gate for credentials that are not proved good yet. fingerprint returns a value that changes when the
// credentials do. With a nil fingerprint, new credentials have to wait for the end of the pause.
func NewGate(now func() time.Time, fingerprint func() string) *Gate {
	g := &Gate{now: now, fingerprint: fingerprint, turn: make(chan struct{}, 1)}
	g.turn <- struct{}{}
	return g
}

// enter waits until a call may be made. Then it is the duty of the caller to call leave once, with the failure of the
// call or nil.
func (g *Gate) enter(ctx context.Context) (leave func(*backup.Error), err error) {
	if g == nil {
		return func(*backup.Error) {}, nil
	}
	if p, err := g.check(); p.free || err != nil {
		return p.end, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-g.turn:
	}
	p, err := g.check() // another call may have proved the credentials good or bad while this one waited
	if p.free || err != nil {
		g.turn <- struct{}{}
		return p.end, err
	}
	return func(failure *backup.Error) {
		p.end(failure)
		g.turn <- struct{}{}
	}, nil
}

// pass is the right to make one call.
type pass struct {
	gate    *Gate
	free    bool          // calls pass freely; false: one at a time
	refusal *backup.Error // the newest when the pass was given; nil: none
}

// check returns a pass, or the error of the refused call while no call may pass.
func (g *Gate) check() (pass, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := pass{gate: g, free: g.proven, refusal: g.refusal}
	if g.refusal == nil || !g.now().Before(g.until) || g.current() != g.refused {
		return p, nil
	}
	shut := *g.refusal
	again := "asked again at " + g.until.UTC().Format(time.TimeOnly) + " UTC"
	if g.fingerprint != nil {
		again += " or with new credentials"
	}
	shut.Hint = join(shut.Hint, again)
	return p, &shut
}

// current returns the fingerprint of the present credentials; "" when it is not known.
func (g *Gate) current() string {
	if g.fingerprint == nil {
		return ""
	}
	return g.fingerprint()
}

// end records the outcome of the call.
func (p pass) end(failure *backup.Error) {
	g := p.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if p.refusal != g.refusal {
		return // another call was refused after this one was sent: what this one says is older
	}
	switch {
	case proves(failure):
		g.proven, g.refusals, g.refusal = true, 0, nil
	case failure.Class == backup.ClassAuth:
		g.refuse(failure)
	}
}

// refuse records a refusal. The mutex is locked.
func (g *Gate) refuse(failure *backup.Error) {
	current := g.current()
	if current != g.refused {
		g.refusals = 0
	}
	g.until = g.now().Add(min(firstPause<<min(g.refusals, 10), maxPause))
	g.refusals++
	g.proven, g.refusal, g.refused = false, failure, current
}

// proves reports whether the outcome of a call shows that the credentials are good. Throttling does not: a cloud's
// gateway may throttle a call before it looks at the credentials.
func proves(failure *backup.Error) bool {
	return failure == nil || failure.Class.Answered() && failure.Class != backup.ClassThrottled
}
