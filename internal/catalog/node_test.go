package catalog

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

func TestStatesOfASet(t *testing.T) {
	c := New(lookback)
	b := daily(start)
	at := start
	see := func(state backup.State) {
		b.State = state
		c.LearnBackups(one, list(at, b))
		at = at.Add(time.Minute)
	}
	see(backup.StateRunning)
	see(backup.StateRunning)
	see(backup.StateSuccess)
	c.LearnBackups(one, list(at))
	at = at.Add(time.Minute)
	see(backup.StateSuccess)
	minute := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
	want := []Sighting{{backup.StateRunning, minute(0), minute(1)}, {backup.StateSuccess, minute(2), minute(4)}}
	if diff := cmp.Diff(want, c.Sets(one)[0].Seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if left := c.Left(one); len(left) != 0 {
		t.Errorf("left: %v", ids(left))
	}
	for range 50 {
		see(backup.StateDeleting)
		see(backup.StateUnknown)
	}
	if seen := c.Sets(one)[0].Seen; len(seen) != sightingCap || seen[0].State != backup.StateRunning {
		t.Errorf("a set that flaps has %d states, the first %v", len(seen), seen[0].State)
	}
}

func TestReturnedSetsDoNotChange(t *testing.T) {
	c := New(lookback)
	at, b := start, daily(start)
	var texts, again []string
	var sets [][]Set
	for i := range 12 {
		b.State = backup.State(i % int(backup.NumStates))
		c.LearnBackups(one, list(at, b))
		sets = append(sets, c.Sets(one))
		texts = append(texts, setText(sets[i][0]))
		at = at.Add(time.Minute)
	}
	for _, s := range sets {
		again = append(again, setText(s[0]))
	}
	if diff := cmp.Diff(texts, again); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

func TestRepeatedIdsCountOnce(t *testing.T) {
	c := New(lookback)
	first, second := daily(start), daily(start)
	second.State = backup.StateFailed
	for range 2 {
		c.LearnBackups(one, list(start, first, second, daily(start.Add(-day))))
		if sets := c.Sets(one); len(sets) != 2 || sets[0].State != backup.StateSuccess || len(sets[0].Seen) != 1 {
			t.Errorf("sets %+v", sets)
		}
	}
}

// TestMemoryIsBounded: a target with a backup every quarter of an hour, and incremental ones every five minutes, for two
// months.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	c := New(lookback)
	for at := start; at.Before(start.Add(60 * day)); at = at.Add(6 * time.Hour) {
		var all []backup.Backup
		for i := range 24 {
			all = append(all, daily(at.Add(-time.Duration(i)*15*time.Minute)))
		}
		for i := range 72 {
			b := daily(at.Add(-time.Duration(i) * 5 * time.Minute))
			b.ID, b.Kind = fmt.Sprint("i", b.StartedAt.Unix()), backup.KindIncremental
			all = append(all, b)
		}
		l := list(at, all...)
		l.Since = at.Add(-6 * time.Hour)
		c.LearnBackups(one, l)
		c.LearnPolicy(one, Times{At: at}, weekly(time.Duration(1+at.Hour())*day))
		c.LearnListing(hangzhou(), Times{At: at}, listing("dds-1", at.Format("clone-0102T15")))
		c.Trim(at)
	}
	full, increments := 0, 0
	for _, s := range c.Left(one) {
		if s.Kind == backup.KindFull {
			full++
		} else {
			increments++
		}
	}
	if full < 600 || full+increments > leftCap || increments != leftCap/8 {
		t.Errorf("%d full and %d incremental sets that left are held", full, increments)
	}
	if n := len(c.Known(one).Policies); n != policyCap {
		t.Errorf("%d versions of the policy are held", n)
	}
	if n := len(c.Instances(hangzhou())); n > 40 {
		t.Errorf("%d instances are held", n)
	}
	if n := len(c.queue); n > 300 {
		t.Errorf("%d instances wait for a file that there is not", n)
	}
}

func TestShardThatIsGoneIsForgotten(t *testing.T) {
	c := New(lookback)
	l := listing("dds-1")
	l.Instances[0].Nodes = []string{"a", "b"}
	c.LearnListing(hangzhou(), Times{At: start}, l)
	for _, id := range []string{"a", "b"} {
		c.LearnBackups(one.Node(id), list(start))
	}
	l.Instances[0].Nodes = []string{"b"}
	later := start.Add(9 * day)
	c.LearnListing(hangzhou(), Times{At: later}, l)
	c.Trim(later)
	if diff := cmp.Diff([]backup.Target{one.Node("b")}, c.Targets(one)); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
}
