package cloudcall

import (
	"slices"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Breaker stands before all calls that one set of credentials signs. It keeps refused credentials from being tried over
// and over: Huawei Cloud locks a key for five minutes after more than five failures in a row.
//
// It shuts with the scope of its evidence. A refused call says something about that call. The credentials count as
// refused in a region when nothing that they sign works there any more: [Gate] finds out. What regions share is here: how
// many calls in a row may be refused, and whether the credentials are still the same. It is safe for concurrent use.
type Breaker struct {
	now         func() time.Time
	fingerprint func() string // nil: it cannot be told when the credentials change

	mu      sync.Mutex
	changed chan struct{} // closed when a waiting call should look again
	regions map[string]*Gate
	onTrial int           // calls in flight that may be refused
	refused []time.Time   // the newest refusals since the last call that worked, at most maxRefusals
	last    *backup.Error // the newest refusal; nil: none since the last call that worked
	tried   string        // fingerprint of the credentials that were refused
	seen    string        // fingerprint at the time seenAt
	seenAt  time.Time
}

const (
	// maxRefusals is how many calls in a row may be refused within refusalsFor: Huawei Cloud locks a key at the sixth.
	maxRefusals = 5
	refusalsFor = 5*time.Minute + 10*time.Second // a little more than the lock lasts
	// fingerprintFor is how long credentials count as unchanged after a look at them, which may read files.
	fingerprintFor = time.Second
)

// NewBreaker returns a Breaker for credentials that nothing is known of. fingerprint returns a value that changes when
// the credentials do; nil: that cannot be told, and new ones wait for the end of a pause.
func NewBreaker(now func() time.Time, fingerprint func() string) *Breaker {
	return &Breaker{now: now, fingerprint: fingerprint, changed: make(chan struct{}), regions: map[string]*Gate{}}
}

// Region returns the gate of one region. name must differ between regions, and between endpoints of the same region.
func (b *Breaker) Region(name string) *Gate {
	b.mu.Lock()
	defer b.mu.Unlock()
	g, ok := b.regions[name]
	if !ok {
		g = &Gate{breaker: b, operations: map[string]*operation{}}
		b.regions[name] = g
	}
	return g
}

// wake lets every waiting call look again. The breaker is locked.
func (b *Breaker) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// budgetEnds returns until when no call on trial may be sent because too many were refused; the zero time: one may be
// sent now, unless those in flight use up what is left.
func (b *Breaker) budgetEnds() time.Time {
	now := b.now()
	b.refused = slices.DeleteFunc(b.refused, func(at time.Time) bool { return now.Sub(at) >= refusalsFor })
	if len(b.refused) < maxRefusals {
		return time.Time{}
	}
	return b.refused[0].Add(refusalsFor)
}

// worked notes a call that proves the credentials good.
func (b *Breaker) worked() { b.refused, b.last = nil, nil }

// refuse notes a refused call.
func (b *Breaker) refuse(failure *backup.Error) {
	b.refused = append(b.refused, b.now())
	b.refused = b.refused[max(0, len(b.refused)-maxRefusals):]
	b.last, b.tried = failure, b.look()
}

// renewed reports whether the credentials changed since the last refusal, and if so forgets all refusals.
func (b *Breaker) renewed() bool {
	if b.fingerprint == nil || b.last == nil {
		return false
	}
	if now := b.now(); b.seenAt.IsZero() || now.Sub(b.seenAt) >= fingerprintFor {
		b.look()
	}
	if b.seen == b.tried {
		return false
	}
	b.worked()
	for _, g := range b.regions {
		g.forgive()
	}
	b.wake()
	return true
}

// look returns the fingerprint of the credentials now.
func (b *Breaker) look() string {
	if b.fingerprint == nil {
		return ""
	}
	b.seen, b.seenAt = b.fingerprint(), b.now()
	return b.seen
}

// again returns a refusal with the time of the next attempt.
func (b *Breaker) again(refusal *backup.Error, until time.Time) *backup.Error {
	told := *refusal
	when := "asked again at " + until.UTC().Format(time.TimeOnly) + " UTC"
	if b.fingerprint != nil {
		when += " or with new credentials"
	}
	told.Hint = join(told.Hint, when)
	return &told
}
