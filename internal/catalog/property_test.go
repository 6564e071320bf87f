package catalog

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mongodb_backup_exporter/internal/backup"
)

// historiesIn says how many random histories the properties are tried with; without it, 60.
const historiesIn = "CATALOG_TEST_HISTORIES"

func histories() uint64 {
	n, err := strconv.ParseUint(os.Getenv(historiesIn), 10, 64)
	switch {
	case err == nil:
		return n
	case testing.Short(): // as the race detector runs; one goroutine does all
		return 6
	}
	return 60
}

// cloud is a simulated cloud with one target. Its backups begin, end, fail, and are deleted or expire.
type cloud struct {
	random  *rand.Rand
	now     time.Time
	all     []backup.Backup // newest start first
	touched time.Time       // the start of the oldest backup that changed since the last reading; zero: none did
	made    int
	policy  backup.Policy
}

func newCloud(seed uint64) *cloud {
	return &cloud{random: rand.New(rand.NewPCG(seed, 3)), now: start, policy: weekly(5 * day)}
}

// step lets some hours pass, in which something may happen. Backups are removed only where it says so.
func (w *cloud) step(removing bool) {
	w.now = w.now.Add(time.Duration(1+w.random.IntN(12*60)) * time.Minute)
	if w.random.IntN(2) == 0 {
		b := daily(w.now.Add(-time.Second))
		w.made++
		b.ID, b.State, b.EndedAt, b.SizeBytes = fmt.Sprint("b", w.made), backup.StateRunning, time.Time{}, nil
		b.Kind = []backup.Kind{backup.KindFull, backup.KindFull, backup.KindIncremental}[w.random.IntN(3)]
		b.Trigger = []backup.Trigger{backup.TriggerAutomatic, backup.TriggerAutomatic, backup.TriggerManual}[w.random.IntN(3)]
		w.all = slices.Insert(w.all, 0, b)
		w.touch(&b)
	}
	for i := range w.all {
		b := &w.all[i]
		if b.State == backup.StateRunning && w.random.IntN(2) == 0 {
			b.State, b.EndedAt, b.SizeBytes = backup.StateSuccess, w.now, new(int64(1000+w.random.IntN(1000)))
			if w.random.IntN(4) == 0 {
				b.State, b.SizeBytes = backup.StateFailed, nil
			}
			w.touch(b)
		}
	}
	if removing && len(w.all) > 0 && w.random.IntN(3) == 0 {
		i := w.random.IntN(len(w.all))
		w.all = slices.Delete(w.all, i, i+1)
	}
	if w.random.IntN(10) == 0 {
		w.policy = weekly(time.Duration(1+w.random.IntN(20)) * day)
	}
}

func (w *cloud) touch(b *backup.Backup) {
	if w.touched.IsZero() || b.StartedAt.Before(w.touched) {
		w.touched = b.StartedAt
	}
}

// since returns the backups that began at a time or later.
func (w *cloud) since(t time.Time) []backup.Backup {
	return slices.DeleteFunc(slices.Clone(w.all), func(b backup.Backup) bool { return b.StartedAt.Before(t) })
}

// tellWhole tells a catalog all, and tellIncrement what changed since the last reading.
func (w *cloud) tellWhole(c *Catalog) {
	c.LearnBackups(one, list(w.now, w.since(w.now.Add(-lookback))...))
}

func (w *cloud) tellIncrement(c *Catalog) {
	from := w.touched
	if from.IsZero() {
		from = w.now.Add(-time.Hour)
	}
	l := list(w.now, w.since(from)...)
	l.From = from
	c.LearnBackups(one, l)
}

func (w *cloud) tellRest(c *Catalog) {
	c.LearnPolicy(one, Times{At: w.now}, w.policy)
	c.LearnListing(hangzhou(), Times{At: w.now}, listing("dds-1"))
}

// states returns what is known of the listed sets, without when they were last seen: an increment says that of the sets in
// it only.
func statesOf(sets []Set) []string {
	var all []string
	for _, s := range sets {
		text := s.ID + " " + s.State.String() + " " + s.Absence.String()
		for _, seen := range s.Seen {
			text += fmt.Sprintf(" %v since %v", seen.State, seen.First)
		}
		all = append(all, text)
	}
	return all
}

// TestIncrementsAreAsGoodAsWholeLists: a catalog that is told increments, and now and then a whole list, has the same list,
// states and policies as one that is told whole lists.
func TestIncrementsAreAsGoodAsWholeLists(t *testing.T) {
	for seed := range histories() {
		w, whole, parts := newCloud(seed), New(lookback), New(lookback)
		for n := range 60 {
			w.step(false)
			w.tellWhole(whole)
			if n%10 == 0 {
				w.tellWhole(parts)
			} else {
				w.tellIncrement(parts)
			}
			w.touched = time.Time{}
			w.tellRest(whole)
			w.tellRest(parts)
			a, b := whole.Known(one), parts.Known(one)
			b.WholeAt = a.WholeAt
			if diff := cmp.Diff(a, b, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("seed %d, step %d: known by whole lists and by increments:\n%s", seed, n, diff)
			}
			if diff := cmp.Diff(statesOf(whole.Sets(one)), statesOf(parts.Sets(one))); diff != "" {
				t.Fatalf("seed %d, step %d: states by whole lists and by increments:\n%s", seed, n, diff)
			}
			whole.Trim(w.now)
			parts.Trim(w.now)
		}
	}
}

// TestRemovalsAreFoundWithIncrementsToo: after two whole lists, the same sets are removed early.
func TestRemovalsAreFoundWithIncrementsToo(t *testing.T) {
	for seed := range histories() {
		w, whole, parts := newCloud(seed), New(60*day), New(60*day)
		w.policy = weekly(300 * day)
		told := func(f func(*Catalog)) { f(whole); f(parts) }
		told(w.tellRest)
		for range 12 {
			w.step(false)
			told(w.tellWhole)
		}
		w.policy = weekly(300 * day)
		w.touched = time.Time{}
		for range 3 {
			w.step(true)
			w.tellWhole(whole)
			w.tellIncrement(parts)
			w.touched = time.Time{}
		}
		w.policy = weekly(300 * day)
		for range 3 {
			w.now = w.now.Add(time.Minute)
			told(w.tellWhole)
			told(w.tellRest)
		}
		a, b := idsOf(whole.Removals(one)[one].Sets), idsOf(parts.Removals(one)[one].Sets)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("seed %d: removed early by whole lists and with increments:\n%s", seed, diff)
		}
	}
}

func idsOf(sets []backup.Removal) []string {
	var all []string
	for _, s := range sets {
		all = append(all, s.ID)
	}
	slices.Sort(all)
	return all
}

// TestRestartsChangeNothing: a catalog that is written and loaded after random steps says the same as one that is not.
func TestRestartsChangeNothing(t *testing.T) {
	for seed := range max(3, histories()/20) {
		dir := t.TempDir()
		f := open(t, dir)
		w, kept := newCloud(seed), New(lookback)
		for n := range 60 {
			w.step(true)
			for _, c := range []*Catalog{kept, f.Catalog()} {
				if n%4 == 3 && seed%2 == 1 {
					w.tellIncrement(c)
				} else {
					w.tellWhole(c)
				}
				w.tellRest(c)
				c.LearnJobs(one, Times{At: w.now}, []backup.Job{{ID: fmt.Sprint(w.made), State: backup.JobState(n % 6), StartedAt: w.now}})
			}
			w.touched = time.Time{}
			switch w.random.IntN(4) {
			case 0:
				must(t, f.Close(t.Context(), w.now))
				var err error
				f, err = Open(t.Context(), Options{Dir: dir, Lookback: lookback}, w.now)
				must(t, err)
				kept.trimmed = time.Time{} // a start searches memory, too
			case 1:
				flush(t, f, w.now)
			default:
				f.Catalog().Trim(w.now)
			}
			f.catalog.trimmed = time.Time{}
			f.catalog.Trim(w.now)
			kept.trimmed = time.Time{}
			kept.Trim(w.now)
			compare := func(c *Catalog) string { return view(c, one) }
			if seed%2 == 1 { // when an increment last had a set is not written
				compare = func(c *Catalog) string {
					return fmt.Sprint(statesOf(c.Sets(one)), idsOf(c.Removals(one)[one].Sets), times(TimesOf(c.Known(one).Backups)))
				}
			}
			if diff := cmp.Diff(compare(kept), compare(f.Catalog())); diff != "" {
				t.Fatalf("seed %d, step %d: without and with restarts:\n%s", seed, n, diff)
			}
		}
		f.closeAll()
	}
}
