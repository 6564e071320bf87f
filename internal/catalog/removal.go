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

// inRange reports whether a whole list must have a backup that exists.
func (a *Backups) inRange(b *backup.Backup) bool {
	start := began(b)
	return slices.Contains(a.List.Asked, b.Kind) && (start.IsZero() || !start.Before(a.Since.Add(rangeMargin)))
}

// leave notes that the set in a place of the list is not in the next one.
func (n *node) leave(place int, a *Backups, at stamp) {
	b, tr := n.backups.value.Backups[place], &n.tracks[place]
	l := leaver{
		Set:    Set{Backup: b, Seen: tr.states(b.State, n.lastSeen(tr)), Absence: OutOfRange, LeftAt: at.time()},
		usable: tr.usable, dirty: true,
	}
	switch {
	case !a.From.IsZero() || !a.inRange(&b):
	case !tr.usable:
		l.Absence = Explained
	default:
		l.Absence = Missing
		n.watched++
	}
	n.left, n.mixed = append(n.left, l), true
}

// watch looks at a whole list for the sets that it should have and does not. A list with records that could not be read
// shows nothing: one of them may be the set.
func (n *node) watch(a *Backups, at stamp) {
	for i := range n.left {
		l := &n.left[i]
		if l.Absence != Missing || a.List.Unread.Count > 0 {
			continue
		}
		switch {
		case a.inRange(&l.Backup):
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
	if l.Absence == Missing {
		n.watched--
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

// RemovedEarly returns the sets of a target that vanished before their expiry, the newest first: at least those of the last
// seven days. There are none where the instance itself is gone.
func (c *Catalog) RemovedEarly(t backup.Target) []Set {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.findNode(t)
	if n == nil || !n.in.there() {
		return nil
	}
	var removed []Set
	for i := range n.left {
		if n.left[i].Absence == RemovedEarly {
			removed = append(removed, n.left[i].Set)
		}
	}
	return removed
}

// LastEarlyRemoval returns when a list first lacked the set that was removed early last; zero: none was, or the instance
// itself is gone. It goes back as far as the file does.
func (c *Catalog) LastEarlyRemoval(t backup.Target) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.findNode(t)
	if n == nil || !n.in.there() {
		return time.Time{}
	}
	newest := n.removed
	for i := range n.left {
		if n.left[i].Absence == RemovedEarly {
			newest = max(newest, stampOf(n.left[i].LeftAt))
		}
	}
	return newest.time()
}
