package alibaba_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/sourcetest"
)

// copied gives the replica set and the sharded cluster two copies each of their backups, in two regions.
func copied(f *fleet.Fleet) {
	begin := sourcetest.Now.Add(-48 * time.Hour)
	whole := func(id, to string) fleet.Backup {
		return fleet.Backup{
			ID: id, Method: "Snapshot", Status: fleet.StatusSuccess, SizeBytes: 1, CopiedTo: to,
			Start: begin, End: begin.Add(time.Minute),
		}
	}
	in := f.Instance(sourcetest.ReplicaSetID)
	in.Policy.CopyTo = "cn-beijing"
	in.Backups = []fleet.Backup{whole("own", ""), whole("copy", "cn-beijing"), whole("former", "cn-shanghai")}
	in = f.Instance(sourcetest.ShardedID)
	in.ClusterBackup, in.Policy.CopyTo, in.Backups = true, "cn-beijing", nil
	for id, to := range map[string]string{"own": "", "copy": "cn-beijing", "former": "cn-shanghai"} {
		in.Backups = append(in.Backups, set(id, begin, func(_ int, part *fleet.Backup) { part.CopiedTo = to })...)
	}
}

func TestCopiesInAnotherRegion(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{}, copied)
	listed := b.instances(t)
	tests := []struct {
		name, id, node string
		own, copies    []string
	}{
		{"replica set", sourcetest.ReplicaSetID, "", []string{"own"}, []string{"copy"}},
		{"shard", sourcetest.ShardedID, "d-bp1aaaa", []string{"own-1"}, []string{"copy-1"}},
		{"another shard", sourcetest.ShardedID, "d-bp1bbbb", []string{"own-0"}, []string{"copy-0"}},
		{"no copies", sourcetest.EmptyID, "", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := listed[tt.id]
			list, err := b.Backups(t.Context(), in, tt.node, since())
			if err != nil {
				t.Fatal(err)
			}
			copies, err := b.Copies(t.Context(), in, tt.node, "cn-beijing", since())
			if err != nil || copies.Region != "cn-beijing" {
				t.Errorf("copies in %q, error %v", copies.Region, err)
			}
			if diff := cmp.Diff([][]string{tt.own, tt.copies}, [][]string{ids(list.Backups), ids(copies.Backups)}); diff != "" {
				t.Errorf("backups, copies (-want +got):\n%s", diff)
			}
		})
	}
	if n := sim.Count("DescribeClusterBackups"); n != 2 {
		t.Errorf("%d listings of sets, want one of the sets and one of their copies for both shards", n)
	}
}

func TestPolicySaysWhereCopiesAre(t *testing.T) {
	_, b := simulate(t, cloudsim.Variants{}, copied)
	listed := b.instances(t)
	for id, want := range map[string]string{sourcetest.ReplicaSetID: "cn-beijing", sourcetest.EmptyID: ""} {
		policy, err := b.Policy(t.Context(), listed[id])
		if err != nil || policy.CopyRegion != want {
			t.Errorf("%s: copies in %q, error %v; want %q", id, policy.CopyRegion, err, want)
		}
	}
}

func TestFailedListingOfCopies(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{}, copied)
	in := b.instances(t)[sourcetest.ReplicaSetID]
	sim.Update(func(f *fleet.Fleet) { f.Accounts[0].Denied = []string{"DescribeBackups"} })
	if _, err := b.Copies(t.Context(), in, "", "cn-beijing", since()); backup.ClassOf(err) != backup.ClassPermission {
		t.Errorf("error = %v, want class permission", err)
	}
}

func ids(list []backup.Backup) []string {
	var out []string
	for _, b := range list {
		out = append(out, b.ID)
	}
	return out
}
