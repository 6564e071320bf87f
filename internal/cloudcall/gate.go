package cloudcall

import (
	"context"
	"fmt"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Gate keeps refused credentials from being tried over and over: clouds lock a key after a few failures in a row.
// Until one call has proved the credentials good, calls pass one at a time. After a refusal nothing passes for a
// while, which doubles with each further refusal; calls then fail at once with what the cloud said. New credentials
// open the gate again. A nil Gate lets everything pass.
type Gate struct {
	now         func() time.Time
	fingerprint func() string
	turn        chan struct{} // holds a token while nobody proves the credentials

	mu       sync.Mutex
	proven   bool
	refusals int           // in a row
	until    time.Time     // nothing passes before
	last     *backup.Error // what the cloud said
	tried    string        // fingerprint of the refused credentials
}

// Pauses after the first and after many refusals in a row. At most three calls fail in 30 s, and no more than five in
// the first five minutes.
const (
	firstPause = 10 * time.Second
	maxPause   = 5 * time.Minute
)

// NewGate returns an unproven Gate. fingerprint returns a value that changes when the credentials do; nil: they never
// change.
func NewGate(now func() time.Time, fingerprint func() string) *Gate {
	if fingerprint == nil {
		fingerprint = func() string { return "" }
	}
	g := &Gate{now: now, fingerprint: fingerprint, turn: make(chan struct{}, 1)}
	g.turn <- struct{}{}
	return g
}

// enter waits for the right to call. The caller calls leave once, with what came of it.
func (g *Gate) enter(ctx context.Context) (leave func(*backup.Error), err error) {
	if g == nil {
		return func(*backup.Error) {}, nil
	}
	if open, err := g.check(); open || err != nil {
		return g.settle, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-g.turn:
	}
	open, err := g.check() // another caller may have proved or disproved the credentials meanwhile
	if open || err != nil {
		g.turn <- struct{}{}
		return g.settle, err
	}
	return func(failure *backup.Error) {
		g.settle(failure)
		g.turn <- struct{}{}
	}, nil
}

// check reports whether calls may pass freely; neither open nor an error means one at a time.
func (g *Gate) check() (open bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last == nil {
		return g.proven, nil
	}
	now := g.now()
	if !now.Before(g.until) || g.fingerprint() != g.tried {
		return false, nil
	}
	shut := *g.last
	shut.Hint = fmt.Sprintf("not asked again before %s; %s", g.until.UTC().Format(time.TimeOnly+"Z"), shut.Hint)
	return false, &shut
}

// settle learns from the outcome of a call.
func (g *Gate) settle(failure *backup.Error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case failure == nil || failure.Class.Answered():
		g.proven, g.refusals, g.last = true, 0, nil
	case failure.Class == backup.ClassAuth:
		pause := min(firstPause<<min(g.refusals, 10), maxPause)
		g.proven = false
		g.refusals++
		g.until = g.now().Add(pause)
		g.last = failure
		g.tried = g.fingerprint()
	}
}
