package poll_test

import (
	"context"
	"fmt"
	"strings"
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
		{"raised: the waiting lists start at once", 1, 8, 4 * time.Second},
		{"lowered: the lists in flight end first", 4, 1, 9 * time.Second},
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

// The lists of ten replica sets hang. All that others are asked, and are asked by other operations, is answered at once.
func TestHangingOperationLeavesRoomForOthers(t *testing.T) {
	for _, concurrency := range []int{2, 3, 4, 16} {
		t.Run(fmt.Sprint(concurrency), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ids := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "set"}
				source := &cloud{instances: lists(ids...)}
				listed := source.instances
				source.instances = func(ctx context.Context) ([]backup.Instance, error) {
					found, err := listed(ctx)
					last := len(found) - 1
					found[last].Topology, found[last].Nodes = backup.TopologyShardedCluster, []string{"s"}
					return found, err
				}
				source.backups = func(ctx context.Context, id, _ string) (backup.List, error) {
					if id != "set" {
						<-ctx.Done()
					}
					return one(id), ctx.Err()
				}
				conf := region(source)
				conf.Concurrency = concurrency
				p := newPoller(t, options(log.NewNopLogger()), conf)
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				p.Refresh(ctx)
				for _, id := range ids {
					if in := find(t, p, id); in.Policy.At.IsZero() || in.Jobs.At.IsZero() || in.Recovery.At.IsZero() {
						t.Errorf("%s: a question waits for lists that hang", id)
					}
				}
				if find(t, p, "set").Nodes[0].Backups.At.IsZero() {
					t.Error("the list of the cluster waits for lists of replica sets that hang")
				}
			})
		})
	}
}

// Of what a scrape launches together, lists of backups come first, of whatever instance they are.
func TestBackupsOfAllInstancesComeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists(many(20)...)}
		source.backups = func(ctx context.Context, id, _ string) (backup.List, error) { return one(id), slowly(ctx) }
		source.jobs = func(ctx context.Context, _ string) ([]backup.Job, error) { return nil, slowly(ctx) }
		source.policy = func(ctx context.Context, _ string) (backup.Policy, error) { return backup.Policy{}, slowly(ctx) }
		conf := region(source)
		conf.Concurrency = 16
		p := newPoller(t, options(log.NewNopLogger()), conf)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p.Refresh(ctx)
		n := 0
		for call, times := range source.count() {
			if strings.HasPrefix(call, "backups ") {
				n += times
			}
		}
		if n != 12 {
			t.Errorf("%d lists of backups are under way, want three quarters of 16", n)
		}
		p.Refresh(t.Context())
	})
}
