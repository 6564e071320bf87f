package backup

import (
	"slices"
	"time"
)

// maxSkew is how far a cloud's clock may be ahead of ours before we stop believing the times it gives.
const maxSkew = 5 * time.Minute

// horizon is the last moment that was not in the future, skew included, when the cloud answered.
type horizon struct{ time.Time }

func horizonOf(asked time.Time) horizon { return horizon{asked.Add(maxSkew)} }

// allows reports whether t was told, and could be true when it was.
func (h horizon) allows(t time.Time) bool { return !t.IsZero() && !t.After(h.Time) }

// finishedAt returns when an attempt ended, or else began; zero: not finished, or not believable. A success that does
// not tell its end has not shown that it ended.
func (h horizon) finishedAt(b *Backup) time.Time {
	if b.State != StateSuccess && b.State != StateFailed {
		return time.Time{}
	}
	end := b.EndedAt
	if end.IsZero() && b.State == StateFailed {
		end = b.StartedAt
	}
	if !h.allows(end) {
		return time.Time{}
	}
	return end
}

// gather collects what the list says of successes and failures, usable or not.
func (c *assessment) gather() {
	list, h := &c.in.Backups.Value, &c.health
	h.Known = true
	for _, kind := range list.Asked {
		h.Kinds[kind.index()].Asked = true
	}
	var newest, lastSuccess time.Time
	for i := range list.Backups {
		b := &list.Backups[i]
		of := &h.Kinds[b.Kind.index()]
		of.Counts[b.State.index()]++
		end := c.horizon.finishedAt(b)
		if end.IsZero() {
			continue
		}
		switch {
		case b.State == StateFailed:
			of.LastFailure = later(of.LastFailure, end)
		case of.LastSuccess == nil || end.After(of.LastSuccess.EndedAt):
			of.LastSuccess = b
		}
		if b.State == StateSuccess {
			lastSuccess = later(lastSuccess, end)
		}
		// Of two that ended in the same second the failure is the newer one: better to look once too often.
		if h.Last == nil || end.After(newest) || (end.Equal(newest) && b.State == StateFailed) {
			h.Last, newest = b, end
		}
	}
	h.ConsecutiveFailures = c.failuresSince(lastSuccess)
	for kind := range Kind(numKinds) {
		h.Kinds[kind].MedianSize = c.medianSize(kind)
	}
}

// failuresSince counts the attempts that failed at t or later.
func (c *assessment) failuresSince(t time.Time) int {
	if c.health.Last == nil || c.health.Last.State != StateFailed {
		return 0
	}
	n := 0
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		if end := c.horizon.finishedAt(b); b.State == StateFailed && !end.IsZero() && !end.Before(t) {
			n++
		}
	}
	return n
}

// minForMedian is how many earlier successes make a median worth comparing with.
const minForMedian = 3

// medianSize returns the median size in bytes of the successes of a kind before its last. Zero-sized ones are left
// out: they are what the median is there to find, and a few of them in a row must not become the norm.
func (c *assessment) medianSize(kind Kind) *int64 {
	of := &c.health.Kinds[kind]
	if of.LastSuccess == nil || of.Counts[StateSuccess] <= minForMedian {
		return nil
	}
	var buf [64]int64
	sizes := buf[:0]
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		earlier := b.State == StateSuccess && b.Kind.index() == int(kind) && b != of.LastSuccess
		if earlier && b.SizeBytes != nil && *b.SizeBytes > 0 && !c.horizon.finishedAt(b).IsZero() {
			sizes = append(sizes, *b.SizeBytes)
		}
	}
	if len(sizes) < minForMedian {
		return nil
	}
	slices.Sort(sizes)
	high := sizes[len(sizes)/2]
	low := sizes[(len(sizes)-1)/2]
	median := low + (high-low)/2 // not (low+high)/2, which may overflow
	return &median
}

// index returns k, and KindUnknown for a value that is none of the constants.
func (k Kind) index() int {
	if k >= numKinds {
		return int(KindUnknown)
	}
	return int(k)
}

// index returns s, and StateUnknown for a value that is none of the constants.
func (s State) index() int {
	if s >= NumStates {
		return int(StateUnknown)
	}
	return int(s)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// earlier treats the zero time as not told.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
