package catalog

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// tell tells a catalog something of everything.
func tell(c *Catalog) []backup.Target {
	shard := backup.Target{Cloud: backup.Huawei, Account: "hw", Region: "cn-north-4", InstanceID: "cluster", NodeID: "shard-1"}
	at := Times{At: start, CloudAt: start.Add(-2 * time.Second)}
	c.LearnListing(hangzhou(), at, listing("dds-1", "dds-2"))
	full := backup.Instance{
		Target: backup.Target{InstanceID: "cluster"}, Name: "n", Engine: "e", Version: "v", Topology: "t", Storage: "s", Status: "x",
		Lifecycle: backup.LifecycleFrozen, Tags: map[string]string{"a": "b"}, TagsLack: true, Owner: "o", CreatedAt: start.Add(-day),
		Nodes: []string{"shard-1", "shard-2"}, NoBackup: "why",
	}
	c.LearnListing(shard, at, backup.Listing{Instances: []backup.Instance{full}})
	running := daily(start.Add(-time.Hour))
	running.State, running.EndedAt, running.SizeBytes = backup.StateRunning, time.Time{}, nil
	odd := daily(start.Add(-2 * day))
	odd.Unusable, odd.Part, odd.ExpiresAt, odd.Trigger = "is odd", "DBTable", backup.Never, backup.TriggerManual
	l := list(start, running, daily(start.Add(-day)), odd)
	l.CloudAt, l.List.Unread = at.CloudAt, backup.Unread{Count: 2, Dated: start.Add(-3 * day)}
	c.LearnBackups(one, l)
	l = list(start.Add(time.Minute), daily(start.Add(-time.Hour)), odd)
	c.LearnBackups(one, l)
	c.LearnBackups(shard, list(start))
	c.LearnJobs(one, at, []backup.Job{
		{ID: "j2", State: backup.JobRunning, Trigger: backup.TriggerManual, StartedAt: start, Progress: new(12.5)},
		{State: backup.JobFailed, StartedAt: start.Add(-day), Reason: "disk full"},
	})
	c.LearnJobs(shard.Instance(), Times{At: start, NotOffered: true}, nil)
	c.LearnPolicy(one, at, weekly(7*day))
	c.LearnPolicy(one, Times{At: start.Add(time.Hour)}, backup.Policy{Automatic: new(true), LogBackup: new(false), NextAt: start.Add(day), CopyRegion: "cn-shanghai", KeptAfterDeletion: new(true), MayBeUnlisted: true, Schedules: []backup.Schedule{{Retention: backup.Forever}, {Interval: time.Hour, Retention: day}}})
	c.LearnRecovery(one, at, backup.Window{Start: start.Add(-day), End: start})
	c.LearnLastRestore(one, at, start.Add(-30*day))
	c.LearnCopies(one, at, backup.Copies{Region: "cn-shanghai", Backups: []backup.Backup{odd, running}})
	c.LearnOlder(one, at, &backup.Older{At: start, Backups: []backup.Backup{odd}})
	c.LearnOlder(shard, at, &backup.Older{At: start})
	c.LearnOlder(shard, Times{At: start.Add(time.Hour)}, nil)
	c.LearnRestoreChecks(one, at, backup.RestoreChecks{{BackupID: odd.ID, At: start, Refused: "is refused"}})
	return []backup.Target{one, shard}
}

func TestReopenedFileKnowsEverything(t *testing.T) {
	dir := t.TempDir() + "/a ?dir%41"
	f := open(t, dir)
	targets := tell(f.Catalog())
	want := view(f.Catalog(), targets...)
	flush(t, f, start)
	if err := f.Close(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	f = open(t, dir)
	if diff := cmp.Diff(want, view(f.Catalog(), targets...)); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
	if f.catalog.take().rows != nil {
		t.Error("a catalog that was loaded has something to write")
	}
}

func TestFlushThatIsCancelledLosesNothing(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	targets := tell(f.Catalog())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Flush(ctx, start); err == nil {
		t.Error("a flush without time worked")
	}
	want := view(f.Catalog(), targets...)
	must(t, f.Close(t.Context(), start))
	if diff := cmp.Diff(want, view(open(t, dir).Catalog(), targets...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNoPlaceForANewFile: where no new file can be begun after one was set aside, the catalog goes on from memory until one
// can be.
func TestNoPlaceForANewFile(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	targets := tell(f.Catalog())
	must(t, f.setAside("it is damaged", start))
	must(t, os.Mkdir(f.path, 0o700))
	f.unready = true
	for range 2 {
		if err := f.Flush(t.Context(), start); err == nil {
			t.Error("a flush without a file worked")
		}
		f.Catalog().LearnRecovery(one, Times{At: start.Add(time.Minute)}, backup.Window{End: start})
	}
	must(t, os.Remove(f.path))
	flush(t, f, start)
	want := view(f.Catalog(), targets...)
	must(t, f.Close(t.Context(), start))
	if diff := cmp.Diff(want, view(open(t, dir).Catalog(), targets...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestClockThatGoesBack: versions and counts stay in the order in which they were read.
func TestClockThatGoesBack(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	for i, at := range []time.Time{start, start.Add(-time.Hour), start.Add(-time.Hour), start.Add(-30 * time.Minute)} {
		f.Catalog().LearnPolicy(one, Times{At: at}, weekly(time.Duration(i+2)*day))
		f.Catalog().LearnListing(one, Times{At: at}, listing([]string{"a", "b", "c", "d"}[:i+1]...))
		flush(t, f, start)
	}
	want := view(f.Catalog(), one)
	must(t, f.Close(t.Context(), start))
	f = open(t, dir)
	if diff := cmp.Diff(want, view(f.Catalog(), one)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	versions := f.Catalog().Known(one).Policies
	if counts, err := f.Counts(t.Context(), one); err != nil || len(counts) != 4 || counts[3].Instances != 4 || versions[3].Policy.Schedules[0].Retention != 5*day {
		t.Errorf("counts %+v, error %v, versions %+v", counts, err, versions)
	}
}
