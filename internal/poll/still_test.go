package poll_test

import (
	"context"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// Where nothing moved, snapshots share what they show, and it is what is known. Listings fail at times, answers fail at times,
// an instance disappears, and the objectives change.
func TestSnapshotsShareWhatDidNotMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := healthy()
		source.instances = lists("a", "b", "c")
		listed, failing := source.backups, false
		source.backups = func(ctx context.Context, id, node string) (backup.List, error) {
			if failing && id == "b" {
				return backup.List{}, &backup.Error{Class: backup.ClassServer}
			}
			return listed(ctx, id, node)
		}
		opts := options(&logs{})
		opts.IdleInterval, opts.DiscoveryInterval = 30*time.Minute, 10*time.Minute
		budget := &rate{10, false}
		conf := limitedRegion(source, "r", budget)
		conf.Objectives = backup.Objectives{RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
		conf.Instances = []poll.Instance{{ID: "b", Objectives: conf.Objectives}}
		p := newPoller(t, opts, conf)
		time.Sleep(12 * time.Hour)
		check := func(minute int) []backup.InstanceState {
			got := p.Snapshot().Instances
			known := p.StatesAnew(time.Now())
			if reflect.DeepEqual(known, got) { //nolint:govet // much quicker than cmp, which compares where errors are other values
				return got
			}
			if diff := cmp.Diff(known, got, cmpopts.EquateErrors()); diff != "" {
				t.Fatalf("minute %d: shown other than known (-known +shown):\n%s", minute, diff)
			}
			return got
		}
		shared, all := 0, 0
		var former []backup.InstanceState
		for minute := range 26 * 60 {
			switch minute {
			case 200:
				failing = true
			case 300:
				failing = false
			case 400:
				source.instances = lists("a")
			case 480:
				source.instances = lists("a", "b", "c")
			case 500:
				source.skew = new(10 * time.Minute)
			case 520:
				source.skew = nil
			case 600:
				conf.Objectives.RPO = time.Hour
				p.Replace(opts, []poll.Region{conf})
			case 700:
				conf.Objectives.RPO = 0
				p.Replace(opts, []poll.Region{conf})
			case 800:
				budget.perSecond = 0.001
			case 900:
				budget.perSecond = 10
			}
			check(minute)
			time.Sleep(time.Minute)
			p.Refresh(t.Context())
			got := check(minute)
			if len(former) == len(got) && &former[0] == &got[0] {
				shared++
			}
			all++
			former = got
		}
		if shared < all/3 {
			t.Errorf("%d of %d snapshots share what they show with the one before, want a third at least", shared, all)
		}
	})
}
