package cloudcall

import (
	"context"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Gate keeps refused credentials from being tried over and over: clouds lock a key after a few failures in a row.
// Until one call has proved the credentials good, calls pass one at a time. After a refusal nothing passes for a
// while, which doubles with each further refusal; calls then fail at once with what the cloud said. New credentials
// open the gate again. A nil Gate lets everything pass.
//
// Calls already under way when good credentials are withdrawn are beyond its reach, and count as one refusal.
type Gate struct {
	now         func() time.Time
	fingerprint func() string // nil: it cannot be told when the credentials change
	turn        chan struct{} // holds a token while nobody proves the credentials

	mu       sync.Mutex
	proven   bool
	refusals int           // in a row, of the same credentials
	until    time.Time     // nothing passes before
	last     *backup.Error // what the cloud said; nil: nothing against them
	tried    string        // fingerprint of the refused credentials
}

// Pauses after the first and after many refusals in a row: no more than three calls fail in 30 s.
const (
	firstPause = 10 * time.Second
	maxPause   = 5 * time.Minute
)

// NewGate returns an unproven Gate. fingerprint returns a value that changes when the credentials do; nil: that cannot
// be told, and new ones wait for the end of the pause.
func NewGate(now func() time.Time, fingerprint func() string) *Gate {
	g := &Gate{now: now, fingerprint: fingerprint, turn: make(chan struct{}, 1)}
	g.turn <- struct{}{}
	return g
}

// enter waits for the right to call. The caller calls leave once, with what came of it.
func (g *Gate) enter(ctx context.Context) (leave func(*backup.Error), err error) {
	if g == nil {
		return func(*backup.Error) {}, nil
	}
	if p, err := g.check(); p.free || err != nil {
		return p.settle, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-g.turn:
	}
	p, err := g.check() // another caller may have proved or disproved the credentials meanwhile
	if p.free || err != nil {
		g.turn <- struct{}{}
		return p.settle, err
	}
	return func(failure *backup.Error) {
		p.settle(failure)
		g.turn <- struct{}{}
	}, nil
}

// pass is the right to make one call, and what was held against the credentials when it was given.
type pass struct {
	gate *Gate
	free bool          // calls pass freely; else one at a time
	last *backup.Error // the newest refusal by then
}

// check returns a pass, or what the cloud said when nothing may pass.
func (g *Gate) check() (pass, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p := pass{gate: g, free: g.proven, last: g.last}
	if g.last == nil || !g.now().Before(g.until) || g.mark() != g.tried {
		return p, nil
	}
	shut := *g.last
	again := "asked again at " + g.until.UTC().Format(time.TimeOnly) + " UTC"
	if g.fingerprint != nil {
		again += " or with new credentials"
	}
	shut.Hint = join(shut.Hint, again)
	return p, &shut
}

// mark tells the credentials of now from those of another time.
func (g *Gate) mark() string {
	if g.fingerprint == nil {
		return ""
	}
	return g.fingerprint()
}

// settle learns from the outcome of a call.
func (p pass) settle(failure *backup.Error) {
	g := p.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if p.last != g.last {
		return // a refusal came while this call was under way, and is newer than anything it can tell
	}
	switch {
	case proves(failure):
		g.proven, g.refusals, g.last = true, 0, nil
	case failure.Class == backup.ClassAuth:
		tried := g.mark()
		if tried != g.tried {
			g.refusals = 0
		}
		g.until = g.now().Add(min(firstPause<<min(g.refusals, 10), maxPause))
		g.refusals++
		g.proven, g.last, g.tried = false, failure, tried
	}
}

// proves reports whether the outcome of a call shows that the credentials are good. Throttling does not: a cloud's
// gateway may refuse a call before it looks at them.
func proves(failure *backup.Error) bool {
	return failure == nil || failure.Class.Answered() && failure.Class != backup.ClassThrottled
}
