package poll_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

func TestHangingShardDelaysNoOtherTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "c:x:y")}
		reads := 0
		source.backups = func(ctx context.Context, id, node string) (backup.List, error) {
			if node == "x" {
				<-ctx.Done()
				return backup.List{}, &backup.Error{Op: "DescribeBackups", Class: backup.ClassTimeout, Err: ctx.Err()}
			}
			if id == "a" {
				reads++
			}
			return one(id + node), nil
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		for i := range 20 {
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			p.Refresh(ctx)
			cancel()
			if took := time.Since(start); took > 2*time.Second {
				t.Fatalf("refresh %d took %v", i, took)
			}
			if reads != i+1 {
				t.Fatalf("refresh %d: the healthy instance was read %d times", i, reads)
			}
			if left := source.inFlight(); left > 1 {
				t.Fatalf("refresh %d left %d calls in flight, want the hanging one", i, left)
			}
			time.Sleep(time.Minute)
		}
		x := find(t, p, "c").Nodes[0].Backups
		if backup.ClassOf(x.Err) != backup.ClassTimeout || !x.At.IsZero() {
			t.Errorf("the hanging shard's reading is %+v, want a timeout and no value", x)
		}
	})
}

func TestFailureKeepsTheLastGoodValue(t *testing.T) {
	denied := &backup.Error{Op: "DescribeBackups", Class: backup.ClassPermission}
	unsupported := &backup.Error{Op: "DescribeBackupTasks", Class: backup.ClassUnsupported}
	synctest.Test(t, func(t *testing.T) {
		var failure error
		source := &cloud{instances: lists("a")}
		source.backups = func(context.Context, string, string) (backup.List, error) { return one("kept"), failure }
		source.jobs = func(context.Context, string) ([]backup.Job, error) { return nil, unsupported }
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		first := time.Now()
		p.Refresh(t.Context())
		failure = denied
		time.Sleep(time.Minute)
		source.count()
		p.Refresh(t.Context())

		kept := one("kept")
		kept.Older = &backup.Older{At: first, By: first.Add(time.Hour)}
		want := backup.Reading[backup.List]{
			Value: kept, At: first, TriedAt: first.Add(time.Minute), GoodUntil: first.Add(61 * time.Minute), Err: denied,
		}
		if diff := cmp.Diff(want, find(t, p, "a").Nodes[0].Backups, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
			t.Errorf("reading after a failure (-want +got):\n%s", diff)
		}
		if calls := source.count(); calls["jobs a"] != 0 {
			t.Error("what the cloud does not offer was asked for again within the hour")
		}
		if jobs := find(t, p, "a").Jobs; !jobs.OK(time.Now()) {
			t.Errorf("an unsupported scope counts as failed: %+v", jobs)
		}
	})
}

func TestRequiredScopeFailsWhenNotOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failure error
		source := &cloud{instances: lists("a")}
		source.policy = func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{Automatic: new(true)}, failure
		}
		source.backups = func(context.Context, string, string) (backup.List, error) { return one("kept"), failure }
		logged := &logs{}
		p := newPoller(t, options(logged), region(source))
		p.Refresh(t.Context())
		failure = &backup.Error{Op: "Op", Class: backup.ClassUnsupported, Code: "InvalidAction.NotFound"}
		time.Sleep(time.Hour)
		p.Refresh(t.Context())
		in := find(t, p, "a")
		if in.Policy.OK(time.Now()) || in.Nodes[0].Backups.OK(time.Now()) || in.Policy.Value.Automatic == nil || len(in.Nodes[0].Backups.Value.Backups) != 1 {
			t.Errorf("policy %+v, backups %+v; want both failed, their last good values kept", in.Policy, in.Nodes[0].Backups)
		}
		if got := logged.matching("InvalidAction.NotFound"); got != 2 {
			t.Errorf("logged %d times, want once for each scope", got)
		}
		time.Sleep(time.Minute)
		source.count()
		p.Refresh(t.Context())
		if calls := source.count(); calls["policy a"] != 1 || calls["backups a"] != 1 {
			t.Errorf("calls a minute later: %v, want both asked again", calls)
		}
	})
}

func TestFailedPolicyIsAskedAgainWithinAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a")}
		source.policy = func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{}, &backup.Error{Op: "DescribeBackupPolicy", Class: backup.ClassServer}
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		time.Sleep(time.Minute)
		source.count()
		p.Refresh(t.Context())
		if got := source.count()["policy a"]; got != 1 {
			t.Errorf("a failed policy was asked %d times after a minute, want once", got)
		}
	})
}
