package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

func TestNewestCopy(t *testing.T) {
	asked := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	made := func(ago time.Duration, change ...func(*backup.Backup)) backup.Backup {
		b := backup.Backup{
			ID: ago.String(), Kind: backup.KindFull, State: backup.StateSuccess,
			StartedAt: asked.Add(-ago), EndedAt: asked.Add(-ago + time.Minute),
		}
		for _, f := range change {
			f(&b)
		}
		return b
	}
	tests := []struct {
		name   string
		copies []backup.Backup
		stale  bool
		want   string // id of the copy; "": none
	}{
		{"none", nil, false, ""},
		{"the newest end, in any order", []backup.Backup{made(48 * time.Hour), made(24 * time.Hour), made(72 * time.Hour)}, false, "24h0m0s"},
		{"not current any more", []backup.Backup{made(time.Hour)}, true, ""},
		{"a failure is none", []backup.Backup{made(time.Hour, func(b *backup.Backup) { b.State = backup.StateFailed }), made(2 * time.Hour)}, false, "2h0m0s"},
		{"nor is one that runs", []backup.Backup{made(time.Hour, func(b *backup.Backup) { b.State, b.EndedAt = backup.StateRunning, time.Time{} })}, false, ""},
		{"nor one that cannot be restored", []backup.Backup{made(time.Hour, func(b *backup.Backup) { b.Unusable = backup.FlaggedUnusable })}, false, ""},
		{"nor an incremental one", []backup.Backup{made(time.Hour, func(b *backup.Backup) { b.Kind = backup.KindIncremental })}, false, ""},
		{"nor one that has expired", []backup.Backup{made(time.Hour, func(b *backup.Backup) { b.ExpiresAt = asked.Add(time.Minute) })}, false, ""},
		{"nor one from the future", []backup.Backup{made(-10 * time.Minute)}, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := backup.Reading[backup.Copies]{
				Value: backup.Copies{Region: "cn-beijing", Backups: tt.copies}, At: asked, GoodUntil: asked.Add(time.Hour),
			}
			now := asked.Add(2 * time.Minute)
			if tt.stale {
				now = r.GoodUntil
			}
			got := ""
			if newest := backup.NewestCopy(r, now); newest != nil {
				got = newest.ID
			}
			if got != tt.want {
				t.Errorf("newest copy %q, want %q", got, tt.want)
			}
		})
	}
}
