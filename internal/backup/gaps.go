package backup

import (
	"slices"
	"time"
)

// available is a recovery point, since when it could be restored, and until when.
type available struct {
	point, since time.Time
	expires      time.Time // zero: not known
}

// gaps returns when the target was late or had nothing to restore, from a moment on until now. Each is found by the verdict at
// that time, so that none contradicts Assess.
func (f *forecast) gaps(from time.Time) []Gap {
	c := f.at(f.now)
	if !c.in.Lifecycle.Exists() {
		return nil
	}
	all, shortest := c.available(), c.shortestRPO()
	if len(all) == 0 {
		return f.neverSince(c, from)
	}
	spans := suspect(all, shortest, from, f.now)
	var found []Gap
	for _, s := range spans[max(0, len(spans)-maxSuspect):] {
		found = f.walk(found, s.From, s.Until)
	}
	return found
}

// maxSuspect bounds how many times between two recovery points are looked at, the newest. Each takes some verdicts.
const maxSuspect = 200

// suspect returns the times between two recovery points in which the newest one was older than the shortest objective, or had
// expired: where a gap may be.
func suspect(all []available, shortest time.Duration, from, now time.Time) []Gap {
	var spans []Gap
	var newest available
	for i, one := range all {
		if !one.point.Before(newest.point) {
			newest = one
		}
		until := now
		if i+1 < len(all) {
			until = all[i+1].since
		}
		begin := later(earlier(newest.point.Add(shortest), newest.expires), one.since)
		if begin.Before(until) && until.After(from) {
			spans = append(spans, Gap{later(begin, from), until})
		}
	}
	return spans
}

// neverSince returns the gap of a target that never had a backup: since it should have had one.
func (f *forecast) neverSince(c *assessment, from time.Time) []Gap {
	if c.health.State != HealthNever {
		return nil
	}
	since := from
	if c.horizon.allows(c.in.CreatedAt) {
		since = later(from, c.in.CreatedAt)
	}
	return f.walk(nil, since, f.now)
}

// walk adds the gaps between two moments between which no recovery point comes.
func (f *forecast) walk(found []Gap, from, until time.Time) []Gap {
	for t := from; t.Before(until); {
		c := f.at(t)
		next := f.nextChange(c, t, until)
		if c.health.State.lateOrNever() {
			if n := len(found); n > 0 && !found[n-1].Until.Before(t) {
				found[n-1].Until = next
			} else {
				found = append(found, Gap{From: t, Until: next})
			}
		}
		t = next
	}
	return found
}

// nextChange returns the first moment after t at which the verdict may change, until a limit. A recovery point that comes at
// the limit is believed a little earlier, by MaxSkew: that is no change.
func (f *forecast) nextChange(c *assessment, t, limit time.Time) time.Time {
	next, last := limit, limit
	if limit.Before(f.now) {
		last = limit.Add(-MaxSkew)
	}
	consider := func(change time.Time) {
		if change.After(t) && change.Before(next) && change.Before(last) {
			next = change
		}
	}
	for change := range c.limits {
		consider(secondAfter(change))
	}
	for _, change := range f.in.PolicyChanges {
		consider(change.At)
	}
	consider(f.in.Recovery.Value.Start)
	return next
}

// available returns what is or was a recovery point, in the order in which it could be restored.
func (c *assessment) available() []available {
	var found []available
	var full time.Time // start of the oldest full one
	for _, kind := range []Kind{KindFull, KindIncremental} {
		for i := range c.in.Backups.Value.Backups {
			b := &c.in.Backups.Value.Backups[i]
			why := c.flawOf(b)
			if b.Kind != kind || why != flawNone && why != flawExpired {
				continue
			}
			if kind == KindFull {
				full = earlier(full, b.StartedAt)
			} else if c.health.Kinds[KindFull].Asked && (full.IsZero() || b.StartedAt.Before(full)) {
				continue
			}
			found = append(found, available{point: earlier(b.StartedAt, b.EndedAt), since: b.Finished(), expires: b.ExpiresAt})
		}
	}
	slices.SortFunc(found, func(a, b available) int { return a.since.Compare(b.since) })
	return found
}

// shortestRPO returns the shortest RPO of any policy that was seen.
func (c *assessment) shortestRPO() time.Duration {
	takes := c.takes()
	shortest := c.health.RPO
	for e := range c.eras {
		was, _ := RPOInForce(Reading[Policy]{Value: e.policy, At: c.in.Policy.At}, c.want, takes)
		shortest = min(shortest, was)
	}
	return shortest
}
