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
	hours := p.Window > 0 && q.Window > 0 && (p.Window != q.Window || p.StartsAt != q.StartsAt)
	days := len(p.Weekdays) > 0 && len(q.Weekdays) > 0 && !slices.Equal(p.Weekdays, q.Weekdays)
	return hours || days || p.Interval != q.Interval || p.CopyRegion != q.CopyRegion ||
		differing(p.Retention, q.Retention) || differing(p.IntervalRetention, q.IntervalRetention) ||
		contrary(p.Automatic, q.Automatic) || contrary(p.LogBackup, q.LogBackup) ||
		contrary(p.KeptAfterDeletion, q.KeptAfterDeletion)
}

func differing(a, b time.Duration) bool { return a > 0 && b > 0 && a != b }

func contrary(a, b *bool) bool { return a != nil && b != nil && *a != *b }

// Filled returns a policy with what it does not say as an earlier one said it: that an answer lacks something is no change.
func (p Policy) Filled(before Policy) Policy {
	if p.Window <= 0 {
		p.Window, p.StartsAt = before.Window, before.StartsAt
	}
	if len(p.Weekdays) == 0 {
		p.Weekdays = before.Weekdays
	}
	if p.Retention <= 0 {
		p.Retention = before.Retention
	}
	if p.IntervalRetention <= 0 && p.Interval > 0 {
		p.IntervalRetention = before.IntervalRetention
	}
	p.Automatic = either(p.Automatic, before.Automatic)
	p.LogBackup = either(p.LogBackup, before.LogBackup)
	p.KeptAfterDeletion = either(p.KeptAfterDeletion, before.KeptAfterDeletion)
	return p
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
	return slices.Equal(p.Weekdays, q.Weekdays) && p.StartsAt == q.StartsAt && p.Window == q.Window && p.Interval == q.Interval &&
		!contrary(p.Automatic, q.Automatic)
}

// enforced reports whether the windows of the policy count.
func (e era) enforced() bool {
	return (e.policy.Automatic == nil || *e.policy.Automatic) && !e.policy.frequent()
}

// lastDue returns the start of the newest window of the era that was over at t; zero: there is none.
func (e era) lastDue(t time.Time) time.Time {
	if !e.enforced() {
		return time.Time{}
	}
	due := e.policy.lastDue(t)
	if !e.until.IsZero() && !due.Before(e.until) {
		due = e.policy.windowBefore(e.until.Add(-1))
	}
	if due.Before(e.from) {
		return time.Time{}
	}
	return due
}

// windowAfter returns the start of the first window of the era that opens after t; zero: there is none.
func (e era) windowAfter(t time.Time) time.Time {
	if !e.enforced() {
		return time.Time{}
	}
	after := later(t, e.from)
	opens := e.policy.windowAfter(after)
	if planned := e.policy.NextAt; e.until.IsZero() && !planned.Before(after) {
		opens = earlier(opens, planned)
	}
	if !e.until.IsZero() && !opens.Before(e.until) {
		return time.Time{}
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
		if e.from.IsZero() || !c.now.Before(c.settled(e, was)) {
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
	if opens := e.policy.windowAfter(e.from); e.until.IsZero() && e.enforced() && !opens.IsZero() {
		return c.windowOver(opens, e.policy)
	}
	return e.from.Add(rpo)
}
