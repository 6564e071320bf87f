package alibaba_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	api "mongodb_backup_exporter/internal/cloudsim/alibaba"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/sourcetest"
)

// set returns a backup of the whole sharded cluster, one part for each shard.
func set(id string, begin time.Time, change func(shard int, part *fleet.Backup)) []fleet.Backup {
	var parts []fleet.Backup
	for i, shard := range []string{"d-bp1bbbb", "d-bp1aaaa"} {
		part := fleet.Backup{
			ID: fmt.Sprintf("%s-%d", id, i), Set: id, Node: shard, Method: "Snapshot", Status: "success", SizeBytes: int64(1000 + i),
			Start: begin.Add(time.Duration(i) * time.Minute), End: begin.Add(10 * time.Minute), ExpiresAt: begin.AddDate(0, 0, 7),
		}
		change(i, &part)
		parts = append(parts, part)
	}
	return parts
}

// clusterMode puts the sharded cluster into cluster-backup mode, with the given sets.
func clusterMode(sets ...[]fleet.Backup) func(*fleet.Fleet) {
	return func(f *fleet.Fleet) {
		in := f.Instance(sourcetest.ShardedID)
		in.ClusterBackup = true
		in.Backups = nil
		for _, parts := range sets {
			in.Backups = append(in.Backups, parts...)
		}
		in.Recovery = f.Instance(sourcetest.ReplicaSetID).Recovery
	}
}

func TestSetsOfClusters(t *testing.T) {
	begin := sourcetest.Now.Truncate(24 * time.Hour)
	good := func(int, *fleet.Backup) {}
	part := func(id string, minute int, size int64) backup.Backup {
		return backup.Backup{
			ID: id, Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateSuccess,
			StartedAt: begin.Add(time.Duration(minute) * time.Minute), EndedAt: begin.Add(10 * time.Minute),
			ExpiresAt: begin.AddDate(0, 0, 7), SizeBytes: &size,
		}
	}
	but := func(b backup.Backup, change func(*backup.Backup)) backup.Backup {
		change(&b)
		return b
	}
	tests := []struct {
		name string
		set  []fleet.Backup
		want map[string][]backup.Backup // by shard
	}{
		{"complete", set("cb-1", begin, good), map[string][]backup.Backup{
			"d-bp1bbbb": {part("cb-1-0", 0, 1000)}, "d-bp1aaaa": {part("cb-1-1", 1, 1001)},
		}},
		{"one part failed: so did the set", set("cb-1", begin, func(i int, p *fleet.Backup) {
			if i == 1 {
				p.Status = "failed"
			}
		}), map[string][]backup.Backup{
			"d-bp1bbbb": {but(part("cb-1-0", 0, 1000), func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateFailed, nil })},
			"d-bp1aaaa": {but(part("cb-1-1", 1, 1001), func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateFailed, nil })},
		}},
		{"one part is missing: that shard's backup failed", set("cb-1", begin, good)[:1], map[string][]backup.Backup{
			"d-bp1bbbb": {but(part("cb-1-0", 0, 1000), func(b *backup.Backup) { b.Unusable = backup.FlaggedUnusable })},
			"d-bp1aaaa": {but(part("cb-1", 0, 0), func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateFailed, nil })},
		}},
		{"running", set("cb-1", begin, func(i int, p *fleet.Backup) {
			if i == 1 {
				p.Status, p.End = "running", time.Time{}
			}
		}), map[string][]backup.Backup{
			"d-bp1bbbb": {but(part("cb-1", 0, 0), func(b *backup.Backup) { b.State, b.SizeBytes, b.EndedAt = backup.StateRunning, nil, time.Time{} })},
			"d-bp1aaaa": {but(part("cb-1", 0, 0), func(b *backup.Backup) { b.State, b.SizeBytes, b.EndedAt = backup.StateRunning, nil, time.Time{} })},
		}},
		{"none", nil, map[string][]backup.Backup{"d-bp1bbbb": {}, "d-bp1aaaa": {}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sim, b := simulate(t, cloudsim.Variants{}, clusterMode(tt.set))
			in := b.instances(t)[sourcetest.ShardedID]
			got := map[string][]backup.Backup{}
			for _, node := range in.Nodes {
				list, err := b.Backups(t.Context(), in, node, since())
				if err != nil {
					t.Fatal(err)
				}
				got[node] = list.Backups
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || len(b.rejected) != 0 {
				t.Errorf("rejected %v, backups by shard (-want +got):\n%s", b.rejected, diff)
			}
			if lists, asked := sim.Count("DescribeClusterBackups"), sim.Count("DescribeDBInstanceAttribute"); lists != 1 || asked != 1 {
				t.Errorf("%d listings and %d questions for the mode, want one of each for both shards", lists, asked)
			}
		})
	}
}

func TestOneListingOfSetsServesAllShards(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{}, clusterMode(set("cb-1", sourcetest.Now.Add(-time.Hour), func(int, *fleet.Backup) {})))
	in := b.instances(t)[sourcetest.ShardedID]
	round := func() {
		t.Helper()
		var shards errgroup.Group
		for _, node := range in.Nodes {
			shards.Go(func() error {
				list, err := b.Backups(t.Context(), in, node, since())
				if err == nil && len(list.Backups) != 1 {
					err = fmt.Errorf("%d backups of %s, want one", len(list.Backups), node)
				}
				return err
			})
		}
		if err := shards.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	for n := 1; n <= 3; n++ {
		round()
		if got := sim.Count("DescribeClusterBackups"); got != n {
			t.Fatalf("%d listings after %d rounds, want one a round", got, n)
		}
	}
	if got := sim.Count("DescribeDBInstanceAttribute"); got != 1 {
		t.Errorf("asked %d times for the mode, want once an hour", got)
	}
	b.advance(61 * time.Minute)
	round()
	if got := sim.Count("DescribeDBInstanceAttribute"); got != 2 {
		t.Errorf("asked %d times for the mode after an hour, want twice", got)
	}
	if sim.Count("DescribeBackups") != 0 {
		t.Error("DescribeBackups was asked too")
	}
}

func TestUnreadClusterIsNotForgotten(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{}, clusterMode(set("cb-1", sourcetest.Now.Add(-time.Hour), func(int, *fleet.Backup) {})))
	in := b.instances(t)[sourcetest.ShardedID]
	ask := func() {
		t.Helper()
		if list, err := b.Backups(t.Context(), in, in.Nodes[0], since()); err != nil || len(list.Backups) != 1 {
			t.Fatalf("Backups = %v, %v; want one", list, err)
		}
	}
	ask()
	sim.Inject(cloudsim.Fault{Operation: "DescribeDBInstances", Kind: cloudsim.FaultWrongTypeRecord})
	listing, err := b.Instances(t.Context())
	list := listing.Instances
	if err != nil || listing.Unread != 3 || len(list) != 1 || list[0].InstanceID == sourcetest.ShardedID { // one of each type is unread
		t.Fatalf("Instances = %+v, %v; want one replica set and 3 unread", listing, err)
	}
	ask()
	if got := sim.Count("DescribeDBInstanceAttribute"); got != 1 {
		t.Errorf("asked %d times for the mode, want once", got)
	}
}

// A cluster may be deleted, and made again by restoring it under the same id, in the other mode.
func TestGoneClusterIsForgotten(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{}, clusterMode(set("cb-1", sourcetest.Now.Add(-time.Hour), func(int, *fleet.Backup) {})))
	in := b.instances(t)[sourcetest.ShardedID]
	modes := func() int {
		t.Helper()
		if _, err := b.Backups(t.Context(), in, in.Nodes[0], since()); err != nil {
			t.Fatal(err)
		}
		return sim.Count("DescribeDBInstanceAttribute")
	}
	steps := []struct {
		name string
		id   string // of the cluster in the cloud
		want int    // how often the mode was read
	}{
		{"listed", sourcetest.ShardedID, 1},
		{"still listed", sourcetest.ShardedID, 1},
		{"gone, and there again", "dds-bp1another", 2},
	}
	for _, step := range steps {
		rename := func(from, to string) {
			sim.Update(func(f *fleet.Fleet) { f.Instance(from).ID = to })
		}
		rename(sourcetest.ShardedID, step.id)
		b.instances(t)
		rename(step.id, sourcetest.ShardedID)
		if got := modes(); got != step.want {
			t.Errorf("%s: the mode was read %d times, want %d", step.name, got, step.want)
		}
	}
}

// Without a backup a shard would be never backed up, and somebody would be paged.
func TestSetsThatNameNoShard(t *testing.T) {
	_, b := simulate(
		t, cloudsim.Variants{Alibaba: api.Variants{OtherInstanceName: true, OtherNodeID: true}},
		clusterMode(set("cb-1", sourcetest.Now.Add(-time.Hour), func(int, *fleet.Backup) {})),
	)
	in := b.instances(t)[sourcetest.ShardedID]
	_, err := b.Backups(t.Context(), in, in.Nodes[0], since())
	if want := "DescribeClusterBackups: protocol: the sets name none of the cluster's shards"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// A part of a shard that is not known is logged once, whoever asks and how often.
func TestPartOfAnUnknownShardIsLoggedOnce(t *testing.T) {
	_, b := simulate(t, cloudsim.Variants{}, clusterMode(set("cb-1", sourcetest.Now.Add(-time.Hour), func(i int, p *fleet.Backup) {
		if i == 0 {
			p.Node = "d-bp1gone"
		}
	})))
	in := b.instances(t)[sourcetest.ShardedID]
	for range 2 {
		for _, node := range in.Nodes {
			if _, err := b.Backups(t.Context(), in, node, since()); err != nil {
				t.Fatal(err)
			}
		}
		b.advance(time.Minute)
	}
	const want = `level=warn msg="cannot read a value of the cloud's answer; logged once" target=alibaba/prod/cn-hangzhou/dds-bp1sharded ` +
		`field=InstanceName problem="the cluster has no shard d-bp1gone"` + "\n"
	if diff := cmp.Diff(want, b.log.String()); diff != "" || len(b.rejected) != 2 {
		t.Errorf("counted %v, log (-want +got):\n%s", b.rejected, diff)
	}
}

// What is left of a released cluster is found with the region in which it was.
func TestSetsOfAReleasedCluster(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{}, clusterMode(set("cb-1", sourcetest.Now.Add(-time.Hour), func(int, *fleet.Backup) {})))
	for _, lock := range []string{"", fleet.Released} {
		sim.Update(func(f *fleet.Fleet) { f.Instance(sourcetest.ShardedID).LockMode = lock })
		in := b.instances(t)[sourcetest.ShardedID]
		list, err := b.Backups(t.Context(), in, in.Nodes[0], since())
		if err != nil || len(list.Backups) != 1 || in.Lifecycle.Exists() != (lock == "") {
			t.Errorf("lock %q: lifecycle %v, %d backups and %v, want one", lock, in.Lifecycle, len(list.Backups), err)
		}
		if _, err := b.Policy(t.Context(), in); err != nil {
			t.Errorf("lock %q: policy: %v", lock, err)
		}
		b.advance(time.Minute)
	}
}

func TestManySetsTakeSeveralPages(t *testing.T) {
	var sets [][]fleet.Backup
	for i := range 120 {
		sets = append(sets, set(fmt.Sprintf("cb-%03d", i), sourcetest.Now.Add(-time.Duration(i+1)*time.Hour), func(int, *fleet.Backup) {}))
	}
	_, b := simulate(t, cloudsim.Variants{}, clusterMode(sets...))
	in := b.instances(t)[sourcetest.ShardedID]
	list, err := b.Backups(t.Context(), in, "d-bp1aaaa", since())
	if err != nil || len(list.Backups) != 120 {
		t.Errorf("%d backups and %v, want 120", len(list.Backups), err)
	}
}

// TestModeThatIsNotKnown states what a cluster's mode may look like. In the wrong mode, shards would seem to have no
// backups.
func TestModeThatIsNotKnown(t *testing.T) {
	in := backup.Instance{Target: backup.Target{InstanceID: "dds-2"}, Topology: backup.TopologyShardedCluster, Nodes: []string{"d-1"}}
	const unknown = "DescribeDBInstanceAttribute: protocol: the answer has no proper UseClusterBackup"
	for mode, want := range map[string]string{
		`"UseClusterBackup":false`: "", `"DBInstanceId":"dds-2"`: "", `"DBInstanceId":"dds-2","UseClusterBackup":null`: "",
		`"UseClusterBackup":"0"`: "", `"X":1`: "DescribeDBInstanceAttribute: protocol: the answer has no proper DBInstanceId",
		`"UseClusterBackup":"perhaps"`: unknown, `"UseClusterBackup":{}`: unknown, `"UseClusterBackup":1,"UseClusterBackup":0`: unknown,
	} {
		answers := map[string]string{
			"DescribeDBInstanceAttribute": `{"DBInstances":{"DBInstance":[{` + mode + `}]}}`, "DescribeBackups": `{"Backups":{}}`,
		}
		source := sourcetest.Serve(t, provider(), func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(answers[r.Header.Get("X-Acs-Action")]))
		})
		_, err := source.Backups(t.Context(), in, "d-1", sourcetest.Now.AddDate(0, 0, -30))
		if got := fmt.Sprint(err); (want == "" && err != nil) || (want != "" && got != want) {
			t.Errorf("%s: %v, want %q", mode, err, want)
		}
	}
}

// ofEach returns a backup of each shard of the sharded cluster, in no set.
func ofEach(begin time.Time, change func(shard int, part *fleet.Backup)) []fleet.Backup {
	return set("", begin, func(i int, part *fleet.Backup) {
		part.ID = fmt.Sprintf("own-%d", i)
		change(i, part)
	})
}

// Somebody puts a cluster into the other mode while the exporter runs. A shard that has backups must not look for one
// moment as if it had none: that pages.
func TestModeThatChanges(t *testing.T) {
	good := func(int, *fleet.Backup) {}
	begin := sourcetest.Now.Add(-3 * time.Hour)
	own, sets := ofEach(begin, good), set("cb-1", begin.Add(time.Hour), good)
	change := func(inSets bool, backups ...fleet.Backup) func(*fleet.Fleet) {
		return func(f *fleet.Fleet) {
			in := f.Instance(sourcetest.ShardedID)
			in.ClusterBackup, in.Backups = inSets, backups
		}
	}
	for _, tt := range []struct {
		name          string
		before, after func(*fleet.Fleet)
		want          string // the id of the second shard's backup before and after
	}{
		{"to sets", change(false, own...), change(true, sets...), "own-1 cb-1-1"},
		{"from sets", change(true, sets...), change(false, own...), "cb-1-1 own-1"},
		{"to sets, which have no backup yet", change(false, own...), change(true), "own-1 "},
		{"from an empty list of sets", change(true), change(false, own...), " own-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim, b := simulate(t, cloudsim.Variants{Alibaba: api.Variants{SetsApart: true}}, tt.before)
			in := b.instances(t)[sourcetest.ShardedID]
			read := func() string {
				t.Helper()
				var found string
				var shards errgroup.Group
				for _, node := range in.Nodes {
					shards.Go(func() error {
						list, err := b.Backups(t.Context(), in, node, since())
						if node == "d-bp1aaaa" && len(list.Backups) > 0 {
							found = list.Backups[0].ID
						}
						return err
					})
				}
				if err := shards.Wait(); err != nil {
					t.Fatal(err)
				}
				return found
			}
			was := read()
			b.advance(20 * time.Second)
			sim.Update(tt.after)
			if got := was + " " + read(); got != tt.want {
				t.Errorf("before and after: %q, want %q", got, tt.want)
			}
			if got := sim.Count("DescribeDBInstanceAttribute"); got != 2 {
				t.Errorf("asked %d times for the mode, want once before and once after", got)
			}
		})
	}
}

// What a doubt of the mode costs: nothing where a shard has a usable backup, and a call a minute of the cluster where none
// has one.
func TestModeIsDoubtedOnceAMinute(t *testing.T) {
	failed := func(_ int, part *fleet.Backup) { part.Status = "failed" }
	begin := sourcetest.Now.Add(-3 * time.Hour)
	for _, tt := range []struct {
		name   string
		change func(*fleet.Fleet)
		want   int
	}{
		{"usable sets", clusterMode(set("cb-1", begin, func(int, *fleet.Backup) {})), 1},
		{"failed sets", clusterMode(set("cb-1", begin, failed)), 6},
		{"usable lists", func(f *fleet.Fleet) {
			f.Instance(sourcetest.ShardedID).Backups = ofEach(begin, func(int, *fleet.Backup) {})
		}, 1},
		{"failed lists", func(f *fleet.Fleet) { f.Instance(sourcetest.ShardedID).Backups = ofEach(begin, failed) }, 6},
		{"empty lists", func(f *fleet.Fleet) { f.Instance(sourcetest.ShardedID).Backups = nil }, 6},
		{"empty lists on local disks", func(f *fleet.Fleet) {
			f.Instance(sourcetest.ShardedID).Backups, f.Instance(sourcetest.ShardedID).Storage = nil, "local_ssd"
		}, 0},
		{"empty lists of a released cluster", func(f *fleet.Fleet) {
			f.Instance(sourcetest.ShardedID).Backups, f.Instance(sourcetest.ShardedID).LockMode = nil, fleet.Released
		}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sim, b := simulate(t, cloudsim.Variants{}, tt.change)
			in := b.instances(t)[sourcetest.ShardedID]
			for range 30 { // for five minutes
				for _, node := range in.Nodes {
					if _, err := b.Backups(t.Context(), in, node, since()); err != nil {
						t.Fatal(err)
					}
				}
				b.advance(10 * time.Second)
			}
			if got := sim.Count("DescribeDBInstanceAttribute"); got != tt.want {
				t.Errorf("asked %d times for the mode, want %d", got, tt.want)
			}
		})
	}
}

// While the mode cannot be read again, it is not known whether an empty list is one of backups that are lost.
func TestModeInDoubtThatCannotBeRead(t *testing.T) {
	good := func(int, *fleet.Backup) {}
	sim, b := simulate(t, cloudsim.Variants{Alibaba: api.Variants{SetsApart: true}}, func(f *fleet.Fleet) {
		f.Instance(sourcetest.ShardedID).Backups = ofEach(sourcetest.Now.Add(-time.Hour), good)
	})
	in := b.instances(t)[sourcetest.ShardedID]
	read := func(node string) (int, error) {
		list, err := b.Backups(t.Context(), in, node, since())
		return len(list.Backups), err
	}
	if n, err := read(in.Nodes[0]); n != 1 || err != nil {
		t.Fatalf("%d backups and %v, want one", n, err)
	}
	b.advance(time.Second)
	sim.Update(clusterMode(set("cb-1", sourcetest.Now.Add(-time.Hour), good)))
	sim.Update(func(f *fleet.Fleet) { f.Accounts[0].Denied = []string{"DescribeDBInstanceAttribute"} })
	asked := sim.Count("DescribeDBInstanceAttribute")
	for _, node := range in.Nodes {
		if n, err := read(node); n != 0 || backup.ClassOf(err) != backup.ClassPermission {
			t.Errorf("%s: %d backups and %v, want class permission", node, n, err)
		}
	}
	if got := sim.Count("DescribeDBInstanceAttribute") - asked; got != 1 {
		t.Errorf("asked %d times within a minute, want once", got)
	}
	sim.Update(func(f *fleet.Fleet) { f.Accounts[0].Denied = nil })
	b.advance(time.Minute)
	if n, err := read(in.Nodes[0]); n != 1 || err != nil {
		t.Errorf("%d backups and %v, want one", n, err)
	}
}
