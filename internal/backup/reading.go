package backup

import "time"

// Reading is the newest good answer to one question, when it was given, and the error of the newest attempt. The zero
// value is a question that was never asked.
type Reading[T any] struct {
	Value     T         // last good answer; meaningful only when Known
	At        time.Time // when the cloud gave Value; zero: never
	TriedAt   time.Time // when the newest attempt ended; zero: never
	GoodUntil time.Time // from then on Value is too old to be shown as current; zero when At is zero
	Err       error     // why the newest attempt failed; nil: it worked, or there was none
}

// Known reports whether there is a value that may be shown as current at now.
func (r Reading[T]) Known(now time.Time) bool {
	return !r.At.IsZero() && now.Before(r.GoodUntil)
}

// OK reports whether the newest attempt worked and its value may still be shown at now. An answer that the cloud does
// not offer the operation for this instance (ClassUnsupported) counts as worked: there is nothing to repair.
func (r Reading[T]) OK(now time.Time) bool {
	return r.Known(now) && (r.Err == nil || ClassOf(r.Err) == ClassUnsupported)
}
