package collector

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"mongodb_backup_exporter/internal/backup"
)

var update = flag.Bool("update", false, "write the golden files")

// goldens are the snapshots whose exposition is testdata/<name>.prom. Each has its name as account.
func goldens() map[string]*backup.Snapshot {
	return map[string]*backup.Snapshot{
		"empty":             {At: noon()},
		"never_asked":       neverAsked("never_asked"),
		"not_found":         notFound("not_found"),
		"states":            onePerState("states"),
		"sharded":           sharded("sharded"),
		"unsupported":       snapshotOf(allUnsupported("unsupported")),
		"withdrawn":         everythingWithdrawn("withdrawn"),
		"nameless":          nameless("nameless"),
		"invalid_utf8":      invalidUTF8("invalid_utf8"),
		"failed_listing":    snapshotOf(failedListing("failed_listing")),
		"refused":           refused("refused"),
		"running":           runningJobs("running"),
		"huawei":            huawei("huawei"),
		"kinds_and_forever": snapshotOf(kindsAndForever("kinds_and_forever")),
		"copies":            snapshotOf(copied("copies")),
		"restore_check":     snapshotOf(checked("restore_check")),
		"removed_early":     snapshotOf(removedEarly("removed_early")),
		"findings":          findingOfEachName("findings"),
	}
}

// copied is a replica set whose policy asks for copies in another region.
func copied(account string) backup.InstanceState {
	in := replicaSet(account, "dds-bp1")
	in.Policy.Value.CopyRegion = "cn-beijing"
	in.Nodes[0].Copies = fresh(backup.Copies{Region: "cn-beijing", Backups: nightly(33*time.Hour, 2).Backups})
	return in
}

// removedEarly is a replica set of which two backups vanished before their expiry, and one more long ago.
func removedEarly(account string) backup.InstanceState {
	in := replicaSet(account, "dds-bp1")
	for i, left := range []time.Duration{time.Hour, time.Hour, 8 * day} {
		in.Nodes[0].Removals.Sets = append(in.Nodes[0].Removals.Sets, backup.Removal{
			Backup: set(time.Duration(10+i)*day, backup.StateSuccess, 1<<20), LeftAt: ago(left), Expiry: backup.Never,
		})
	}
	in.Nodes[0].Removals.Last = ago(time.Hour)
	return in
}

// checked is a replica set with copies in another region whose newest backup cannot be restored, as the cloud says.
func checked(account string) backup.InstanceState {
	in := copied(account)
	newest := in.Nodes[0].Backups.Value.Backups[0]
	in.Nodes[0].RestoreChecks = fresh(backup.RestoreChecks{{
		BackupID: newest.ID, At: ago(time.Hour), Refused: "cannot be restored by the cloud's own check",
	}})
	in.LastRestore = fresh(ago(3 * day))
	return in
}

// findingOfEachName has an instance for each finding, or two that go together.
func findingOfEachName(account string) *backup.Snapshot {
	size := replicaSet(account, "dds-1-size-and-duration")
	sets := size.Nodes[0].Backups.Value.Backups
	sets[0].SizeBytes, sets[0].EndedAt = new(int64(1<<20)), sets[0].StartedAt.Add(9*time.Hour)
	jobs := replicaSet(account, "dds-2-jobs")
	jobs.Jobs = fresh([]backup.Job{{State: backup.JobChecking, StartedAt: ago(44 * time.Hour)}, {State: backup.JobScheduled, StartedAt: ago(40 * time.Hour)}})
	creating := replicaSet(account, "dds-3-creating")
	creating.Instance.Lifecycle, creating.Instance.Status, creating.Instance.CreatedAt = backup.LifecycleCreating, "Creating", ago(2*day)
	off := replicaSet(account, "dds-4-off")
	off.Policy.Value.Automatic = new(false)
	off.Nodes[0].Backups = fresh(nightly(6*day+time.Hour, 1))
	short := replicaSet(account, "dds-5-retention-and-log")
	short.Policy.Value.Schedules[0].Retention, short.Policy.Value.LogBackup = day, new(true)
	short.Recovery = fresh(backup.Window{Start: ago(day), End: ago(3 * time.Hour)})
	short.Nodes[0].Removals.Sets = []backup.Removal{{Backup: backup.Backup{ID: "1"}, LeftAt: ago(day)}}
	good, lagging := fresh(nightly(9*time.Hour, 5)), fresh(nightly(33*time.Hour, 5))
	bare := nightly(9*time.Hour, 5)
	for i := range bare.Backups {
		bare.Backups[i].Unusable = backup.LogsNotAttached + "Failed"
	}
	return snapshotOf(
		size, jobs, creating, off, short, shards(replicaSet(account, "dds-6-spread"), good, lagging),
		shards(replicaSet(account, "dds-7-inconsistent"), fresh(bare), fresh(bare)),
	)
}

// neverAsked is an instance that the configuration names, after a start while the cloud is down.
func neverAsked(account string) *backup.Snapshot {
	in := backup.InstanceState{
		Instance:   backup.Instance{Target: backup.Target{Cloud: backup.Alibaba, Account: account, Region: "cn-hangzhou", InstanceID: "dds-bp1"}},
		Objectives: objectives(),
		Nodes:      []backup.NodeState{{}},
	}
	return &backup.Snapshot{
		At:        noon(),
		Regions:   []backup.Region{{Cloud: backup.Alibaba, Account: account, Region: "cn-hangzhou"}},
		Instances: []backup.InstanceState{in},
	}
}

func notFound(account string) *backup.Snapshot {
	s := neverAsked(account)
	s.Regions[0].Asked, s.Regions[0].Up, s.Regions[0].Unmonitored = true, true, fresh(2)
	s.Regions[0].Listed = fresh(2)
	in := &s.Instances[0]
	in.Jobs = neverWorked[[]backup.Job](backup.ClassNotFound)
	in.Policy = neverWorked[backup.Policy](backup.ClassNotFound)
	in.Recovery = neverWorked[backup.Window](backup.ClassNotFound)
	in.Nodes[0].Backups = neverWorked[backup.List](backup.ClassNotFound)
	return s
}

func onePerState(account string) *backup.Snapshot {
	ok := replicaSet(account, "dds-1-ok")
	failed := replicaSet(account, "dds-2-failed")
	failed.Nodes[0].Backups = fresh(after(set(9*time.Hour, backup.StateFailed, 0), nightly(21*time.Hour, 6)))
	late := replicaSet(account, "dds-3-late")
	late.Nodes[0].Backups = fresh(nightly(4*day, 3))
	pending := replicaSet(account, "dds-4-pending")
	pending.Instance.CreatedAt = ago(3 * time.Hour)
	pending.Nodes[0].Backups = fresh(nightly(0, 0))
	never := replicaSet(account, "dds-5-never")
	never.Nodes[0].Backups = fresh(nightly(0, 0))
	unknown := replicaSet(account, "dds-6-unknown")
	unknown.Nodes[0].Backups = neverWorked[backup.List](backup.ClassTimeout)
	return snapshotOf(ok, failed, late, pending, never, unknown)
}

// sharded holds three clusters: one has a shard that is behind the others, one a shard without a backup, one a shard whose
// list is not known. A second region answers faster.
func sharded(account string) *backup.Snapshot {
	good, lagging := fresh(nightly(9*time.Hour, 5)), fresh(nightly(33*time.Hour, 5))
	s := snapshotOf(
		shards(replicaSet(account, "dds-1"), good, lagging, good),
		shards(replicaSet(account, "dds-2"), good, fresh(nightly(0, 0))),
		shards(replicaSet(account, "dds-3"), good, neverWorked[backup.List](backup.ClassServer)),
	)
	fast := s.Regions[0]
	fast.Region, fast.Round = "cn-beijing", 200*time.Millisecond
	fast.Demand = []backup.Demand{
		{Operation: "DescribeBackups", Asked: 5, Allowed: 10}, {Operation: "DescribeClusterBackups", Asked: 12.5, Allowed: 2.5},
	}
	s.Regions = append(s.Regions, fast)
	return s
}

func allUnsupported(account string) backup.InstanceState {
	in := replicaSet(account, "dds-bp1")
	in.Jobs = unsupported[[]backup.Job]()
	in.Policy = unsupported[backup.Policy]()
	return in
}

// everythingWithdrawn is a region of which nothing could be read for too long. How many instances it had is held.
func everythingWithdrawn(account string) *backup.Snapshot {
	s := snapshotOf(allWithdrawn(account))
	s.Regions[0].Unmonitored, s.Regions[0].Listed = withdrawn(0), withdrawn(1)
	return s
}

func allWithdrawn(account string) backup.InstanceState {
	in := replicaSet(account, "dds-bp1")
	in.Jobs = withdrawn([]backup.Job{{State: backup.JobRunning, StartedAt: ago(4 * time.Hour), Progress: new(50.0)}})
	in.Policy = withdrawn(in.Policy.Value)
	in.Recovery = withdrawn(backup.Window{Start: ago(7 * day), End: ago(3 * time.Hour)})
	in.Nodes[0].Backups = withdrawn(after(set(4*time.Hour, backup.StateRunning, 0), in.Nodes[0].Backups.Value))
	return in
}

func nameless(account string) *backup.Snapshot {
	in := replicaSet(account, "dds-bp1")
	in.Instance.Name, in.Instance.Version, in.Instance.Topology, in.Instance.Storage = "", "", "", ""
	return snapshotOf(in)
}

func invalidUTF8(account string) *backup.Snapshot {
	in := replicaSet(account, "dds-\xff")
	in.Instance.Name = "or\xc3(ders \"a\\b\"\n订单"
	return snapshotOf(in)
}

func failedListing(account string) backup.InstanceState {
	in := replicaSet(account, "dds-bp1")
	in.Nodes[0].Backups = failing(backup.ClassThrottled, in.Nodes[0].Backups.Value)
	in.Policy = failing(backup.ClassPermission, in.Policy.Value)
	return in
}

// refused is an account whose credentials have been refused for a while. The last good answers stay, and of details that
// they are old.
func refused(account string) *backup.Snapshot {
	in := replicaSet(account, "dds-bp1")
	in.Jobs = failing(backup.ClassAuth, in.Jobs.Value)
	in.Policy = failing(backup.ClassAuth, in.Policy.Value)
	in.Recovery = failing(backup.ClassAuth, in.Recovery.Value)
	in.Nodes[0].Backups = failing(backup.ClassAuth, in.Nodes[0].Backups.Value)
	in.Nodes[0].Copies, in.Nodes[0].RestoreChecks = failing(backup.ClassAuth, backup.Copies{}), failing(backup.ClassAuth, backup.RestoreChecks{})
	in.LastRestore = failing(backup.ClassAuth, time.Time{})
	s := snapshotOf(in)
	s.Regions[0].Up, s.Regions[0].Err, s.Regions[0].Unmonitored = false, failure(backup.ClassAuth), failing(backup.ClassAuth, 0)
	s.Regions[0].Listed = failing(backup.ClassAuth, 1)
	return s
}

// runningJobs holds an instance with two running jobs among others, and one whose running job has no known progress.
func runningJobs(account string) *backup.Snapshot {
	two := replicaSet(account, "dds-1")
	two.Jobs = fresh([]backup.Job{
		{State: backup.JobRunning, StartedAt: ago(2 * time.Hour), Progress: new(80.0)},
		{State: backup.JobRunning, StartedAt: ago(time.Hour), Progress: new(18.0)},
		{State: backup.JobFinished, StartedAt: ago(30 * time.Minute), Progress: new(100.0)},
		{State: backup.JobScheduled},
		{State: backup.JobChecking},
		{State: backup.JobFailed},
		{State: backup.JobUnknown},
	})
	silent := replicaSet(account, "dds-2")
	silent.Jobs = fresh([]backup.Job{{State: backup.JobRunning}})
	return snapshotOf(two, silent)
}

// huawei holds a cluster, which is one target, with point-in-time recovery and a running backup that has no job.
func huawei(account string) *backup.Snapshot {
	in := replicaSet(account, "0123456789abcdef0123456789abcdefin02")
	in.Instance.Cloud, in.Instance.Region = backup.Huawei, "cn-north-4"
	in.Instance.Topology, in.Instance.Storage = backup.TopologyShardedCluster, ""
	in.Policy.Value.NextAt, in.Policy.Value.KeptAfterDeletion = time.Time{}, nil
	in.Recovery = fresh(backup.Window{Start: ago(6 * day), End: ago(5 * time.Minute)})
	in.LastRestore = fresh(time.Time{})
	list := after(set(20*time.Minute, backup.StateRunning, 0), nightly(9*time.Hour, 7))
	list.Asked, list.Backups[0].EndedAt = []backup.Kind{backup.KindFull}, time.Time{}
	in.Nodes[0].Backups = fresh(list)
	return snapshotOf(in)
}

// kindsAndForever has backups of every type and status that never expire. Some have values that contradict each other or
// are missing.
func kindsAndForever(account string) backup.InstanceState {
	in := replicaSet(account, "dds-bp1")
	policy := daily()
	policy.Schedules[0].Retention, policy.LogBackup, policy.NextAt = backup.Forever, nil, time.Time{}
	policy.Automatic, policy.KeptAfterDeletion = nil, new(false)
	in.Policy = fresh(policy)
	in.PolicyChanges = []backup.PolicyChange{{At: ago(9 * day), Former: policy}, {At: ago(8 * day), Former: daily()}}
	list := nightly(9*time.Hour, 3)
	list.Asked = []backup.Kind{backup.KindFull}
	for i := range list.Backups {
		list.Backups[i].ExpiresAt = backup.Never
	}
	list.Backups[0].SizeBytes = nil
	list.Backups[0].EndedAt = list.Backups[0].StartedAt.Add(-time.Second)
	incremental := set(4*time.Hour, backup.StateSuccess, 5<<20)
	incremental.Kind = backup.KindIncremental
	incrementalFailure := set(3*time.Hour, backup.StateFailed, 0)
	incrementalFailure.Kind, incrementalFailure.EndedAt = backup.KindIncremental, time.Time{}
	strange := set(5*time.Hour, backup.StateSuccess, 7<<20)
	strange.Kind = backup.KindUnknown
	for _, b := range []backup.Backup{
		set(6*time.Hour, backup.StateUnknown, 0), strange, incremental, incrementalFailure, set(2*time.Hour, backup.StateDeleting, 0),
	} {
		list = after(b, list)
	}
	in.Nodes[0].Backups = fresh(list)
	return in
}

// pedantic returns a registry that also checks the samples against the descriptions of their collector.
func pedantic(t testing.TB, s *backup.Snapshot) *prometheus.Registry {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := register(registry, New(func() *backup.Snapshot { return s }, noon)); err != nil {
		t.Fatal(err)
	}
	return registry
}

func TestGoldenExpositions(t *testing.T) {
	for name, snapshot := range goldens() {
		t.Run(name, func(t *testing.T) {
			registry, path := pedantic(t, snapshot), filepath.Join("testdata", name+".prom")
			if *update {
				if err := os.WriteFile(path, exposition(t, registry), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := testutil.GatherAndCompare(registry, bytes.NewReader(want)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEveryGoldenFileIsCompared(t *testing.T) {
	files, err := filepath.Glob("testdata/*.prom")
	if err != nil {
		t.Fatal(err)
	}
	cases := goldens()
	for _, file := range files {
		name := filepath.Base(file)
		if _, ok := cases[name[:len(name)-len(".prom")]]; !ok {
			t.Errorf("%s belongs to no case", file)
		}
	}
}

// exposition returns the text format of everything that g gathers.
func exposition(t testing.TB, g prometheus.Gatherer) []byte {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			t.Fatal(err)
		}
	}
	return text.Bytes()
}
