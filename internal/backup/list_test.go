package backup_test

import (
	"slices"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

func TestListSince(t *testing.T) {
	noon := time.Date(2026, time.January, 15, 12, 0, 0, 0, time.UTC)
	list := backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: []backup.Backup{
		{ID: "without times"},
		{ID: "at", StartedAt: noon},
		{ID: "before", StartedAt: noon.Add(-time.Second), EndedAt: noon.Add(time.Hour)},
		{ID: "ended after", EndedAt: noon.Add(2 * time.Hour)},
		{ID: "ended before", EndedAt: noon.Add(-time.Second)},
		{ID: "after", StartedAt: noon.Add(time.Hour), EndedAt: noon.Add(3 * time.Hour)},
		{ID: "at, too", StartedAt: noon},
	}}
	got := list.Since(noon)
	var ids []string
	for _, b := range got.Backups {
		ids = append(ids, b.ID)
	}
	if want := []string{"ended after", "after", "at", "at, too", "without times"}; !slices.Equal(ids, want) {
		t.Errorf("backups = %q, want %q", ids, want)
	}
	if !slices.Equal(got.Asked, list.Asked) {
		t.Errorf("asked = %v, want %v", got.Asked, list.Asked)
	}
}
