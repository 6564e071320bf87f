package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// leftCap is how many sets that left the list are held in memory for one target: eight days of backups every 15 minutes.
// The file has the others.
const leftCap = 800

// node is what is known of one target. Memory is shared with whoever asked the cloud: list is what was learned, and tracks
// has an entry for each of its backups, in the same order.
type node struct {
	key backup.Target
	in  *instance

	backups answer[backup.List]
	since   stamp   // nothing that began before is in the list; 0: no limit
	whole   stamp   // when a whole list was learned
	watches []watch // when whole lists were learned again and again, the oldest first
	apart   stamp   // when those incremental backups were read that the cloud's list leaves out; 0: it has them
	tracks  []track
	left    []leaver // newest first
	mixed   bool     // left is not in order
	afresh  bool     // everything is to be written, because the file may have sets in the list that left
	watched int      // how many of left are Missing
	early   int      // how many of left are RemovedEarly
	removed stamp    // when the newest set left that was removed early and is not held any more; 0: none did

	older  answer[*backup.Older] // nil: nobody needs to know
	copies answer[backup.Copies]
	checks answer[backup.RestoreChecks]
}

// Backups is a list of the backups of a target.
type Backups struct {
	Times
	List  backup.List
	Since time.Time // nothing that began before it belongs to the list; zero: no limit
	// From is where an increment starts: what began before is not in List, and stays as it was. Zero: List is whole.
	From time.Time
}

// LearnBackups learns a list of the backups of a target. A whole list replaces the one before: what it lacks has left. An
// increment is merged by id: it adds and updates, and lets nothing go but what began before Since. The first list of a
// target is taken as whole.
func (c *Catalog) LearnBackups(t backup.Target, a Backups) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.node(t)
	at := stampOf(a.At)
	n.takeBack(&a)
	whole := a.From.IsZero() || n.backups.At.IsZero()
	if whole {
		c.learnWhole(n, &a, at)
		n.whole = at
		if a.List.Unread.Count == 0 { // another shows nothing
			n.watches = seenAt(n.watches, at)
		}
	} else {
		c.merge(n, &a, at)
	}
	n.since = stampOf(a.Since)
	n.backups.learn(a.Times, a.List)
	n.sortLeft()
	c.changed(n.in)
}

// LearnIncrements learns the incremental backups of a target that its list leaves out. They replace those that are known. What
// is known of its other backups stays as it was, and so does when they were read. Before the first list, nothing is learned.
func (c *Catalog) LearnIncrements(t backup.Target, times Times, list backup.List) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.findNode(t)
	if n == nil || n.backups.At.IsZero() {
		return
	}
	known := n.backups.value
	apart := func(b backup.Backup) bool { return slices.Contains(list.Asked, b.Kind) }
	known.Backups = slices.Concat(slices.DeleteFunc(slices.Clone(known.Backups), apart), list.Backups)
	known.Asked = slices.Concat(slices.DeleteFunc(slices.Clone(known.Asked), func(k backup.Kind) bool {
		return slices.Contains(list.Asked, k)
	}), list.Asked)
	a := Backups{Times: n.backups.Times, List: known.Since(time.Time{})}
	c.replace(n, &a, stampOf(times.At))
	n.backups.learn(a.Times, a.List)
	n.apart = stampOf(times.At)
	n.sortLeft()
	c.changed(n.in)
}

// learnWhole learns a whole list.
func (c *Catalog) learnWhole(n *node, a *Backups, at stamp) {
	c.replace(n, a, at)
	if n.watched > 0 {
		n.watch(a, at)
	}
}

// replace replaces the list.
func (c *Catalog) replace(n *node, a *Backups, at stamp) {
	old := n.backups.value.Backups
	if !slices.EqualFunc(old, a.List.Backups, func(x, y backup.Backup) bool { return sameBackup(&x, &y) }) {
		a.List.Backups = c.withoutRepeats(a.List.Backups)
		places := c.places(old)
		tracks := make([]track, len(a.List.Backups))
		for i := range a.List.Backups {
			tracks[i] = n.follow(&a.List.Backups[i], places, at)
		}
		for _, i := range places { // those that are left over are not in the new list
			n.leave(i, a, at)
		}
		n.tracks = tracks
	}
}

// merge adds an increment to the list.
func (c *Catalog) merge(n *node, a *Backups, at stamp) {
	before := n.backups.value
	a.List.Backups = c.withoutRepeats(a.List.Backups)
	places := c.places(before.Backups)
	type entry struct {
		backup.Backup
		track
	}
	merged := make([]entry, 0, len(before.Backups)+len(a.List.Backups))
	for i := range a.List.Backups {
		b := &a.List.Backups[i]
		tr := n.follow(b, places, at)
		tr.last = at
		merged = append(merged, entry{*b, tr})
	}
	for i := range before.Backups {
		b := &before.Backups[i]
		switch _, untouched := places[b.ID]; {
		case !untouched:
		case began(b).IsZero() || !began(b).Before(a.Since):
			merged = append(merged, entry{*b, n.tracks[i]})
		default:
			n.leave(i, a, at)
		}
	}
	slices.SortStableFunc(merged, func(x, y entry) int { return began(&y.Backup).Compare(began(&x.Backup)) })
	list := backup.List{Op: a.List.Op, Asked: before.Asked, Unread: before.Unread, Jobs: a.List.Jobs, Backups: make([]backup.Backup, len(merged))}
	n.tracks = make([]track, len(merged))
	for i, e := range merged {
		list.Backups[i], n.tracks[i] = e.Backup, e.track
	}
	if u := a.List.Unread; u.Count > 0 {
		list.Unread.Count = max(list.Unread.Count, u.Count)
		list.Unread.Dated = later(list.Unread.Dated, u.Dated)
	}
	a.List = list
}

// places returns the places of backups by id. The map is valid until the next call.
func (c *Catalog) places(all []backup.Backup) map[string]int {
	clear(c.index)
	for i := range all {
		c.index[all[i].ID] = i
	}
	return c.index
}

// follow returns the track of a set that is listed, and takes it from the places.
func (n *node) follow(b *backup.Backup, places map[string]int, at stamp) track {
	if i, listed := places[b.ID]; listed {
		delete(places, b.ID)
		tr, was := n.tracks[i], &n.backups.value.Backups[i]
		if !sameBackup(was, b) {
			tr.observe(was, b, n.lastSeen(&tr), at)
		}
		return tr
	}
	i := slices.IndexFunc(n.left, func(l leaver) bool { return l.ID == b.ID })
	if i < 0 {
		return begin(b, at)
	}
	l := n.left[i]
	n.drop(i)
	last := l.Seen[len(l.Seen)-1]
	tr := track{earlier: l.Seen[:len(l.Seen)-1], first: stampOf(last.First), last: at, usable: l.usable, dirty: true}
	tr.observe(&l.Backup, b, stampOf(last.Last), at)
	return tr
}

// lastSeen returns when a listed set was last seen.
func (n *node) lastSeen(tr *track) stamp { return max(n.whole, tr.last, tr.first) }

// sortLeft brings what left in order, and drops what is too much. Of incremental backups, of which a cloud may make one
// every few minutes, fewer are held, so that they do not displace the others.
func (n *node) sortLeft() {
	if !n.mixed {
		return
	}
	n.mixed = false
	slices.SortFunc(n.left, func(a, b leaver) int {
		return cmp.Or(b.LeftAt.Compare(a.LeftAt), began(&b.Backup).Compare(began(&a.Backup)), strings.Compare(b.ID, a.ID))
	})
	increments := 0
	for i := 0; i < len(n.left); {
		if n.left[i].Kind == backup.KindIncremental {
			increments++
		}
		if i >= leftCap || (n.left[i].Kind == backup.KindIncremental && increments > leftCap/8) {
			n.drop(i)
			continue
		}
		i++
	}
}

// drop forgets a set that left. One that was to be written makes everything be written, because the file still has it in
// the list.
func (n *node) drop(i int) {
	l := &n.left[i]
	switch l.Absence {
	case Missing:
		n.watched--
	case RemovedEarly:
		n.early--
	case Listed, OutOfRange, Explained:
	}
	n.afresh = n.afresh || l.dirty
	n.left = slices.Delete(n.left, i, i+1)
}

// trim forgets what left too long ago. Whether lists were read before the file, or memory without one, forgot what they lacked,
// is of no use.
func (n *node) trim(now time.Time, lookback, remembered time.Duration) {
	n.watches = since(n.watches, stampOf(now.Add(-max(lookback, removalHeld, remembered))))
	ago := func(d time.Duration) stamp { return stampOf(now.Add(-d)) }
	for i := 0; i < len(n.left); {
		l := &n.left[i]
		at, limit := stampOf(l.LeftAt), ago(lookback)
		switch {
		case l.Absence == RemovedEarly:
			limit = ago(max(lookback, removalHeld))
		case l.Kind == backup.KindIncremental:
			limit = ago(thinAfter)
		}
		if at >= limit {
			i++
			continue
		}
		if l.Absence == RemovedEarly {
			n.removed = max(n.removed, at)
		}
		n.drop(i)
	}
}

// asked returns when the target was last asked about.
func (n *node) asked() stamp {
	return max(stampOf(n.backups.At), stampOf(n.copies.At), stampOf(n.checks.At))
}

// withoutRepeats returns the backups without those whose id an earlier one has. The slice is not changed.
func (c *Catalog) withoutRepeats(all []backup.Backup) []backup.Backup {
	if len(c.places(all)) == len(all) {
		return all
	}
	clear(c.index)
	return slices.DeleteFunc(slices.Clone(all), func(b backup.Backup) bool {
		_, repeated := c.index[b.ID]
		c.index[b.ID] = 0
		return repeated
	})
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
