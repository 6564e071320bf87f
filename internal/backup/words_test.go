package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

func TestSpan(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "0s"},
		{59*time.Second + 999*time.Millisecond, "59s"},
		{time.Minute, "1m"},
		{59*time.Minute + 59*time.Second, "59m"},
		{time.Hour, "1h"},
		{22*time.Hour + 5*time.Minute, "22h 5m"},
		{26 * time.Hour, "26h"},
		{2*day - time.Second, "47h 59m"},
		{2 * day, "2d"},
		{3*day + 4*time.Hour + 59*time.Minute, "3d 4h"},
	} {
		if got := backup.Span(c.d); got != c.want {
			t.Errorf("Span(%d) = %q, want %q", c.d, got, c.want)
		}
	}
}
