package cloudcall

import (
	"context"
	"errors"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Gate stands before all calls of one set of credentials in one region. Make one with [Breaker.Region]. A nil Gate lets
// everything pass.
//
//   - Until a call has worked in the region, one call at a time passes, and until a call of an operation has worked there,
//     one call of that operation. Such calls are on trial.
//   - A refusal where nothing has worked yet shuts the operation for a while, and the region once a second refusal comes.
//     What is shut fails at once with what the cloud said. Each further refusal doubles the pause.
//   - A refusal where calls have worked is confirmed first: a call that worked is made again, and new calls wait for its
//     outcome. If that is refused too, the region shuts. If it works, the refusal is one of that call: it gets the class
//     permission, since the credentials are good and may not do this.
//   - New credentials open everything.
//
// Calls in flight when good credentials are withdrawn are beyond its reach. They count as one refusal, the confirmation as
// another.
type Gate struct {
	breaker *Breaker // its mutex guards all fields
	role    bool     // calls are signed with the keys of an assumed role

	proven     bool    // a call has worked since the region was shut last
	trial      *permit // of the newest call that was sent although the region is not proven; nil: none
	pause      pause
	confirming *confirmation // nil: none under way
	shuts      int           // how often it was shut
	operations map[string]*operation
}

// operation is what is known of the calls of one operation in one region.
type operation struct {
	proven   bool
	trial    *permit // of the newest call on trial; nil: none
	pause    pause
	innocent int                                 // refusals in a row while other calls worked
	again    func(context.Context) *backup.Error // makes its newest call that worked once more; nil: none
	worked   time.Time                           // when that ended
}

// pause is a time in which nothing is sent.
type pause struct {
	refusals int           // in a row
	until    time.Time     // its end; zero: none
	last     *backup.Error // the newest of the refusals
}

const (
	firstPause = 20 * time.Second
	maxPause   = 5 * time.Minute
	// keysPause is how long missing credentials are not looked for again.
	keysPause = 10 * time.Second
	// maxInnocent is how many calls of one operation in a row may be refused while others work, until the operation
	// pauses: one instance that refuses must not hold up the operation for the others.
	maxInnocent = 10
)

func (p *pause) begin(failure *backup.Error, now time.Time, first time.Duration) {
	p.last, p.until = failure, now.Add(min(first<<min(p.refusals, 10), maxPause))
	p.refusals++
}

func (p *pause) lasts(now time.Time) bool { return p.last != nil && now.Before(p.until) }

// lockWindow is a little more than the time for which Huawei Cloud locks a key at the sixth refusal in a row.
const lockWindow = 5*time.Minute + 10*time.Second

// NewGate returns the gate of a region whose credentials are used nowhere else, of a cloud that locks keys.
func NewGate(now func() time.Time, fingerprint func() Fingerprint) *Gate {
	return NewBreaker(now, fingerprint, lockWindow, nil).Region("")
}

// permit is the right to make one call.
type permit struct {
	gate      *Gate
	name      string // of the operation
	operation *operation
	at        time.Time // when it was given
	region    bool      // the region was on trial with it
	shuts     int       // how often the gate had been shut by then
	tried     string    // fingerprint of the credentials that it was given for; "": nothing is known of refused ones
	tally     *tally    // where it is on trial; nil: it is not
}

// trialPatience is how long calls wait for the answer to a call on trial, before another one is tried: a call that hangs
// must not hold up those about other instances.
const trialPatience = 2 * time.Second

// expected reports whether the call is on trial and its answer may still come soon.
func (p *permit) expected() bool {
	return p != nil && p.gate.breaker.now().Sub(p.at) < trialPatience
}

// enter waits for the right to call. The caller calls leave once, with what came of it. The error is what the cloud said
// to the call that shut the gate, or the end of ctx.
func (g *Gate) enter(ctx context.Context, op string) (*permit, error) {
	if g == nil {
		return nil, nil //nolint:nilnil // a nil permit is one without conditions
	}
	for {
		p, wait, err := g.try(op)
		if p != nil || err != nil {
			return p, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-wait:
		case <-time.After(trialPatience):
		}
	}
}

// try returns a permit, or why there is none, or what to wait for.
func (g *Gate) try(op string) (*permit, <-chan struct{}, error) {
	b := g.breaker
	b.mu.Lock()
	defer b.mu.Unlock()
	o := g.operation(op)
	if g.confirming != nil {
		return nil, g.confirming.done, nil
	}
	b.renewed()
	free := g.proven && o.proven
	p := &permit{gate: g, name: op, operation: o, at: b.now(), region: !g.proven, shuts: g.shuts, tried: b.tried}
	if !free {
		if err := g.closed(o); err != nil {
			return nil, nil, err
		}
		if o.trial.expected() || (g.trial.expected() && !g.proven) || b.onTrial()+len(b.refused) >= maxRefusals {
			return nil, b.changed, nil
		}
		t := b.tally()
		if wait := t.admit(p); wait != nil {
			return nil, wait, nil
		}
		p.tally = t
		b.trials[p] = struct{}{}
		o.trial = p
	}
	if p.region {
		g.trial = p
	}
	return p, nil, nil
}

func (g *Gate) operation(name string) *operation {
	o, ok := g.operations[name]
	if !ok {
		o = &operation{}
		g.operations[name] = o
	}
	return o
}

// closed returns why no call of an operation may be sent; nil: one may.
func (g *Gate) closed(o *operation) error {
	b, now := g.breaker, g.breaker.now()
	switch {
	case g.pause.lasts(now):
		return b.again(g.pause.last, g.pause.until)
	case o.pause.lasts(now):
		return b.again(o.pause.last, o.pause.until)
	}
	if until, last := b.tally().spent(now); last != nil {
		return b.spent(last, until)
	}
	if until := b.budgetEnds(); !until.IsZero() {
		return b.again(b.last, until)
	}
	return nil
}

// leave learns from the outcome of a call and returns it with the class that the evidence supports. again makes the same
// call once more; nil: it must not be made again.
func (p *permit) leave(ctx context.Context, failure *backup.Error, again func(context.Context) *backup.Error) *backup.Error {
	if p == nil {
		return failure
	}
	b := p.gate.breaker
	b.mu.Lock()
	defer b.mu.Unlock()
	// Another breaker that shares the tally must find the call on trial or counted, never neither.
	b.count(p.gate, evidenceOf(ctx), failure, p.at)
	p.end()
	switch {
	case proves(failure):
		p.worked(again)
		return failure
	case failure.Class != backup.ClassAuth:
		return failure
	}
	refused := p.refused(ctx, failure)
	if refused.Class == backup.ClassAuth {
		b.remember()
	}
	return refused
}

// end gives back what the call on trial held.
func (p *permit) end() {
	if p.tally != nil {
		p.tally.end(p)
	}
	if _, trial := p.gate.breaker.trials[p]; !trial {
		return
	}
	delete(p.gate.breaker.trials, p)
	if p.operation.trial == p {
		p.operation.trial = nil
	}
	if p.gate.trial == p {
		p.gate.trial = nil
	}
	p.gate.breaker.wake()
}

// worked notes a call that proves the credentials good, unless the gate was shut while it was under way: that is newer
// than anything the call can tell.
func (p *permit) worked(again func(context.Context) *backup.Error) {
	g, o := p.gate, p.operation
	if p.shuts != g.shuts && !g.proven {
		return
	}
	g.breaker.worked()
	g.breaker.memory.forget(p.tried)
	g.proven, g.pause = true, pause{}
	o.proven, o.pause, o.innocent = true, pause{}, 0
	if again != nil {
		o.again, o.worked = again, g.breaker.now()
	}
}

// refused learns from a refusal.
func (p *permit) refused(ctx context.Context, failure *backup.Error) *backup.Error {
	g, b := p.gate, p.gate.breaker
	if nothingSent(failure) {
		if b.last == nil { // nothing was sent: this is no refusal, and does not end one
			b.last = failure
		}
		g.shut(failure, keysPause)
		g.pause.refusals = 0 // the pause does not grow
		return failure
	}
	if g.proven {
		return g.confirm(ctx, p, failure)
	}
	if !p.region {
		return failure // in flight when the region was shut
	}
	b.refuse(failure)
	p.operation.pause.begin(failure, b.now(), firstPause)
	if b.condemned || p.operation.pause.refusals > 1 || g.othersRefused(p.operation) {
		g.shut(failure, firstPause)
	}
	b.spread(g)
	return failure
}

// nothingSent reports whether a call failed because there are no credentials to make it with.
func nothingSent(failure *backup.Error) bool {
	_, none := errors.AsType[*CredentialsError](failure.Err)
	return none
}

// shut lets nothing pass in the region for a while.
func (g *Gate) shut(failure *backup.Error, first time.Duration) {
	g.pause.begin(failure, g.breaker.now(), first)
	g.proven = false
	g.shuts++
}

// othersRefused reports whether another operation than o is refused too.
func (g *Gate) othersRefused(o *operation) bool {
	for _, other := range g.operations {
		if other != o && other.pause.last != nil {
			return true
		}
	}
	return false
}

// forgive forgets all refusals.
func (g *Gate) forgive() {
	g.pause = pause{}
	for _, o := range g.operations {
		o.pause, o.innocent = pause{}, 0
	}
}

// proves reports whether the outcome of a call shows that the credentials are good. Throttling does not: a cloud's
// gateway may refuse a call before it looks at them.
func proves(failure *backup.Error) bool {
	return failure == nil || failure.Class.Answered() && failure.Class != backup.ClassThrottled
}
