package poll_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

func TestKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conf := region(&cloud{instances: lists("found", "excluded")})
		conf.Instances = []poll.Instance{{ID: "configured"}}
		conf.Exclude = []poll.Exclusion{{ID: "excluded"}}
		p := newPoller(t, options(log.NewNopLogger()), conf)
		check := func(when string, want map[string]bool) {
			t.Helper()
			got := map[string]bool{}
			for _, id := range []string{"configured", "found", "excluded", "ghost", ""} {
				got[id] = p.Known(id)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("known %s (-want +got):\n%s", when, diff)
			}
		}
		check("at the start", map[string]bool{"configured": true, "found": false, "excluded": false, "ghost": false, "": false})
		p.Refresh(t.Context())
		check("once listed", map[string]bool{"configured": true, "found": true, "excluded": false, "ghost": false, "": false})
	})
}

func TestUnknownInstanceCausesNoCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a")}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		source.count()
		time.Sleep(24 * time.Hour) // everything is due
		p.RefreshInstance(t.Context(), "ghost")
		if got := source.total(); got != 0 {
			t.Errorf("refreshing an unknown instance made %d calls", got)
		}
	})
}

func TestUnknownInstanceListsWhatNeverWasListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: func(context.Context) ([]backup.Instance, error) { return nil, errors.New("no route") }}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		for range 100 {
			p.RefreshInstance(t.Context(), "late")
		}
		if diff := cmp.Diff(map[string]int{"instances": 1}, source.count()); diff != "" {
			t.Errorf("calls while the listing is not due again (-want +got):\n%s", diff)
		}
		source.instances = lists("late", "other")
		time.Sleep(time.Minute)
		p.RefreshInstance(t.Context(), "late")
		want := map[string]int{"instances": 1, "backups late": 1, "jobs late": 1, "policy late": 1, "recovery late": 1}
		if diff := cmp.Diff(want, source.count()); diff != "" {
			t.Errorf("calls once it is due (-want +got):\n%s", diff)
		}
	})
}

func TestUnknownInstancesShareAListingAndAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: func(ctx context.Context) ([]backup.Instance, error) {
			time.Sleep(time.Second)
			return lists("a")(ctx)
		}}
		source.backups = func(context.Context, string, string) (backup.List, error) {
			time.Sleep(time.Hour)
			return backup.List{}, nil
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		p.Refresh(ctx)

		before, start := heap(), time.Now()
		var probes sync.WaitGroup
		for i := range 50 {
			probes.Go(func() {
				p.RefreshInstance(ctx, fmt.Sprint(i, strings.Repeat("x", 1<<20))) // the client has left
				p.RefreshInstance(t.Context(), "ghost")
			})
		}
		synctest.Wait()
		if held := (heap() - before) >> 20; held > 10 {
			t.Errorf("50 unknown ids of 1 MiB hold %d MiB", held)
		}
		probes.Wait()
		if took := time.Since(start); took != time.Second-time.Millisecond {
			t.Errorf("unknown instances were refreshed after %v, want as soon as the listing ended", took)
		}
		if got := source.count()["instances"]; got != 1 {
			t.Errorf("%d listings, want 1", got)
		}
	})
}

// heap returns how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A list that had high-frequency backups is known to have them, also when these have expired.
func TestHighFrequencyBackupsThatWereListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		midnight := time.Now().Add(10 * day)
		daily := []backup.Backup{full("2", midnight.Add(2*time.Hour)), full("1", midnight.Add(-22*time.Hour))}
		more := append([]backup.Backup{full("3", midnight.Add(-10*time.Hour))}, daily...)
		listed := more
		source := &cloud{instances: lists("a")}
		source.backups = func(context.Context, string, string) (backup.List, error) {
			return backup.List{Op: "list", Asked: []backup.Kind{backup.KindFull}, Backups: listed}, nil
		}
		source.policy = func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{Automatic: new(true), MayBeUnlisted: true, Schedules: []backup.Schedule{{Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 2 * time.Hour, Window: time.Hour}, {Interval: 4 * time.Hour}}}, nil
		}
		time.Sleep(10*day + 12*time.Hour)
		p := newPoller(t, options(log.NewNopLogger()), asking(source))
		for _, listed = range [][]backup.Backup{more, daily} {
			p.Refresh(t.Context())
			time.Sleep(time.Minute)
			p.Refresh(t.Context())
			if got := verdicts(p)["a"]; got != backup.HealthLate {
				t.Errorf("with %d backups %s, want late", len(listed), got)
			}
		}
	})
}
