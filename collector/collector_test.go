package collector

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
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

// everything is all golden snapshots in one; their accounts keep them apart.
func everything() *backup.Snapshot {
	all := &backup.Snapshot{At: noon()}
	cases := goldens()
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		all.Regions = append(all.Regions, cases[name].Regions...)
		all.Instances = append(all.Instances, cases[name].Instances...)
	}
	return all
}

// used returns Metrics that have counted something of each kind.
func used() *Metrics {
	m := NewMetrics(noon())
	m.Request(Call{
		Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", Operation: "DescribeBackups",
		Result: string(backup.ClassThrottled), Elapsed: 80 * time.Millisecond,
	})
	m.Rejected("BackupSize")
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
			t.Errorf("row %+v lacks a name or a help", row)
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

// The numbers of series that docs/metrics.md promises.
const (
	costReplicaSet = 49
	costCluster    = 20
	costShard      = 31
	costHuawei     = 43
	costUnknown    = 15
	costRegion     = 3
	costExporter   = 1
)

// TestCostOfATarget pins the numbers of series that docs/metrics.md promises.
func TestCostOfATarget(t *testing.T) {
	base := replicaSet("a", "dds-1")
	list := fresh(nightly(9*time.Hour, 7))
	onHuawei := huawei("a")
	onHuawei.Instances[0].Nodes[0].Backups.Value.Backups = nightly(9*time.Hour, 7).Backups
	unknown := neverAsked("a")
	unknown.Regions[0] = regionOf(unknown.Instances[0])
	tests := []struct {
		name     string
		snapshot *backup.Snapshot
		want     int
	}{
		{"a healthy replica set", snapshotOf(base), costReplicaSet},
		{"a cluster of two shards", snapshotOf(shards(base, list, list)), costCluster + 2*costShard},
		{"a cluster of three shards", snapshotOf(shards(base, list, list, list)), costCluster + 3*costShard},
		{"a healthy instance on Huawei Cloud", onHuawei, costHuawei},
		{"a target of which nothing is known", unknown, costUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := testutil.GatherAndCount(pedantic(t, tt.snapshot))
			if err != nil {
				t.Fatal(err)
			}
			if want := tt.want + costRegion + costExporter; got != want {
				t.Errorf("%d series, want %d", got, want)
			}
		})
	}
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

// TestParallelCollections checks that each collection shows one snapshot whole, never parts of two.
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

// TestSamplesComeInOrder checks that the registry finds every family whole and sorted, which is what makes its own
// sorting cheap.
func TestSamplesComeInOrder(t *testing.T) {
	metrics := make(chan prometheus.Metric, 10_000)
	New(everything, noon).Collect(metrics)
	close(metrics)
	seen := map[*prometheus.Desc][]string{}
	var family *prometheus.Desc
	for m := range metrics {
		var sample dto.Metric
		if err := m.Write(&sample); err != nil {
			t.Fatal(err)
		}
		var values []string
		for _, pair := range sample.GetLabel() {
			values = append(values, pair.GetValue())
		}
		last, known := seen[m.Desc()]
		if known && m.Desc() != family {
			t.Errorf("%s comes in pieces", m.Desc())
		}
		if known && slices.Compare(last, values) >= 0 {
			t.Errorf("%s: %q comes after %q", m.Desc(), values, last)
		}
		family = m.Desc()
		seen[family] = values
	}
	if len(seen) != len(families()) {
		t.Errorf("%d families, want %d", len(seen), len(families()))
	}
}

func TestTwoCollectorsCannotShareARegistry(t *testing.T) {
	registry := pedantic(t, everything())
	err := register(registry, New(everything, noon))
	if diff := cmp.Diff("duplicate metrics collector registration attempted", fmt.Sprint(err)); diff != "" {
		t.Error(diff)
	}
}
