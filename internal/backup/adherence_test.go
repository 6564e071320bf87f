package backup_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// planned writes what became of windows, one a line.
func planned(all []backup.PlannedBackup) string {
	var lines []string
	for _, p := range all {
		line := p.From.Format("2.15:04") + "-" + p.Until.Format("15:04") + " " + p.Outcome.String()
		if !p.Began.IsZero() {
			line += " " + p.Began.Format("2.15:04")
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// TestPlanned: each window of the schedule, and what became of it.
func TestPlanned(t *testing.T) {
	tests := []struct {
		verdictCase
		want string
	}{
		{
			verdictCase{
				name: "each outcome", now: at(22, 12, 0), policy: daily(),
				list: []backup.Backup{failed(at(22, 2, 10)), manual(at(21, 9, 0)), full(at(20, 3, 5)), full(at(19, 3, 6)), full(at(18, 1, 55))},
			},
			"16.02:00-03:00 missed\n17.02:00-03:00 missed\n18.02:00-03:00 hit 18.01:55\n19.02:00-03:00 late 19.03:06\n" +
				"20.02:00-03:00 hit 20.03:05\n21.02:00-03:00 late 21.09:00\n22.02:00-03:00 unsuccessful",
		},
		{
			verdictCase{
				name: "one ran when the window opened, and a later one counts for the next", now: at(18, 12, 0), policy: daily(),
				list: []backup.Backup{full(at(18, 1, 55)), full(at(17, 1, 54)), with(full(at(16, 1, 0)), func(b *backup.Backup) { b.EndedAt = at(16, 2, 1) })},
			},
			"16.02:00-03:00 hit 16.01:00\n17.02:00-03:00 hit 17.01:54\n18.02:00-03:00 hit 18.01:55",
		},
		{
			verdictCase{
				name: "the first success counts, after a failure too", now: at(16, 12, 0), policy: daily(),
				list: []backup.Backup{full(at(16, 8, 0)), full(at(16, 4, 0)), failed(at(16, 2, 10))},
			},
			"16.02:00-03:00 late 16.04:00",
		},
		{
			verdictCase{
				name: "intervals lend each other", now: at(16, 19, 0), policy: edited(every4h(), func(p *backup.Policy) { p.Schedules[0].Retention = 7 * 24 * time.Hour }),
				list: []backup.Backup{full(at(16, 13, 0)), full(at(16, 12, 0)), full(at(16, 3, 0)), full(at(16, 0, 10))},
			},
			"16.00:00-04:00 hit 16.00:10\n16.04:00-08:00 hit\n16.08:00-12:00 late\n16.12:00-16:00 hit 16.12:00",
		},
		{
			verdictCase{
				name: "a late one does not show that none was made before it", now: at(22, 12, 0), policy: edited(daily(), func(p *backup.Policy) {
					p.Schedules[0].Retention = 6*24*time.Hour + 9*time.Hour // what began on the 16th at 03:00 or before is deleted
				}),
				list: append([]backup.Backup{manual(at(16, 9, 0))}, weekOf(17, 18, 19, 20, 21, 22)...),
			},
			"16.02:00-03:00 unknown\n17.02:00-03:00 hit 17.02:10\n18.02:00-03:00 hit 18.02:10\n19.02:00-03:00 hit 19.02:10\n" +
				"20.02:00-03:00 hit 20.02:10\n21.02:00-03:00 hit 21.02:10\n22.02:00-03:00 hit 22.02:10",
		},
		{
			verdictCase{
				name: "intervals drift", now: at(16, 22, 30), policy: edited(every4h(), func(p *backup.Policy) { p.Schedules[0].Retention = 7 * 24 * time.Hour }),
				list: []backup.Backup{full(at(16, 17, 25)), full(at(16, 11, 30)), full(at(16, 7, 30)), full(at(16, 3, 30)), full(at(16, 0, 5))},
			},
			"16.00:00-04:00 hit 16.00:05\n16.04:00-08:00 hit 16.07:30\n16.08:00-12:00 hit 16.11:30\n16.12:00-16:00 hit\n16.16:00-20:00 hit 16.17:25",
		},
		{
			verdictCase{
				name: "intervals that are too far apart", now: at(16, 22, 30), policy: edited(every4h(), func(p *backup.Policy) { p.Schedules[0].Retention = 7 * 24 * time.Hour }),
				list: []backup.Backup{full(at(16, 17, 31)), full(at(16, 11, 30)), full(at(16, 7, 30)), full(at(16, 3, 30))},
			},
			"16.00:00-04:00 hit 16.03:30\n16.04:00-08:00 hit 16.07:30\n16.08:00-12:00 hit 16.11:30\n16.12:00-16:00 missed\n16.16:00-20:00 hit 16.17:31",
		},
		{
			verdictCase{
				name: "nobody knows whether intervals are listed", now: at(16, 12, 0), policy: edited(every4h(), func(p *backup.Policy) {
					p.Schedules[0].Retention, p.MayBeUnlisted = 7*24*time.Hour, true
				}),
			},
			"16.00:00-04:00 unknown\n16.04:00-08:00 unknown\n16.08:00-12:00 unknown",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, planned(tt.past(backup.Kept{}).Evidence(at(16, 0, 0), tt.now).Planned)); diff != "" {
				t.Errorf("windows (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPlannedAgainstBruteForce reckons random histories minute by minute.
func TestPlannedAgainstBruteForce(t *testing.T) {
	met := map[backup.Outcome]int{}
	for seed := range uint64(100) {
		h := newHistory(newGenerator(seed))
		got := h.past(h.kept).Evidence(h.since, h.now).Planned
		want := h.bruteForce()
		if diff := cmp.Diff(planned(want), planned(got)); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
		for _, p := range got {
			met[p.Outcome]++
		}
	}
	for _, o := range []backup.Outcome{backup.OutcomeUnknown, backup.OutcomeHit, backup.OutcomeLate, backup.OutcomeFailed, backup.OutcomeMissed} {
		if met[o] < 30 {
			t.Errorf("only %d windows are %s", met[o], o)
		}
	}
}

// TestPlannedAgreesWithTimeline: the page of an instance and the report never say that different things became of a window. Each may
// not know it.
func TestPlannedAgreesWithTimeline(t *testing.T) {
	met := map[string]int{}
	for seed := range uint64(400) {
		h := newHistory(newGenerator(seed))
		in, want := h.input()
		shown := map[time.Time]backup.WindowState{}
		for _, w := range in.Timeline(want, h.since, h.now, h.now).Windows {
			shown[w.From] = w.State
		}
		for _, p := range h.past(backup.Kept{}).Evidence(h.since, h.now).Planned {
			met[p.Outcome.String()+" "+shown[p.From].String()]++
		}
	}
	for both, n := range met {
		if !slices.Contains([]string{
			"hit kept", "late late", "unsuccessful failed", "missed missed", "unknown unknown", "hit unknown", "late unknown", "unsuccessful unknown",
			"missed unknown", "unknown kept", "unknown late", "unknown failed", "unknown missed",
		}, both) {
			t.Errorf("%d windows are %s", n, both)
		}
	}
	for _, both := range []string{"hit kept", "late late", "unsuccessful failed", "missed missed"} {
		if met[both] < 100 {
			t.Errorf("only %d windows are %s", met[both], both)
		}
	}
}

// history is a random fortnight of a target.
type history struct {
	verdictCase
	since, opens time.Time // the first window opens at opens
	days         []time.Weekday
	window       time.Duration
	keeps        time.Duration
	kept         backup.Kept
}

func newHistory(g generator) history {
	h := history{since: at(8, 0, 0), opens: at(8, g.IntN(24), g.IntN(60)), window: time.Duration(10+g.IntN(170)) * time.Minute, keeps: g.hours(2*24, 20*24)}
	h.now = at(22, g.IntN(24), g.IntN(60))
	for d := range time.Weekday(7) {
		if !g.oneIn(4) || d == time.Tuesday {
			h.days = append(h.days, d)
		}
	}
	h.policy = on(h.days...)
	s := &h.policy.Schedules[0]
	s.StartsAt, s.Window, s.Retention = h.opens.Sub(at(8, 0, 0)), h.window, h.keeps
	for d := range 16 {
		for range pick(g, 0, 1, 1, 1, 2, 3) {
			h.add(g, h.opens.AddDate(0, 0, d-1).Add(time.Duration(g.IntN(400)-30)*time.Minute), len(h.list)+len(h.kept.Sets))
		}
	}
	for range g.IntN(8) {
		h.kept.Reads = append(h.kept.Reads, at(8, 0, 0).Add(time.Duration(g.IntN(14*24*60))*time.Minute))
	}
	return h
}

// add adds a backup to the list, or to what has left it.
func (h *history) add(g generator, began time.Time, id int) {
	b := pick(g, full, full, full, manual, failed, incremental)(began)
	b.ID, b.EndedAt = fmt.Sprint(id), began.Add(time.Duration(1+g.IntN(240))*time.Minute)
	switch {
	case b.EndedAt.After(h.now):
	case began.Add(h.keeps).After(h.now):
		h.list = append(h.list, b)
	case g.oneIn(2): // somebody kept what the cloud does not list any more
		h.kept.Sets = append(h.kept.Sets, backup.PastSet{Backup: b, LastSeen: b.EndedAt, LeftAt: h.now})
	}
}

// bruteForce goes through the fortnight minute by minute.
func (h *history) bruteForce() []backup.PlannedBackup {
	all := slices.Clone(h.list)
	for _, set := range h.kept.Sets {
		all = append(all, set.Backup)
	}
	opens := func(t time.Time) bool {
		return slices.Contains(h.days, t.Weekday()) && t.Hour() == h.opens.Hour() && t.Minute() == h.opens.Minute()
	}
	var found []backup.PlannedBackup
	for t := h.since; t.Before(h.now); t = t.Add(time.Minute) {
		over := t.Add(h.window + 2*time.Hour)
		if !opens(t) || over.After(h.now) {
			continue
		}
		p := backup.PlannedBackup{From: t, Until: t.Add(h.window)}
		whole := h.wasRead(over, t.Add(h.keeps))
		// A clock may differ by five minutes: they are taken from the next window, and given to this one.
		for m := t.Add(-12 * time.Hour); m.Before(h.now) && (!m.Add(5*time.Minute).After(t) || !opens(m.Add(5*time.Minute))); m = m.Add(time.Minute) {
			for _, b := range all {
				ran := !m.Before(t.Add(-5*time.Minute)) || b.EndedAt.After(t)
				if !b.StartedAt.Equal(m) || b.Kind == backup.KindIncremental || !ran || !p.Began.IsZero() {
					continue
				}
				p.Outcome = backup.OutcomeFailed
				if b.State == backup.StateSuccess {
					p.Outcome, p.Began = backup.OutcomeHit, m
					if m.After(p.Until.Add(5 * time.Minute)) {
						p.Outcome = backup.OutcomeLate
					}
				}
			}
		}
		switch {
		case !whole && p.Outcome != backup.OutcomeHit: // what was there at its beginning may be deleted
			p.Outcome, p.Began = backup.OutcomeUnknown, time.Time{}
		case whole && p.Outcome == backup.OutcomeUnknown:
			p.Outcome = backup.OutcomeMissed
		}
		found = append(found, p)
	}
	return found
}

// wasRead reports whether a list was read in a time, which would have had a backup that was made for the window.
func (h *history) wasRead(from, until time.Time) bool {
	for m := from; !m.After(until) && !m.After(h.now); m = m.Add(time.Minute) {
		if m.Equal(h.now) || slices.ContainsFunc(h.kept.Reads, m.Equal) {
			return true
		}
	}
	return false
}
