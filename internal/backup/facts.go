package backup

import (
	"slices"
	"time"
)

// horizon is the latest time that is believed of an answer: when the cloud gave it, plus MaxSkew.
type horizon struct{ time.Time }

func horizonOf(asked time.Time) horizon { return horizon{asked.Add(MaxSkew)} }

// allows reports whether t is set and believed.
func (h horizon) allows(t time.Time) bool { return !t.IsZero() && !t.After(h.Time) }

// finishedAt returns when a backup finished; zero: it has not, or the time is not believed.
func (h horizon) finishedAt(b *Backup) time.Time {
	if b.State != StateSuccess && b.State != StateFailed {
		return time.Time{}
	}
	if end := b.Finished(); h.allows(end) {
		return end
	}
	return time.Time{}
}

// gather collects the facts about successes and failures, whether or not they can be restored.
func (c *assessment) gather() {
	list, h := &c.in.Backups.Value, &c.health
	h.Known = true
	for _, kind := range list.Asked {
		h.Kinds[kind.index()].Asked = true
	}
	for i := range list.Backups {
		b := &list.Backups[i]
		of := &h.Kinds[b.Kind.index()]
		of.Counts[b.State.index()]++
		end := c.horizon.finishedAt(b)
		switch {
		case end.IsZero():
		case b.Part != "":
			c.sawPart(b)
		case b.State == StateFailed:
			of.LastFailure = later(of.LastFailure, end)
		case of.LastSuccess == nil || end.After(of.LastSuccess.Finished()):
			of.LastSuccess = b
		}
	}
	c.lastAttempt()
	for kind := range Kind(numKinds) {
		h.Kinds[kind].MedianSize = c.medianSize(kind)
	}
}

// sawPart remembers the newest success of only a part of the instance.
func (c *assessment) sawPart(b *Backup) {
	if b.State == StateSuccess && (c.part == nil || b.Finished().After(c.part.Finished())) {
		c.part = b
	}
}

// lastAttempt counts the failures without a later success. The newest of them is the last attempt. Without any, the
// newest success is: every failure is then older than a success.
func (c *assessment) lastAttempt() {
	h := &c.health
	h.Last = h.NewestSuccess()
	var newest time.Time
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		if b.State != StateFailed || b.Part != "" {
			continue
		}
		// Of a failure and a success that ended in the same second, the failure counts as newer, so that it is not missed.
		end := c.horizon.finishedAt(b)
		if end.IsZero() || end.Before(h.failuresEnded(b.Kind)) {
			continue
		}
		h.ConsecutiveFailures++
		c.firstFailure = earlier(c.firstFailure, end)
		if end.After(newest) {
			h.Last, newest = b, end
		}
	}
}

// failuresEnded returns the end of the newest success after which earlier failures of a kind no longer count: a success
// of the same kind or a full backup. An incremental backup does not make up for a failed full one. Where the list does
// not cover full backups, any incremental one does.
func (h *Health) failuresEnded(kind Kind) time.Time {
	by := [...]Kind{kind, KindFull, kind}
	if !h.Kinds[KindFull].Asked {
		by[2] = KindIncremental
	}
	var ended time.Time
	for _, k := range by {
		if last := h.Kinds[k.index()].LastSuccess; last != nil {
			ended = later(ended, last.Finished())
		}
	}
	return ended
}

// NewestSuccess returns the successful backup of any kind that ended last, usable or not; nil: none known.
func (h *Health) NewestSuccess() *Backup {
	var newest *Backup
	for i := range h.Kinds {
		last := h.Kinds[i].LastSuccess
		if last != nil && (newest == nil || last.Finished().After(newest.Finished())) {
			newest = last
		}
	}
	return newest
}

// minForMedian is how many earlier successes a median needs.
const minForMedian = 3

// medianSize returns the median size in bytes of the successes of a kind before its last. Zero-sized ones are left out:
// the median serves to detect them, and several in a row must not make them look normal.
func (c *assessment) medianSize(kind Kind) *int64 {
	of := &c.health.Kinds[kind]
	if of.LastSuccess == nil || of.Counts[StateSuccess] <= minForMedian {
		return nil
	}
	var buf [64]int64
	sizes := buf[:0]
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		earlier := b.State == StateSuccess && b.Kind.index() == int(kind) && b != of.LastSuccess && b.Part == ""
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

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// earlier returns the earlier of two times. The zero time counts as not set.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
