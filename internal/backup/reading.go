package backup

import "time"

// MaxSkew is how far the cloud's clock and ours may be apart. It is also how far the wall clock may go back between a
// reading and its use.
const MaxSkew = 5 * time.Minute

// Reading is the newest good answer to one question, when it was given, and the error of the newest attempt. The zero
// value is a question that was never asked.
//
// At, CloudAt and TriedAt are times of the wall clock, which may step: they are compared with what clouds say. Without a
// monotonic reading they cannot be compared with another clock by accident. GoodUntil has both, where its clock has.
type Reading[T any] struct {
	Value      T         // last good answer; meaningful only when Known
	At         time.Time // when the cloud gave Value, by our clock; zero: never
	CloudAt    time.Time // the same moment by the cloud's clock; zero: the cloud did not say
	TriedAt    time.Time // when the newest attempt ended; zero: never
	GoodUntil  time.Time // from then on Value is too old to be shown as current; zero when At is zero
	NotOffered bool      // the last good answer is that the cloud does not offer this for the instance: Value is zero
	Err        error     // why the newest attempt failed, or that the cloud does not offer this; nil: it worked, or there was none
}

// Known reports whether there is a value that may be shown as current at now. It is too old when either the wall clock
// or the monotonic clock says so: a machine that was suspended has a monotonic clock that stood still. A value is not
// known either while the clock cannot be trusted.
func (r *Reading[T]) Known(now time.Time) bool {
	if r.At.IsZero() || !now.Before(r.GoodUntil) || !now.Round(0).Before(r.GoodUntil.Round(0)) {
		return false
	}
	return !r.distrusts(now)
}

// OK reports whether the newest attempt worked and its value may still be shown at now.
func (r *Reading[T]) OK(now time.Time) bool { return r.Known(now) && r.Failure() == nil }

// Failure returns why the newest attempt failed; nil: it worked, or there was none. An answer that the cloud does not
// offer the operation for this instance is no failure once it is believed: there is nothing to repair.
func (r *Reading[T]) Failure() error {
	if r.NotOffered && ClassOf(r.Err) == ClassUnsupported {
		return nil
	}
	return r.Err
}

// distrusts reports whether the wall clock at now is behind what it must show by more than MaxSkew. It must show the time
// of the reading, by our clock and by the cloud's, and the time that has passed since by the monotonic clock. Ages that
// are computed with such a clock are too short, which would make a late target look good.
func (r *Reading[T]) distrusts(now time.Time) bool {
	must := r.taken().Add(r.age(now))
	return now.Round(0).Before(must.Add(-MaxSkew))
}

// taken returns when the reading was taken: by our clock, or by the cloud's where that is ahead.
func (r *Reading[T]) taken() time.Time { return later(r.At, r.CloudAt) }

// age returns how much time has passed since the reading by the monotonic clock. Without monotonic readings, it is the
// time by the wall clock, or 0 when that went back.
func (r *Reading[T]) age(now time.Time) time.Duration {
	return max(0, now.Sub(r.GoodUntil)+r.GoodUntil.Round(0).Sub(r.At))
}
