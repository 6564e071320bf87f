package report_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// What is found about a cluster stands in the row of each shard, beside what is found about the shard. A list of findings is
// never null.
func TestFindingsOfRows(t *testing.T) {
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	lasting := func(started, d time.Duration) backup.NodeState {
		start := now.Add(-started)
		return backup.NodeState{Backups: reading(backup.List{Backups: []backup.Backup{
			{Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: start, EndedAt: start.Add(d)},
		}}, now)}
	}
	slow, behind := lasting(10*time.Hour, 9*time.Hour), lasting(20*time.Hour, time.Hour)
	slow.NodeID, behind.NodeID = "d-1", "d-2"
	want := backup.Objectives{RPODefault: 26 * time.Hour, MaxDuration: 6 * time.Hour}
	r := report.New(&backup.Snapshot{Instances: []backup.InstanceState{
		{Objectives: want, Nodes: []backup.NodeState{slow, behind}},
		{Objectives: want, Nodes: []backup.NodeState{lasting(time.Hour, time.Minute)}},
	}}, now)

	spread := `{"name":"shards_spread","since":"2026-11-21T16:00:00Z","text":"the shards were backed up 10h apart, so that the cluster can be restored to 2026-11-21 16:00Z only"}`
	var got []string
	for _, target := range r.Targets {
		text, err := json.Marshal(target.Findings)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, target.NodeID+" "+string(text))
	}
	if diff := cmp.Diff([]string{
		`d-1 [` + spread + `,{"name":"took_too_long","since":"2026-11-22T11:00:00Z","text":"the last full backup took 9h, at most 6h are expected"}]`,
		`d-2 [` + spread + `]`,
		` []`,
	}, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if r.Critical() {
		t.Error("a warning counts as critical")
	}
}
