package report_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

func reading[T any](value T, at time.Time) backup.Reading[T] {
	return backup.Reading[T]{Value: value, At: at, GoodUntil: at.Add(time.Hour)}
}

func TestFacts(t *testing.T) {
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	window := backup.Window{Start: now.AddDate(0, 0, -7), End: now.Add(-5 * time.Minute)}
	checked := func(refused string) backup.Reading[backup.RestoreChecks] {
		return reading(backup.RestoreChecks{{BackupID: "1", At: now.Add(-5 * time.Hour)}, {BackupID: "2", At: now.Add(-time.Hour), Refused: refused}}, now)
	}
	tests := []struct {
		name   string
		change func(*backup.InstanceState)
		facts  []string
		notes  []string
		inJSON string
	}{
		{"nothing", func(*backup.InstanceState) {}, nil, nil, `"listed_instances":null`},
		{
			"instance", func(in *backup.InstanceState) { in.Instance.Status, in.Instance.Owner = "Running", "billing" },
			nil, nil, `"instance_status":"Running","owner":"billing"`,
		},
		{
			"a window", func(in *backup.InstanceState) { in.Recovery = reading(window, now) },
			[]string{"any moment from 2026-11-15 12:00Z to 2026-11-22 11:55Z can be restored"},
			nil,
			`"pitr_start":"2026-11-15T12:00:00Z","pitr_end":"2026-11-22T11:55:00Z"`,
		},
		{"a window that is too old", func(in *backup.InstanceState) { in.Recovery = reading(window, now.Add(-2*time.Hour)) }, nil, nil, `"last_success":null`},
		{
			"no copy yet", func(in *backup.InstanceState) { in.Policy = reading(backup.Policy{CopyRegion: "cn-beijing"}, now) },
			[]string{"to be copied to cn-beijing, no copy known"},
			nil, `"copy_region":"cn-beijing"`,
		},
		{
			"a restore", func(in *backup.InstanceState) { in.LastRestore = reading(now.AddDate(0, 0, -3), now) },
			[]string{"last restore seen 3d ago"},
			nil, `"last_restore_seen"`,
		},
		{
			"kept", func(in *backup.InstanceState) { in.Policy = reading(backup.Policy{KeptAfterDeletion: new(true)}, now) },
			[]string{"backups outlive the instance"},
			nil, `"policy_kept_after_deletion":true`,
		},
		{
			"not kept", func(in *backup.InstanceState) { in.Policy = reading(backup.Policy{KeptAfterDeletion: new(false)}, now) },
			nil,
			[]string{"backups are deleted with the instance"},
			`"policy_kept_after_deletion":false`,
		},
		{
			"checked", func(in *backup.InstanceState) { in.Nodes[0].RestoreChecks = checked("") },
			nil,
			[]string{"the cloud's own check 1h ago: the newest backup can be restored"},
			`"restore_checked":"2026-11-22T11:00:00Z"`,
		},
		{
			"removed early", func(in *backup.InstanceState) { in.Nodes[0].Removals = removed(now, 1, backup.Never) },
			[]string{"removed before the expiry: b0 (began 2026-11-19 12:00Z, 2.0 GiB)"},
			nil,
			`"removed_early":[{"backup_id":"b0","began":"2026-11-19T12:00:00Z","size_bytes":2147483648,"missing_since":"2026-11-22T11:00:00Z","expiry":null}]`,
		},
		{
			"many removed early", func(in *backup.InstanceState) { in.Nodes[0].Removals = removed(now, 7, now.AddDate(0, 0, 4)) },
			[]string{"removed before the expiry: b0 (began 2026-11-19 12:00Z, 2.0 GiB), " +
				"b1 (began 2026-11-18 12:00Z, 2.0 GiB), b2 (began 2026-11-17 12:00Z, 2.0 GiB), b3 (began 2026-11-16 12:00Z, 2.0 GiB), " +
				"b4 (began 2026-11-15 12:00Z, 2.0 GiB), and 2 more"},
			nil, `"missing_since":"2026-11-22T11:00:00Z","expiry":"2026-11-26T12:00:00Z"}`,
		},
		{
			"removed early long ago", func(in *backup.InstanceState) { in.Nodes[0].Removals = removed(now.AddDate(0, 0, -7), 1, backup.Never) },
			nil, nil, `"last_success":null`,
		},
		{
			"refused", func(in *backup.InstanceState) { in.Nodes[0].RestoreChecks = checked("cannot be restored") },
			[]string{"the newest backup that was checked cannot be restored"},
			nil, `"restore_refused":"cannot be restored"`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := backup.InstanceState{Nodes: []backup.NodeState{{}}}
			tt.change(&in)
			r := report.New(&backup.Snapshot{Instances: []backup.InstanceState{in}, Regions: []backup.Region{{}}}, now)
			target := r.Targets[0]
			if facts, notes := target.Facts(now), target.Notes(now); !slices.Equal(facts, tt.facts) || !slices.Equal(notes, tt.notes) {
				t.Errorf("facts %q, notes %q; want %q, %q", facts, notes, tt.facts, tt.notes)
			}
			if text, err := json.Marshal(r); err != nil || !strings.Contains(string(text), tt.inJSON) {
				t.Errorf("%s, error %v; want %s", text, err, tt.inJSON)
			}
		})
	}
}

// removed returns n backups of which a list an hour before lacked the first; each began a day before the one before it.
func removed(now time.Time, n int, expiry time.Time) backup.Removals {
	r := backup.Removals{Last: now.Add(-time.Hour)}
	for i := range n {
		r.Sets = append(r.Sets, backup.Removal{
			Backup: backup.Backup{ID: fmt.Sprint("b", i), StartedAt: now.AddDate(0, 0, -3-i), SizeBytes: new(int64(2 << 30))},
			LeftAt: r.Last, Expiry: expiry,
		})
	}
	return r
}
