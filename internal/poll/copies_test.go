package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
)

func TestCopiesAreAskedWhereThePolicySaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := map[string]string{"a": "r2"}
		source := &cloud{
			instances: lists("a", "b"),
			policy: func(_ context.Context, id string) (backup.Policy, error) {
				return backup.Policy{CopyRegion: to[id]}, nil
			},
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		expect := func(step string, calls int, region string) {
			t.Helper()
			p.Refresh(t.Context())
			if counted := source.count(); counted["copies a"] != calls || counted["copies b"] != 0 {
				t.Errorf("%s: calls %v, want %d for a and none for b", step, counted, calls)
			}
			r := find(t, p, "a").Nodes[0].Copies
			if r.Value.Region != region || r.At.IsZero() != (region == "") {
				t.Errorf("%s: reading %+v, want copies in %q", step, r, region)
			}
			if other := find(t, p, "b").Nodes[0].Copies; !other.TriedAt.IsZero() {
				t.Errorf("%s: b has a reading: %+v", step, other)
			}
		}
		expect("the first policy is followed at once", 1, "r2")
		time.Sleep(time.Minute)
		expect("within the interval", 0, "r2")
		time.Sleep(time.Hour)
		expect("after the interval", 1, "r2")
		to["a"] = "r3"
		time.Sleep(time.Hour)
		expect("those in the former region are not shown", 1, "")
		time.Sleep(time.Hour)
		expect("those in the new one are", 1, "r3")
		delete(to, "a")
		time.Sleep(2 * time.Hour)
		expect("the policy no longer asks for copies", 1, "") // it is asked at the same moment
		time.Sleep(2 * time.Hour)
		expect("nor are they asked for", 0, "")
	})
}

func TestFailedCopiesKeepTheLastOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing := false
		source := &cloud{
			instances: lists("a"),
			policy:    func(context.Context, string) (backup.Policy, error) { return backup.Policy{CopyRegion: "r2"}, nil },
			copies: func(_ context.Context, _, _, to string) (backup.Copies, error) {
				if failing {
					return backup.Copies{}, &backup.Error{Class: backup.ClassServer}
				}
				return backup.Copies{Region: to, Backups: one("c").Backups}, nil
			},
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		failing = true
		time.Sleep(time.Hour)
		p.Refresh(t.Context())
		r := find(t, p, "a").Nodes[0].Copies
		if backup.ClassOf(r.Err) != backup.ClassServer || len(r.Value.Backups) != 1 {
			t.Errorf("reading %+v, want the last copies and the failure", r)
		}
	})
}
