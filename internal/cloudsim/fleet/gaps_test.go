package fleet

import (
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
)

// The log of the instance goes on from the end of the first backup to five minutes ago.
func TestLogGaps(t *testing.T) {
	at := func(hours float64) time.Time { return start.Add(time.Duration(hours * float64(time.Hour))) }
	first, last := at(-20), at(0).Add(-logLag)
	backups := []Backup{
		{ID: "1", Status: StatusSuccess, Start: at(-21), End: first},
		{ID: "2", Status: StatusFailed, Start: at(-8), End: at(-7.5)},
		{ID: "3", Status: StatusSuccess, Start: at(-6), End: at(-5.5)},
	}
	tests := []struct {
		name string
		gaps []Window
		want []Window
	}{
		{"none", nil, []Window{{first, last}}},
		{"one", []Window{{at(-4), at(-3)}}, []Window{{first, at(-4)}, {at(-3), last}}},
		{"two", []Window{{at(-4), at(-3)}, {at(-2), at(-1)}}, []Window{{first, at(-4)}, {at(-3), at(-2)}, {at(-1), last}}},
		{"before the log", []Window{{at(-30), at(-29)}}, []Window{{first, last}}},
		{"over the start", []Window{{at(-30), at(-10)}}, []Window{{at(-10), last}}},
		{"until the next full backup", []Window{{Start: at(-9)}}, []Window{{first, at(-9)}, {at(-5.5), last}}},
		{"until a backup that has not come", []Window{{Start: at(-5)}}, []Window{{first, at(-5)}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := Instance{ID: "i", Policy: Policy{LogBackup: true}, Backups: backups, Live: &Schedule{Since: start}, LogGaps: tt.gaps}
			if d := diff.Diff(tt.want, in.RecoveryAt(start)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestIncrements(t *testing.T) {
	in := Instance{
		ID: "i", Policy: Policy{LogBackup: true}, Live: &Schedule{Since: start},
		Backups: []Backup{{ID: "1", Status: StatusSuccess, Start: start.Add(-2 * time.Hour), End: start.Add(-time.Hour)}},
		LogGaps: []Window{{start.Add(-50 * time.Minute), start.Add(-20 * time.Minute)}},
	}
	starts := func(since time.Time) []string {
		var list []string
		for _, b := range in.IncrementsAt(since, start) {
			if !b.Incremental || b.Status != StatusSuccess || !b.End.After(b.Start) || b.SizeBytes <= 0 {
				t.Errorf("%+v", b)
			}
			list = append(list, b.Start.Format("15:04"))
		}
		return list
	}
	if d := diff.Diff([]string{"11:05", "11:10", "11:45", "11:50", "11:55"}, starts(time.Time{})); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := diff.Diff([]string{"11:50", "11:55"}, starts(start.Add(-15*time.Minute))); d != "" {
		t.Errorf("of the last minutes (-want +got):\n%s", d)
	}
	in.Policy.LogBackup = false
	if got := starts(time.Time{}); got != nil {
		t.Errorf("without log backup: %v", got)
	}
}
