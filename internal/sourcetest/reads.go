package sourcetest

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
)

// testReads checks every scope against a cloud without faults.
func testReads(t *testing.T, p Provider) {
	t.Run("instances", func(t *testing.T) { testInstance(t, p) })
	for word, want := range p.Lifecycles {
		t.Run("an instance that is "+word, func(t *testing.T) { testLifecycle(t, p, word, want) })
	}
	t.Run("backups", func(t *testing.T) { testBackups(t, p) })
	t.Run("backups since", func(t *testing.T) {
		b := start(t, p, Fleet(p))
		list, err := b.Source.Backups(t.Context(), b.instance(t, ReplicaSetID), "", Now.Add(-36*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"b-3"}, ids(list)); diff != "" {
			t.Errorf("backups of the last 36 hours (-want +got):\n%s", diff)
		}
	})
	t.Run("no backups", func(t *testing.T) {
		b := start(t, p, Fleet(p))
		list, err := b.Source.Backups(t.Context(), b.instance(t, EmptyID), "", since())
		if err != nil || len(list.Backups) != 0 || !slices.Contains(list.Asked, backup.KindFull) {
			t.Errorf("Backups = %v, %v; want none, and full ones asked", list, err)
		}
	})
	t.Run("jobs", func(t *testing.T) {
		b := start(t, p, Fleet(p))
		got, err := b.Source.Jobs(t.Context(), b.instance(t, ReplicaSetID))
		compare(t, p.WantJobs, got, err)
	})
	t.Run("policy", func(t *testing.T) {
		b := start(t, p, Fleet(p))
		got, err := b.Source.Policy(t.Context(), b.instance(t, ReplicaSetID))
		compare(t, p.WantPolicy, got, err)
	})
	t.Run("recovery", func(t *testing.T) {
		b := start(t, p, Fleet(p))
		got, err := b.Source.Recovery(t.Context(), b.instance(t, ReplicaSetID))
		compare(t, p.WantRecovery, got, err)
	})
	t.Run("skew", func(t *testing.T) {
		b := start(t, p, Fleet(p))
		if skew, known := b.Source.Skew(); known {
			t.Errorf("Skew = %v before the first answer", skew)
		}
		b.list(t)
		if skew, known := b.Source.Skew(); skew != ahead || !known {
			t.Errorf("Skew = %v, %v; want %v", skew, known, ahead)
		}
	})
	t.Run("extras", func(t *testing.T) { testExtras(t, p) })
	t.Run("unknown instance", func(t *testing.T) { testUnknownInstance(t, p) })
	t.Run("answers are the caller's", func(t *testing.T) { testOwnAnswers(t, p) })
	t.Run("running", func(t *testing.T) { testRunning(t, p) })
	t.Run("empty fleet", func(t *testing.T) {
		b := start(t, p, manyInstances(p, 0))
		if list := b.list(t); len(list) != 0 {
			t.Errorf("Instances = %v, want none", list)
		}
	})
}

// testUnknownInstance checks that an instance that does not exist is never taken for one without backups.
func testUnknownInstance(t *testing.T, p Provider) {
	b := start(t, p, Fleet(p))
	in := b.instance(t, ReplicaSetID)
	in.InstanceID = "dds-bp1unknown"
	for _, scope := range p.scopes()[1:] {
		if n, err := b.ask(t.Context(), scope, in); backup.ClassOf(err) != backup.ClassNotFound {
			t.Errorf("%s: %d things and %v, want class not_found", scope, n, err)
		}
	}
}

func compare[T any](t *testing.T, want, got T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func testInstance(t *testing.T, p Provider) {
	b := start(t, p, Fleet(p))
	want := backup.Instance{
		Target:    backup.Target{Cloud: p.Cloud, Account: "suite", Region: p.Region, InstanceID: ReplicaSetID},
		Name:      "name of " + ReplicaSetID,
		Version:   "4.4",
		Topology:  backup.TopologyReplicaSet,
		Tags:      map[string]string{"env": "prod"},
		CreatedAt: Now.AddDate(-1, 0, 0).Truncate(time.Minute),
	}
	// Engine, storage and status are the cloud's own words.
	words := cmpopts.IgnoreFields(backup.Instance{}, "Engine", "Storage", "Status")
	if diff := cmp.Diff(want, b.instance(t, ReplicaSetID), words, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("instance (-want +got):\n%s", diff)
	}
}

// testLifecycle checks what the status of an instance means, and that it is passed on.
func testLifecycle(t *testing.T, p Provider, word string, want backup.Lifecycle) {
	f := Fleet(p)
	f.Instance(ReplicaSetID).Status = word
	if in := start(t, p, f).instance(t, ReplicaSetID); in.Lifecycle != want || in.Status != word {
		t.Errorf("lifecycle %v and status %q, want %v and %q", in.Lifecycle, in.Status, want, word)
	}
}

func testBackups(t *testing.T, p Provider) {
	b := start(t, p, Fleet(p))
	list, err := b.Source.Backups(t.Context(), b.instance(t, ReplicaSetID), "", since())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(list.Asked, backup.KindFull) {
		t.Errorf("Asked = %v, want full among them", list.Asked)
	}
	size := int64(300 << 20)
	want := []backup.Backup{
		wantBackup("b-3", 1, backup.StateSuccess, backup.TriggerAutomatic, &size),
		wantBackup("b-2", 2, backup.StateFailed, backup.TriggerAutomatic, nil),
		wantBackup("b-1", 3, backup.StateSuccess, backup.TriggerManual, &size),
	}
	// The method is the cloud's own word. Not every cloud says when a backup expires.
	if diff := cmp.Diff(want, list.Backups, cmpopts.IgnoreFields(backup.Backup{}, "Method", "ExpiresAt")); diff != "" {
		t.Errorf("backups (-want +got):\n%s", diff)
	}
}

// testRunning checks whether a running backup is in the list of backups.
func testRunning(t *testing.T, p Provider) {
	b := start(t, p, runningBackup(p))
	list, err := b.Source.Backups(t.Context(), b.instance(t, EmptyID), "", since())
	if err != nil {
		t.Fatal(err)
	}
	if !p.JobsInList {
		if len(list.Backups) != 0 {
			t.Errorf("backups = %v, want none before one has ended", list.Backups)
		}
		return
	}
	want := []backup.Backup{{
		ID: "r-1", Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateRunning,
		StartedAt: Now.Add(-time.Minute).Truncate(time.Second),
	}}
	if diff := cmp.Diff(want, list.Backups, cmpopts.IgnoreFields(backup.Backup{}, "Method", "ExpiresAt")); diff != "" {
		t.Errorf("backups (-want +got):\n%s", diff)
	}
}

func wantBackup(id string, daysAgo int, state backup.State, trigger backup.Trigger, size *int64) backup.Backup {
	sent := dailyBackup(id, daysAgo)
	return backup.Backup{
		ID: id, Kind: backup.KindFull, Trigger: trigger, State: state,
		StartedAt: sent.Start, EndedAt: sent.End, SizeBytes: size,
	}
}

func ids(list backup.List) []string {
	out := make([]string, 0, len(list.Backups))
	for _, b := range list.Backups {
		out = append(out, b.ID)
	}
	return out
}

// testPages checks lists that take several calls.
func testPages(t *testing.T, p Provider) {
	t.Run("instances", func(t *testing.T) {
		b := start(t, p, manyInstances(p, 230))
		list := b.list(t)
		seen := map[string]bool{}
		for _, in := range list {
			seen[in.InstanceID] = true
		}
		if len(list) != 230 || len(seen) != 230 {
			t.Errorf("got %d instances, %d different ones; want 230", len(list), len(seen))
		}
	})
	for _, n := range []int{1, 99, 100, 101, 200, 250} {
		t.Run(strconv.Itoa(n)+" backups", func(t *testing.T) {
			b := start(t, p, manyBackups(p, n))
			checkBackups(t, b, n)
		})
	}
	for _, fault := range []cloudsim.FaultKind{cloudsim.FaultWrongTotal, cloudsim.FaultLowTotal} {
		t.Run(string(fault), func(t *testing.T) {
			f := manyBackups(p, 250)
			f.Instance(ReplicaSetID).Policy.LogBackup = false // so that no list is empty, which must contradict no total
			b := start(t, p, f)
			b.Inject(cloudsim.Fault{Operation: p.Operations[Backups], Kind: fault})
			checkBackups(t, b, 250)
		})
	}
	t.Run("every page the same", func(t *testing.T) {
		b := start(t, p, manyBackups(p, 250))
		in := b.instance(t, ReplicaSetID)
		b.Inject(cloudsim.Fault{Operation: p.Operations[Backups], Kind: cloudsim.FaultDuplicatePage})
		before := b.Count("")
		list, err := b.Source.Backups(t.Context(), in, "", since())
		if calls := b.Count("") - before; calls > 20 {
			t.Errorf("%d calls, want the listing to end", calls)
		}
		if err == nil && len(list.Backups) != 100 {
			t.Errorf("got %d backups, want an error or the 100 different ones", len(list.Backups))
		}
	})
	t.Run("a failing second page fails the call", func(t *testing.T) {
		b := start(t, p, manyBackups(p, 150))
		in := b.instance(t, ReplicaSetID)
		b.Inject(cloudsim.Fault{Operation: p.Operations[Backups], Kind: cloudsim.FaultForbidden, After: 1})
		list, err := b.Source.Backups(t.Context(), in, "", since())
		if backup.ClassOf(err) != backup.ClassPermission || len(list.Backups) != 0 {
			t.Errorf("Backups = %d backups, %v; want no part of the list and class permission", len(list.Backups), err)
		}
	})
}

// checkBackups checks that the replica set has n different backups, newest first.
func checkBackups(t *testing.T, b *bench, n int) {
	t.Helper()
	list, err := b.Source.Backups(t.Context(), b.instance(t, ReplicaSetID), "", since())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, id := range ids(list) {
		seen[id] = true
	}
	if len(list.Backups) != n || len(seen) != n {
		t.Errorf("got %d backups, %d different ones; want %d", len(list.Backups), len(seen), n)
	}
	newestFirst := func(a, b backup.Backup) int { return b.StartedAt.Compare(a.StartedAt) }
	if !slices.IsSortedFunc(list.Backups, newestFirst) {
		t.Error("the newest start does not come first")
	}
}

// testShards checks whether each shard is a target with its own backups, or the cluster is one target.
func testShards(t *testing.T, p Provider) {
	b := start(t, p, Fleet(p))
	in := b.instance(t, ShardedID)
	if in.Topology != backup.TopologyShardedCluster {
		t.Errorf("topology = %q, want %q", in.Topology, backup.TopologyShardedCluster)
	}
	want := map[string][]string{"": {"c-1"}}
	if p.PerShard {
		want = map[string][]string{shards()[0]: {"s-0"}, shards()[1]: {"s-1"}}
		if diff := cmp.Diff(slices.Sorted(slices.Values(shards())), in.Nodes); diff != "" {
			t.Errorf("nodes (-want +got):\n%s", diff)
		}
	}
	got := map[string][]string{}
	for _, target := range in.Targets() {
		list, err := b.Source.Backups(t.Context(), in, target.NodeID, since())
		if err != nil {
			t.Fatal(err)
		}
		got[target.NodeID] = ids(list)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("backups by node (-want +got):\n%s", diff)
	}
}
