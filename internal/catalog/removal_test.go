package catalog

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// world tells a catalog of one instance with three backups, the oldest of which is old.
type world struct {
	t   *testing.T
	c   *Catalog
	now time.Time
	old backup.Backup
}

func newWorld(t *testing.T, policy backup.Policy, change func(*backup.Backup)) *world {
	w := &world{t: t, c: New(lookback), now: start, old: daily(start.Add(-3 * day))}
	if change != nil {
		change(&w.old)
	}
	w.lists("dds-1")
	w.c.LearnPolicy(one, Times{At: w.now}, policy)
	w.reads(w.old)
	return w
}

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

func (w *world) lists(ids ...string) { w.c.LearnListing(hangzhou(), Times{At: w.now}, listing(ids...)) }

// reads learns a whole list with two new backups and more.
func (w *world) reads(more ...backup.Backup) {
	all := append([]backup.Backup{daily(start.Add(-day)), daily(start.Add(-2 * day))}, more...)
	w.c.LearnBackups(one, list(w.now, all...))
	w.pass(time.Minute)
}

// evidence reads all that a removal waits for.
func (w *world) evidence() {
	w.c.LearnPolicy(one, Times{At: w.now}, w.c.Known(one).Policy.Value)
	w.lists("dds-1")
	w.pass(time.Minute)
}

func (w *world) expect(early bool) {
	w.t.Helper()
	removed := w.c.Removals(one)[one].Sets
	if got := len(removed) == 1 && removed[0].ID == w.old.ID; got != early || len(removed) > 1 {
		w.t.Errorf("removed early: %v, want it to be so: %v; left: %v", idsOf(removed), early, ids(w.c.Left(one)))
	}
	if _, known := w.c.Removals(one)[one]; known != early {
		w.t.Errorf("the target is among those with early removals: %v", known)
	}
	if got := !w.c.Removals(one)[one].Last.IsZero(); got != early {
		w.t.Errorf("last early removal %v", w.c.Removals(one)[one].Last)
	}
}

func TestSetThatVanishesBeforeItsExpiry(t *testing.T) {
	w := newWorld(t, weekly(30*day), nil)
	w.expect(false)
	gone := w.now
	w.reads()
	w.expect(false)
	w.reads()
	w.expect(false) // the policy may have been shortened
	w.evidence()
	w.expect(true)
	if got := w.c.Removals(one)[one].Last; !got.Equal(gone) {
		t.Errorf("it left at %v, want %v", got, gone)
	}
	if got := w.c.Removals(one)[one].Sets[0].Expiry; !got.Equal(w.old.StartedAt.Add(30 * day)) {
		t.Errorf("it would have expired at %v", got)
	}
	w.reads(w.old) // the list was wrong
	w.expect(false)
}

func TestWhatIsNoEarlyRemoval(t *testing.T) {
	vanish := func(w *world) {
		w.reads()
		w.evidence()
		w.reads()
		w.evidence()
	}
	for name, row := range map[string]struct {
		policy backup.Policy
		change func(*backup.Backup)
		happen func(*world)
		want   bool
	}{
		"evidence before the second list":     {policy: weekly(30 * day), happen: vanish, want: true},
		"one list lacks it":                   {policy: weekly(30 * day), happen: func(w *world) { w.reads(); w.evidence(); w.reads(w.old); w.reads(); w.evidence() }},
		"it expired":                          {policy: weekly(3 * day), happen: vanish},
		"it would have expired within a day":  {policy: weekly(3*day + 23*time.Hour), happen: vanish},
		"the cloud's own expiry passed":       {policy: weekly(30 * day), change: func(b *backup.Backup) { b.ExpiresAt = start }, happen: vanish},
		"the cloud's own expiry did not pass": {policy: weekly(day), change: func(b *backup.Backup) { b.ExpiresAt = start.Add(3 * day) }, happen: vanish, want: true},
		"kept for ever by the policy":         {policy: weekly(backup.Forever), happen: vanish, want: true},
		"the retention is unknown":            {policy: weekly(0), happen: vanish},
		"made by hand, without an expiry":     {policy: weekly(30 * day), change: func(b *backup.Backup) { b.Trigger = backup.TriggerManual }, happen: vanish},
		"made by hand, kept for ever":         {policy: weekly(day), change: func(b *backup.Backup) { b.Trigger, b.ExpiresAt = backup.TriggerManual, backup.Never }, happen: vanish, want: true},
		"a failure":                           {policy: weekly(30 * day), change: func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateFailed, nil }, happen: vanish},
		"flagged":                             {policy: weekly(30 * day), change: func(b *backup.Backup) { b.Unusable = backup.FlaggedUnusable }, happen: vanish},
		"empty":                               {policy: weekly(30 * day), change: func(b *backup.Backup) { b.SizeBytes = new(int64(0)) }, happen: vanish},
		"a part":                              {policy: weekly(30 * day), change: func(b *backup.Backup) { b.Part = "DBTable" }, happen: vanish},
		"incremental":                         {policy: weekly(30 * day), change: func(b *backup.Backup) { b.Kind = backup.KindIncremental }, happen: vanish},
		"it was seen being deleted":           {policy: weekly(30 * day), happen: func(w *world) { b := w.old; b.State, b.SizeBytes = backup.StateDeleting, nil; w.reads(b); vanish(w) }, want: true},
		"no policy was read since":            {policy: weekly(30 * day), happen: func(w *world) { w.reads(); w.reads(); w.lists("dds-1"); w.reads() }},
		"the instance was not listed since": {policy: weekly(30 * day), happen: func(w *world) {
			w.reads()
			w.reads()
			w.c.LearnPolicy(one, Times{At: w.now}, weekly(30*day))
			w.reads()
		}},
		"listings fail for a day, the policy is read": {policy: weekly(30 * day), happen: func(w *world) {
			w.reads()
			w.reads()
			w.pass(day)
			w.c.LearnPolicy(one, Times{At: w.now}, weekly(30*day))
		}, want: true},
		"the instance is gone": {policy: weekly(30 * day), happen: func(w *world) {
			w.reads()
			w.lists()
			w.reads()
			w.lists()
			w.c.LearnPolicy(one, Times{At: w.now}, weekly(30*day))
			w.reads()
		}},
		"the instance goes later": {policy: weekly(30 * day), happen: func(w *world) { vanish(w); w.lists(); w.lists() }},
		"the instance is being deleted": {policy: weekly(30 * day), happen: func(w *world) {
			l := listing("dds-1")
			l.Instances[0].Lifecycle = backup.LifecycleDeleting
			w.reads()
			w.c.LearnListing(hangzhou(), Times{At: w.now}, l)
			w.c.LearnPolicy(one, Times{At: w.now}, weekly(30*day))
			w.reads()
		}},
		"the policy was shortened in between": {policy: weekly(30 * day), happen: func(w *world) {
			w.reads()
			w.c.LearnPolicy(one, Times{At: w.now}, weekly(2*day))
			w.reads()
			w.evidence()
		}},
		"the policy was short once": {policy: weekly(2 * day), happen: func(w *world) {
			w.c.LearnPolicy(one, Times{At: w.now}, weekly(30*day))
			vanish(w)
		}},
		"a policy that thins itself": {policy: func() backup.Policy {
			p := weekly(30 * day)
			p.Schedules = append(p.Schedules, backup.Schedule{Interval: time.Hour})
			return p
		}(), happen: vanish},
		"by hand under a policy that thins itself": {
			policy: func() backup.Policy {
				p := weekly(30 * day)
				p.Schedules = append(p.Schedules, backup.Schedule{Interval: time.Hour})
				return p
			}(),
			change: func(b *backup.Backup) { b.Trigger, b.ExpiresAt = backup.TriggerManual, start.Add(30*day) }, happen: vanish, want: true,
		},
		"records could not be read": {policy: weekly(30 * day), happen: func(w *world) {
			for range 3 {
				l := list(w.now, daily(start.Add(-day)), daily(start.Add(-2*day)))
				l.List.Unread.Count = 1
				w.c.LearnBackups(one, l)
				w.evidence()
			}
		}},
		"it fell out of the range": {policy: weekly(30 * day), happen: func(w *world) { w.pass(lookback - 3*day + time.Minute); vanish(w) }},
		"it is at the edge of the range": {policy: weekly(30 * day), happen: func(w *world) {
			w.pass(lookback - 3*day - 30*time.Minute)
			vanish(w)
		}},
		"another kind was asked for": {policy: weekly(30 * day), happen: func(w *world) {
			for range 3 {
				l := list(w.now)
				l.List.Asked = []backup.Kind{backup.KindIncremental}
				w.c.LearnBackups(one, l)
				w.evidence()
			}
		}},
		"another operation was asked": {policy: weekly(30 * day), happen: func(w *world) {
			for range 3 {
				l := list(w.now, daily(start.Add(-time.Hour)))
				l.List.Op = "DescribeClusterBackups"
				w.c.LearnBackups(one, l)
				w.evidence()
			}
		}},
		"another operation was asked the second time": {policy: weekly(30 * day), happen: func(w *world) {
			w.reads()
			for range 3 {
				l := list(w.now, daily(start.Add(-time.Hour)))
				l.List.Op = "DescribeClusterBackups"
				w.c.LearnBackups(one, l)
				w.evidence()
			}
		}},
		"increments do not have it": {policy: weekly(30 * day), happen: func(w *world) {
			for range 3 {
				l := list(w.now)
				l.From = start.Add(-7 * day)
				w.c.LearnBackups(one, l)
				w.evidence()
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, row.policy, row.change)
			row.happen(w)
			w.expect(row.want)
		})
	}
}

// TestClockThatGoesBackRemovesNothing: a list that was asked for up to a clock that is behind does not have the newest sets.
// What such lists lack is judged by those that come once the clock is right.
func TestClockThatGoesBackRemovesNothing(t *testing.T) {
	for name, row := range map[string]struct {
		began, ended time.Duration // before the start, which is when the set is known
		back         time.Duration // how far the clock goes back then
		deleted      bool
		want         bool // while the clock is behind
	}{
		"it began after the time of the clock":           {began: 5 * time.Minute, ended: time.Minute, back: 10 * time.Minute},
		"it ended a moment before the time of the clock": {began: 11 * time.Minute, ended: 11 * time.Minute, back: 10 * time.Minute},
		"it ended after the time of the clock":           {began: 3 * time.Hour, ended: time.Minute, back: 10 * time.Minute},
		"it was deleted meanwhile":                       {began: 5 * time.Minute, ended: time.Minute, back: 10 * time.Minute, deleted: true},
		"it is older":                                    {began: 3 * time.Hour, ended: 2 * time.Hour, back: 10 * time.Minute, deleted: true, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, weekly(30*day), func(b *backup.Backup) {
				b.StartedAt, b.EndedAt = start.Add(-row.began), start.Add(-row.ended)
			})
			w.pass(-row.back)
			for range 3 {
				w.reads()
				w.evidence()
			}
			w.expect(row.want)
			for _, l := range w.c.Left(one) {
				if l.LeftAt.Before(l.Last()) {
					t.Errorf("%s left at %v, before it was last seen at %v", l.ID, l.LeftAt, l.Last())
				}
			}
			w.now = start.Add(time.Hour)
			for range 2 {
				if row.deleted {
					w.reads()
				} else {
					w.reads(w.old)
				}
				w.evidence()
			}
			w.expect(row.deleted)
		})
	}
}

// TestEarlyRemovalOutlivesRestarts: what a removal waits for may be read after a restart, and when the newest one was is
// known for as long as the file has the set.
func TestEarlyRemovalOutlivesRestarts(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	w := &world{t: t, c: f.Catalog(), now: start, old: daily(start.Add(-3 * day))}
	restart := func() {
		t.Helper()
		if err := f.Close(t.Context(), w.now); err != nil {
			t.Fatal(err)
		}
		f, _ = Open(t.Context(), Options{Dir: dir, Lookback: lookback}, w.now)
		t.Cleanup(f.closeAll)
		w.c = f.Catalog()
	}
	w.lists("dds-1")
	w.c.LearnPolicy(one, Times{At: w.now}, weekly(30*day))
	w.reads(w.old)
	restart()
	w.reads()
	restart()
	w.reads()
	restart()
	w.c.LearnPolicy(one, Times{At: w.now}, weekly(30*day))
	restart()
	w.expect(false)
	w.lists("dds-1")
	w.expect(true)
	restart()
	w.expect(true)
	w.pass(20 * day)
	restart()
	if removed, last := w.c.Removals(one)[one].Sets, w.c.Removals(one)[one].Last; len(removed) != 0 || last.IsZero() {
		t.Errorf("after 20 days %v is held, and the newest was at %v", idsOf(removed), last)
	}
	sets, err := f.Sets(t.Context(), one, start.Add(-30*day), start)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{w.old.ID + " removed_early", daily(start.Add(-2*day)).ID + " listed", daily(start.Add(-day)).ID + " listed"}
	if diff := cmp.Diff(want, ids(sets)); diff != "" {
		t.Errorf("the file has (-want +got):\n%s", diff)
	}
}

// TestRemovalsOfTheFormerOperation: when the operation changes, what the last lists of the former one lacked was not
// removed.
func TestRemovalsOfTheFormerOperation(t *testing.T) {
	vanish := func(w *world) {
		w.reads()
		w.reads()
	}
	concluded := func(w *world) {
		vanish(w)
		w.evidence()
		w.expect(true)
	}
	other := func(w *world) {
		l := list(w.now, daily(start.Add(-time.Hour)))
		l.List.Op = "DescribeClusterBackups"
		w.c.LearnBackups(one, l)
		w.pass(time.Minute)
	}
	for name, row := range map[string]struct {
		happen func(*world)
		want   bool
	}{
		"the next list":        {happen: func(w *world) { concluded(w); other(w) }},
		"after evidence again": {happen: func(w *world) { concluded(w); other(w); other(w); w.evidence() }},
		"nothing is read for a day in between": {happen: func(w *world) {
			concluded(w)
			w.pass(day)
			other(w)
		}},
		"it left just before the mode may have changed": {want: true, happen: func(w *world) {
			concluded(w)
			w.pass(2 * time.Hour)
			w.reads()
			other(w)
		}},
		"it left when the mode may have changed": {happen: func(w *world) {
			concluded(w)
			w.pass(2*time.Hour - 4*time.Minute)
			w.reads()
			other(w)
		}},
		"two lists lack it, and the evidence comes later": {happen: func(w *world) {
			vanish(w)
			other(w)
			w.evidence()
		}},
		"the same operation again": {want: true, happen: func(w *world) { concluded(w); w.reads() }},
		"there and back":           {happen: func(w *world) { concluded(w); other(w); w.reads(); w.reads(); w.evidence() }},
		"it comes back, and is removed by the operation in force": {want: true, happen: func(w *world) {
			concluded(w)
			other(w)
			w.reads(w.old)
			w.pass(3 * time.Hour)
			concluded(w)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, weekly(30*day), nil)
			row.happen(w)
			w.expect(row.want)
		})
	}
}

// TestTakenBackRemovalOutlivesRestarts: the file has what was taken back as out of range, and the restart does not change
// which lists were of the former operation.
func TestTakenBackRemovalOutlivesRestarts(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	w := &world{t: t, c: f.Catalog(), now: start, old: daily(start.Add(-3 * day))}
	restart := func() {
		t.Helper()
		if err := f.Close(t.Context(), w.now); err != nil {
			t.Fatal(err)
		}
		f, _ = Open(t.Context(), Options{Dir: dir, Lookback: lookback}, w.now)
		t.Cleanup(f.closeAll)
		w.c = f.Catalog()
	}
	w.lists("dds-1")
	w.c.LearnPolicy(one, Times{At: w.now}, weekly(30*day))
	w.reads(w.old)
	w.reads()
	w.reads()
	w.evidence()
	restart()
	w.expect(true)
	l := list(w.now, daily(start.Add(-time.Hour)))
	l.List.Op = "DescribeClusterBackups"
	w.c.LearnBackups(one, l)
	w.expect(false)
	restart()
	w.expect(false)
	for _, s := range w.c.Left(one) {
		if s.Absence != OutOfRange || !s.Expiry.IsZero() {
			t.Errorf("%s is %v with expiry %v, want it out of range without one", s.ID, s.Absence, s.Expiry)
		}
	}
}
