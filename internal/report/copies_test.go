package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

func TestNewestCopyIsReported(t *testing.T) {
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	policy := backup.Reading[backup.Policy]{Value: backup.Policy{CopyRegion: "cn-beijing"}, At: now, GoodUntil: now.Add(time.Hour)}
	copies := backup.Reading[backup.Copies]{
		Value: backup.Copies{Region: "cn-beijing", Backups: []backup.Backup{{
			Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: now.Add(-2 * time.Hour), EndedAt: now.Add(-time.Hour),
		}}},
		At: now, GoodUntil: now.Add(time.Hour),
	}
	failed := backup.Reading[backup.Copies]{TriedAt: now, Err: &backup.Error{Op: "DescribeBackups", Class: backup.ClassServer}}
	tests := []struct {
		name   string
		policy backup.Reading[backup.Policy]
		copies backup.Reading[backup.Copies]
		want   string // a part of the JSON
		absent string
	}{
		{"copied", policy, copies, `"last_copy":"2026-11-22T11:00:00Z","copy_region":"cn-beijing"`, "last_error"},
		{"not copied yet", policy, backup.Reading[backup.Copies]{}, `"copy_region":"cn-beijing"`, "last_copy"},
		{"cannot be read", policy, failed, `"last_error":"DescribeBackups: server"`, "last_copy"},
		{"not asked for", backup.Reading[backup.Policy]{}, backup.Reading[backup.Copies]{}, `"instance_id"`, "cop"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			restored := backup.Reading[time.Time]{Value: now.Add(-48 * time.Hour)} // counts however old the reading is
			in := backup.InstanceState{LastRestore: restored, Policy: tt.policy, Nodes: []backup.NodeState{{Copies: tt.copies}}}
			got, err := json.Marshal(report.New(&backup.Snapshot{Instances: []backup.InstanceState{in}}, now).Targets[0])
			if !strings.Contains(string(got), `"last_restore_seen":"2026-11-20T12:00:00Z"`) {
				t.Errorf("%s, want the last restore", got)
			}
			if err != nil || !strings.Contains(string(got), tt.want) || strings.Contains(string(got), tt.absent) {
				t.Errorf("%s, error %v; want %s and no %s", got, err, tt.want, tt.absent)
			}
		})
	}
}
