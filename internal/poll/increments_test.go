package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// withIncrements is a cloud whose list of backups lacks the incremental ones, and whose policy makes some.
func withIncrements(ids ...string) *cloud {
	return &cloud{
		instances: lists(ids...),
		policy: func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{LogBackup: new(true)}, nil
		},
		backups: func(context.Context, string, string) (backup.List, error) {
			return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: []backup.Backup{{ID: "full", Kind: backup.KindFull, StartedAt: time.Now().Add(-time.Hour)}}}, nil
		},
		increments: func(context.Context, string) (backup.List, error) {
			return backup.List{
				Asked: []backup.Kind{backup.KindIncremental},
				Backups: []backup.Backup{
					{ID: "newer", Kind: backup.KindIncremental, StartedAt: time.Now().Add(-time.Minute)},
					{ID: "older", Kind: backup.KindIncremental, StartedAt: time.Now().Add(-2 * time.Hour)},
				},
			}, nil
		},
	}
}

// shownOf returns the ids of the backups of an instance, in their order.
func shownOf(in backup.InstanceState) []string {
	shown := []string{}
	for _, b := range in.Nodes[0].Backups.Value.Backups {
		shown = append(shown, b.ID)
	}
	return shown
}

func never(ctx context.Context, _ string) (backup.List, error) {
	<-ctx.Done()
	return backup.List{}, &backup.Error{Class: backup.ClassTimeout, Err: ctx.Err()}
}

// Incremental backups are details: whatever becomes of their list, the full ones are shown at once, every poll works, and
// no other question waits.
func TestIncrementalBackupsHoldUpNothing(t *testing.T) {
	for name, hanging := range map[string]func(*cloud){
		"a list that hangs": func(c *cloud) { c.increments = never },
		"a policy that hangs": func(c *cloud) {
			c.policy = func(ctx context.Context, id string) (backup.Policy, error) {
				_, err := never(ctx, id)
				return backup.Policy{}, err
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := withIncrements("a", "b", "c", "d")
				hanging(c)
				log := &logs{}
				r := region(c)
				if name == "a list that hangs" {
					r.Concurrency = 1 // for all four instances
				}
				p := newPoller(t, options(log), r)
				for range 3 {
					began := time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					p.Refresh(ctx)
					cancel()
					for _, id := range ids(p) {
						in := find(t, p, id)
						read := in.Nodes[0].Backups
						if diff := cmp.Diff([]string{"full"}, shownOf(in)); diff != "" || read.Err != nil || read.At.Before(began) {
							t.Fatalf("%s: read at %v, error %v; backups (-want +got):\n%s", id, read.At, read.Err, diff)
						}
					}
					time.Sleep(time.Minute)
				}
				if n := log.matching("scopebackups"); n != 0 {
					t.Errorf("%d lines about the backups: %v", n, log.lines)
				}
			})
		})
	}
}

func TestIncrementalBackupsAreShownWithTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := withIncrements("a")
		p := newPoller(t, options(&logs{}), region(c))
		on, fails := true, false
		c.policy = func(context.Context, string) (backup.Policy, error) { return backup.Policy{LogBackup: &on}, nil }
		listed := c.increments
		c.increments = func(ctx context.Context, id string) (backup.List, error) {
			if fails {
				return backup.List{}, &backup.Error{Class: backup.ClassTimeout, Err: context.DeadlineExceeded}
			}
			return listed(ctx, id)
		}
		steps := []struct {
			name string
			do   func()
			want []string
		}{
			{"at the first refresh", func() {}, []string{"newer", "full", "older"}},
			{"while the list fails", func() { fails = true; time.Sleep(time.Minute) }, []string{"newer", "full", "older"}},
			{"but not for longer than a value may be shown", func() { time.Sleep(2 * time.Hour) }, []string{"full"}},
			{"when it works again", func() { fails = false; time.Sleep(time.Minute) }, []string{"newer", "full", "older"}},
			{"not when the policy makes none any more", func() { on = false; time.Sleep(time.Hour) }, []string{"full"}},
		}
		for _, step := range steps {
			step.do()
			p.Refresh(t.Context())
			got := find(t, p, "a")
			if diff := cmp.Diff(step.want, shownOf(got)); diff != "" || len(got.Nodes[0].Backups.Value.Asked) != min(len(step.want), 2) {
				t.Errorf("%s: asked for %v, backups (-want +got):\n%s", step.name, got.Nodes[0].Backups.Value.Asked, diff)
			}
			if got.Nodes[0].Backups.Value.Older == nil {
				t.Errorf("%s: what is older than the list is lost", step.name)
			}
		}
	})
}

// Lists of incremental backups take what other questions leave of a rate limit, and at least one each six hours.
func TestIncrementalBackupsTakeWhatIsLeft(t *testing.T) {
	const instances = 10
	for _, test := range []struct {
		name     string
		aMinute  float64
		min, max int // lists of an instance in twelve hours in which no backup is expected
	}{
		{"there is enough", 60, 23, 25},
		{"a little is left", 1, 8, 16},
		{"nothing is left", 0.4, 1, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				works := plant{func(midnight time.Time) []time.Time { return []time.Time{midnight.Add(2 * time.Hour)} }}
				source := withIncrements(many(instances)...)
				source.backups = func(context.Context, string, string) (backup.List, error) {
					return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: works.ended(time.Now().Add(-3 * day))}, nil
				}
				source.policy = func(context.Context, string) (backup.Policy, error) {
					return backup.Policy{LogBackup: new(true), Automatic: new(true), Schedules: []backup.Schedule{
						{Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 2 * time.Hour, Window: time.Hour, Retention: 7 * day},
					}}, nil
				}
				source.recovery = func(context.Context, string) (backup.Window, error) {
					return backup.Window{Start: time.Now().Add(-day), End: time.Now().Add(-time.Minute)}, nil
				}
				opts := options(&logs{})
				opts.IdleInterval = 30 * time.Minute
				conf := limitedRegion(source, "r", &rate{test.aMinute / 60, true})
				conf.Objectives = backup.Objectives{RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
				p := newPoller(t, opts, conf)
				for time.Now().Hour() < 4 {
					p.Refresh(t.Context())
					time.Sleep(time.Minute)
				}
				source.count()
				for range 12 * 60 {
					p.Refresh(t.Context())
					time.Sleep(time.Minute)
				}
				asked := source.count()
				for _, id := range ids(p) {
					if n := asked["increments "+id]; n < test.min || n > test.max {
						t.Errorf("%s: %d lists of incremental backups in twelve hours, want %d to %d", id, n, test.min, test.max)
					}
					if diff := cmp.Diff("newer", shownOf(find(t, p, id))[0]); diff != "" {
						t.Errorf("%s: what was listed is not shown (-want +got):\n%s", id, diff)
					}
				}
			})
		})
	}
}

// While backups are expected they are listed every ten minutes, however often the full ones are.
func TestIncrementalBackupsAreListedEveryTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := withIncrements("a") // without a schedule, so that it is never idle
		opts := options(&logs{})
		opts.StaleAfter = 3 * time.Minute
		p := newPoller(t, opts, region(source))
		for range 4 * 60 {
			p.Refresh(t.Context())
			if shown := shownOf(find(t, p, "a")); len(shown) != 3 {
				t.Fatalf("at %s %v are shown, want the incremental ones too", time.Now(), shown)
			}
			time.Sleep(15 * time.Second)
		}
		asked := source.count()
		if full, more := asked["backups a"], asked["increments a"]; full != 60 || more != 6 {
			t.Errorf("in an hour %d lists of full and %d of incremental backups, want 60 and 6", full, more)
		}
	})
}
