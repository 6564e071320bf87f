package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

func TestRemovalsThatAreNews(t *testing.T) {
	left := time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	r := backup.Removals{Sets: []backup.Removal{{LeftAt: left.Add(time.Hour)}, {LeftAt: left}}}
	for after, want := range map[time.Duration]int{
		time.Hour: 2, backup.RemovalStands - 1: 2, backup.RemovalStands: 1, backup.RemovalStands + time.Hour: 0, -time.Hour: 2,
	} {
		if got := r.Recent(left.Add(after)); len(got) != want {
			t.Errorf("%v later: %d, want %d", after, len(got), want)
		}
	}
}
