package backup

import (
	"slices"
	"time"
)

// Standing says whether the objective was kept at a moment. The zero value is StandingUnknown.
type Standing uint8

// The standings. numStandings is how many there are, and must stay last.
const (
	StandingUnknown Standing = iota // nobody can know any more
	StandingKept                    // the recovery point was within the objective
	StandingBroken                  // the verdict was late or never
	StandingNotDue                  // there was no backup, and none should have been there: the instance was too new, or no database
	numStandings    = iota
)

// String returns kept, broken, not_due or unknown.
func (s Standing) String() string {
	switch s {
	case StandingKept:
		return "kept"
	case StandingBroken:
		return "broken"
	case StandingNotDue:
		return "not_due"
	case StandingUnknown:
	}
	return "unknown"
}

// Stretch is a time with one standing. It does not contain Until.
type Stretch struct {
	From, Until time.Time
	Standing    Standing
}

// Stretches returns the standings from one moment to another, without a hole between them, the oldest first. The verdict at
// each moment is that of [Assess] for the state that [Past.At] returns. It is late or never only where nothing that is not
// known any more can have kept it from that, and within the objective only where nothing that is not known was needed for it.
func (p *Past) Stretches(from, until time.Time) []Stretch {
	w := walker{p: p, at: from, until: until}
	for _, gap := range p.suspect(from, until) {
		w.add(gap.From, StandingKept)
		w.walk(gap.Until)
	}
	w.add(until, StandingKept)
	return w.found
}

// walker finds stretches one after the other.
type walker struct {
	p         *Past
	at, until time.Time
	found     []Stretch
}

// add adds a stretch from where the walker is.
func (w *walker) add(until time.Time, as Standing) {
	if !w.at.Before(until) {
		return
	}
	if n := len(w.found); n > 0 && w.found[n-1].Standing == as {
		w.found[n-1].Until = until
	} else {
		w.found = append(w.found, Stretch{From: w.at, Until: until, Standing: as})
	}
	w.at = until
}

// inside is how long after a boundary the standing is looked at that holds until the next one.
const inside = time.Millisecond

// walk adds the stretches until a moment, one from each moment at which something changes to the next.
func (w *walker) walk(until time.Time) {
	events := w.p.events(w.at, until)
	for w.at.Before(until) {
		for len(events) > 0 && !events[0].After(w.at) {
			events = events[1:]
		}
		next := until
		if len(events) > 0 {
			next = events[0]
		}
		standing, turn := w.p.standing(w.at.Add(inside), next)
		w.add(turn, standing)
	}
}

// standing returns the standing at a moment, and until when it is the same, at most until a limit before which nothing else
// happens.
func (p *Past) standing(t, limit time.Time) (Standing, time.Time) {
	consider := func(change time.Time) {
		if change.After(t) && change.Before(limit) {
			limit = change
		}
	}
	switch {
	case !p.existed(t):
		return StandingNotDue, limit
	case t.After(p.read):
		return StandingUnknown, limit
	}
	c := p.assess(t, true)
	for change := range c.limits {
		consider(change)
	}
	consider(p.completeFrom(t, c.health.RPO))
	switch state := c.health.State; {
	case state == HealthUnknown:
		return StandingUnknown, limit
	case state == HealthPending:
		return StandingNotDue, limit
	case state.lateOrNever():
		if !p.complete(t, c.health.RPO) || p.logMayKeep(t, c) {
			return StandingUnknown, limit
		}
		return StandingBroken, limit
	}
	sure := p.assess(t, false)
	for change := range sure.limits {
		consider(change)
	}
	if state := sure.health.State; state.lateOrNever() || state == HealthUnknown {
		return StandingUnknown, limit
	}
	return StandingKept, limit
}

// assess draws the verdict at a moment.
func (p *Past) assess(t time.Time, hopeful bool) *assessment {
	c := &assessment{in: p.At(t, hopeful), want: p.Want, clock: t}
	c.conclude()
	return c
}

// existed reports whether there was a database at t, as far as that is known.
func (p *Past) existed(t time.Time) bool {
	if created := p.State.CreatedAt; !created.IsZero() && t.Before(created) {
		return false
	}
	return p.State.Lifecycle.Exists() || p.ranAt(t)
}

// ranAt reports whether what is not there any more was in use at t: its end was first seen later. What is still being created, or
// could not be, never was.
func (p *Past) ranAt(t time.Time) bool {
	return p.State.Lifecycle.ended() && !p.Kept.StatusSince.IsZero() && t.Before(p.Kept.StatusSince)
}

// complete reports whether every scheduled backup is known that would have met an objective at t: a list was read after t and
// before the oldest of them was to be gone from it.
func (p *Past) complete(t time.Time, rpo time.Duration) bool {
	return !p.thinned(t, rpo) && p.readBetween(t, t.Add(p.reach()-rpo))
}

// readBetween reports whether a list is known to have been read in a span, both ends included.
func (p *Past) readBetween(from, until time.Time) bool {
	i, _ := slices.BinarySearchFunc(p.reads, from, time.Time.Compare)
	return i < len(p.reads) && !p.reads[i].After(until)
}

// completeFrom returns from when on complete holds until the next reading after t.
func (p *Past) completeFrom(t time.Time, rpo time.Duration) time.Time {
	i, _ := slices.BinarySearchFunc(p.reads, t, time.Time.Compare)
	if i == len(p.reads) {
		return time.Time{}
	}
	return p.reads[i].Add(rpo - p.reach())
}

// What is kept of incremental backups is thinned out after two days, to one in an hour.
const (
	thinAfter = 2 * day
	thinTo    = 2 * time.Hour
)

// thinned reports whether incremental backups that would have met an objective at t may have been thinned out.
func (p *Past) thinned(t time.Time, rpo time.Duration) bool {
	return p.inside && rpo < thinTo && t.Before(p.read.Add(-thinAfter))
}

// logMayKeep reports whether a log may have kept the objective at t: the policy says that logs are backed up, and how far they
// went is not known. c is the verdict at t.
func (p *Past) logMayKeep(t time.Time, c *assessment) bool {
	r := &p.State.Recovery
	logs := c.in.Policy.Value.LogBackup
	if r.NotOffered || isFalse(logs) || logs == nil && r.Value.IsZero() {
		return false
	}
	return r.Value.IsZero() && t.Before(r.At) || r.At.IsZero() || t.Before(r.Value.Start) || t.After(r.At) && !r.Known(p.now)
}

// events returns the moments between two others at which something happened that may change the standing, sorted.
func (p *Past) events(from, until time.Time) []time.Time {
	var all []time.Time
	add := func(moments ...time.Time) {
		for _, t := range moments {
			if t.After(from) && t.Before(until) {
				all = append(all, t)
			}
		}
	}
	for i := range p.sets {
		set := &p.sets[i]
		add(set.StartedAt, set.EndedAt, set.ExpiresAt)
		add(set.LastSeen, set.LeftAt)
		if p.Kept.Lookback > 0 {
			add(set.began().Add(p.Kept.Lookback))
		}
	}
	for _, change := range p.State.PolicyChanges {
		add(change.At)
	}
	for _, check := range p.State.RestoreChecks {
		add(check.At)
	}
	for _, job := range p.jobs() {
		add(job.StartedAt, job.StartedAt.Add(jobsSeen))
	}
	add(p.reads...)
	add(p.State.CreatedAt, p.Kept.StatusSince, p.State.Recovery.Value.Start, p.State.Recovery.Value.End, p.State.Recovery.At)
	add(p.State.Backups.At, p.State.Jobs.At, p.State.Policy.At, p.read, p.read.Add(-thinAfter))
	slices.SortFunc(all, time.Time.Compare)
	return slices.Compact(all)
}

// suspect returns the times between two moments in which no backup is known to have kept the shortest objective that there may
// have been, the oldest first. In all others there is nothing to look at: however many incremental backups there are, they are
// few.
func (p *Past) suspect(from, until time.Time) []Gap {
	whole := []Gap{{from, until}}
	if !p.State.PolicyBy.IsZero() || p.read.IsZero() || !p.State.Lifecycle.Exists() {
		return whole
	}
	var spans []Gap
	covered := from
	for _, one := range p.covers() {
		if one.From.After(covered) && covered.Before(until) {
			spans = append(spans, Gap{covered, earlier(one.From, until)})
		}
		covered = later(covered, one.Until)
	}
	if covered.Before(until) {
		spans = append(spans, Gap{covered, until})
	}
	return spans
}

// covers returns for each recovery point the time in which it certainly met the objective, by when that began.
func (p *Past) covers() []Gap {
	c := assessment{in: p.State, want: p.Want, horizon: horizonOf(p.State.Backups.At)}
	shortest := c.shortestObjective()
	all := make([]Gap, 0, len(p.sets))
	var fulls []Gap // until when a full one that began by then was there
	full := func(t time.Time) time.Time {
		var until time.Time
		for _, f := range fulls {
			if !f.From.After(t) {
				until = later(until, f.Until)
			}
		}
		return until
	}
	asked := slices.Contains(p.State.Backups.Value.Asked, KindFull)
	for i := range p.sets {
		set := &p.sets[i]
		if why := c.flawOf(&set.Backup); why != flawNone {
			continue
		}
		there := earlier(earlier(Never, set.ExpiresAt), set.LastSeen)
		switch {
		case set.Kind == KindFull:
			fulls = append(fulls[max(0, len(fulls)-maxFulls):], Gap{later(set.StartedAt, set.Finished()), there})
		case asked:
			there = earlier(there, later(full(set.StartedAt), set.StartedAt))
		}
		point := earlier(set.StartedAt, set.EndedAt)
		all = append(all, Gap{set.Finished(), earlier(earlier(point.Add(shortest), there), p.read)})
	}
	all = slices.DeleteFunc(all, func(g Gap) bool { return !g.From.Before(g.Until) })
	slices.SortFunc(all, func(a, b Gap) int { return a.From.Compare(b.From) })
	return all
}

// maxFulls is how many full backups are looked at for an incremental one. Fewer recovery points than there are only make for
// more to look at.
const maxFulls = 40

// shortestObjective returns the shortest RPO that was in force under any policy that was seen, whatever backups took.
func (c *assessment) shortestObjective() time.Duration {
	shortest, _ := RPOInForce(c.in.Policy, c.want, 0)
	for e := range c.eras {
		was, _ := RPOInForce(Reading[Policy]{Value: e.policy, At: c.in.Policy.At}, c.want, 0)
		shortest = min(shortest, was)
	}
	return shortest
}
