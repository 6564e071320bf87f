package exporter

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// An instance about which there is nothing to ask is no sample of its kind, unless the configuration names it.
func TestSamplesLeaveOutInstancesWithoutBackups(t *testing.T) {
	instance := func(id string, change func(*backup.Instance)) backup.Instance {
		in := backup.Instance{Target: backup.Target{InstanceID: id}, Topology: backup.TopologyReplicaSet, Storage: "cloud_essd1"}
		change(&in)
		return in
	}
	found := []backup.Instance{
		instance("serverless", func(in *backup.Instance) { in.NoBackup = "it has no managed backup" }),
		instance("released", func(in *backup.Instance) { in.Lifecycle = backup.LifecycleReleased }),
		instance("named", func(in *backup.Instance) { in.Lifecycle, in.Storage = backup.LifecycleCreating, "local_ssd" }),
		instance("locked", func(in *backup.Instance) { in.Lifecycle = backup.LifecycleFrozen }),
		instance("running", func(*backup.Instance) {}),
	}
	var got []string
	for _, in := range samples(poll.Region{Discover: true, Instances: []poll.Instance{{ID: "named"}}}, found) {
		got = append(got, in.InstanceID)
	}
	if diff := cmp.Diff([]string{"named", "locked"}, got); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
}
