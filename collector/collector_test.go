package collector

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"mongodb_backup_exporter/internal/backup"
)

// everything is all golden snapshots in one. Their accounts differ.
func everything() *backup.Snapshot {
	all := &backup.Snapshot{At: noon()}
	cases := goldens()
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		all.Regions = append(all.Regions, cases[name].Regions...)
		all.Instances = append(all.Instances, cases[name].Instances...)
	}
	return all
}

// used returns Metrics in which every counter has counted something.
func used() *Metrics {
	m := NewMetrics(noon())
	m.Request(Call{
		Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", Operation: "DescribeBackups",
		Result: string(backup.ClassThrottled), Elapsed: 80 * time.Millisecond,
	})
	m.Rejected("BackupSize")
	m.ShowCatalog(func() CatalogState { return CatalogState{4096, noon().Add(time.Millisecond), 2} })
	return m
}

func TestLint(t *testing.T) {
	registry := pedantic(t, everything())
	if err := register(registry, used()); err != nil {
		t.Fatal(err)
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

func TestEveryFamilyHasAGoldenSample(t *testing.T) {
	gathered, err := pedantic(t, everything()).Gather()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, family := range gathered {
		shown[family.GetName()] = true
	}
	for _, row := range families() {
		if !shown[namespace+row.name] {
			t.Errorf("no golden file shows %s", namespace+row.name)
		}
	}
}

func TestRowsAreWhole(t *testing.T) {
	names := map[string]bool{}
	for _, row := range families() {
		if row.name == "" || row.help == "" {
			t.Errorf("row %+v has no name or no help", row)
		}
		if names[row.name] {
			t.Errorf("two rows are named %s", row.name)
		}
		names[row.name] = true
		levels := 0
		for _, has := range []bool{row.target != nil || row.instance != nil, row.region != nil, row.exporter != nil} {
			if has {
				levels++
			}
		}
		if levels != 1 {
			t.Errorf("%s has readers for %d kinds of labels, want 1", row.name, levels)
		}
	}
}

// promised returns the number that docs/metrics.md has in place of N.
func promised(t testing.TB, sentence string) int {
	t.Helper()
	pattern := regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(sentence), "N", `(\d+)`))
	match := pattern.FindStringSubmatch(readPage(t))
	if match == nil {
		t.Fatalf("docs/metrics.md does not say: %s", sentence)
	}
	n, err := strconv.Atoi(match[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestCosts compares the numbers of series with those that docs/metrics.md promises.
func TestCosts(t *testing.T) {
	base := replicaSet("a", "dds-1")
	list := fresh(nightly(9*time.Hour, 7))
	replicaSetCost := promised(t, "A healthy replica set costs N series on Alibaba Cloud")
	cluster, shard := promised(t, "A sharded cluster costs N series"), promised(t, "series and N for each shard")
	onHuawei := huawei("a")
	onHuawei.Instances[0].Nodes[0].Backups.Value.Backups = nightly(9*time.Hour, 7).Backups
	huaweiCost := promised(t, "A healthy instance costs N on Huawei Cloud")
	unknown := neverAsked("a")
	unknown.Regions[0] = regionOf(unknown.Instances[0])
	failed, running := replicaSet("a", "dds-1"), replicaSet("a", "dds-1")
	failed.Nodes[0].Backups = fresh(after(set(time.Hour, backup.StateFailed, 0), list.Value))
	running.Jobs = fresh([]backup.Job{{State: backup.JobRunning, StartedAt: ago(time.Hour), Progress: new(50.0)}})
	copies, mirrored := promised(t, "Copies in another region add N for each target"), shards(base, list, list)
	mirrored.Policy.Value.CopyRegion = "cn-beijing"
	for i := range mirrored.Nodes {
		mirrored.Nodes[i].Copies = copied("a").Nodes[0].Copies
	}
	tests := []struct {
		name     string
		snapshot *backup.Snapshot
		want     int
	}{
		{"a healthy replica set", snapshotOf(base), replicaSetCost},
		{"with logs, copies and a changed policy", snapshotOf(richest("a")), replicaSetCost + 4 + copies},
		{"a cluster of two shards with copies", snapshotOf(mirrored), cluster + 1 + 2*(shard+copies)},
		{"restore_check", snapshotOf(checked("a")), replicaSetCost + 1 + copies + promised(t, "`restore_check` N,") + promised(t, "and on Alibaba Cloud N more for each instance")},
		{"a failure", snapshotOf(failed), replicaSetCost + promised(t, "A failure in the lookback adds N,")},
		{"a running job", snapshotOf(running), replicaSetCost + promised(t, "a running job N,")},
		{"a cluster of two shards", snapshotOf(shards(base, list, list)), cluster + 2*shard},
		{"a cluster of three shards", snapshotOf(shards(base, list, list, list)), cluster + 3*shard},
		{"a healthy instance on Huawei Cloud", onHuawei, huaweiCost},
		{"incremental backup", withIncremental(), huaweiCost + promised(t, "N more where incremental backup is on")},
		{"a target of which nothing is known", unknown, promised(t, "A target of which nothing is known costs N")},
	}
	for what, n := range map[string][2]int{
		"a replica set": {replicaSetCost, 38}, "with logs, copies and a changed policy": {replicaSetCost + 4 + copies, 42},
		"a shard": {shard, 24}, "a shard with copies": {shard + copies, 25},
	} {
		if n[0] > n[1] {
			t.Errorf("%s costs %d series, %d at most are promised to who scrapes", what, n[0], n[1])
		}
	}
	other := promised(t, "An account costs N per region")
	for _, row := range families() {
		if row.exporter != nil {
			other++
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := testutil.GatherAndCount(pedantic(t, tt.snapshot))
			if err != nil {
				t.Fatal(err)
			}
			if want := tt.want + other; got != want {
				t.Errorf("%d series, want %d", got, want)
			}
		})
	}
	if want := promised(t, "and N per region and operation"); len(results()) != want {
		t.Errorf("%d results of calls, want %d", len(results()), want)
	}
}

// richest is a healthy replica set with a point-in-time window, copies in another region, and a policy that changed.
func richest(account string) backup.InstanceState {
	in := copied(account)
	in.Policy.Value.LogBackup = new(true)
	in.Recovery = fresh(backup.Window{Start: ago(6 * day), End: ago(5 * time.Minute)})
	in.PolicyChanges = []backup.PolicyChange{{At: ago(9 * day), Former: daily()}}
	return in
}

// withIncremental is a healthy instance on Huawei Cloud with incremental backup.
func withIncremental() *backup.Snapshot {
	s := huawei("a")
	list := nightly(9*time.Hour, 7)
	for i := range 4 {
		b := set(time.Duration(i+1)*time.Hour, backup.StateSuccess, 1<<20)
		b.Kind = backup.KindIncremental
		list.Backups = append(list.Backups, b)
	}
	s.Instances[0].Nodes[0].Backups = fresh(list)
	return s
}

func TestVanishedInstancesLeaveNothing(t *testing.T) {
	var snapshot atomic.Pointer[backup.Snapshot]
	registry := prometheus.NewPedanticRegistry()
	if err := register(registry, New(snapshot.Load, noon)); err != nil {
		t.Fatal(err)
	}
	both := snapshotOf(replicaSet("a", "dds-stays"), replicaSet("a", "dds-vanishes"))
	snapshot.Store(both)
	if !bytes.Contains(exposition(t, registry), []byte("dds-vanishes")) {
		t.Error("the instance shows no series while it is there")
	}
	snapshot.Store(&backup.Snapshot{Regions: both.Regions, Instances: both.Instances[:1]})
	if bytes.Contains(exposition(t, registry), []byte("dds-vanishes")) {
		t.Error("the instance still has series after it vanished")
	}
}

// TestParallelCollections checks that no collection mixes two snapshots.
func TestParallelCollections(t *testing.T) {
	snapshots := slices.Collect(maps.Values(goldens()))
	want := map[string]bool{}
	for _, s := range snapshots {
		want[string(exposition(t, pedantic(t, s)))] = true
	}
	var next atomic.Uint64
	current := func() *backup.Snapshot { return snapshots[next.Add(1)%uint64(len(snapshots))] }
	registry := prometheus.NewPedanticRegistry()
	if err := register(registry, New(current, noon)); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 5 {
				if got := exposition(t, registry); !want[string(got)] {
					t.Errorf("this exposition belongs to no snapshot:\n%s", got)
				}
			}
		})
	}
	wg.Wait()
}

func TestTwoCollectorsCannotShareARegistry(t *testing.T) {
	registry := pedantic(t, everything())
	err := register(registry, New(everything, noon))
	if diff := cmp.Diff("duplicate metrics collector registration attempted", fmt.Sprint(err)); diff != "" {
		t.Error(diff)
	}
}

// Of an instance that is no database yet, or none any more, there is nothing to alert on: its last backup may expire, its
// policy be off and its polls be refused.
func TestInstanceThatIsNoDatabase(t *testing.T) {
	in := replicaSet("a", "dds-1")
	in.Instance.Lifecycle, in.Instance.Status = backup.LifecycleReleased, "Released"
	in.Policy.Value.Automatic = new(false)
	in.Recovery.Err = &backup.Error{Class: backup.ClassNotFound}
	gathered, err := pedantic(t, snapshotOf(in)).Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, family := range gathered {
		if slices.ContainsFunc(family.GetMetric()[0].GetLabel(), func(l *dto.LabelPair) bool { return l.GetName() == "instance_id" }) {
			got = append(got, strings.TrimPrefix(family.GetName(), namespace))
		}
		if family.GetName() != namespace+"health" {
			continue
		}
		for _, m := range family.GetMetric() {
			pending := slices.ContainsFunc(m.GetLabel(), func(l *dto.LabelPair) bool { return l.GetValue() == "pending" })
			if pending != (m.GetGauge().GetValue() == 1) {
				t.Errorf("%v", m)
			}
		}
	}
	want := []string{"health", "instance_info", "max_duration_seconds", "min_retention_seconds", "min_size_ratio", "rpo_seconds"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("families about the instance (-want +got):\n%s", diff)
	}
}
