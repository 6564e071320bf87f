package backup

import "time"

// Forever is the retention of a policy that never deletes.
const Forever = time.Duration(1<<63 - 1)

const day = 24 * time.Hour

// Policy is the cloud's own schedule for automatic backups of an instance.
type Policy struct {
	Automatic *bool          // automatic backup is on; nil: the cloud does not say
	Retention time.Duration  // how long an automatic backup is kept; 0: unknown; Forever: never deleted
	Weekdays  []time.Weekday // days with a scheduled backup (UTC), sorted from Sunday; empty: unknown
	StartsAt  time.Duration  // start of the daily window, counted from 00:00 UTC
	Window    time.Duration  // length of the daily window in which the cloud picks the start; 0: unknown
	Interval  time.Duration  // high-frequency backup: time between two backups; 0: off or unknown
	LogBackup *bool          // point-in-time recovery is on; nil: unknown
	NextAt    time.Time      // when the cloud plans the next backup; zero: unknown

	IntervalRetention time.Duration // how long a high-frequency backup is kept; 0: unknown, or off
	CopyRegion        string        // region to which the cloud copies backups; "": none, or the cloud does not say
	KeptAfterDeletion *bool         // backups outlive the instance, one of them at least; nil: the cloud does not say
	MayBeUnlisted     bool          // nobody knows whether the cloud's list of backups has the high-frequency ones
}

// shortestRetention returns how long any automatic backup is kept at least; 0: unknown. The list of backups does not say
// which of them are high-frequency ones.
func (p Policy) shortestRetention() time.Duration {
	if p.Interval > 0 && p.IntervalRetention > 0 {
		return min(p.Retention, p.IntervalRetention)
	}
	return p.Retention
}

// LongestGap returns the longest time between the starts of two consecutive scheduled backups: the longest time from one
// of Weekdays to the next, across the end of the week too, or Interval when that is shorter. It is false when the policy
// has neither.
func (p Policy) LongestGap() (time.Duration, bool) {
	gap, ok := p.weekdays().longestGap()
	if p.Interval > 0 && (!ok || p.Interval < gap) {
		return p.Interval, true
	}
	return gap, ok
}

// frequent reports whether high-frequency backups are closer together than those of the daily windows. Then the windows do
// not matter.
func (p Policy) frequent() bool {
	gap, ok := p.LongestGap()
	return ok && p.Interval > 0 && gap == p.Interval
}

// window returns how much later than planned a backup may begin.
func (p Policy) window() time.Duration {
	if p.frequent() {
		return 0
	}
	return p.Window
}

func (p Policy) weekdays() weekdays {
	var days weekdays
	for _, d := range p.Weekdays {
		if d >= time.Sunday && d <= time.Saturday {
			days |= 1 << d
		}
	}
	return days
}

// weekdays is a set of days of the week: bit 0 is Sunday.
type weekdays uint8

func (w weekdays) has(d time.Weekday) bool { return w&(1<<d) != 0 }

func (w weekdays) longestGap() (time.Duration, bool) {
	if w == 0 {
		return 0, false
	}
	longest, run := 0, 0
	for i := range 14 { // two weeks, so that the gap across the end of the week is counted whole
		run++
		if w.has(time.Weekday(i % 7)) {
			longest = max(longest, run)
			run = 0
		}
	}
	return time.Duration(min(longest, 7)) * day, true
}

// RPOSource is where the recovery point objective in force comes from, in words for a person.
type RPOSource string

// The sources of an RPO.
const (
	RPOConfigured RPOSource = "configured"                            // Objectives.RPO
	RPOFromPolicy RPOSource = "cloud's schedule"                      // the cloud's own policy
	RPOFormer     RPOSource = "cloud's schedule until it changed"     // a former policy, until a window of the present one is over
	RPONoPolicy   RPOSource = "default, no policy known"              // Objectives.RPODefault: the policy was never read
	RPOPolicyOff  RPOSource = "default, automatic backup is off"      // Objectives.RPODefault: there is no schedule
	RPONoSchedule RPOSource = "default, the policy names no schedule" // Objectives.RPODefault: the policy has neither days nor an interval
	RPONotSaid    RPOSource = "default, no schedule is known"         // Objectives.RPODefault: the policy does not say whether there is a schedule
)

// RPOInForce returns the recovery point objective of a target and where it comes from: the configured one, or else the
// longest gap of the policy plus its window, the grace and takes, or else the default. takes is how long backups of the
// target take. A high-frequency policy has no window.
//
// A policy that was read once stays in force until another is read, however long that takes. If it were dropped after
// some time, failing polls could replace a short objective by a longer one and make a late target look good.
func RPOInForce(policy Reading[Policy], want Objectives, takes time.Duration) (time.Duration, RPOSource) {
	if want.RPO > 0 {
		return want.RPO, RPOConfigured
	}
	if policy.At.IsZero() {
		return want.RPODefault, RPONoPolicy
	}
	p := policy.Value
	gap, scheduled := p.LongestGap()
	switch {
	case p.Automatic != nil && !*p.Automatic:
		return want.RPODefault, RPOPolicyOff
	case scheduled:
		return sum(gap, p.window(), takes, want.RPOGrace), RPOFromPolicy
	case p.Automatic == nil:
		return want.RPODefault, RPONotSaid
	}
	return want.RPODefault, RPONoSchedule
}

// sum adds durations. Negative ones count as zero, and a sum that overflows is Forever.
func sum(spans ...time.Duration) time.Duration {
	var total time.Duration
	for _, d := range spans {
		if total += max(d, 0); total < 0 {
			return Forever
		}
	}
	return total
}
