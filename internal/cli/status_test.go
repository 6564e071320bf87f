package cli

import (
	"errors"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// Nothing to judge is exit code 2, never 0.
func TestStatusWithoutTargetsIsNotAllRight(t *testing.T) {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	good := backup.Reading[int]{At: at, TriedAt: at, GoodUntil: at.Add(time.Hour)}
	snapshot := &backup.Snapshot{At: at, Regions: []backup.Region{{Asked: true, Up: true, Unmonitored: good, Listed: good}}}
	var code *exit
	if err := verdict(report.New(snapshot, at)); !errors.As(err, &code) || code.code != 2 {
		t.Errorf("%v, want exit code 2", err)
	}
}
