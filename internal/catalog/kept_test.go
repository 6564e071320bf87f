package catalog

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// TestKept: memory and file say the same of the past, and it is what was seen.
func TestKept(t *testing.T) {
	f := open(t, t.TempDir())
	ctx := t.Context()
	var all []backup.Backup
	at := start
	for d := range 7 {
		at = start.Add(time.Duration(d) * day)
		all = append([]backup.Backup{daily(at.Add(-3 * time.Hour))}, all...)
		switch d {
		case 3:
			all = slices.Delete(all, 1, 2) // the one of day 2 vanishes
		case 5:
			all[3].State = backup.StateDeleting // the one of day 1
		}
		l := list(at, slices.Clone(all)...)
		l.Since = at.Add(-4*day - 4*time.Hour) // the oldest leaves the list on day 5
		l.List.Backups = slices.DeleteFunc(l.List.Backups, func(b backup.Backup) bool { return b.StartedAt.Before(l.Since) })
		f.Catalog().LearnBackups(one, l)
		f.Catalog().LearnPolicy(one, Times{At: at}, weekly(time.Duration(7+d/4)*day))
		f.Catalog().LearnJobs(one, Times{At: at}, []backup.Job{{ID: "j", State: backup.JobFailed, StartedAt: start, Reason: "disk full"}})
		f.Catalog().LearnListing(hangzhou(), Times{At: at}, listing("dds-1"))
		flush(t, f, at)
	}
	memory, err := f.Catalog().Kept(ctx, one, time.Time{})
	must(t, err)
	file, err := f.Kept(ctx, one, time.Time{})
	must(t, err)
	if len(file.Jobs) != 1 || file.Jobs[0].Reason != "disk full" {
		t.Errorf("jobs of the file: %+v", file.Jobs)
	}
	file.Jobs = nil
	for _, k := range []*backup.Kept{&memory, &file} {
		slices.SortFunc(k.Sets, func(a, b backup.PastSet) int { return strings.Compare(a.ID, b.ID) })
	}
	if diff := cmp.Diff(memory, file, cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Errorf("-memory +file:\n%s", diff)
	}
	want := map[string]string{ // state, last seen, left
		"b260302T090000": "success 06T12 never", // out of the range of the list
		"b260303T090000": "success 06T12 07T12", // being deleted
		"b260304T090000": "success 04T12 05T12", // vanished
		"b260305T090000": "success 08T12 never",
	}
	for _, s := range memory.Sets {
		left := "never"
		if !s.LeftAt.IsZero() {
			left = s.LeftAt.UTC().Format("02T15")
		}
		got := s.State.String() + " " + s.LastSeen.UTC().Format("02T15") + " " + left
		if is, ok := want[s.ID]; ok && got != is {
			t.Errorf("%s: %s, want %s", s.ID, got, is)
		}
	}
	if n := len(memory.Reads); n != 7 || !memory.Reads[0].Equal(start) || !memory.Reads[6].Equal(at) {
		t.Errorf("readings %v", memory.Reads)
	}
	if got := memory.Watches; len(got) != 7 || !got[6].From.Equal(at) || !got[6].Until.Equal(at) { // a day is too far apart
		t.Errorf("lists were read %v", got)
	}
	if n := len(memory.Changes); n != 1 || memory.Changes[0].Former.Retention() != 7*day || !memory.Changes[0].At.Equal(start.Add(4*day)) {
		t.Errorf("changes %+v", memory.Changes)
	}
	if !memory.StatusSince.Equal(start) {
		t.Errorf("the status is of %v", memory.StatusSince)
	}
	since, err := f.Kept(ctx, one, start.Add(day))
	must(t, err)
	if n := len(since.Sets); n != 5 {
		t.Errorf("%d sets began later", n)
	}
}

// TestReportOfACatalogAgreesWithTheVerdicts: somebody reads the list every ten minutes for two weeks, whole ones now and then and
// increments between. Afterwards the report says of each reading what its verdict said.
func TestReportOfACatalogAgreesWithTheVerdicts(t *testing.T) {
	c := New(lookback)
	ctx := t.Context()
	want := backup.Objectives{RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
	policy := backup.Policy{
		Automatic: new(true), Schedules: []backup.Schedule{{Retention: 5 * day, Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 2 * time.Hour, Window: time.Hour}},
	}
	var world []backup.Backup
	for d := -6; d < 14; d++ {
		b := daily(start.Truncate(day).Add(time.Duration(d)*day + 130*time.Minute))
		switch d {
		case 4, 5, 9:
			continue
		case 7:
			b.State = backup.StateFailed
		}
		world = append([]backup.Backup{b}, world...)
	}
	said := map[time.Time]backup.HealthState{}
	var state backup.TargetState
	now := start
	for step := 0; now.Before(start.Add(13 * day)); step++ {
		now = start.Add(time.Duration(step)*10*time.Minute + 30*time.Second)
		l := list(now)
		for _, b := range world {
			vanished := b.StartedAt.Day() == 12 && now.Sub(b.EndedAt) > 9*time.Hour
			if !b.EndedAt.After(now) && now.Sub(b.StartedAt) < 5*day && !vanished {
				l.List.Backups = append(l.List.Backups, b)
			}
		}
		if step%12 > 0 && len(l.List.Backups) > 0 {
			l.From = l.List.Backups[0].StartedAt
			l.List.Backups = l.List.Backups[:1]
		}
		c.LearnBackups(one, l)
		c.LearnPolicy(one, Times{At: now}, policy)
		c.LearnListing(hangzhou(), Times{At: now}, listing("dds-1"))
		known := c.Known(one)
		known.Backups.GoodUntil = now.Add(time.Hour)
		state = backup.TargetState{Target: one, CreatedAt: start.Add(-100 * day), Backups: known.Backups, Policy: known.Policy, Jobs: backup.Reading[[]backup.Job]{NotOffered: true}}
		said[now] = backup.Assess(state, want, now).State
	}
	kept, err := c.Kept(ctx, one, start.Add(-lookback))
	must(t, err)
	kept.Lookback, kept.Reach = lookback, lookback
	stretches := backup.NewPast(state, want, kept, now).Stretches(start, now)
	met := map[backup.Standing]int{}
	for at, verdict := range said {
		late := verdict == backup.HealthLate || verdict == backup.HealthNever
		for _, s := range stretches {
			if at.Before(s.From) || !at.Before(s.Until) {
				continue
			}
			met[s.Standing]++
			if s.Standing == backup.StandingKept && late || s.Standing == backup.StandingBroken && !late {
				t.Errorf("at %s the verdict was %s, and the report says %s", at, verdict, s.Standing)
			}
		}
	}
	if met[backup.StandingKept] < 1000 || met[backup.StandingBroken] < 200 || met[backup.StandingUnknown] > 100 {
		t.Errorf("met %v\n%v", met, stretches)
	}
}

// TestGone: an instance that is gone is told of by memory and by the file, if its backups were asked for.
func TestGone(t *testing.T) {
	f := open(t, t.TempDir())
	ctx := t.Context()
	for d := range 4 {
		at := start.Add(time.Duration(d) * day)
		names := []string{"dds-1", "dds-2"}
		if d < 2 {
			f.Catalog().LearnBackups(one, list(at, daily(at)))
			f.Catalog().LearnPolicy(one, Times{At: at}, weekly(7*day))
		} else {
			names = nil
		}
		f.Catalog().LearnListing(hangzhou(), Times{At: at}, listing(names...))
		flush(t, f, at)
	}
	last := start.Add(day)
	type source interface {
		Gone(ctx context.Context, since time.Time) ([]backup.InstanceState, error)
		Kept(ctx context.Context, t backup.Target, since time.Time) (backup.Kept, error)
	}
	for _, from := range []source{f.Catalog(), f} {
		gone, err := from.Gone(ctx, start)
		must(t, err)
		if len(gone) != 1 || gone[0].Instance.InstanceID != "dds-1" {
			t.Fatalf("%T: gone are %+v", from, gone)
		}
		in := gone[0]
		if in.Instance.Lifecycle.Exists() || in.Policy.Value.Retention() != 7*day || len(in.Nodes) != 1 || !in.Nodes[0].Backups.At.Equal(last) {
			t.Errorf("%T: %+v", from, in)
		}
		kept, err := from.Kept(ctx, one, time.Time{})
		must(t, err)
		if !kept.StatusSince.Equal(last) || len(kept.Sets) != 2 {
			t.Errorf("%T: %+v", from, kept)
		}
		if later, err := from.Gone(ctx, last.Add(time.Hour)); err != nil || len(later) > 0 {
			t.Errorf("%T: gone later: %+v, %v", from, later, err)
		}
	}
}
