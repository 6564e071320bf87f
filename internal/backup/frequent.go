package backup

import (
	"slices"
	"time"
)

// mayBeUnlisted reports whether a target that would be late by its high-frequency schedule may keep it by backups that the
// list does not have. Nothing makes up for a daily backup that is missing.
func (c *assessment) mayBeUnlisted() bool {
	rpo, may := c.dailyRPO()
	return may && !c.over(c.health.RecoveryPoint, rpo) && c.listsDailyOnly()
}

// dailyRPO returns the RPO of the daily windows beside a high-frequency schedule; false: there are none, or the list is known
// to have the high-frequency backups.
func (c *assessment) dailyRPO() (time.Duration, bool) {
	p := c.in.Policy.Value
	if !p.MayBeUnlisted || !c.scheduled() || !p.frequent() || !p.hasWindows() {
		return 0, false
	}
	daily := c.in.Policy
	daily.Value = p.withoutIntervals()
	rpo, source := RPOInForce(daily, c.want, c.takes())
	return rpo, source == RPOFromPolicy
}

// ListsFrequent reports whether the list has a full backup that no daily window explains, so that nobody needs to doubt any more
// whether the cloud lists high-frequency backups (Policy.MayBeUnlisted).
func (in TargetState) ListsFrequent(want Objectives) bool {
	c := assessment{in: in, want: want}
	c.horizon = horizonOf(in.Backups.At)
	if p := in.Policy.Value; !p.MayBeUnlisted || !p.hasWindows() {
		return false
	}
	for i := range in.Backups.Value.Backups {
		b := &in.Backups.Value.Backups[i]
		if c.scheduledFull(b) && c.unexplained(b, c.windowOf(b.began())) {
			return true
		}
	}
	return false
}

// unexplained reports whether no daily window explains a backup that may have begun in one. While no policy was read since it
// began, nobody knows: the windows may be others by now.
func (c *assessment) unexplained(b *Backup, window time.Time) bool {
	return window.IsZero() && b.began().Before(c.in.Policy.At)
}

// scheduledFull reports whether b is a full backup that somebody may have made by schedule.
func (c *assessment) scheduledFull(b *Backup) bool {
	return b.Kind == KindFull && b.Part == "" && b.Trigger != TriggerManual && c.horizon.allows(b.began())
}

// listsDailyOnly reports whether the list looks like one of the daily backups alone: each began in a daily window, and there
// are as many as the instance can have. What was made by hand says nothing.
func (c *assessment) listsDailyOnly() bool {
	var opened []time.Time
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		if !c.scheduledFull(b) {
			continue
		}
		window := c.windowOf(b.began())
		if c.unexplained(b, window) {
			return false
		}
		if !window.IsZero() && !slices.ContainsFunc(opened, window.Equal) {
			opened = append(opened, window)
		}
	}
	switch len(opened) {
	case 0:
		return false
	case 1: // of an instance that is older, there would be more
		gap, _ := c.in.Policy.Value.daysGap()
		return c.horizon.allows(c.in.CreatedAt) && !c.reached(c.in.CreatedAt.Add(2*gap))
	}
	return true
}

// windowOf returns the start of the daily window whose backup may have begun at t, of any policy that was seen; zero: there is
// none.
func (c *assessment) windowOf(t time.Time) time.Time {
	for e := range c.eras {
		for _, s := range e.policy.Schedules {
			opened := s.windowBefore(t.Add(early))
			if !opened.IsZero() && !t.After(opened.Add(s.Window+max(0, c.want.RPOGrace))) {
				return opened
			}
		}
	}
	return time.Time{}
}
