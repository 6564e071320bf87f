package backup_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

func TestAssessCluster(t *testing.T) {
	unknown := assess(func(in *backup.TargetState) { in.Backups.GoodUntil = noon }, full(at(22, 2, 0)))
	empty := assess(nil, failed(at(22, 2, 0)))
	incomplete := assess(nil, with(full(at(22, 2, 0)), func(b *backup.Backup) { b.Unusable = backup.FlaggedUnusable }), full(at(21, 2, 0)))
	early, late := assess(nil, full(at(22, 2, 0))), assess(nil, full(at(22, 2, 30)))
	window := func(in *backup.TargetState) {
		in.Recovery = read(backup.Window{Start: at(20, 0, 0), End: at(22, 11, 0)}, noon)
	}
	for _, c := range []struct {
		name  string
		nodes []backup.Health
		want  backup.ClusterHealth
	}{
		{"no shards", nil, backup.ClusterHealth{}},
		{"one shard", []backup.Health{late}, backup.ClusterHealth{Known: true, RecoveryPoint: at(22, 2, 30)}},
		{"shards that disagree", []backup.Health{late, early, late}, backup.ClusterHealth{Known: true, RecoveryPoint: at(22, 2, 0)}},
		{"one shard has none", []backup.Health{late, empty, early}, backup.ClusterHealth{Known: true, NodesMissing: 1}},
		{"no shard has any", []backup.Health{empty, empty}, backup.ClusterHealth{Known: true, NodesMissing: 2}},
		{"one shard is unknown", []backup.Health{late, unknown, empty}, backup.ClusterHealth{}},
		{"newest set is incomplete", []backup.Health{incomplete, incomplete}, backup.ClusterHealth{Known: true, RecoveryPoint: at(21, 2, 0)}},
		{
			"point-in-time window of the cluster",
			[]backup.Health{assess(window, full(at(22, 2, 0))), assess(window, full(at(21, 2, 0)))},
			backup.ClusterHealth{Known: true, RecoveryPoint: at(22, 11, 0)},
		},
		{
			"point-in-time window, one shard has no backup",
			[]backup.Health{assess(window, full(at(22, 2, 0))), assess(window)},
			backup.ClusterHealth{Known: true, NodesMissing: 1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, backup.AssessCluster(c.nodes)); diff != "" {
				t.Errorf("AssessCluster() (-want +got):\n%s", diff)
			}
		})
	}
}
