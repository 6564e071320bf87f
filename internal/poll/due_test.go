package poll_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// plant is a cloud that makes backups by itself: each takes 20 minutes, and is listed when it has ended.
type plant struct {
	starts func(midnight time.Time) []time.Time
}

const takes = 20 * time.Minute

func (f plant) ended(since time.Time) []backup.Backup {
	var list []backup.Backup
	now := time.Now()
	for midnight := since.Truncate(day); midnight.Before(now); midnight = midnight.Add(day) {
		for _, start := range f.starts(midnight) {
			if end := start.Add(takes); !end.After(now) && !start.Before(since) {
				list = append(list, backup.Backup{
					ID: start.Format(time.RFC3339), Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateSuccess,
					StartedAt: start, EndedAt: end, SizeBytes: new(int64(1 << 30)),
				})
			}
		}
	}
	return list
}

func (f plant) running() []backup.Job {
	now := time.Now()
	for _, start := range f.starts(now.Truncate(day)) {
		if !start.After(now) && now.Before(start.Add(takes)) {
			return []backup.Job{{ID: "j", State: backup.JobRunning, StartedAt: start}}
		}
	}
	return nil
}

// A week of scrapes every 15 seconds. Almost no question is asked in vain, and yet each backup is seen at once.
func TestDueBySchedule(t *testing.T) {
	at := func(times ...time.Duration) func(time.Time) []time.Time {
		return func(midnight time.Time) []time.Time {
			var starts []time.Time
			for _, d := range times {
				starts = append(starts, midnight.Add(d))
			}
			return starts
		}
	}
	every := func(interval time.Duration) func(time.Time) []time.Time {
		return func(midnight time.Time) []time.Time {
			var starts []time.Time
			for d := time.Duration(0); d < day; d += interval {
				starts = append(starts, midnight.Add(d))
			}
			return starts
		}
	}
	daily := backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 2 * time.Hour, Window: time.Hour, Retention: 7 * day}}}
	hourly := daily
	hourly.Schedules = append(slices.Clone(daily.Schedules), backup.Schedule{Interval: time.Hour})
	tests := []struct {
		name   string
		policy backup.Policy
		starts func(time.Time) []time.Time
		most   int // lists a day
	}{
		{"daily", daily, at(2*time.Hour + 17*time.Minute), 100},
		{"daily, late in a window across midnight", func() backup.Policy {
			p := daily
			p.Schedules = slices.Clone(p.Schedules)
			p.Schedules[0].StartsAt = 23*time.Hour + 30*time.Minute
			return p
		}(), at(20 * time.Minute), 130},
		{"hourly", hourly, every(time.Hour), 700},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				works := plant{test.starts}
				source := &cloud{instances: lists("a")}
				source.backups = func(context.Context, string, string) (backup.List, error) {
					return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: works.ended(time.Now().Add(-3 * day))}, nil
				}
				source.jobs = func(context.Context, string) ([]backup.Job, error) { return works.running(), nil }
				source.policy = func(context.Context, string) (backup.Policy, error) { return test.policy, nil }
				opts := options(log.NewNopLogger())
				opts.IdleInterval = 30 * time.Minute
				conf := region(source)
				conf.Objectives = backup.Objectives{RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
				p := newPoller(t, opts, conf)
				time.Sleep(12 * time.Hour)
				p.Refresh(t.Context())
				source.count()
				seen := newestOf(t, p)
				days := 7
				if slowedDown {
					days = 2
				}
				for range days * 24 * 60 * 4 {
					time.Sleep(15 * time.Second)
					p.Refresh(t.Context())
					newest := newestOf(t, p)
					if delay := time.Since(newest); newest.After(seen) && delay > time.Minute {
						t.Errorf("the backup that ended at %s was seen %v later", newest, delay)
					}
					seen = newest
				}
				if calls := source.count()["backups a"]; calls > days*test.most {
					t.Errorf("%d lists a day, want %d at most", calls/days, test.most)
				}
			})
		})
	}
}

// newestOf returns when the newest backup of the instance a ended. Its list is current.
func newestOf(t *testing.T, p *poll.Poller) time.Time {
	t.Helper()
	list := find(t, p, "a").Nodes[0].Backups
	if !list.Known(time.Now()) {
		t.Fatalf("at %s the list is not known", time.Now())
	}
	return list.Value.Backups[len(list.Value.Backups)-1].EndedAt
}

// A reading is shown for stale_after beyond its interval in force.
func TestIdleReadingsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		works := plant{func(midnight time.Time) []time.Time { return []time.Time{midnight.Add(2*time.Hour + 17*time.Minute)} }}
		failing := false
		source := &cloud{instances: lists("a")}
		source.backups = func(context.Context, string, string) (backup.List, error) {
			if failing {
				return backup.List{}, &backup.Error{Op: "Op", Class: backup.ClassServer}
			}
			return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: works.ended(time.Now().Add(-3 * day))}, nil
		}
		source.policy = func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 2 * time.Hour, Window: time.Hour}}}, nil
		}
		opts := options(log.NewNopLogger())
		opts.IdleInterval, opts.StaleAfter = 30*time.Minute, 10*time.Minute
		conf := region(source)
		conf.Objectives = backup.Objectives{RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
		p := newPoller(t, opts, conf)
		time.Sleep(12 * time.Hour)
		p.Refresh(t.Context())
		read := time.Now()
		failing = true
		for {
			time.Sleep(time.Minute)
			p.Refresh(t.Context())
			known := find(t, p, "a").Nodes[0].Backups.Known(time.Now())
			if want := time.Since(read) < 40*time.Minute; known != want {
				t.Fatalf("%v after it was read, known is %v", time.Since(read), known)
			}
			if !known {
				return
			}
		}
	})
}

// However long questions wait for their turn, an interval is an interval.
func TestIntervalCountsFromWhenAQuestionWasDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "b", "c", "d", "e")}
		source.backups = func(ctx context.Context, id, _ string) (backup.List, error) {
			time.Sleep(10 * time.Second) // one after the other
			return one(id), nil
		}
		opts := options(log.NewNopLogger())
		opts.JobsInterval = time.Hour
		conf := region(source)
		conf.Concurrency = 1
		p := newPoller(t, opts, conf)
		p.Refresh(t.Context())
		source.count()
		for range 10 {
			time.Sleep(time.Minute)
			ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
			p.Refresh(ctx)
			cancel()
		}
		time.Sleep(55 * time.Second)
		if calls := source.count(); calls["backups e"] != 10 {
			t.Errorf("in ten minutes the last list was read %d times, want 10", calls["backups e"])
		}
	})
}

// A shorter objective takes effect at the next refresh: an instance that is late by it is asked at once.
func TestChangedObjectiveEndsThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		works := plant{func(midnight time.Time) []time.Time { return []time.Time{midnight.Add(2*time.Hour + 17*time.Minute)} }}
		source := &cloud{instances: lists("a")}
		source.backups = func(context.Context, string, string) (backup.List, error) {
			return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: works.ended(time.Now().Add(-3 * day))}, nil
		}
		source.policy = func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 2 * time.Hour, Window: time.Hour}}}, nil
		}
		opts := options(log.NewNopLogger())
		opts.IdleInterval = 30 * time.Minute
		conf := region(source)
		conf.Objectives = backup.Objectives{RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
		p := newPoller(t, opts, conf)
		time.Sleep(12 * time.Hour)
		p.Refresh(t.Context())
		p.Refresh(t.Context())
		conf.Objectives.RPO = time.Hour
		p.Replace(opts, []poll.Region{conf})
		source.count()
		time.Sleep(2 * time.Minute)
		p.Refresh(t.Context())
		if calls := source.count()["backups a"]; calls != 1 {
			t.Errorf("%d lists within two minutes of the change, want 1", calls)
		}
	})
}

// healthy is a cloud whose instance a has a backup each night, and a log that ends four minutes ago.
func healthy() *cloud {
	works := plant{func(midnight time.Time) []time.Time { return []time.Time{midnight.Add(2*time.Hour + 17*time.Minute)} }}
	return &cloud{
		instances: lists("a"),
		backups: func(context.Context, string, string) (backup.List, error) {
			return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: works.ended(time.Now().Add(-3 * day))}, nil
		},
		policy: func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{Automatic: new(true), LogBackup: new(true), Schedules: []backup.Schedule{{Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 2 * time.Hour, Window: time.Hour, Retention: 30 * day}}}, nil
		},
		recovery: func(context.Context, string) (backup.Window, error) {
			return backup.Window{Start: time.Now().Add(-3 * day), End: time.Now().Add(-4 * time.Minute)}, nil
		},
	}
}

// What was read while the clock could not be trusted is read again soon, also while nothing else is expected.
func TestWithdrawnReadingsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := healthy()
		source.skew = new(10 * time.Minute)
		opts := options(log.NewNopLogger())
		opts.IdleInterval = 30 * time.Minute
		conf := region(source)
		conf.Objectives = backup.Objectives{RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
		p := newPoller(t, opts, conf)
		time.Sleep(12 * time.Hour)
		p.Refresh(t.Context())
		source.skew = new(time.Duration(0))
		for range 11 { // recovery_interval and a minute
			time.Sleep(time.Minute)
			p.Refresh(t.Context())
		}
		if in := find(t, p, "a"); !in.Nodes[0].Backups.Known(time.Now()) || !in.Recovery.Known(time.Now()) {
			t.Errorf("later the list is known %v, the window %v", in.Nodes[0].Backups.Known(time.Now()), in.Recovery.Known(time.Now()))
		}
	})
}

// A window that is seldom read does not look like one that stands still.
func TestIdleLogIsNotStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := options(log.NewNopLogger())
		opts.IdleInterval = 3 * time.Hour
		conf := region(healthy())
		conf.Objectives = backup.Objectives{RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour, MinRetention: 7 * day}
		p := newPoller(t, opts, conf)
		time.Sleep(12 * time.Hour)
		for range 24 * 60 {
			p.Refresh(t.Context())
			in := find(t, p, "a")
			health := backup.Assess(in.Target(in.Nodes[0]), in.Objectives, time.Now())
			if found := in.Findings([]backup.Health{health}, time.Now()); len(found) > 0 {
				t.Fatalf("at %s %s: %s", time.Now(), found[0].Name, found[0].Text)
			}
			time.Sleep(time.Minute)
		}
	})
}

// An instance that rests is asked as soon as something is due: with a scrape each 15 seconds, no question comes later than that,
// and while the window is open each minute.
func TestRestEndsWhenSomethingIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		asked := map[string]time.Time{}
		longest, busiest := map[string]time.Duration{}, map[string]time.Duration{}
		note := func(what string) {
			mu.Lock()
			defer mu.Unlock()
			now := time.Now()
			if last := asked[what]; !last.IsZero() {
				longest[what] = max(longest[what], now.Sub(last))
				// News are expected from five minutes before the window on.
				if ofDay := now.Sub(now.Truncate(day)); ofDay > 116*time.Minute+15*time.Second && ofDay < 135*time.Minute {
					busiest[what] = max(busiest[what], now.Sub(last))
				}
			}
			asked[what] = now
		}
		works := plant{func(midnight time.Time) []time.Time { return []time.Time{midnight.Add(2*time.Hour + 17*time.Minute)} }}
		source := &cloud{instances: lists("a")}
		source.backups = func(context.Context, string, string) (backup.List, error) {
			note("backups")
			return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: works.ended(time.Now().Add(-3 * day))}, nil
		}
		source.jobs = func(context.Context, string) ([]backup.Job, error) {
			note("jobs")
			return works.running(), nil
		}
		source.policy = func(context.Context, string) (backup.Policy, error) {
			note("policy")
			return backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 2 * time.Hour, Window: time.Hour}}}, nil
		}
		opts := options(log.NewNopLogger())
		opts.IdleInterval = 9 * time.Minute
		opts.BackupsInterval, opts.JobsInterval, opts.PolicyInterval = time.Minute, 10*time.Second, 7*time.Minute
		opts.DiscoveryInterval, opts.RecoveryInterval = day, day // a listing ends every rest
		conf := region(source)
		conf.Objectives = backup.Objectives{RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
		p := newPoller(t, opts, conf)
		time.Sleep(12*time.Hour + 3*time.Minute)
		for range 2 * 24 * 60 * 4 {
			p.Refresh(t.Context())
			time.Sleep(15 * time.Second)
		}
		const scrape = 15 * time.Second
		for what, want := range map[string]time.Duration{"backups": opts.IdleInterval, "jobs": 30 * opts.JobsInterval, "policy": opts.PolicyInterval} {
			if longest[what] > want+scrape || longest[what] < want-scrape {
				t.Errorf("%s were asked %v apart, want %v", what, longest[what], want)
			}
		}
		for _, what := range []string{"backups", "jobs"} {
			if busiest[what] > time.Minute+scrape {
				t.Errorf("%s were asked %v apart while the window was open", what, busiest[what])
			}
		}
	})
}
