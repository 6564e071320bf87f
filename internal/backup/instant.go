package backup

import "time"

// instant is the moment for which something is judged, and until when the judgement holds.
//
// A judgement depends on the moment by comparisons alone. Those that go through reached and passed turn out the same until the
// first of the moments that are still to come, and so does all that follows from them.
type instant struct {
	now   time.Time // by the wall clock
	until time.Time // the first moment to come that now was compared with; zero: none is to come
}

// reached reports whether it is t or later.
func (i *instant) reached(t time.Time) bool {
	if !i.now.Before(t) {
		return true
	}
	i.until = earlier(i.until, t)
	return false
}

// passed reports whether it is later than t.
func (i *instant) passed(t time.Time) bool { return i.reached(t.Add(1)) }

// over reports whether a span is over that began at t. One that lasts Forever never is.
func (i *instant) over(t time.Time, span time.Duration) bool {
	return span != Forever && i.passed(t.Add(span))
}

// heeds takes over until when something else holds; zero: for ever.
func (i *instant) heeds(until time.Time) { i.until = earlier(i.until, until) }

// HoldsUntil returns until when it holds whether the value may be shown as current, by the wall clock; zero: for ever. It
// takes both clocks to go on at the same pace.
func (r *Reading[T]) HoldsUntil(now time.Time) time.Time {
	i := instant{now: now.Round(0)}
	if r.At.IsZero() {
		return time.Time{}
	}
	i.reached(r.GoodUntil.Round(0))
	i.reached(i.now.Add(r.GoodUntil.Sub(now)))
	i.reached(r.taken().Add(-MaxSkew)) // a reading of a time to come is not trusted before
	return i.until
}
