package fleet

import (
	"slices"
	"testing"
	"time"
)

func TestSizesGrow(t *testing.T) {
	in := scene{id: "dds-bp1x", name: "x", change: daily}.instance(start)
	list := in.BackupsAt(start)
	slices.SortFunc(list, func(a, b Backup) int { return a.Start.Compare(b.Start) })
	first, last := list[0], list[len(list)-1]
	grown := float64(last.SizeBytes) / float64(first.SizeBytes)
	if grown < 1.0 || grown > 1.2 {
		t.Errorf("from %d to %d bytes in two weeks", first.SizeBytes, last.SizeBytes)
	}
	for i, b := range list[1:] {
		if step := float64(b.SizeBytes) / float64(list[i].SizeBytes); step < 0.93 || step > 1.08 {
			t.Errorf("from %d to %d bytes in a day", list[i].SizeBytes, b.SizeBytes)
		}
	}
}

func TestWindows(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	mwf := []time.Weekday{time.Monday, time.Wednesday, time.Friday}
	for name, tc := range map[string]struct {
		policy      Policy
		after, want string
	}{
		"today":             {Policy{Weekdays: everyDay(), StartsAt: 13 * time.Hour}, "2026-08-06 12:00", "2026-08-06 13:00"},
		"tomorrow":          {Policy{Weekdays: everyDay(), StartsAt: 12 * time.Hour}, "2026-08-06 12:00", "2026-08-07 12:00"},
		"next week":         {Policy{Weekdays: []time.Weekday{time.Thursday}, StartsAt: 12 * time.Hour}, "2026-08-06 12:00", "2026-08-13 12:00"},
		"over the weekend":  {Policy{Weekdays: mwf, StartsAt: 23 * time.Hour}, "2026-08-07 23:30", "2026-08-10 23:00"},
		"every four hours":  {Policy{Interval: 4 * time.Hour, StartsAt: time.Hour}, "2026-08-06 12:00", "2026-08-06 13:00"},
		"in the next hours": {Policy{Interval: 4 * time.Hour, StartsAt: time.Hour}, "2026-08-06 13:00", "2026-08-06 17:00"},
	} {
		if got := tc.policy.nextWindow(at(tc.after)); !got.Equal(at(tc.want)) {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	for name, p := range map[string]Policy{"disabled": {Disabled: true, Weekdays: everyDay()}, "no days": {}} {
		if got := p.nextWindow(start); !got.IsZero() {
			t.Errorf("%s: %s", name, got)
		}
	}
}
