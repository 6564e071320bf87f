package catalog

import (
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// removalGrace is how long before its expiry a set may vanish without having been removed early: clouds tidy up once a
// day, and count days in a time zone of their own.
const removalGrace = 24 * time.Hour

// rangeMargin is how much later than the start of its range a list must have a set. Clouds filter by times of their own
// choice.
const rangeMargin = time.Hour

// listingWait is how long the conclusion that a set was removed early waits for a listing with its instance. After that, the
// policy that was read since shows that the instance exists.
const listingWait = 24 * time.Hour

// mustHave reports whether a whole list must have a backup of the list before if it exists. A list of another operation of the
// cloud may have other backups, or the same ones under other ids.
func (n *node) mustHave(b *backup.Backup, a *Backups) bool {
	start := began(b)
	return n.backups.value.Op == a.List.Op && slices.Contains(a.List.Asked, b.Kind) && (start.IsZero() || !start.Before(a.Since.Add(rangeMargin)))
}

// tooNew reports whether a list may lack a backup because it was asked for up to our clock, and that is behind the backup: it
// went back, or the cloud's is ahead of it. Some clouds filter by the end.
func tooNew(b *backup.Backup, a *Backups) bool {
	return later(b.StartedAt, b.EndedAt).After(a.At.Add(-backup.MaxSkew))
}

// leave notes that the set in a place of the list is not in the next one.
func (n *node) leave(place int, a *Backups, at stamp) {
	b, tr := n.backups.value.Backups[place], &n.tracks[place]
	last := n.lastSeen(tr)
	l := leaver{
		Set:    Set{Backup: b, Seen: tr.states(b.State, last), Absence: OutOfRange, LeftAt: max(at, last).time()},
		usable: tr.usable, dirty: true,
	}
	switch {
	case !a.From.IsZero() || !n.mustHave(&b, a):
	case !tr.usable:
		l.Absence = Explained
	default:
		l.Absence = Missing
		n.watched++
	}
	n.left, n.mixed = append(n.left, l), true
}

// watch looks at a whole list for the sets that it should have and does not. A list with records that could not be read
// shows nothing: one of them may be the set. Neither does one for which the set is too new; a later list will.
func (n *node) watch(a *Backups, at stamp) {
	for i := range n.left {
		l := &n.left[i]
		if l.Absence != Missing || a.List.Unread.Count > 0 {
			continue
		}
		switch must := n.mustHave(&l.Backup, a); {
		case must && tooNew(&l.Backup, a):
		case must:
			l.dirty = l.dirty || l.misses < 2
			l.misses = min(l.misses+1, 2)
		case l.misses < 2:
			n.settle(l, OutOfRange)
		}
		n.decide(l, at)
	}
}

// sawEvidence notes what was read since sets left.
func (n *node) sawEvidence(what evidence, at stamp) {
	for i := range n.left {
		l := &n.left[i]
		if l.Absence == Missing {
			l.dirty = l.dirty || l.evidence&what == 0
			l.evidence |= what
			n.decide(l, at)
		}
	}
}

// decide concludes what became of a set that two whole lists in a row lack, once its policy was read and its instance was
// listed since. at is now.
func (n *node) decide(l *leaver, at stamp) {
	in := n.in
	waits := !in.region.listing.At.IsZero() && l.evidence&sawInstance == 0 && at.time().Sub(l.LeftAt) < listingWait
	switch expiry := in.policies.expiry(&l.Set); {
	case l.Absence != Missing || l.misses < 2 || l.evidence&sawPolicy == 0:
	case !in.there():
		n.settle(l, Explained)
	case waits:
	case expiry.IsZero() || !l.LeftAt.Before(expiry.Add(-removalGrace)):
		n.settle(l, Explained)
	default:
		l.Expiry = expiry
		n.settle(l, RemovedEarly)
	}
}

func (n *node) settle(l *leaver, as Absence) {
	switch l.Absence {
	case Missing:
		n.watched--
	case RemovedEarly:
		n.early--
	case Listed, OutOfRange, Explained:
	}
	if as == RemovedEarly {
		n.early++
	}
	l.Absence, l.dirty = as, true
}

// expiry returns when a set was to expire at the earliest: as the cloud says, or else after the shortest retention that was
// in force since it was made. Zero: that is not known, or the set may be thinned out at any time.
func (p *policies) expiry(s *Set) time.Time {
	start := began(&s.Backup)
	if start.IsZero() {
		start = s.First()
	}
	retention, thins := p.since(start)
	switch automatic := s.Trigger != backup.TriggerManual; {
	case automatic && thins:
		return time.Time{}
	case !s.ExpiresAt.IsZero():
		return s.ExpiresAt
	case !automatic || retention <= 0:
		return time.Time{}
	case retention == backup.Forever:
		return backup.Never
	}
	return start.Add(retention)
}

// Removals returns, by target, the sets of a region that vanished before their expiry: at least those of the last seven days,
// and when the newest of a target did, as far back as the file goes. A target without any is not in it, and neither is one
// whose instance is gone.
func (c *Catalog) Removals(of backup.Target) map[backup.Target]backup.Removals {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.regions[regionOf(of)]
	if r == nil {
		return nil
	}
	var all map[backup.Target]backup.Removals
	for _, in := range r.instances {
		for _, n := range in.nodes {
			if (n.early == 0 && n.removed == 0) || !in.there() {
				continue
			}
			if all == nil {
				all = map[backup.Target]backup.Removals{}
			}
			all[n.key] = n.removals()
		}
	}
	return all
}

func (n *node) removals() backup.Removals {
	newest := n.removed
	sets := make([]backup.Removal, 0, n.early)
	for i := range n.left {
		if l := &n.left[i]; l.Absence == RemovedEarly {
			newest = max(newest, stampOf(l.LeftAt))
			sets = append(sets, backup.Removal{Backup: l.Backup, LeftAt: l.LeftAt, Expiry: l.Expiry})
		}
	}
	return backup.Removals{Last: newest.time(), Sets: sets}
}
