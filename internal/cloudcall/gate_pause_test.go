package cloudcall

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// 80 refusals in a row are more than a shift of the first pause can take.
func TestPauseDoublesUpToTheLongest(t *testing.T) {
	now := time.Date(2026, time.January, 15, 10, 0, 0, 0, time.UTC)
	var p pause
	for n := range 80 {
		p.begin(failure(backup.ClassAuth), now, firstPause)
		want := maxPause
		if n < 4 {
			want = firstPause << n
		}
		if got := p.until.Sub(now); got != want {
			t.Errorf("pause %d lasts %v, want %v", n+1, got, want)
		}
	}
}
