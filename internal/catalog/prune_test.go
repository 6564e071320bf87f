package catalog

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// shortly is the options of a file that keeps things for less time than memory does.
func shortly(dir string) Options {
	return Options{Dir: dir, Lookback: lookback, Retention: 20 * time.Second}
}

// tellOfShards tells a catalog of a replica set and a cluster, of which a set left, and returns their targets.
func tellOfShards(c *Catalog, at time.Time) []backup.Target {
	times, targets := Times{At: at}, []backup.Target{one}
	l := listing("dds-1", "cluster")
	l.Instances[1].Nodes = []string{"shard-1", "shard-2"}
	c.LearnListing(hangzhou(), times, l)
	for _, node := range l.Instances[1].Nodes {
		targets = append(targets, backup.Target{Cloud: one.Cloud, Account: one.Account, Region: one.Region, InstanceID: "cluster", NodeID: node})
	}
	for _, t := range targets {
		c.LearnBackups(t, list(at, daily(start.Add(-day)), daily(start.Add(-2*day))))
		c.LearnCopies(t, times, backup.Copies{Region: "cn-shanghai", Backups: []backup.Backup{daily(start.Add(-day))}})
		c.LearnOlder(t, times, &backup.Older{At: at})
		c.LearnJobs(t.Instance(), times, []backup.Job{{ID: "j", State: backup.JobFinished, StartedAt: start.Add(-day)}})
		c.LearnPolicy(t.Instance(), times, weekly(7*day))
		c.LearnRecovery(t.Instance(), times, backup.Window{Start: start.Add(-day), End: start})
	}
	return targets
}

// TestWhatMemoryHoldsStays: an outage that is longer than the retention, and a clock that is far ahead for a while, take
// nothing from the file that memory holds, because answers that did not change are not written again.
func TestWhatMemoryHoldsStays(t *testing.T) {
	for name, row := range map[string]struct {
		pass  time.Duration // what the clock says in between
		again bool          // whether the same answers come afterwards
	}{
		"an outage":                    {pass: time.Minute},
		"an outage that ended":         {pass: time.Minute, again: true},
		"a clock far ahead":            {pass: 1000 * day},
		"a clock far ahead that ended": {pass: 1000 * day, again: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f, err := Open(t.Context(), shortly(dir), start)
			must(t, err)
			defer func() { f.closeAll() }()
			targets := tellOfShards(f.Catalog(), start)
			for _, at := range []time.Time{start, start.Add(row.pass), start.Add(row.pass), start.Add(row.pass), start.Add(row.pass)} {
				flush(t, f, at)
			}
			now := start.Add(2 * time.Minute)
			if row.again {
				tellOfShards(f.Catalog(), now)
			}
			want := view(f.Catalog(), targets...)
			must(t, f.Close(t.Context(), now))
			f, err = Open(t.Context(), shortly(dir), now)
			must(t, err)
			if diff := cmp.Diff(want, view(f.Catalog(), targets...)); diff != "" {
				t.Errorf("after a restart (-want +got):\n%s", diff)
			}
			if n := len(f.Catalog().Sets(targets[2])); n != 2 {
				t.Errorf("%d sets of a shard are known", n)
			}
		})
	}
}

// rowsOf returns how many rows each table of a file has.
func rowsOf(t *testing.T, f *File) map[string]int {
	t.Helper()
	all := map[string]int{}
	for _, table := range []string{"target", "reading", "backup_set", "past_set", "job", "policy", "instance", "listing"} {
		n := 0
		must(t, f.db.QueryRowContext(t.Context(), `SELECT count(*) FROM `+table).Scan(&n))
		if n > 0 {
			all[table] = n
		}
	}
	return all
}

// TestAbandonedRegionIsForgotten: of an account that left the configuration nothing stays for longer than the retention.
func TestAbandonedRegionIsForgotten(t *testing.T) {
	dir := t.TempDir()
	options := Options{Dir: dir, Lookback: lookback, Retention: 20 * day}
	f, err := Open(t.Context(), options, start)
	must(t, err)
	defer func() { f.closeAll() }()
	targets := tellOfShards(f.Catalog(), start)
	want := view(f.Catalog(), targets...)
	reopen := func(now time.Time) {
		t.Helper()
		must(t, f.Close(t.Context(), now))
		f, err = Open(t.Context(), options, now)
		must(t, err)
		for range 8 {
			flush(t, f, now)
		}
	}
	reopen(start.Add(19 * day))
	if diff := cmp.Diff(want, view(f.Catalog(), targets...)); diff != "" {
		t.Errorf("within the retention (-want +got):\n%s", diff)
	}
	reopen(start.Add(21 * day))
	if got := view(f.Catalog()); got != "" {
		t.Errorf("known after the retention: %s", got)
	}
	if rows := rowsOf(t, f); len(rows) > 0 {
		t.Errorf("the file has %v", rows)
	}
}

// TestAbandonedInstanceComesBack: what is asked again after a start that left it out is written, also that it has no jobs
// any more.
func TestAbandonedInstanceComesBack(t *testing.T) {
	dir := t.TempDir()
	f, err := Open(t.Context(), shortly(dir), start)
	must(t, err)
	defer func() { f.closeAll() }()
	reopen := func(now time.Time) {
		t.Helper()
		must(t, f.Close(t.Context(), now))
		f, err = Open(t.Context(), shortly(dir), now)
		must(t, err)
	}
	tellOfShards(f.Catalog(), start)
	now := start.Add(lookback + time.Hour)
	reopen(now)
	f.Catalog().LearnBackups(one, list(now, daily(start.Add(-day))))
	f.Catalog().LearnJobs(one, Times{At: now}, nil)
	reopen(now)
	if sets, jobs := f.Catalog().Sets(one), f.Catalog().Known(one).Jobs; len(sets) != 1 || len(jobs.Value) != 0 || !jobs.At.Equal(now) {
		t.Errorf("after a restart %d sets, and jobs %+v", len(sets), jobs)
	}
}

// TestWhatIsHeardOfIsNotAbandoned: one of the answers is enough.
func TestWhatIsHeardOfIsNotAbandoned(t *testing.T) {
	now := start.Add(lookback + time.Hour)
	for name, learn := range map[string]func(*Catalog){
		"the policy was read": func(c *Catalog) { c.LearnPolicy(one, Times{At: now}, weekly(7*day)) },
		"it was listed":       func(c *Catalog) { c.LearnListing(one, Times{At: now}, listing("dds-1")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			f, err := Open(t.Context(), shortly(dir), start)
			must(t, err)
			tellOfShards(f.Catalog(), start)
			learn(f.Catalog())
			must(t, f.Close(t.Context(), now))
			f, err = Open(t.Context(), shortly(dir), now.Add(time.Minute))
			must(t, err)
			defer f.closeAll()
			if n := len(f.Catalog().Sets(one)); n != 2 {
				t.Errorf("%d sets are known", n)
			}
		})
	}
}

// TestTargetThatIsNoneAnyMore: a cluster that is asked by shard has no list of its own any more, and a shard may go. What
// they had is forgotten, although the cluster is held.
func TestTargetThatIsNoneAnyMore(t *testing.T) {
	f, err := Open(t.Context(), shortly(t.TempDir()), start)
	must(t, err)
	defer f.closeAll()
	cluster := one
	cluster.InstanceID = "cluster"
	shard := cluster
	shard.NodeID = "shard-0"
	f.Catalog().LearnBackups(cluster, list(start, daily(start.Add(-day))))
	f.Catalog().LearnBackups(shard, list(start, daily(start.Add(-day))))
	f.Catalog().LearnCopies(shard, Times{At: start}, backup.Copies{Region: "cn-shanghai"})
	flush(t, f, start)
	now := start.Add(lookback + time.Hour)
	tellOfShards(f.Catalog(), now)
	for range 8 {
		flush(t, f, now)
	}
	sets, err := f.Sets(t.Context(), cluster, time.Time{}, now)
	must(t, err)
	want := map[string]int{"target": 5, "reading": 1 + 2*3 + 3*3, "backup_set": 6, "job": 2, "policy": 2, "instance": 2, "listing": 1}
	if diff := cmp.Diff(want, rowsOf(t, f)); diff != "" || len(sets) != 0 {
		t.Errorf("the file has %d sets of the cluster, and rows (-want +got):\n%s", len(sets), diff)
	}
}
