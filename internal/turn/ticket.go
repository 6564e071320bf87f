package turn

import (
	"context"
	"sync"
	"time"
)

// Place is what a question holds while it is asked. Its methods are safe for concurrent use.
type Place interface {
	// Leave is called when the question begins to wait for a rate limit.
	Leave()
	// Return is called when that has ended. It returns when the question has a place again, or at the end of ctx.
	Return(ctx context.Context)
	// Stay is called when the question goes on without a call of its own, or begins to: it needs no place. It may have none.
	Stay()
}

// Ticket says how urgent a question is, and who is to know when it waits for a rate limit. It is safe for concurrent use.
// A nil Ticket is of somebody who waits for the answer: it comes before all others.
type Ticket struct {
	// urgent guards due and rank. It may be locked while mu is, and by who holds a lock that Place needs.
	urgent sync.Mutex
	due    time.Time
	rank   int

	place Place // nil: none

	mu       sync.Mutex
	waits    int // for a rate limit, at this moment
	timeouts map[*timeout]struct{}
	sharers  map[*Ticket]struct{} // of a ticket of several questions; nil: it is of one
}

// New returns the ticket of a question that was due at a time. Of questions that were due at the same time, those of a
// lower rank come first.
func New(due time.Time, rank int, place Place) *Ticket {
	return &Ticket{due: due, rank: rank, place: place, timeouts: map[*timeout]struct{}{}}
}

// NewShared returns a ticket for what several questions wait for. It is as urgent as the most urgent of them, and while it
// waits, they do.
func NewShared() *Ticket {
	return &Ticket{timeouts: map[*timeout]struct{}{}, sharers: map[*Ticket]struct{}{}}
}

type ticketKey struct{}

// With returns a context that carries a ticket.
func With(ctx context.Context, t *Ticket) context.Context {
	return context.WithValue(ctx, ticketKey{}, t)
}

// Of returns the ticket that a context carries; nil: none.
func Of(ctx context.Context) *Ticket {
	t, _ := ctx.Value(ticketKey{}).(*Ticket)
	return t
}

// Hurry makes the question come before all that have a ticket and were not hurried.
func (t *Ticket) Hurry() {
	t.urgent.Lock()
	defer t.urgent.Unlock()
	t.due, t.rank = time.Time{}, 0
}

// Before reports whether t has its turn before another ticket.
func (t *Ticket) Before(other *Ticket) bool {
	if t == nil || other == nil {
		return t == nil && other != nil
	}
	due, rank := t.urgency()
	otherDue, otherRank := other.urgency()
	if due.Equal(otherDue) {
		return rank < otherRank
	}
	return due.Before(otherDue)
}

// urgency returns when the question was due, and its rank. A ticket that nobody shares any more is the least urgent.
func (t *Ticket) urgency() (due time.Time, rank int) {
	if t.sharers == nil {
		t.urgent.Lock()
		defer t.urgent.Unlock()
		return t.due, t.rank
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	first := true
	for s := range t.sharers {
		d, r := s.urgency()
		if first || d.Before(due) || d.Equal(due) && r < rank {
			due, rank, first = d, r, false
		}
	}
	return due, rank
}

// Share lets another question wait for what the ticket is for, until Unshare. All but the first need no place meanwhile: see
// [Ticket.GoOn]. other may be nil.
func (t *Ticket) Share(other *Ticket) {
	if other == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sharers[other] = struct{}{}
	switch {
	case t.waits > 0:
		other.leave()
	case len(t.sharers) > 1 && other.place != nil:
		other.place.Stay()
	}
}

// Unshare ends that.
func (t *Ticket) Unshare(other *Ticket) {
	if other == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.sharers[other]; ok {
		delete(t.sharers, other)
		if t.waits > 0 {
			other.stay()
		}
	}
}

// GoOn returns when a question that waited for what others wait for too has a place again, or at the end of ctx. t may be nil.
func (t *Ticket) GoOn(ctx context.Context) {
	if t != nil && t.place != nil {
		t.place.Return(ctx)
	}
}

// Wait runs wait, which waits for a rate limit, without the question's place and without its time running.
func (t *Ticket) Wait(ctx context.Context, wait func() error) error {
	if t == nil {
		return wait()
	}
	t.leave()
	err := wait()
	if place := t.stay(); place != nil && err == nil {
		place.Return(ctx)
	}
	return err
}

// leave notes that a wait begins.
func (t *Ticket) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waits++
	if t.waits > 1 {
		return
	}
	if t.place != nil {
		t.place.Leave()
	}
	for w := range t.timeouts {
		w.pause()
	}
	for s := range t.sharers {
		s.leave()
	}
}

// stay notes that a wait has ended. When it was the last one, it returns a place to be returned to; nil: there is none.
func (t *Ticket) stay() Place {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waits--
	if t.waits > 0 {
		return nil
	}
	if t.place != nil {
		t.place.Stay()
	}
	for w := range t.timeouts {
		w.resume()
	}
	place := t.place
	for s := range t.sharers {
		if p := s.stay(); place == nil {
			place = p
		}
	}
	return place
}
