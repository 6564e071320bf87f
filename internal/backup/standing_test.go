package backup_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// lived is a backup of a made-up world, and when it was deleted.
type lived struct {
	backup.Backup
	gone time.Time
}

// listAt returns what the cloud of the world lists at t, newest first.
func listAt(world []lived, t time.Time, lookback time.Duration, showsRunning bool) backup.List {
	list := backup.List{Asked: []backup.Kind{backup.KindFull, backup.KindIncremental}}
	for _, b := range slices.Backward(world) {
		switch {
		case b.StartedAt.After(t), !b.gone.After(t), b.StartedAt.Before(t.Add(-lookback)):
			continue
		case b.EndedAt.After(t) && !showsRunning:
			continue
		case b.EndedAt.After(t):
			b.State, b.EndedAt, b.SizeBytes = backup.StateRunning, time.Time{}, nil
		}
		list.Backups = append(list.Backups, b.Backup)
	}
	return list
}

// seenAt is a reading of the world at a moment.
func seenAt[T any](v T, t time.Time) backup.Reading[T] {
	return backup.Reading[T]{Value: v, At: t, TriedAt: t, GoodUntil: t.Add(time.Hour)}
}

// keptOf returns what is kept of the world by somebody who read it at some moments.
func keptOf(world []lived, reads []time.Time, reach time.Duration, showsRunning bool) []backup.PastSet {
	var sets []backup.PastSet
	for _, b := range world {
		set := backup.PastSet{Backup: b.Backup}
		seen := false
		for _, r := range reads {
			switch listed := !b.StartedAt.After(r) && (showsRunning || !b.EndedAt.After(r)) && b.gone.After(r) && !b.StartedAt.Before(r.Add(-reach)); {
			case listed:
				set.LastSeen, set.LeftAt, seen = r, time.Time{}, true
				if b.EndedAt.After(r) {
					set.State, set.EndedAt = backup.StateRunning, time.Time{}
				} else {
					set.Backup = b.Backup
				}
			case seen && set.LeftAt.IsZero():
				set.LeftAt = r
			}
		}
		if seen {
			sets = append(sets, set)
		}
	}
	return sets
}

// standingAt returns the standing at a moment.
func standingAt(all []backup.Stretch, t time.Time) backup.Standing {
	for _, s := range all {
		if !t.Before(s.From) && t.Before(s.Until) {
			return s.Standing
		}
	}
	return backup.StandingUnknown
}

// TestTheReportAgreesWithTheVerdicts replays weeks that somebody watched minute by minute: at each minute the objective is
// reported as kept, broken or not due as the verdict of that minute said.
func TestTheReportAgreesWithTheVerdicts(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	met := map[backup.Standing]int{}
	for round := range 12 {
		random := rand.New(rand.NewPCG(uint64(round), 7))
		showsRunning, logs := round%3 != 0, round%4 == 1
		from, now := at(2, 0, 0).Add(30*time.Second), at(9, 12, 0).Add(30*time.Second) // what happens does so on full minutes
		lookback := time.Duration(8-4*(round%2)) * 24 * time.Hour
		policy, former := *daily(), *monWedFri()
		if round%4 < 2 {
			policy, former = former, policy
		}
		policy.LogBackup, former.LogBackup = new(logs), new(logs)
		changed := at(5, 13, 0)
		if round%2 == 0 {
			changed = time.Time{}
		}
		var world []lived
		for day := range 9 {
			start := at(1+day, 2, random.IntN(60))
			b := full(start)
			b.ID = fmt.Sprint(day)
			b.EndedAt = start.Add(time.Duration(10+random.IntN(400)) * time.Minute)
			switch random.IntN(5) {
			case 0:
				continue
			case 1:
				b.State, b.SizeBytes = backup.StateFailed, nil
			}
			gone := b.EndedAt.Add(5 * 24 * time.Hour)
			if random.IntN(4) == 0 {
				gone = b.EndedAt.Add(time.Duration(random.IntN(40)) * time.Hour)
			}
			world = append(world, lived{b, gone})
		}
		created := at(1, 0, 0).AddDate(0, -1, 0)
		if round%5 == 0 {
			created = at(3, 1, 0)
			from = created.Add(30 * time.Second)
			world = slices.DeleteFunc(world, func(b lived) bool { return b.StartedAt.Before(created) })
		}
		window := backup.Window{Start: at(4, 6, 0), End: at(6, 6, 0)}
		state := func(m time.Time) backup.TargetState {
			in := backup.TargetState{CreatedAt: created, Backups: seenAt(listAt(world, m, lookback, showsRunning), m), Policy: seenAt(policy, m)}
			in.Jobs.NotOffered = !showsRunning
			if showsRunning {
				in.Jobs = seenAt([]backup.Job(nil), m)
			}
			if logs {
				in.Recovery = seenAt(backup.Window{}, m)
				if !m.Before(window.Start) {
					in.Recovery.Value = backup.Window{Start: window.Start, End: window.End}
					if m.Before(window.End) {
						in.Recovery.Value.End = m
					}
				}
			}
			switch {
			case changed.IsZero():
			case m.Before(changed):
				in.Policy.Value = former
			default:
				in.PolicyChanges = []backup.PolicyChange{{At: changed, LastAt: changed.Add(-time.Minute), Former: former}}
			}
			return in
		}
		want := objectives()
		want.MaxDuration = 5 * time.Hour
		said := map[time.Time]backup.HealthState{}
		reads := []time.Time{}
		for m := from; !m.After(now); m = m.Add(time.Minute) {
			said[m] = backup.Assess(state(m), want, m).State
			reads = append(reads, m)
		}
		past := backup.NewPast(state(now), want, backup.Kept{
			Sets: keptOf(world, reads, lookback, showsRunning), Reads: reads, Lookback: lookback, Reach: lookback,
		}, now)
		stretches := past.Stretches(from, now)
		unknown := 0
		for m := from; m.Before(now); m = m.Add(time.Minute) {
			got := standingAt(stretches, m)
			verdict := said[m]
			met[got]++
			switch {
			case got == backup.StandingUnknown:
				unknown++
			case got != standingOf(verdict):
				t.Fatalf("round %d: at %s the verdict was %s, and the report says %s\n%v", round, m, verdict, got, stretches)
			}
		}
		if leaves := len(world); !logs && unknown > leaves {
			t.Errorf("round %d: %d minutes are unknown, although every minute was watched\n%v", round, unknown, stretches)
		}
	}
	for _, s := range []backup.Standing{backup.StandingKept, backup.StandingBroken, backup.StandingNotDue} {
		if met[s] < 500 {
			t.Errorf("only %d minutes were %s", met[s], s)
		}
	}
}

func standingOf(s backup.HealthState) backup.Standing {
	switch s {
	case backup.HealthUnknown:
		return backup.StandingUnknown
	case backup.HealthPending:
		return backup.StandingNotDue
	case backup.HealthLate, backup.HealthNever:
		return backup.StandingBroken
	case backup.HealthOK, backup.HealthFailed, backup.HealthMissed:
	}
	return backup.StandingKept
}

// TestShareOfTimeIsThatOfABruteForceReckoning makes up histories of which somebody saw the list now and then. What is reported
// must be true in the world, and must be all that can be known from what was seen.
func TestShareOfTimeIsThatOfABruteForceReckoning(t *testing.T) {
	var kept, broken, unknown int
	for round := range 60 {
		random := rand.New(rand.NewPCG(uint64(round), 3))
		hours := func(from, to int) time.Duration { return time.Duration(from+random.IntN(to-from+1)) * time.Hour }
		from, now := at(1, 0, 0), at(20, 0, 0)
		rpo, keeps, reach := hours(20, 100), hours(48, 200), hours(110, 400)
		var world []lived
		for start := from.Add(-10 * 24 * time.Hour); start.Before(now); start = start.Add(hours(8, 40)).Add(time.Duration(random.IntN(60)) * time.Minute) {
			b := full(start)
			b.ID = start.String()
			if random.IntN(6) == 0 {
				b.State, b.SizeBytes = backup.StateFailed, nil
			}
			world = append(world, lived{b, start.Add(keeps)})
		}
		if random.IntN(3) == 0 {
			world = slices.DeleteFunc(world, func(b lived) bool { return b.StartedAt.After(at(7, 0, 0)) && b.StartedAt.Before(at(12, 0, 0)) })
		}
		reads := []time.Time{now}
		for range random.IntN(6) {
			reads = append(reads, from.Add(hours(0, 440)).Add(17*time.Second))
		}
		slices.SortFunc(reads, time.Time.Compare)
		sets := keptOf(world, reads, reach, false)
		in := backup.TargetState{
			CreatedAt: from.AddDate(-1, 0, 0), Backups: seenAt(listAt(world, now, reach, false), now),
			Policy: seenAt(backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Retention: keeps}}}, now), Jobs: backup.Reading[[]backup.Job]{NotOffered: true},
		}
		want := objectives()
		want.RPO = rpo
		past := backup.NewPast(in, want, backup.Kept{Sets: sets, Reads: reads[:len(reads)-1], Reach: reach}, now)
		e := past.Evidence(from, now)
		var minutes [4]int
		for m := from.Add(30 * time.Second); m.Before(now); m = m.Add(5 * time.Minute) {
			got := standingAt(e.Stretches, m)
			if is := known(sets, reads, m, rpo, keeps, reach); got != is {
				t.Fatalf("round %d: at %s %s is reported, and %s is known\n%v\nreads %v", round, m, got, is, e.Stretches, reads)
			}
			within := slices.ContainsFunc(world, func(b lived) bool {
				return b.State == backup.StateSuccess && !b.EndedAt.After(m) && b.gone.After(m) && m.Sub(b.StartedAt) <= rpo
			})
			if got == backup.StandingKept && !within || got == backup.StandingBroken && within {
				t.Fatalf("round %d: at %s %s is reported, and in truth a recovery point within the objective was there: %t", round, m, got, within)
			}
			minutes[got]++
		}
		kept, broken, unknown = kept+minutes[backup.StandingKept], broken+minutes[backup.StandingBroken], unknown+minutes[backup.StandingUnknown]
		share, ok := e.WithinRPO()
		if all := minutes[backup.StandingKept] + minutes[backup.StandingBroken]; all > 0 != ok || ok && !near(share, float64(minutes[backup.StandingKept])/float64(all)) {
			t.Errorf("round %d: the share is %v, %t, and %v minutes were counted", round, share, ok, minutes)
		}
	}
	if kept < 5_000 || broken < 5_000 || unknown < 5_000 {
		t.Errorf("of the moments %d were kept, %d broken, %d unknown: too few of one", kept, broken, unknown)
	}
}

// A boundary may fall into a minute, once or twice for each backup.
func near(a, b float64) bool { return a-b < 0.01 && b-a < 0.01 }

// known returns what somebody can know of a moment who saw some lists.
func known(sets []backup.PastSet, reads []time.Time, t time.Time, rpo, keeps, reach time.Duration) backup.Standing {
	var sure, may bool
	for _, s := range sets {
		if s.State != backup.StateSuccess || s.EndedAt.After(t) || t.Sub(s.StartedAt) > rpo {
			continue
		}
		sure = sure || s.LastSeen.Equal(reads[len(reads)-1]) || !t.After(s.LastSeen)
		may = may || s.LeftAt.IsZero() || t.Before(s.LeftAt)
	}
	if sure {
		return backup.StandingKept
	}
	// Every backup that would do began within the objective, and was not deleted by t. It is in a list that was read since,
	// and before it was deleted or too old for the list.
	oldest := t.Add(-min(rpo, keeps))
	told := slices.ContainsFunc(reads, func(r time.Time) bool { return !r.Before(t) && !r.After(oldest.Add(min(keeps, reach))) })
	if told && !may {
		return backup.StandingBroken
	}
	return backup.StandingUnknown
}

// stretched writes stretches as one line.
func stretched(all []backup.Stretch) string {
	var text []string
	for _, s := range all {
		text = append(text, s.From.Format("2.15:04")+" "+s.Standing.String())
	}
	return strings.Join(text, ", ")
}

func TestStretches(t *testing.T) {
	logs := func(p *backup.Policy) { p.LogBackup = new(true) }
	tests := []struct {
		verdictCase
		kept backup.Kept
		want string
	}{
		{
			verdictCase{name: "a day was left out", policy: daily(), list: weekOf(18, 19, 20, 22)},
			backup.Kept{},
			"19.00:00 kept, 21.05:30 broken, 22.02:30 kept",
		},
		{
			verdictCase{name: "a log may have closed the gap", policy: edited(daily(), logs), list: weekOf(18, 19, 20, 22)},
			backup.Kept{},
			"19.00:00 kept, 21.05:30 unknown, 22.02:30 kept",
		},
		{
			verdictCase{
				name: "the log is not offered", policy: edited(daily(), logs), list: weekOf(18, 19, 20, 22),
				edit: func(in *backup.TargetState) { in.Recovery.NotOffered = true },
			},
			backup.Kept{},
			"19.00:00 kept, 21.05:30 broken, 22.02:30 kept",
		},
		{
			verdictCase{
				name: "a log closed a part of the gap", policy: edited(daily(), logs), list: weekOf(18, 19, 20, 22),
				window: &backup.Window{Start: at(21, 12, 0), End: at(22, 11, 50)},
			},
			backup.Kept{},
			"19.00:00 kept, 21.05:30 unknown, 21.12:00 kept",
		},
		{
			verdictCase{
				name: "the list is not current", policy: daily(), list: weekOf(18, 19, 20),
				edit: func(in *backup.TargetState) { in.Backups.At, in.Backups.GoodUntil = at(20, 12, 0), at(20, 13, 0) },
			},
			backup.Kept{},
			"19.00:00 kept, 20.12:00 unknown",
		},
		{
			verdictCase{
				name: "the schedule was not read yet", list: weekOf(18, 19, 20),
				edit: func(in *backup.TargetState) { in.PolicyBy = at(22, 13, 0) },
			},
			backup.Kept{},
			"19.00:00 unknown",
		},
		{
			verdictCase{
				name: "it is gone since the 20th", policy: daily(), list: weekOf(18, 19),
				edit: func(in *backup.TargetState) { in.Lifecycle = backup.LifecycleReleased },
			},
			backup.Kept{StatusSince: at(20, 12, 0)},
			"19.00:00 kept, 20.05:30 broken, 20.12:00 not_due",
		},
		{
			verdictCase{
				name: "it is still being created, and was seen so on the 22nd only", policy: daily(), created: new(at(20, 12, 0)),
				edit: func(in *backup.TargetState) { in.Lifecycle = backup.LifecycleCreating },
			},
			backup.Kept{StatusSince: at(22, 11, 0)},
			"19.00:00 not_due",
		},
		{
			verdictCase{name: "it is new", policy: daily(), list: weekOf(22), created: new(at(20, 12, 0))},
			backup.Kept{},
			"19.00:00 not_due, 21.05:00 broken, 22.02:30 kept",
		},
		{
			verdictCase{name: "what left is not known to have been there", policy: daily(), list: weekOf(22)},
			backup.Kept{
				Reads: []time.Time{at(19, 12, 0)},
				Sets:  []backup.PastSet{{Backup: weekOf(19)[0], LastSeen: at(19, 12, 0), LeftAt: at(22, 11, 0)}},
			},
			"19.00:00 broken, 19.02:30 kept, 19.12:00 unknown, 20.05:30 broken, 22.02:30 kept",
		},
		{
			verdictCase{
				name: "they are kept for shorter now", policy: edited(daily(), func(p *backup.Policy) { p.Schedules[0].Retention = 48 * time.Hour }), list: weekOf(21, 22),
				edit: func(in *backup.TargetState) {
					former := *daily()
					former.Schedules[0].Retention = 30 * 24 * time.Hour
					in.PolicyChanges = []backup.PolicyChange{{At: at(22, 1, 0), LastAt: at(22, 0, 0), Former: former}}
				},
			},
			backup.Kept{},
			"19.00:00 unknown, 21.02:30 kept",
		},
		{
			verdictCase{
				name: "how long a backup took before the lookback does not count", policy: daily(),
				list: append(weekOf(18, 19, 20, 22), with(full(at(15, 2, 10)), func(b *backup.Backup) { b.ID, b.EndedAt = "15", at(15, 7, 10) })),
			},
			backup.Kept{Lookback: 5 * 24 * time.Hour},
			"19.00:00 kept, 21.05:30 broken, 22.02:30 kept",
		},
		{
			verdictCase{
				name: "increments are thinned out", policy: edited(daily(), func(*backup.Policy) {}), rpo: time.Hour,
				list: []backup.Backup{incremental(at(22, 11, 30)), full(at(22, 2, 10)), incremental(at(20, 2, 10)), incremental(at(19, 2, 10)), full(at(18, 2, 10))},
			},
			backup.Kept{},
			"19.00:00 unknown, 19.02:30 kept, 19.03:10 unknown, 20.02:30 kept, 20.03:10 unknown, 20.12:00 broken, 22.02:30 kept, 22.03:10 broken, 22.11:50 kept",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.now = at(22, 12, 0)
			if got := stretched(tt.past(tt.kept).Stretches(at(19, 0, 0), tt.now)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
