package poll_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
	"mongodb_backup_exporter/internal/poll"
	"mongodb_backup_exporter/internal/turn"
)

// plenty is a limit that is never reached.
type plenty struct{}

func (plenty) Rate(string) (float64, bool) { return 1e9, true }
func (plenty) Configured() float64         { return 1e9 }
func (plenty) Together() bool              { return false }

// BenchmarkSteady is what a scrape costs the poller when nothing is due: a refresh, and a snapshot. A second passes from one to
// the next, so that the demand is reckoned at one in thirty.
func BenchmarkSteady(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n, " targets"), func(b *testing.B) {
			found := make([]backup.Instance, n)
			for i := range found {
				found[i].InstanceID = fmt.Sprintf("dds-%010d", i)
			}
			now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
			source := &cloud{instances: func(context.Context) ([]backup.Instance, error) { return found, nil }}
			source.backups = func(context.Context, string, string) (backup.List, error) {
				return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: []backup.Backup{{
					ID: "1", Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: now.Add(-10 * time.Hour), EndedAt: now.Add(-9 * time.Hour),
				}}}, nil
			}
			source.policy = func(context.Context, string) (backup.Policy, error) {
				return backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 2 * time.Hour, Window: time.Hour}}}, nil
			}
			opts := options(log.NewNopLogger())
			opts.Now = func() time.Time { return now }
			opts.Catalog = catalog.New(opts.Lookback)
			opts.IdleInterval, opts.PolicyInterval, opts.DiscoveryInterval = 24*time.Hour, 24*time.Hour, 24*time.Hour
			conf := region(source)
			conf.Budget = plenty{}
			conf.Costs = func(backup.Scope, backup.Instance, turn.Fleet) []turn.Cost {
				return []turn.Cost{{Operation: "Ask", Calls: 1}}
			}
			p := poll.New(opts, []poll.Region{conf})
			defer p.Close()
			p.Refresh(b.Context())
			p.Refresh(b.Context())
			b.ReportAllocs()
			for b.Loop() {
				now = now.Add(time.Second)
				p.Refresh(b.Context())
				if got := len(p.Snapshot().Instances); got != n {
					b.Fatalf("%d instances, want %d", got, n)
				}
			}
		})
	}
}
