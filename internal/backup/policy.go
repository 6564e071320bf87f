package backup

import (
	"slices"
	"time"
)

// Forever is the retention of a policy that never deletes.
const Forever = time.Duration(1<<63 - 1)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// Policy is the cloud's own rules for automatic backups of an instance.
type Policy struct {
	Automatic *bool      // automatic backup is on; nil: the cloud does not say
	Schedules []Schedule // when backups are made; none: the cloud does not say
	LogBackup *bool      // point-in-time recovery is on; nil: unknown
	NextAt    time.Time  // when the cloud plans the next backup; zero: unknown

	CopyRegion        string // region to which the cloud copies backups; "": none, or the cloud does not say
	KeptAfterDeletion *bool  // backups outlive the instance, one of them at least; nil: the cloud does not say
	MayBeUnlisted     bool   // nobody knows whether the cloud's list of backups has the high-frequency ones
}

// LongestGap returns the longest time between the starts of two consecutive scheduled backups: of those on days of the week,
// across its end too, or the shortest interval where that is shorter. It is false when the policy has neither.
func (p Policy) LongestGap() (time.Duration, bool) {
	gap, ok := p.daysGap()
	if interval := p.interval(); interval > 0 && (!ok || interval < gap) {
		return interval, true
	}
	return gap, ok
}

// daysGap is LongestGap of the schedules on days of the week together.
func (p Policy) daysGap() (time.Duration, bool) {
	if len(p.Schedules) == 1 {
		return p.Schedules[0].weekdays().gap()
	}
	var buf [14]time.Duration
	starts := buf[:0] // counted from Sunday, 00:00 UTC
	for i := range p.Schedules {
		s := &p.Schedules[i]
		opens := s.StartsAt
		if s.windowDays() == 0 { // the hours are unknown
			opens = 0
		}
		days := s.weekdays()
		for d := range time.Weekday(7) {
			if days.has(d) {
				starts = append(starts, time.Duration(d)*day+opens)
			}
		}
	}
	if len(starts) == 0 {
		return 0, false
	}
	slices.Sort(starts)
	longest := starts[0] + week - starts[len(starts)-1]
	for i := range starts[1:] {
		longest = max(longest, starts[i+1]-starts[i])
	}
	return longest, true
}

// interval returns the shortest time between two backups of a schedule that has one; 0: none has.
func (p Policy) interval() time.Duration {
	var shortest time.Duration
	for i := range p.Schedules {
		if every := p.Schedules[i].Interval; every > 0 && (shortest == 0 || every < shortest) {
			shortest = every
		}
	}
	return shortest
}

// frequent reports whether backups at an interval are closer together than those of the windows. Then the windows do not
// matter.
func (p Policy) frequent() bool {
	gap, ok := p.LongestGap()
	return ok && gap == p.interval()
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
	case scheduled && gap == p.interval(): // the windows do not matter
		return sum(gap, takes, want.RPOGrace), RPOFromPolicy
	case scheduled:
		return sum(gap, p.longestWindow(), takes, want.RPOGrace), RPOFromPolicy
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
