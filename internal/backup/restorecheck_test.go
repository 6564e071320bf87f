package backup_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

func TestBackupsThatTheCloudWouldNotRestore(t *testing.T) {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	made := func(id string, ago time.Duration) backup.Backup {
		start := at.Add(-ago)
		return backup.Backup{ID: id, Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: start, EndedAt: start.Add(time.Minute)}
	}
	const why = "cannot be restored by the cloud's own check"
	refused := func(id string) backup.RestoreCheck { return backup.RestoreCheck{BackupID: id, At: at, Refused: why} }
	tests := []struct {
		name   string
		checks backup.RestoreChecks
		usable int
		state  backup.HealthState
		reason string
	}{
		{"nobody asked", nil, 2, backup.HealthOK, "newest recovery point is 2h old"},
		{"the cloud would restore it", backup.RestoreChecks{{BackupID: "new", At: at}}, 2, backup.HealthOK, "newest recovery point is 2h old"},
		{"the newest is refused", backup.RestoreChecks{refused("new")}, 1, backup.HealthOK, "newest recovery point is 20h old, objective 26h (default, no policy known); the last success, 2026-11-22 10:01Z, " + why},
		{"an earlier one is refused", backup.RestoreChecks{refused("old")}, 1, backup.HealthOK, "newest recovery point is 2h old, objective 26h (default, no policy known)"},
		{"another backup is refused", backup.RestoreChecks{refused("gone")}, 2, backup.HealthOK, "newest recovery point is 2h old"},
		{"all are refused", backup.RestoreChecks{refused("old"), refused("new")}, 0, backup.HealthNever, why},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := backup.TargetState{
				Backups: backup.Reading[backup.List]{
					Value: backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: []backup.Backup{made("new", 2*time.Hour), made("old", 20*time.Hour)}},
					At:    at, GoodUntil: at.Add(time.Hour),
				},
				RestoreChecks: tt.checks,
			}
			h := backup.Assess(in, backup.Objectives{RPODefault: 26 * time.Hour}, at)
			if h.Usable != tt.usable || h.State != tt.state || !strings.Contains(h.Reason, tt.reason) {
				t.Errorf("%s with %d usable: %s; want %s with %d usable: …%s…", h.State, h.Usable, h.Reason, tt.state, tt.usable, tt.reason)
			}
		})
	}
}

func TestChecksOfBackupsThatAreGoneAreForgotten(t *testing.T) {
	list := backup.List{Backups: []backup.Backup{{ID: "a"}, {ID: "b"}, {ID: "c"}}}
	before := backup.RestoreChecks{{BackupID: "gone", Refused: "no"}, {BackupID: "a", Refused: "no"}, {BackupID: "b", Refused: "no"}}
	got := before.With(backup.RestoreCheck{BackupID: "b"}, list)
	want := backup.RestoreChecks{{BackupID: "a", Refused: "no"}, {BackupID: "b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
	if before[2].Refused != "no" || before[0].BackupID != "gone" {
		t.Errorf("the earlier checks were changed: %v", before)
	}
}

func TestNewestCheck(t *testing.T) {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	all := backup.RestoreChecks{{BackupID: "a", At: at}, {BackupID: "b", At: at.Add(time.Hour)}, {BackupID: "c", At: at.Add(-time.Hour)}}
	if newest := all.Newest(); newest == nil || newest.BackupID != "b" {
		t.Errorf("newest check %+v, want that of b", newest)
	}
	if newest := (backup.RestoreChecks{}).Newest(); newest != nil {
		t.Errorf("newest check %+v, want none", newest)
	}
}

func TestToCheck(t *testing.T) {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	made := func(id string, ago time.Duration, state backup.State) backup.Backup {
		return backup.Backup{ID: id, Kind: backup.KindFull, State: state, StartedAt: at.Add(-ago), EndedAt: at.Add(-ago + time.Minute)}
	}
	r := backup.Reading[backup.List]{
		Value: backup.List{Backups: []backup.Backup{made("failed", time.Hour, backup.StateFailed), made("new", 2*time.Hour, backup.StateSuccess), made("old", 3*time.Hour, backup.StateSuccess)}},
		At:    at, GoodUntil: at.Add(time.Hour),
	}
	if b := backup.ToCheck(r, at); b == nil || b.ID != "new" {
		t.Errorf("backup to check: %+v, want the newest success", b)
	}
	if b := backup.ToCheck(r, r.GoodUntil); b != nil {
		t.Errorf("backup to check: %+v, want none of a list that is too old", b)
	}
}
