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

// Every scope has an interval of its own.
func TestEveryScopeIsAskedAtItsInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{
			instances: lists("a"), backups: successes("1"),
			policy: func(context.Context, string) (backup.Policy, error) { return backup.Policy{CopyRegion: "r2"}, nil },
		}
		opts := options(log.NewNopLogger())
		opts.BackupsInterval, opts.JobsInterval, opts.PolicyInterval = time.Minute, 2*time.Minute, 3*time.Minute
		opts.RecoveryInterval, opts.DiscoveryInterval = 4*time.Minute, 5*time.Minute
		p := newPoller(t, opts, checking(source))
		for range 60 {
			p.Refresh(t.Context())
			time.Sleep(time.Minute)
		}
		// One entry per scope: a new scope needs an interval, and a question if it is about an instance.
		want := map[string]int{"backups a": 60, "jobs a": 30, "policy a": 20, "recovery a": 15, "instances": 12, "copies a": 20, "check a 1": 1, "restores a": 1}
		if len(want) != len(backup.Scopes()) {
			t.Errorf("this test knows %d scopes of %v", len(want), backup.Scopes())
		}
		if diff := cmp.Diff(want, source.count()); diff != "" {
			t.Errorf("calls in an hour (-want +got):\n%s", diff)
		}
	})
}
