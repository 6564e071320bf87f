package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// Incremental backups that were listed after the others are known after a start, and no longer than they would have been.
func TestIncrementsAreKnownAfterAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, _ := remembering()
		c := withIncrements("a")
		newPoller(t, opts, region(c)).Refresh(t.Context())
		whole := []string{"newer", "full", "older"}
		if diff := cmp.Diff(whole, shownOf(find(t, newPoller(t, opts, region(down())), "a"))); diff != "" {
			t.Errorf("at once (-want +got):\n%s", diff)
		}

		c.increments = func(context.Context, string) (backup.List, error) {
			return backup.List{}, &backup.Error{Class: backup.ClassTimeout}
		}
		again := newPoller(t, opts, region(c))
		for range 6 {
			again.Refresh(t.Context())
			time.Sleep(9 * time.Minute)
		}
		again = newPoller(t, opts, region(c))
		if diff := cmp.Diff(whole, shownOf(find(t, again, "a"))); diff != "" {
			t.Errorf("after an hour without news of them (-want +got):\n%s", diff)
		}
		time.Sleep(10 * time.Minute)
		if diff := cmp.Diff([]string{"full"}, shownOf(find(t, again, "a"))); diff != "" {
			t.Errorf("later, while the list itself is not too old (-want +got):\n%s", diff)
		}
	})
}

// That a list had high-frequency backups is known after a start, also when these have expired.
func TestHighFrequencyBackupsThatWereListedBeforeAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		midnight := time.Now().Add(10 * day)
		daily := []backup.Backup{full("2", midnight.Add(2*time.Hour)), full("1", midnight.Add(-22*time.Hour))}
		listed := append([]backup.Backup{full("3", midnight.Add(-10*time.Hour))}, daily...)
		source := &cloud{instances: lists("a")}
		source.backups = func(context.Context, string, string) (backup.List, error) {
			return backup.List{Op: "list", Asked: []backup.Kind{backup.KindFull}, Backups: listed}, nil
		}
		source.policy = func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{Automatic: new(true), MayBeUnlisted: true, Schedules: []backup.Schedule{{Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 2 * time.Hour, Window: time.Hour}, {Interval: 4 * time.Hour}}}, nil
		}
		time.Sleep(10*day + 12*time.Hour)
		opts, _ := remembering()
		p := newPoller(t, opts, asking(source))
		for range 2 {
			p.Refresh(t.Context())
			time.Sleep(opts.PolicyInterval)
		}
		if got := verdicts(newPoller(t, opts, asking(down())))["a"]; got != backup.HealthLate {
			t.Errorf("while they are listed %s, want late", got)
		}
		listed = daily
		p.Refresh(t.Context())
		again := newPoller(t, opts, asking(source))
		if got := verdicts(again)["a"]; got != backup.HealthLate {
			t.Errorf("when they are not listed any more %s, want late", got)
		}
		again.Refresh(t.Context())
		if got := verdicts(again)["a"]; got != backup.HealthLate {
			t.Errorf("when the policy was read anew %s, want late", got)
		}
	})
}

// Before anything was asked after a start, a verdict waits for a window that is not known, as it did before.
func TestAWindowIsAwaitedFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, _ := remembering()
		opts.Logger = log.NewNopLogger()
		source := answering(time.Now().Add(-3 * day))
		source.recovery = down().recovery
		p := newPoller(t, opts, asking(source))
		p.Refresh(t.Context())
		synctest.Wait()
		was, is := verdicts(p)["a"], verdicts(newPoller(t, opts, asking(down())))["a"]
		if was != backup.HealthUnknown || is != was {
			t.Errorf("%s before a start and %s after it, want unknown", was, is)
		}
	})
}

// Whether there is a recovery window may follow from the policy. After a start, one that is known to have none is asked for when
// the policy was read again; any other at once.
func TestWindowWithoutLogsAwaitsThePolicyAfterAStart(t *testing.T) {
	for _, test := range []struct {
		name   string
		before *bool // whether the policy that the catalog knows makes incremental backups
		asked  bool  // before the policy was read again
	}{
		{"none are made", new(false), false},
		{"some are made", new(true), true},
		{"it is not said", nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts, _ := remembering()
				source := &cloud{instances: lists("a")}
				source.policy = func(context.Context, string) (backup.Policy, error) {
					return backup.Policy{LogBackup: test.before}, nil
				}
				conf := region(source)
				conf.PolicyFirst = true
				newPoller(t, opts, conf).Refresh(t.Context())

				source.policy = func(ctx context.Context, _ string) (backup.Policy, error) {
					return backup.Policy{LogBackup: new(true)}, slowly(ctx)
				}
				source.count()
				p := newPoller(t, opts, conf)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				p.Refresh(ctx)
				if n := source.count()["recovery a"]; (n > 0) != test.asked {
					t.Errorf("while the policy is being read, the window was asked for %d times; want that it was: %v", n, test.asked)
				}
				p.Refresh(t.Context())
				if n := source.count()["recovery a"]; (n > 0) == test.asked {
					t.Errorf("once it was read, the window was asked for %d times", n)
				}
			})
		})
	}
}
