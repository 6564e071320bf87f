package backup_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// timeline returns what a case shows of the days from one to another.
func (c verdictCase) timeline(from, until time.Time) backup.Timeline {
	in, want := c.input()
	return in.Timeline(want, from, until, c.now)
}

// spans writes windows and gaps as one line.
func spans(t backup.Timeline) (windows, gaps string) {
	const layout = "2.15:04"
	var w, g []string
	for _, one := range t.Windows {
		w = append(w, one.From.Format(layout)+" "+one.State.String())
	}
	for _, one := range t.Gaps {
		g = append(g, one.From.Round(time.Minute).Format(layout)+"-"+one.Until.Round(time.Minute).Format(layout))
	}
	return strings.Join(w, ", "), strings.Join(g, ", ")
}

func TestTimeline(t *testing.T) {
	tests := []struct {
		verdictCase
		windows, gaps string
	}{
		{
			verdictCase{
				name: "all is well", now: at(22, 12, 0), policy: daily(),
				list: []backup.Backup{full(at(22, 2, 10)), full(at(21, 2, 10)), full(at(20, 2, 10)), full(at(19, 2, 10))},
			},
			"19.02:00 kept, 20.02:00 kept, 21.02:00 kept, 22.02:00 kept, 23.02:00 planned", "",
		},
		{
			verdictCase{
				name: "a day was left out", now: at(22, 12, 0), policy: daily(),
				list: []backup.Backup{full(at(22, 2, 10)), full(at(20, 2, 10)), full(at(19, 2, 10))},
			},
			// The objective is a day, the window, the grace and the 20 minutes that a backup takes.
			"19.02:00 kept, 20.02:00 kept, 21.02:00 missed, 22.02:00 kept, 23.02:00 planned", "21.05:30-22.02:30",
		},
		{
			verdictCase{
				name: "a failure is an attempt, and no recovery point", now: at(22, 12, 0), policy: daily(),
				list: []backup.Backup{failed(at(22, 2, 10)), failed(at(21, 2, 10)), full(at(20, 2, 10)), full(at(19, 2, 10))},
			},
			"19.02:00 kept, 20.02:00 kept, 21.02:00 failed, 22.02:00 failed, 23.02:00 planned", "21.05:30-22.12:00",
		},
		{
			verdictCase{
				name: "late ones, one after a failure", now: at(22, 4, 0), policy: daily(),
				list: []backup.Backup{failed(at(22, 2, 10)), manual(at(21, 9, 0)), failed(at(21, 2, 10)), full(at(20, 3, 6)), full(at(19, 3, 5)), full(at(18, 2, 10))},
			},
			"19.02:00 kept, 20.02:00 late, 21.02:00 late, 22.02:00 open, 23.02:00 planned", "21.06:26-21.09:20",
		},
		{
			verdictCase{name: "one in time may have left the list", now: at(22, 12, 0), policy: daily(), list: append(weekOf(20, 21, 22), manual(at(19, 9, 0)))},
			"19.02:00 unknown, 20.02:00 kept, 21.02:00 kept, 22.02:00 kept, 23.02:00 planned", "",
		},
		{
			verdictCase{
				name: "the newest window is open", now: at(22, 3, 30), policy: daily(),
				list: []backup.Backup{full(at(21, 2, 10)), full(at(20, 2, 10)), full(at(18, 2, 10))},
			},
			"19.02:00 missed, 20.02:00 kept, 21.02:00 kept, 22.02:00 open, 23.02:00 planned", "19.05:30-20.02:30",
		},
		{
			verdictCase{
				name: "a point-in-time window leaves no gap in it", now: at(22, 12, 0), policy: daily(),
				list:   []backup.Backup{full(at(22, 2, 10)), full(at(19, 2, 10))},
				window: &backup.Window{Start: at(21, 0, 0), End: at(22, 11, 50)},
			},
			"19.02:00 kept, 20.02:00 missed, 21.02:00 missed, 22.02:00 kept, 23.02:00 planned", "20.05:30-21.00:00",
		},
		{
			verdictCase{
				name: "a policy that changed", now: at(22, 12, 0), policy: daily(),
				list: []backup.Backup{full(at(22, 2, 10)), full(at(21, 2, 10)), full(at(17, 2, 10))},
				edit: func(in *backup.TargetState) {
					in.PolicyChanges = []backup.PolicyChange{{At: at(20, 12, 0), LastAt: at(20, 11, 0), Former: *monWedFri()}}
				},
			},
			// The 20th was a Friday. The former objective holds until the first window of the new policy is over.
			"20.02:00 missed, 21.02:00 kept, 22.02:00 kept, 23.02:00 planned", "20.05:30-21.02:30",
		},
		{
			verdictCase{
				name: "an expired one is no recovery point any more", now: at(22, 12, 0), rpo: 100 * time.Hour,
				list: []backup.Backup{expiring(at(20, 2, 10), at(21, 2, 10))},
			},
			"", "21.02:10-22.12:00",
		},
		{
			verdictCase{name: "never", now: at(22, 12, 0), policy: daily(), created: new(at(19, 12, 0))},
			// The window of the 20th was over, with the grace, at 05:00; that of the 19th was before there was the instance. One
			// window is known to be missed: the newest.
			"20.02:00 unknown, 21.02:00 unknown, 22.02:00 missed, 23.02:00 planned", "20.05:00-22.12:00",
		},
		{
			verdictCase{
				name: "an old list shows nothing", now: at(22, 12, 0), policy: daily(), list: []backup.Backup{full(at(19, 2, 10))},
				edit: func(in *backup.TargetState) { in.Backups.GoodUntil = at(22, 11, 0) },
			},
			"19.02:00 unknown, 20.02:00 unknown, 21.02:00 unknown, 22.02:00 unknown, 23.02:00 planned", "",
		},
		{
			verdictCase{
				name: "automatic backup is off", now: at(22, 12, 0), list: []backup.Backup{full(at(22, 2, 10))},
				policy: edited(daily(), func(p *backup.Policy) { p.Automatic = new(false) }),
			},
			"", "",
		},
		{
			verdictCase{
				name: "an instance that is gone", now: at(22, 12, 0), list: []backup.Backup{full(at(1, 2, 10))},
				edit: func(in *backup.TargetState) { in.Lifecycle = backup.LifecycleReleased },
			},
			"", "",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			windows, gaps := spans(tt.timeline(at(19, 0, 0), at(23, 12, 0)))
			if windows != tt.windows {
				t.Errorf("windows\n%s, want\n%s", windows, tt.windows)
			}
			if gaps != tt.gaps {
				t.Errorf("gaps %q, want %q", gaps, tt.gaps)
			}
		})
	}
}

// Each minute is in a gap if, and only if, the list as it was then gave the verdict late or never.
func TestGapsAreTheTimesThatWereLate(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 40 {
		from, now := at(1, 0, 0), at(9, 12, 0)
		var list []backup.Backup
		for day := 9; day >= 1; day-- {
			if start := at(day, 2, random.IntN(60)); random.IntN(3) > 0 {
				list = append(list, full(start))
			} else if random.IntN(2) > 0 {
				list = append(list, failed(start))
			}
		}
		c := verdictCase{now: now, policy: daily(), list: list}
		var first time.Time
		for _, b := range list {
			if b.State == backup.StateSuccess {
				first = b.EndedAt
			}
		}
		gaps := c.timeline(from, now).Gaps
		for m := first; !first.IsZero() && m.Before(now); m = m.Add(7 * time.Minute) {
			then := c
			then.now, then.list = m, slices.DeleteFunc(slices.Clone(list), func(b backup.Backup) bool { return b.EndedAt.After(m) })
			in, want := then.input()
			in.Backups.At, in.Policy.At = m, m
			state := backup.Assess(in, want, m).State
			late, near := state == backup.HealthLate || state == backup.HealthNever, false
			var shown bool
			for _, g := range gaps {
				near = near || m.Sub(g.Until).Abs() <= time.Minute || m.Sub(g.From).Abs() <= time.Minute
				shown = shown || !m.Before(g.From) && m.Before(g.Until)
			}
			if late != shown && !near {
				t.Fatalf("round %d, %s: the verdict was %s, and it is in a gap: %t\nlist %s\ngaps %v", round, m, state, shown, starts(list), gaps)
			}
		}
	}
}

func starts(list []backup.Backup) string {
	var all []string
	for _, b := range list {
		all = append(all, fmt.Sprint(b.State, " ", b.StartedAt.Format("2.15:04")))
	}
	return strings.Join(all, ", ")
}

func TestTimelineSaysWhyABackupIsNoRecoveryPoint(t *testing.T) {
	c := verdictCase{
		now: at(22, 12, 0), list: []backup.Backup{
			running(at(22, 11, 0)), sized(at(22, 2, 10), 0), failed(at(21, 2, 10)), incremental(at(20, 1, 0)), full(at(19, 2, 10)),
			incremental(at(19, 1, 0)), full(at(1, 2, 10)),
		},
		jobs: []backup.Job{{State: backup.JobFailed, StartedAt: at(21, 2, 9), Reason: "disk full"}},
	}
	c.list[6].ExpiresAt = at(8, 0, 0)
	var got []string
	for _, b := range c.timeline(at(1, 0, 0), at(23, 0, 0)).Backups {
		got = append(got, fmt.Sprint(b.StartedAt.Day(), " ", b.State, " ", b.Kind, " ", b.Flaw, b.Reason))
	}
	want := []string{
		"22 running full ", "22 success full is zero-sized", "21 failed full disk full", "20 success incremental ", "19 success full ",
		"19 success incremental has no usable full backup before it", "1 success full has expired",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("backups (-want +got):\n%s", diff)
	}
}

func TestTimelineOfWhatRuns(t *testing.T) {
	half := 50.0
	tests := []struct {
		verdictCase
		want string
	}{
		{
			verdictCase{
				name: "a job, and one that is planned", now: at(22, 12, 0), list: []backup.Backup{full(at(21, 2, 10)), full(at(20, 2, 10))},
				jobs: []backup.Job{
					{ID: "3", State: backup.JobScheduled, StartedAt: at(22, 13, 0)},
					{ID: "2", State: backup.JobRunning, StartedAt: at(22, 11, 50), Progress: &half},
					{ID: "1", State: backup.JobFinished, StartedAt: at(21, 2, 10)},
				},
			},
			"3 scheduled from 13:00, 2 running from 11:50 until 12:10",
		},
		{
			verdictCase{name: "nobody knows how long they take", now: at(22, 12, 0), jobs: []backup.Job{{ID: "2", State: backup.JobRunning, StartedAt: at(22, 11, 50)}}},
			"2 running from 11:50",
		},
		{
			verdictCase{name: "the list alone shows it", now: at(22, 12, 0), list: []backup.Backup{running(at(22, 11, 50)), full(at(21, 2, 10))}},
			" running from 11:50 until 12:10",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range tt.timeline(at(19, 0, 0), at(23, 0, 0)).Running {
				text := r.ID + " " + r.State.String() + " from " + r.StartedAt.Format("15:04")
				if !r.UsualEnd.IsZero() {
					text += " until " + r.UsualEnd.Format("15:04")
				}
				got = append(got, text)
			}
			if got := strings.Join(got, ", "); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// A list may be long, and each of its backups too late for its objective.
func TestTimelineOfALongListIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	c := verdictCase{now: at(22, 12, 0), rpo: 4 * time.Minute}
	for i := range 10_000 {
		b := full(c.now.Add(-time.Duration(i+1) * 30 * time.Minute))
		b.EndedAt = b.StartedAt.Add(time.Minute)
		if i%2 == 0 {
			b.Kind = backup.KindIncremental
		}
		c.list = append(c.list, b)
	}
	timeline := c.timeline(c.now.AddDate(0, 0, -300), c.now)
	if len(timeline.Backups) != 10_000 || len(timeline.Gaps) != 200 {
		t.Fatalf("%d backups and %d gaps, want 10000 and 200", len(timeline.Backups), len(timeline.Gaps))
	}
	// The newest backup was there at 11:31, when it was a minute old, and too old at 11:34.
	if last := timeline.Gaps[199]; !last.Until.Equal(c.now) || last.From.Sub(at(22, 11, 34)).Abs() > time.Second {
		t.Errorf("the last gap is %v", last)
	}
}
