package backup

import (
	"slices"
	"time"
)

// PolicyChange is one change of an instance's policy, as it was seen.
type PolicyChange struct {
	At     time.Time // when the policy was first seen to differ, by our clock
	LastAt time.Time // when Former was last read: what changed, changed since; zero: just before At
	Former Policy    // what was in force until then
}

// Differs reports whether two policies differ in something that both say. That there is no interval, and no copy, is something
// that a policy says. When the cloud plans the next backup is no part of a policy.
func (p Policy) Differs(q Policy) bool {
	return p.schedulesDiffer(q) || p.CopyRegion != q.CopyRegion || contrary(p.Automatic, q.Automatic) ||
		contrary(p.LogBackup, q.LogBackup) || contrary(p.KeptAfterDeletion, q.KeptAfterDeletion)
}

// split returns the schedules on days of the week, those of which nothing is known included, and those at an interval.
func (p Policy) split() (days, intervals []Schedule) {
	for _, s := range p.Schedules {
		if s.Interval > 0 {
			intervals = append(intervals, s)
		} else {
			days = append(days, s)
		}
	}
	return days, intervals
}

// schedulesDiffer compares the schedules of one sort in their order.
func (p Policy) schedulesDiffer(q Policy) bool {
	days, intervals := p.split()
	otherDays, otherIntervals := q.split()
	said := len(days) > 0 && len(otherDays) > 0
	if len(intervals) != len(otherIntervals) || said && len(days) != len(otherDays) {
		return true
	}
	for i := range min(len(days), len(otherDays)) {
		if days[i].differs(otherDays[i]) {
			return true
		}
	}
	for i := range intervals {
		if intervals[i].differs(otherIntervals[i]) {
			return true
		}
	}
	return false
}

// differs is Policy.Differs for a schedule.
func (s Schedule) differs(other Schedule) bool {
	hours := s.Window > 0 && other.Window > 0 && (s.Window != other.Window || s.StartsAt != other.StartsAt)
	days := len(s.Weekdays) > 0 && len(other.Weekdays) > 0 && !slices.Equal(s.Weekdays, other.Weekdays)
	return hours || days || s.Interval != other.Interval || differing(s.Retention, other.Retention)
}

func differing(a, b time.Duration) bool { return a > 0 && b > 0 && a != b }

func contrary(a, b *bool) bool { return a != nil && b != nil && *a != *b }

// Filled returns a policy with what it does not say as an earlier one said it: that an answer lacks something is no change.
func (p Policy) Filled(before Policy) Policy {
	days, intervals := p.split()
	formerDays, formerIntervals := before.split()
	if len(days) == 0 {
		days = formerDays
	}
	p.Schedules = slices.Concat(filled(days, formerDays), filled(intervals, formerIntervals))
	p.Automatic = either(p.Automatic, before.Automatic)
	p.LogBackup = either(p.LogBackup, before.LogBackup)
	p.KeptAfterDeletion = either(p.KeptAfterDeletion, before.KeptAfterDeletion)
	return p
}

// filled is Policy.Filled for the schedules of one sort, where there are as many as before.
func filled(schedules, before []Schedule) []Schedule {
	if len(schedules) != len(before) {
		return schedules
	}
	all := slices.Clone(schedules)
	for i := range all {
		s, former := &all[i], &before[i]
		if s.Window <= 0 {
			s.Window, s.StartsAt = former.Window, former.StartsAt
		}
		if len(s.Weekdays) == 0 {
			s.Weekdays = former.Weekdays
		}
		if s.Retention <= 0 {
			s.Retention = former.Retention
		}
	}
	return all
}

func either[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// era is a time in which one policy was in force.
type era struct {
	policy Policy
	from   time.Time // zero: always
	until  time.Time // zero: it is in force
}

// eras yields the times of the policies that are known, the newest first. A policy that was read first counts as always in
// force.
func (c *assessment) eras(yield func(era) bool) {
	e := era{policy: c.in.Policy.Value}
	for _, change := range slices.Backward(c.in.PolicyChanges) {
		e.from = change.At
		if !yield(e) {
			return
		}
		until := change.At
		if !change.Former.sameWindows(e.policy) {
			until = earlier(change.LastAt, change.At) // nobody knows which of them was in force between
		}
		e = era{policy: change.Former, until: until}
	}
	yield(era{policy: e.policy, until: e.until})
}

// sameWindows reports whether two policies have the same windows in force, whatever else differs.
func (p Policy) sameWindows(q Policy) bool {
	return slices.EqualFunc(p.Schedules, q.Schedules, func(a, b Schedule) bool {
		return slices.Equal(a.Weekdays, b.Weekdays) && a.StartsAt == b.StartsAt && a.Window == b.Window && a.Interval == b.Interval
	}) && !contrary(p.Automatic, q.Automatic)
}

// enforced reports whether the windows of the policy count. Those of one without a schedule, which the cloud may plan all the
// same, do not.
func (e era) enforced() bool {
	gap, scheduled := e.policy.LongestGap()
	return scheduled && gap != e.policy.interval() && !isFalse(e.policy.Automatic)
}

// lastDue returns the start of the newest window of the era that was over at t; zero: there is none.
func (e era) lastDue(t time.Time) time.Time {
	if !e.enforced() {
		return time.Time{}
	}
	due := e.policy.lastDue(t)
	if !e.until.IsZero() && !due.Before(e.until) {
		due = e.policy.windowBefore(e.until.Add(-1)).at
	}
	if due.Before(e.from) {
		return time.Time{}
	}
	return due
}

// windowAfter returns the first window of the era that opens after t.
func (e era) windowAfter(t time.Time) opening {
	if !e.enforced() {
		return opening{}
	}
	after := later(t, e.from)
	opens := e.policy.windowAfter(after)
	planned := e.policy.NextAt
	if sooner := opens.at.IsZero() || planned.Before(opens.at); e.until.IsZero() && !planned.Before(after) && sooner {
		opens = opening{planned, e.policy.longestWindow()}
	}
	if !e.until.IsZero() && !opens.at.Before(e.until) {
		return opening{}
	}
	return opens
}

// objective returns the RPO in force and where it comes from. When a policy changed, the longer one of the two RPOs binds
// until the first window of the new policy is over: before that, nobody can have kept the shorter one. A policy without
// windows gets as long as its own RPO.
func (c *assessment) objective() (time.Duration, RPOSource) {
	takes := c.takes()
	rpo, source := RPOInForce(c.in.Policy, c.want, takes)
	if source == RPOConfigured || source == RPONoPolicy {
		return rpo, source
	}
	longest := rpo
	for e := range c.eras {
		was, _ := RPOInForce(Reading[Policy]{Value: e.policy, At: c.in.Policy.At}, c.want, takes)
		longest = max(longest, was)
		if e.from.IsZero() || c.reached(c.settled(e, was)) {
			break
		}
	}
	if longest > rpo {
		source = RPOFormer
	}
	return longest, source
}

// scheduled reports whether the RPO comes from the cloud's schedule.
func (c *assessment) scheduled() bool { return c.source == RPOFromPolicy || c.source == RPOFormer }

// settled returns when the policy of an era alone begins to bind.
func (c *assessment) settled(e era, rpo time.Duration) time.Time {
	if opens := e.policy.windowAfter(e.from); e.until.IsZero() && e.enforced() && !opens.at.IsZero() {
		return c.windowOver(opens)
	}
	return e.from.Add(rpo)
}
