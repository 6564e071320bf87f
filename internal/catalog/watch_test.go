package catalog

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// watched returns when lists of a target were read again and again, by memory and by the file, which must say the same.
func watched(t *testing.T, f *File, at time.Time) []backup.Watch {
	t.Helper()
	flush(t, f, at)
	memory, err := f.Catalog().Kept(t.Context(), one, time.Time{})
	must(t, err)
	file, err := f.Kept(t.Context(), one, time.Time{})
	must(t, err)
	if diff := cmp.Diff(memory.Watches, file.Watches, cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("-memory +file:\n%s", diff)
	}
	return memory.Watches
}

// TestWatches: of lists without news it is known when they were read, also after a start, with every hole between them.
func TestWatches(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	set := daily(start.Add(-time.Hour))
	hours := func(h int) time.Time { return start.Add(time.Duration(h) * time.Hour) }
	learn := func(h int, edit func(*Backups)) {
		l := list(hours(h), set)
		edit(&l)
		f.Catalog().LearnBackups(one, l)
	}
	whole := func(*Backups) {}
	check := func(h int, want ...backup.Watch) {
		t.Helper()
		if diff := cmp.Diff(want, watched(t, f, hours(h)), cmp.Comparer(time.Time.Equal)); diff != "" {
			t.Errorf("after %d h (-want +got):\n%s", h, diff)
		}
	}
	for h := 0; h <= 48; h += 6 {
		learn(h, whole)
	}
	check(48, backup.Watch{From: start, Until: hours(48)})
	learn(40, whole) // the clock went back
	check(48, backup.Watch{From: start, Until: hours(48)})
	learn(54, func(l *Backups) { l.From = set.StartedAt }) // the end of the list alone
	learn(55, func(l *Backups) { l.List.Unread.Count = 1 })
	check(55, backup.Watch{From: start, Until: hours(48)})
	learn(60, whole) // as late as may be
	check(60, backup.Watch{From: start, Until: hours(60)})
	learn(73, whole)
	check(73, backup.Watch{From: start, Until: hours(60)}, backup.Watch{From: hours(73), Until: hours(73)})
	must(t, f.Close(t.Context(), hours(73)))
	f = open(t, dir)
	learn(80, whole)
	check(80, backup.Watch{From: start, Until: hours(60)}, backup.Watch{From: hours(73), Until: hours(80)})
}

// What nobody remembers was removed is not counted as watched.
func TestWatchesEndWithTheMemory(t *testing.T) {
	c := New(lookback)
	at := start
	for ; at.Before(start.Add(30 * day)); at = at.Add(6 * time.Hour) {
		c.LearnBackups(one, list(at))
		c.Trim(at)
	}
	kept, err := c.Kept(t.Context(), one, time.Time{})
	must(t, err)
	if w := kept.Watches; len(w) != 1 || at.Sub(w[0].From) > max(lookback, removalHeld)+day || at.Sub(w[0].From) < max(lookback, removalHeld) {
		t.Errorf("watched %v, at %v", kept.Watches, at)
	}
}

func TestWatchesAreFew(t *testing.T) {
	var all []watch
	for d := range 3 * watchesCap {
		all = seenAt(all, stampOf(start.Add(time.Duration(d)*day)))
	}
	last := start.Add((3*watchesCap - 1) * day)
	if len(all) != watchesCap || all[watchesCap-1].from != stampOf(last) || !slices.IsSortedFunc(all, func(a, b watch) int { return int(a.from - b.from) }) {
		t.Errorf("%d are held, the last of %v", len(all), all[len(all)-1].from.time())
	}
}
