package evidence

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// plannedDays returns windows of an hour, a day apart, one for each letter: h(it), l(ate), f(ailed), m(issed) or u(nknown).
func plannedDays(outcomes string) []backup.PlannedBackup {
	var all []backup.PlannedBackup
	for i, c := range outcomes {
		from := now.AddDate(0, 0, i)
		p := backup.PlannedBackup{From: from, Until: from.Add(time.Hour), Outcome: backup.Outcome(strings.IndexRune("uhlfm", c))}
		if c == 'h' || c == 'l' {
			p.Began = from.Add(3 * time.Hour)
		}
		all = append(all, p)
	}
	return all
}

func TestWindowsOfWhichTheSameBecame(t *testing.T) {
	var got []string
	for _, w := range windows(plannedDays("hhhllmmfuu")) {
		got = append(got, w.Text())
	}
	want := []string{
		"2026-11-22 12:00Z to 2026-11-24 13:00Z, 3 windows: hit",
		"2026-11-25 12:00Z to 2026-11-25 13:00Z, late: begun at 2026-11-25 15:00Z, 2h after it had closed",
		"2026-11-26 12:00Z to 2026-11-26 13:00Z, late: begun at 2026-11-26 15:00Z, 2h after it had closed",
		"2026-11-27 12:00Z to 2026-11-28 13:00Z, 2 windows: missed",
		"2026-11-29 12:00Z to 2026-11-29 13:00Z, without success",
		"2026-11-30 12:00Z to 2026-12-01 13:00Z, 2 windows: unknown",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("windows (-want +got):\n%s", diff)
	}
	lent := windows([]backup.PlannedBackup{{From: now, Until: now.Add(time.Hour), Outcome: backup.OutcomeLate}})
	if got := lent[0].Text(); got != "2026-11-22 12:00Z to 2026-11-22 13:00Z, late" {
		t.Errorf("an interval that was lent one: %s", got)
	}
	if all := windows(nil); all == nil {
		t.Error("no windows are null in the JSON")
	}
}

// A person is told of the newest windows that were not hit, and how many there are besides.
func TestToldWindows(t *testing.T) {
	for _, tt := range []struct {
		outcomes     string
		told, untold int
	}{
		{"hhhh", 0, 0},
		{"hmhfhl", 3, 0},
		{strings.Repeat("mh", 40), 40, 0},
		{"mmmh" + strings.Repeat("fh", 40), 40, 3},
	} {
		target := Target{Windows: windows(plannedDays(tt.outcomes))}
		if told, untold := target.Told(), target.Untold(); len(told) != tt.told || untold != tt.untold {
			t.Errorf("%.20s: told of %d, and %d more; want %d and %d", tt.outcomes, len(told), untold, tt.told, tt.untold)
		}
	}
}

// The lists, the counts and the drawing are about the same windows.
func TestWindowsAgreeWithCounts(t *testing.T) {
	r := reportOf(t, options(good("dds-1", "orders"), troubled()))
	counts := map[string]int{}
	for i := range r.Targets {
		t1 := &r.Targets[i]
		for _, w := range t1.Windows {
			counts[w.Outcome] += w.Count
		}
		drawn := 0
		for _, strip := range r.Chart(t1).Strips {
			if strings.HasPrefix(strip.Class, "window ") {
				drawn++
			}
		}
		if drawn != len(t1.Windows) {
			t.Errorf("%s: %d windows are drawn, and %d listed", t1.Name(), drawn, len(t1.Windows))
		}
		if t1.Hit+t1.Late != t1.Made || t1.Made+t1.Unsuccessful+t1.Missed != t1.Expected {
			t.Errorf("%s: %s, %d hit", t1.Name(), t1.Plan(), t1.Hit)
		}
	}
	s := r.Summary.Schedule
	want := []int{s.Hit, s.Late, s.Unsuccessful, s.Missed, s.Unknown}
	got := []int{counts["hit"], counts["late"], counts["unsuccessful"], counts["missed"], counts["unknown"]}
	if !slices.Equal(want, got) || fmt.Sprint(got) != "[7 1 1 1 0]" {
		t.Errorf("summed up %d, listed %d", want, got)
	}
}
