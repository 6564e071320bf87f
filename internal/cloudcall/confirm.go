package cloudcall

import (
	"context"
	"fmt"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/turn"
)

// confirmation finds out whether the credentials still work after one call was refused.
type confirmation struct {
	done    chan struct{} // closed when outcome is known
	outcome *backup.Error // nil: the call worked
	with    string        // operation of that call
	before  []time.Time   // the refusals before, that of the call in question included
}

// confirmedFor is how long a call that worked speaks for the credentials when one call on trial after another is refused.
const confirmedFor = 10 * time.Second

// confirm makes a call again that worked before, or waits for the outcome of one who does, and returns the failure with
// the class that follows from it. The breaker is locked, but not while the call is under way.
func (g *Gate) confirm(ctx context.Context, p *permit, failure *backup.Error) *backup.Error {
	b, o := g.breaker, p.operation
	o.proven = false
	for g.confirming == nil && b.asking != nil {
		if !b.await(ctx, b.asking) {
			return undecided(failure, contextFailure(failure.Op, turn.Cause(ctx)))
		}
	}
	if !g.proven {
		return failure // found out meanwhile
	}
	b.refuse(failure)
	name, witness := g.witness(p.name)
	if witness.again == nil {
		g.condemn(failure)
		return failure
	}
	if o.innocent > 0 && len(b.refused) < maxRefusals/2 && b.now().Sub(witness.worked) < confirmedFor {
		return g.acquit(o, failure, name)
	}
	c := g.confirming
	if c == nil {
		c = g.ask(ctx, name, witness)
	} else if !b.await(ctx, c) {
		return undecided(failure, contextFailure(failure.Op, turn.Cause(ctx)))
	}
	switch {
	case proves(c.outcome):
		return g.acquit(o, failure, c.with)
	case c.outcome.Class == backup.ClassAuth:
		return failure
	}
	return undecided(failure, c.outcome)
}

// await waits for the outcome of a confirmation, with the breaker unlocked. It reports whether that came before the end
// of ctx.
func (b *Breaker) await(ctx context.Context, c *confirmation) bool {
	b.mu.Unlock()
	defer b.mu.Lock()
	select {
	case <-c.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// ask makes the witness's call again and learns from its outcome.
func (g *Gate) ask(ctx context.Context, name string, witness *operation) *confirmation {
	b := g.breaker
	c := &confirmation{done: make(chan struct{}), with: name, before: slices.Clone(b.refused)}
	g.confirming, b.asking = c, c
	again := witness.again
	p := &permit{gate: g, at: b.now()}
	ctx = withEvidence(ctx, p)
	b.mu.Unlock()
	c.outcome = again(ctx)
	b.mu.Lock()
	b.count(g, evidenceOf(ctx), c.outcome, p.at)
	p.end()
	g.confirming, b.asking = nil, nil
	switch {
	case proves(c.outcome):
		b.worked()
		witness.worked = b.now()
	case c.outcome.Class == backup.ClassAuth:
		b.refused = c.before // calls that were in flight count no further
		b.refuse(c.outcome)
		g.condemn(c.outcome)
	}
	close(c.done)
	b.wake()
	return c
}

// witness returns the operation whose newest call that worked is to be made again: the last one that worked, and another
// than was refused where there is one.
func (g *Gate) witness(refused string) (string, *operation) {
	name := refused
	for candidate, o := range g.operations {
		if candidate == refused || o.again == nil {
			continue
		}
		if name == refused || o.worked.After(g.operations[name].worked) {
			name = candidate
		}
	}
	return name, g.operations[name]
}

// condemn shuts the region: nothing works there any more. In the other regions the next call is on trial.
func (g *Gate) condemn(failure *backup.Error) {
	for _, other := range g.breaker.regions {
		other.proven = false
	}
	g.shut(failure, firstPause)
	for _, o := range g.operations {
		o.proven = false
	}
	g.breaker.condemned = true
	g.breaker.spread(g)
}

// acquit returns the refusal as one of this call alone. An operation that is refused over and over pauses.
func (g *Gate) acquit(o *operation, failure *backup.Error, witness string) *backup.Error {
	o.innocent++
	own := *failure
	own.Class = backup.ClassPermission
	own.Hint = fmt.Sprintf("the same credentials work for %s, so that this call alone is refused: check what they may do, and the endpoint", witness)
	if o.innocent >= maxInnocent {
		o.pause.begin(&own, g.breaker.now(), firstPause)
	}
	return &own
}

// undecided returns the refusal as a failure of the kind that kept its confirmation from telling.
func undecided(failure, outcome *backup.Error) *backup.Error {
	unsure := *failure
	unsure.Class, unsure.RetryAfter = outcome.Class, outcome.RetryAfter
	unsure.Hint = join(failure.Hint, fmt.Sprintf("whether the credentials still work could not be told, since %s failed: %s", outcome.Op, outcome.Class))
	return &unsure
}
