package cloudcall

import (
	"slices"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// tally counts the refusals in a row of one user of a cloud: of one access key id. A cloud counts them whatever the
// secret is, and whoever sends them, so a tally is shared by all breakers whose calls that user signs. It belongs to no
// secret, spelling, role, account or configuration. It is safe for concurrent use. Where both are locked, the breaker is
// locked first.
type tally struct {
	mu      sync.Mutex
	window  time.Duration // within which refusals are counted
	refused []time.Time   // the newest refusals since the last call that worked, at most maxRefusals
	last    *backup.Error // the newest of them
	trials  map[*permit]struct{}
	proven  bool          // the newest call that tells anything worked
	changed chan struct{} // closed when a waiting call should look again
}

func newTally(window time.Duration) *tally {
	return &tally{window: window, trials: map[*permit]struct{}{}, changed: make(chan struct{})}
}

// forgetOld forgets the refusals that are out of the window.
func (t *tally) forgetOld(now time.Time) {
	t.refused = slices.DeleteFunc(t.refused, func(at time.Time) bool { return now.Sub(at) >= t.window })
}

// spent returns until when no call may be tried because too many were refused, and the newest refusal; nil: one may be.
func (t *tally) spent(now time.Time) (until time.Time, last *backup.Error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forgetOld(now)
	if len(t.refused) < maxRefusals {
		return time.Time{}, nil
	}
	return t.refused[0].Add(t.window), t.last
}

// admit puts a call on trial, or returns what to wait for. While nothing is known to work, one call is on trial at a time
// and each one in flight may still be refused, also one that nobody waits for any more.
func (t *tally) admit(p *permit) (wait <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	expected := 0
	for other := range t.trials {
		if other.expected() {
			expected++
		}
	}
	pending := len(t.trials)
	if t.proven {
		pending = expected
	}
	if (!t.proven && expected > 0) || pending+len(t.refused) >= maxRefusals {
		return t.changed
	}
	t.trials[p] = struct{}{}
	return nil
}

// end takes a call off trial.
func (t *tally) end(p *permit) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, trial := t.trials[p]; trial {
		delete(t.trials, p)
		t.wake()
	}
}

// refuse notes a refused call.
func (t *tally) refuse(failure *backup.Error, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forgetOld(now)
	t.refused = append(t.refused, now)
	t.refused = t.refused[max(0, len(t.refused)-maxRefusals):]
	t.last, t.proven = failure, false
}

// worked notes a call that proves the credentials good, which began at a time. Refusals that came later are newer than
// anything the call can tell.
func (t *tally) worked(began time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.proven && len(t.refused) == 0 {
		return
	}
	t.refused = slices.DeleteFunc(t.refused, func(at time.Time) bool { return !at.After(began) })
	if len(t.refused) == 0 {
		t.last, t.proven = nil, true
	}
	t.wake()
}

func (t *tally) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// idle returns whether the tally says nothing that a new one would not, and else when its newest refusal was.
func (t *tally) idle(now time.Time) (idle bool, newest time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forgetOld(now)
	if n := len(t.refused); n > 0 {
		return false, t.refused[n-1]
	}
	return len(t.trials) == 0, now
}
