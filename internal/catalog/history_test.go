package catalog

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// TestFileKeepsWhatMemoryForgets: 150 days with a backup a day, incremental ones every ten minutes, and clones that come
// and go.
func TestFileKeepsWhatMemoryForgets(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	f, err := Open(t.Context(), Options{Dir: t.TempDir(), Lookback: lookback, Retention: 100 * day}, start)
	must(t, err)
	defer f.closeAll()
	ctx := t.Context()
	clones := 0
	at := start
	for d := range 150 {
		at = start.Add(time.Duration(d) * day)
		var all []backup.Backup
		for i := range 3 {
			all = append(all, daily(at.Add(-time.Duration(i)*day)))
		}
		for i := range 36 {
			b := daily(at.Add(-time.Duration(i) * 10 * time.Minute))
			b.ID, b.Kind = fmt.Sprint("i", b.StartedAt.Unix()), backup.KindIncremental
			all = append(all, b)
		}
		l := list(at, all...)
		l.Since = at.Add(-3 * day)
		f.Catalog().LearnBackups(one, l)
		f.Catalog().LearnJobs(one, Times{At: at}, []backup.Job{{ID: fmt.Sprint("j", d), State: backup.JobFinished, StartedAt: at}})
		f.Catalog().LearnPolicy(one, Times{At: at}, weekly(time.Duration(5+d/30)*day))
		names := []string{"dds-1"}
		if d%10 < 5 {
			names = append(names, fmt.Sprint("clone-", d/10))
			clones++
			f.Catalog().LearnBackups(backup.Target{Cloud: one.Cloud, Account: one.Account, Region: one.Region, InstanceID: names[1]}, list(at, all[0]))
		}
		f.Catalog().LearnListing(hangzhou(), Times{At: at}, listing(names...))
		for range 3 {
			flush(t, f, at)
		}
	}
	sets, err := f.Sets(ctx, one, time.Time{}, at.Add(day))
	must(t, err)
	full, increments := 0, 0
	for _, s := range sets {
		if s.Kind == backup.KindFull {
			full++
		} else {
			increments++
		}
	}
	if full < 100 || full > 105 {
		t.Errorf("%d full sets are kept", full)
	}
	if increments < 100*6 || increments > 105*7+200 {
		t.Errorf("%d incremental sets are kept", increments)
	}
	jobs, err := f.Jobs(ctx, one, at.Add(-10*day), at.Add(day))
	must(t, err)
	if len(jobs) != 11 || jobs[0].ID != "j139" || !jobs[0].First.Equal(jobs[0].StartedAt) {
		t.Errorf("%d jobs, the first %+v", len(jobs), jobs[0])
	}
	policies, err := f.Policies(ctx, one)
	must(t, err)
	if len(policies) != 4 || policies[3].Policy.Schedules[0].Retention != 9*day || !policies[3].Last.Equal(at) {
		t.Errorf("%d policies: %+v", len(policies), policies)
	}
	if diff := cmp.Diff(f.Catalog().Known(one).Policies[1:], policies); diff != "" {
		t.Errorf("policies in memory and in the file:\n%s", diff)
	}
	counts, err := f.Counts(ctx, hangzhou())
	must(t, err)
	if n := len(counts); n < 20 || n > 23 || counts[n-1].Instances != 1 || !counts[n-1].Last.Equal(at) {
		t.Errorf("%d counts, the last %+v", n, counts[n-1])
	}
	instances, err := f.Instances(ctx)
	must(t, err)
	if n := len(instances); n < 10 || n > 13 {
		t.Errorf("the file has %d instances of %d", n, clones/5+1)
	}
	if last := instances[len(instances)-1]; last.InstanceID != "dds-1" || !last.First.Equal(start) || !last.Last.Equal(at) {
		t.Errorf("instance %+v", last)
	}
	if n := len(f.ids); n > 20 {
		t.Errorf("%d targets are known to the file", n)
	}
}
