package cloudcall

import (
	"fmt"
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
// many calls in a row may be refused, and whether the credentials are still the same. A [Memory] has what breakers share: how
// many calls of one user may be refused. It is safe for concurrent use.
type Breaker struct {
	window      time.Duration // within which refusals are counted
	now         func() time.Time
	fingerprint func() Fingerprint // nil: it cannot be told when the credentials change
	memory      *Memory            // shared with other breakers

	mu      sync.Mutex
	changed chan struct{} // closed when a waiting call should look again
	regions map[string]*Gate
	trials  map[*permit]struct{} // calls on trial that are in flight
	refused []time.Time          // the newest refusals since the last call that worked, at most maxRefusals
	last    *backup.Error        // the newest refusal; nil: none since the last call that worked
	tried   string               // fingerprint of the credentials that all this is about; "": not looked at yet
	seen    string               // fingerprint at the time seenAt
	user    string               // whose calls they are, as far as is known; "": not known
	unknown *tally               // of a user who is not known
	seenAt  time.Time
	// asking is a confirmation in some region; nil: none. There is one at a time, so that it can answer for all regions.
	asking    *confirmation
	condemned bool // a region was shut that had worked, and nothing has worked since
	retries   int  // attempts to come back that were refused since nothing works anywhere
}

const (
	// maxRefusals is how many calls in a row may be refused within the window of a Breaker.
	maxRefusals = 5
	// fingerprintFor is how long credentials count as unchanged after a look at them, which may read files.
	fingerprintFor = time.Second
)

// NewBreaker returns a Breaker for credentials that nothing is known of. At most five calls in a row are refused within
// window. fingerprint returns that of the credentials now; nil: it cannot be told, and new ones wait for the end of a
// pause. Breakers with the same memory know each other's refused credentials, and count the refusals of a user together.
// nil: no other breaker is concerned.
func NewBreaker(now func() time.Time, fingerprint func() Fingerprint, window time.Duration, memory *Memory) *Breaker {
	if memory == nil {
		memory = new(Memory)
	}
	return &Breaker{
		window: window, now: now, fingerprint: fingerprint, memory: memory, unknown: newTally(window),
		changed: make(chan struct{}), regions: map[string]*Gate{}, trials: map[*permit]struct{}{},
	}
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

// RoleRegion returns the gate of one region whose calls are signed with the keys of a role or an agency. Only assuming it
// says something about the user: see [Assumed].
func (b *Breaker) RoleRegion(name string) *Gate {
	g := b.Region(name)
	b.mu.Lock()
	defer b.mu.Unlock()
	g.role = true
	return g
}

// tally returns the tally of the user whose calls they are.
func (b *Breaker) tally() *tally {
	if b.fingerprint != nil && (b.seenAt.IsZero() || b.now().Sub(b.seenAt) >= fingerprintFor) {
		b.look()
	}
	return b.tallyOf(b.user)
}

func (b *Breaker) tallyOf(user string) *tally {
	if user == "" {
		return b.unknown
	}
	return b.memory.tally(user, b.window, b.now())
}

// count adds the outcome of a call that began at a time to the tally of whoever signed it.
func (b *Breaker) count(g *Gate, e *evidence, failure *backup.Error, began time.Time) {
	refused, worked := failure != nil && failure.Class == backup.ClassAuth && !nothingSent(failure), proves(failure)
	if g.role {
		refused, worked = e != nil && e.refused, e != nil && e.asked && !e.refused
	}
	if e != nil && e.user != "" {
		b.user = e.user
	}
	switch t := b.tallyOf(b.user); {
	case refused && failure == nil:
		t.refuse(renewalRefused(), b.now())
	case refused:
		t.refuse(failure, b.now())
	case worked:
		t.worked(began)
	}
}

// onTrial returns how many calls on trial are in flight whose answer is still expected.
func (b *Breaker) onTrial() int {
	n := 0
	for p := range b.trials {
		if p.expected() {
			n++
		}
	}
	return n
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
	b.refused = slices.DeleteFunc(b.refused, func(at time.Time) bool { return now.Sub(at) >= b.window })
	if len(b.refused) < maxRefusals {
		return time.Time{}
	}
	return b.refused[0].Add(b.window)
}

// worked notes a call that proves the credentials good. If nothing had worked anywhere, the other regions may try again:
// whatever was wrong with the credentials has ended.
func (b *Breaker) worked() {
	if b.last != nil && !b.anyProven() {
		for _, g := range b.regions {
			g.forgive()
		}
	}
	b.refused, b.last, b.condemned, b.retries = nil, nil, false, 0
}

func (b *Breaker) anyProven() bool {
	for _, g := range b.regions {
		if g.proven {
			return true
		}
	}
	return false
}

// spread puts off the next attempts of the regions that are shut after a refusal in one of them, while nothing works
// anywhere: one region at a time tries the credentials again, each in its turn.
func (b *Breaker) spread(refused *Gate) {
	if b.anyProven() || refused.pause.last == nil {
		return
	}
	if refused.pause.refusals > 1 {
		b.retries++
	}
	wait := min(firstPause<<min(b.retries, 10), maxPause)
	others := 0
	for _, g := range b.regions {
		if g == refused || g.pause.last == nil {
			continue
		}
		others++
		if next := b.now().Add(wait); g.pause.until.Before(next) {
			g.pause.until = next
		}
	}
	refused.pause.until = b.now().Add(min(time.Duration(others+1)*wait, maxPause))
}

// refuse notes a refused call.
func (b *Breaker) refuse(failure *backup.Error) {
	b.refused = append(b.refused, b.now())
	b.refused = b.refused[max(0, len(b.refused)-maxRefusals):]
	b.last, b.tried = failure, b.look()
}

// renewed looks whether the credentials changed, where something is known of refused ones. If so, it forgets the refusals
// of the former ones, and recalls those of the present ones.
func (b *Breaker) renewed() {
	if b.fingerprint == nil || b.last == nil && b.memory.isEmpty() {
		return
	}
	// Calls that fail at once must not read files each time. Others do so anyway, and must not be sent with refused keys.
	if b.last == nil || b.seenAt.IsZero() || b.now().Sub(b.seenAt) >= fingerprintFor {
		b.look()
	}
	if b.seen == b.tried || b.seen == "" {
		return
	}
	if b.last != nil || b.tried != "" {
		b.worked()
		for _, g := range b.regions {
			g.forgive()
		}
	}
	b.tried = b.seen
	if known, ok := b.memory.recall(b.seen, b.now()); ok {
		b.restore(known)
	}
	b.wake()
}

// remember lets the refusals outlive a change of the credentials, and the breaker.
func (b *Breaker) remember() {
	if len(b.refused) == 0 {
		return // nothing was sent
	}
	r := refusals{
		times: slices.Clone(b.refused), last: b.last, condemned: b.condemned, retries: b.retries,
		regions: make(map[string]shutRegion, len(b.regions)), at: b.now(),
	}
	for name, g := range b.regions {
		shut := shutRegion{g.pause, make(map[string]pause, len(g.operations))}
		for op, o := range g.operations {
			shut.operations[op] = o.pause
		}
		r.regions[name] = shut
	}
	b.memory.note(b.tried, r)
}

// restore takes over what was known of the credentials before they were replaced.
func (b *Breaker) restore(r refusals) {
	b.refused, b.last, b.condemned, b.retries = slices.Clone(r.times), r.last, r.condemned, r.retries
	for name, g := range b.regions {
		g.proven, g.pause = false, r.regions[name].pause
		g.shuts++ // what is in flight was signed with others
		for _, o := range g.operations {
			o.proven = false
		}
		for op, p := range r.regions[name].operations {
			g.operation(op).pause = p
		}
	}
}

// look returns the fingerprint of the credentials now.
func (b *Breaker) look() string {
	if b.fingerprint == nil {
		return ""
	}
	now := b.fingerprint()
	b.seen, b.seenAt = now.All, b.now()
	if now.User != "" {
		b.user = now.User
	}
	return b.seen
}

// spent returns a refusal of a user of whom too many calls were refused. New secrets do not help before until.
func (b *Breaker) spent(refusal *backup.Error, until time.Time) *backup.Error {
	told := *refusal
	told.Hint = join(told.Hint, spentUntil(until))
	return &told
}

// renewalRefused is the refusal of a renewal while the former keys of the role still work.
func renewalRefused() *backup.Error {
	return &backup.Error{Op: "renewal of a role", Class: backup.ClassAuth, Hint: CheckCredentials}
}

func spentUntil(until time.Time) string {
	return fmt.Sprintf("%d calls in a row with this access key id were refused, so that none is sent before %s UTC, also with a new secret: "+
		"a cloud may lock a key that is refused more often", maxRefusals, until.UTC().Format(time.TimeOnly))
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
