package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// The concurrency changes a second after the start, while every list takes three seconds.
func TestConcurrencyChangesWithAReload(t *testing.T) {
	tests := []struct {
		name          string
		before, after int
		want          time.Duration
	}{
		{"unchanged", 1, 1, 18 * time.Second},
		{"raised: the waiting lists start at once", 1, 6, 4 * time.Second},
		{"lowered: the lists in flight end first", 3, 1, 12 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists("a", "b", "c", "d", "e", "f")}
				source.backups = func(ctx context.Context, id, _ string) (backup.List, error) { return one(id), slowly(ctx) }
				conf := region(source)
				conf.Concurrency = test.before
				p := newPoller(t, options(log.NewNopLogger()), conf)
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				p.Refresh(ctx)
				conf.Concurrency = test.after
				p.Replace(options(log.NewNopLogger()), []poll.Region{conf})
				p.Refresh(t.Context())
				if took := time.Since(start); took != test.want {
					t.Errorf("six lists took %v, want %v", took, test.want)
				}
			})
		})
	}
}

// One question hangs, and one waits for its turn.
func TestRaisedConcurrencyHelpsTheLastWaitingQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a")}
		source.policy = func(ctx context.Context, _ string) (backup.Policy, error) {
			<-ctx.Done()
			return backup.Policy{}, ctx.Err()
		}
		conf := region(source)
		conf.Concurrency = 1
		p := newPoller(t, options(log.NewNopLogger()), conf)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p.Refresh(ctx)
		conf.Concurrency = 2
		p.Replace(options(log.NewNopLogger()), []poll.Region{conf})
		synctest.Wait()
		if find(t, p, "a").Recovery.At.IsZero() {
			t.Error("the recovery window still waits for the policy that hangs")
		}
	})
}
