package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
)

// One question fails after some time while another one of the round is still waiting for its answer.
func TestFailureTakesTheRegionDownInALongRoundOnly(t *testing.T) {
	tests := []struct {
		name  string
		after time.Duration
		up    bool
	}{
		{"a second before half a minute", 29 * time.Second, true},
		{"after half a minute", 30 * time.Second, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists("a")}
				p := newPoller(t, options(log.NewNopLogger()), region(source))
				p.Refresh(t.Context())
				time.Sleep(time.Minute)
				source.backups = func(context.Context, string, string) (backup.List, error) {
					time.Sleep(test.after)
					return backup.List{}, &backup.Error{Op: "Op", Class: backup.ClassServer}
				}
				source.jobs = func(ctx context.Context, _ string) ([]backup.Job, error) {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				p.Refresh(ctx)
				if state := p.Snapshot().Regions[0]; state.Up != test.up {
					t.Errorf("up %v (%v), want %v", state.Up, state.Err, test.up)
				}
			})
		})
	}
}
