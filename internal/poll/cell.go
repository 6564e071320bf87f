package poll

import (
	"hash/fnv"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// A failed question is asked again after retryAfter when its interval is longer. An operation that the cloud does not
// offer is asked again after unsupportedFor when its interval is shorter. That the cloud does not offer what it once
// answered is believed when questions at least unsupportedFor apart say so.
const (
	retryAfter     = time.Minute
	unsupportedFor = time.Hour
)

// earliness is by how much a question may be asked early. A scrape every minute never comes exactly a minute after the
// one before: without it, such a scrape would find an interval of a minute not yet over, and ask every other minute.
const earliness = time.Second

// cell holds one reading and the question about it that is in flight. Its times keep their monotonic readings.
type cell[T any] struct {
	reading backup.Reading[T]
	askedAt time.Time // when the newest question was sent; zero: never
	// launchedAt is when the newest question was launched: the next is due an interval later, however long this one waited
	// for its turn. zero: never, which is long enough ago for any interval
	launchedAt time.Time
	takenAt    time.Time // reading.At with its monotonic reading
	flight     *flight   // nil: none
	// notOfferedAt is when the question was sent to which the cloud answered, for the first time since the last success,
	// that it does not offer this; zero: it did not.
	notOfferedAt time.Time
}

// answer is what came of one question.
type answer[T any] struct {
	value   T
	err     error
	askedAt time.Time // when the question was sent
	endedAt time.Time
	cloudAt time.Time // endedAt by the cloud's clock; zero: not known
}

// due reports whether the cell's question is to be asked at now. After a jump of the wall clock, what is known may be of
// no use: then it is asked as if it had failed.
func (c *cell[T]) due(now time.Time, interval time.Duration) bool {
	return c.flight == nil && now.Sub(c.launchedAt) >= c.pauseAt(now, interval)-min(earliness, interval/2)
}

// pauseAt returns how long to wait between the newest question and the next, by what the clock shows at now.
func (c *cell[T]) pauseAt(now time.Time, interval time.Duration) time.Duration {
	if pause := c.pause(interval); !jumped(c.launchedAt, now) {
		return pause
	}
	return min(c.pause(interval), retryAfter)
}

// deadline returns by when the cell's question, which is due at now, is to be asked. One that was never asked comes first: as
// if what is known were as old as it may be.
func (c *cell[T]) deadline(now time.Time, interval, staleAfter, slack time.Duration) time.Time {
	switch {
	case c.reading.At.IsZero() && c.reading.TriedAt.IsZero():
		return now.Add(-staleAfter)
	case c.launchedAt.IsZero():
		return now
	}
	due := c.launchedAt.Add(c.pause(interval))
	if due.After(now) {
		due = now
	}
	return due.Add(slack)
}

// begin says when the next question is due after the first, which a limit may have spread over as long as all of them took: the
// order in which they were sent is kept. Policies that were asked together would all be asked together again each time: they are
// due sooner by a part of the rest of the interval that follows from the id.
func (c *cell[T]) begin(id string, scope backup.Scope, interval, took time.Duration) {
	c.launchedAt = c.askedAt
	if scope != backup.ScopePolicy {
		return
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(id)) // never fails
	const soonest = 0.1        // of the interval, from one question to the next
	part := (1 - soonest) * float64(h.Sum64()%1000) / 1000
	c.launchedAt = c.askedAt.Add(-time.Duration(part * float64(max(0, interval-took))))
}

// useless reports whether what was read may not be shown at now: it is too old, or the clock cannot be trusted. It is then
// asked for again as if the instance were not idle.
func (c *cell[T]) useless(now time.Time) bool { return !c.reading.At.IsZero() && !c.reading.Known(now) }

// jumped reports whether the wall clock went back or forward by more than backup.MaxSkew between two times. It does so
// too while a machine is suspended.
func jumped(from, to time.Time) bool {
	return (to.Round(0).Sub(from.Round(0)) - to.Sub(from)).Abs() > backup.MaxSkew
}

// stepped reports whether the wall clock was set between two times, be it by little: steps add up to a jump.
func stepped(from, to time.Time) bool {
	return (to.Round(0).Sub(from.Round(0)) - to.Sub(from)).Abs() > time.Second
}

// asked reports whether the cell's question was ever sent.
func (c *cell[T]) asked() bool { return c.flight != nil || !c.askedAt.IsZero() }

// pause returns how long to wait between the newest question and the next.
func (c *cell[T]) pause(interval time.Duration) time.Duration {
	switch backup.ClassOf(c.reading.Err) {
	case "":
		return interval
	case backup.ClassUnsupported:
		if c.reading.NotOffered {
			return max(interval, unsupportedFor)
		}
		return interval
	default:
		return min(interval, retryAfter)
	}
}

// retry makes the question due at once if it is in flight or failed: after a reload it may be put differently.
func (c *cell[T]) retry() {
	if c.flight != nil || c.reading.Err != nil {
		c.flight, c.askedAt, c.launchedAt = nil, time.Time{}, time.Time{}
	}
}

// fail records a failure without a question.
func (c *cell[T]) fail(err error, now time.Time) {
	c.reading.TriedAt, c.reading.Err = now.Round(0), err
}

// store puts an answer into the reading, and reports whether its value is the answer's now. A failure keeps the last good
// value.
//
// The time of the reading is that of the question plus what has passed since: a wall clock that went back meanwhile must
// not make the answer older than it is.
func (c *cell[T]) store(a answer[T], interval, staleAfter time.Duration) bool {
	c.flight = nil
	at := a.askedAt.Add(a.endedAt.Sub(a.askedAt))
	c.reading.TriedAt, c.reading.Err = at.Round(0), a.err
	if !c.accepts(a) {
		return false
	}
	c.reading.Value, c.reading.At, c.reading.CloudAt = a.value, at.Round(0), a.cloudAt
	c.reading.NotOffered = a.err != nil
	c.takenAt = at
	c.reading.GoodUntil = at.Add(c.pause(interval) + staleAfter)
	return true
}

// accepts reports whether an answer replaces the last good one. A success does. That the cloud does not offer the
// operation does too, except after a success: a single odd answer must not take away what a verdict may rest on.
func (c *cell[T]) accepts(a answer[T]) bool {
	switch backup.ClassOf(a.err) {
	case "":
		c.notOfferedAt = time.Time{}
		return true
	case backup.ClassUnsupported:
		if c.notOfferedAt.IsZero() {
			c.notOfferedAt = a.askedAt
		}
		worked := !c.reading.At.IsZero() && !c.reading.NotOffered
		return !worked || a.askedAt.Sub(c.notOfferedAt) >= unsupportedFor
	default:
		return false
	}
}
