package backup

import "slices"

// HealthState is the verdict on one target. The zero value is HealthUnknown.
type HealthState uint8

// The verdicts. NumHealthStates is how many there are, and must stay last.
const (
	HealthUnknown   HealthState = iota // never read, or too long ago
	HealthNever                        // no usable backup, and the instance is old enough to have one
	HealthPending                      // no usable backup, and none should be there yet
	HealthLate                         // the newest recovery point is older than the RPO
	HealthMissed                       // a scheduled window passed without an attempt, the recovery point is within the RPO
	HealthFailed                       // an attempt failed that no success has ended, the recovery point is within the RPO
	HealthOK                           // a usable recovery point within the RPO
	NumHealthStates = iota
)

// HealthStates returns every verdict once, the worst first.
func HealthStates() []HealthState {
	return []HealthState{HealthNever, HealthLate, HealthUnknown, HealthMissed, HealthFailed, HealthPending, HealthOK}
}

// ParseHealthState returns the verdict with a name, which is what its String returns. ok is false when none has it.
func ParseHealthState(name string) (state HealthState, ok bool) {
	for _, state := range HealthStates() {
		if state.String() == name {
			return state, true
		}
	}
	return HealthUnknown, false
}

// Urgency returns the place of s in HealthStates: 0 is the worst. A value that is none of the constants counts as
// HealthUnknown.
func (s HealthState) Urgency() int {
	if s >= NumHealthStates {
		s = HealthUnknown
	}
	return slices.Index(HealthStates(), s)
}

// Bad reports whether something is wrong with the backups: never, late, missed or failed. HealthUnknown is not bad: nothing
// is known.
func (s HealthState) Bad() bool { return s.lateOrNever() || s == HealthMissed || s == HealthFailed }

// lateOrNever reports whether the promise is broken, by too old a recovery point or none.
func (s HealthState) lateOrNever() bool { return s == HealthLate || s == HealthNever }

// String returns the value of the label state: ok, pending, late, missed, failed, never or unknown.
func (s HealthState) String() string {
	switch s {
	case HealthOK:
		return "ok"
	case HealthPending:
		return "pending"
	case HealthLate:
		return "late"
	case HealthMissed:
		return "missed"
	case HealthFailed:
		return "failed"
	case HealthNever:
		return "never"
	case HealthUnknown:
	}
	return "unknown"
}
