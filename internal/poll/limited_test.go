package poll_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/poll"
)

// limited is a Source whose calls keep to a budget. Each takes 100 ms.
type limited struct {
	poll.Source
	caller *cloudcall.Caller
	quota  *quota // nil: the cloud has none
	sent   map[string]*atomic.Int64
}

type silent struct{}

func (silent) Request(cloudcall.Place, string, string, time.Duration) {}
func (silent) Rejected(string)                                        {}

func newLimited(source poll.Source, budget *cloudcall.Budget) *limited {
	l := &limited{Source: source, sent: map[string]*atomic.Int64{}}
	for _, op := range []string{"instances", "backups", "jobs", "policy", "recovery"} {
		l.sent[op] = &atomic.Int64{}
	}
	l.caller = cloudcall.New(cloudcall.Options{
		Observer: silent{}, Now: time.Now, Budget: budget, Timeout: 10 * time.Second,
		Classify: func(op string, err error) *backup.Error {
			return &backup.Error{Op: op, Class: backup.ClassProtocol, Err: err}
		},
	})
	return l
}

func do[T any](ctx context.Context, l *limited, op, id string, ask func(context.Context) (T, error)) (T, error) {
	return cloudcall.Do(cloudcall.About(ctx, id, ""), l.caller, op, func(ctx context.Context) (T, error) {
		l.sent[op].Add(1)
		var none T
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return none, ctx.Err()
		}
		if err := l.quota.ask(op); err != nil {
			return none, err
		}
		return ask(ctx)
	})
}

func (l *limited) Instances(ctx context.Context) (backup.Listing, error) {
	return do(ctx, l, "instances", "", l.Source.Instances)
}

func (l *limited) Backups(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error) {
	return do(ctx, l, "backups", in.InstanceID, func(ctx context.Context) (backup.List, error) {
		return l.Source.Backups(ctx, in, node, since)
	})
}

func (l *limited) Jobs(ctx context.Context, in backup.Instance) ([]backup.Job, error) {
	return do(ctx, l, "jobs", in.InstanceID, func(ctx context.Context) ([]backup.Job, error) { return l.Source.Jobs(ctx, in) })
}

func (l *limited) Policy(ctx context.Context, in backup.Instance) (backup.Policy, error) {
	return do(ctx, l, "policy", in.InstanceID, func(ctx context.Context) (backup.Policy, error) { return l.Source.Policy(ctx, in) })
}

func (l *limited) Recovery(ctx context.Context, in backup.Instance) (backup.Window, error) {
	return do(ctx, l, "recovery", in.InstanceID, func(ctx context.Context) (backup.Window, error) { return l.Source.Recovery(ctx, in) })
}

// quota is a cloud's limit of calls of each operation in each minute. A nil quota has none.
type quota struct {
	most int

	mu               sync.Mutex
	minute           time.Time
	used             map[string]int
	asked, throttled int
}

func (q *quota) ask(op string) error {
	if q == nil {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if minute := time.Now().Truncate(time.Minute); minute.After(q.minute) {
		q.minute, q.used = minute, map[string]int{}
	}
	q.used[op]++
	q.asked++
	if q.used[op] <= q.most {
		return nil
	}
	q.throttled++
	return &backup.Error{Op: op, Class: backup.ClassThrottled}
}

// manySets returns a cloud with n replica sets, each with a daily schedule and a backup of every day.
func manySets(n int) *cloud {
	ids := make([]string, 0, n)
	for i := range n {
		ids = append(ids, fmt.Sprintf("set-%05d", i))
	}
	source := &cloud{instances: lists(ids...)}
	began := time.Now().Truncate(24 * time.Hour).AddDate(0, 0, -3)
	source.backups = func(_ context.Context, id, _ string) (backup.List, error) {
		var list backup.List
		for day := began; day.Before(time.Now().Add(-time.Hour)); day = day.AddDate(0, 0, 1) {
			at := day.Add(time.Duration(slices.Index(ids, id)%24) * time.Hour)
			if at.Add(10 * time.Minute).Before(time.Now()) {
				list.Backups = append(list.Backups, backup.Backup{
					ID: day.String(), Status: backup.StatusSuccess, Kind: backup.KindFull, StartedAt: at, EndedAt: at.Add(10 * time.Minute),
				})
			}
		}
		return list, nil
	}
	return source
}

var _ = log.NewNopLogger
var _ = testing.Short
var _ = synctest.Test
