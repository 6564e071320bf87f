package poll_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// archive is a cloud whose target has a backup every quarter of an hour.
type archive struct {
	*cloud
	list func() []backup.Backup
	read []time.Duration // how far back each list was asked for
}

// Backups lists those that began at since or later.
func (a *archive) Backups(_ context.Context, _ backup.Instance, _ string, since time.Time) (backup.List, error) {
	a.read = append(a.read, time.Since(since))
	return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: a.list()}.Since(since), nil
}

// differs returns cmp.Diff of two lists, which takes a hundred times as long as to see that there is none.
func differs(want, got []backup.Backup) string {
	if reflect.DeepEqual(want, got) {
		return ""
	}
	return cmp.Diff(want, got)
}

// Of a long list its end is read, and the result is as if all of it had been.
func TestLongListIsReadAtItsEnd(t *testing.T) {
	if slowedDown {
		t.Skip("with the race detector: one list is read, by one goroutine after the other")
	}
	synctest.Test(t, func(t *testing.T) {
		deleted := map[string]bool{}
		all := func() []backup.Backup {
			var list []backup.Backup
			for start := time.Now().Truncate(15 * time.Minute); time.Since(start) < 4*day; start = start.Add(-15 * time.Minute) {
				b := backup.Backup{ID: start.Format(time.RFC3339), Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: start, EndedAt: start.Add(20 * time.Minute)}
				if b.EndedAt.After(time.Now()) {
					b.State, b.EndedAt = backup.StateRunning, time.Time{}
				}
				if !deleted[b.ID] {
					list = append(list, b)
				}
			}
			return list
		}
		time.Sleep(10 * day)
		source := &archive{cloud: &cloud{instances: lists("a")}, list: all}
		opts := options(log.NewNopLogger())
		opts.Lookback, opts.FullReadInterval = 3*day, 6*time.Hour
		conf := region(source)
		p := newPoller(t, opts, conf)
		p.Refresh(t.Context())
		for minute := 14; minute < 12*60; minute += 15 {
			time.Sleep(15 * time.Minute)
			if minute == 74 {
				deleted[all()[200].ID] = true // far before the end
			}
			if minute == 209 {
				deleted[all()[1].ID] = true
			}
			p.Refresh(t.Context())
			got := find(t, p, "a").Nodes[0].Backups.Value.Backups
			want := backup.List{Backups: all()}.Since(time.Now().Add(-opts.Lookback)).Backups
			unseen := 0
			if minute >= 74 && minute < 6*60-1 {
				unseen = 1
			}
			if len(got)-len(want) != unseen {
				t.Fatalf("minute %d: %d backups, want %d and %d that left unseen", minute, len(got), len(want), unseen)
			}
			if diff := differs(want[:100], got[:100]); diff != "" {
				t.Fatalf("minute %d (-want +got):\n%s", minute, diff)
			}
		}
		whole := 0
		for _, back := range source.read {
			switch {
			case back == opts.Lookback:
				whole++
			case back > 2*time.Hour:
				t.Errorf("a list was read for %v", back)
			}
		}
		if whole != 3 {
			t.Errorf("%d of %d lists were whole, want 3", whole, len(source.read))
		}
	})
}

// What cannot be continued is read whole.
func TestListsThatAreReadWhole(t *testing.T) {
	many := func(change func(*backup.Backup)) []backup.Backup {
		var list []backup.Backup
		for i := range 200 {
			start := time.Now().Add(-time.Duration(i) * 15 * time.Minute)
			list = append(list, backup.Backup{ID: fmt.Sprint(i), Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: start, EndedAt: start})
		}
		change(&list[150])
		return list
	}
	for name, list := range map[string]func() []backup.Backup{
		"short": func() []backup.Backup { return many(func(*backup.Backup) {})[:100] },
		"one began nobody knows": func() []backup.Backup {
			return many(func(b *backup.Backup) { b.StartedAt, b.EndedAt = time.Time{}, time.Time{} })
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &archive{cloud: &cloud{instances: lists("a")}, list: list}
				opts := options(log.NewNopLogger())
				opts.FullReadInterval = 6 * time.Hour
				p := newPoller(t, opts, region(source))
				for range 3 {
					p.Refresh(t.Context())
					time.Sleep(time.Minute)
				}
				if want := []time.Duration{opts.Lookback, opts.Lookback, opts.Lookback}; !cmp.Equal(want, source.read) {
					t.Errorf("read for %v, want %v", source.read, want)
				}
			})
		})
	}
}

// moved is a cloud that lists the backups of a target with another operation from some time on.
type moved struct {
	*archive
	op string
}

func (m *moved) Backups(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error) {
	list, err := m.archive.Backups(ctx, in, node, since)
	list.Op = m.op
	return list, err
}

// The end of a list of another operation says nothing of what the former one listed.
func TestLongListOfAnotherOperationIsReadWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := time.Now()
		time.Sleep(day)
		many := func(name string) func() []backup.Backup {
			return func() []backup.Backup {
				var list []backup.Backup
				for i := range 120 {
					start := first.Add(day - time.Duration(i)*10*time.Minute)
					list = append(list, backup.Backup{ID: fmt.Sprint(name, i), Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: start, EndedAt: start})
				}
				return list
			}
		}
		source := &moved{&archive{cloud: &cloud{instances: lists("a")}, list: many("own")}, "DescribeBackups"}
		opts := options(log.NewNopLogger())
		opts.FullReadInterval = 6 * time.Hour
		p := newPoller(t, opts, region(source))
		p.Refresh(t.Context())
		source.op, source.list = "DescribeClusterBackups", many("set")
		time.Sleep(time.Minute)
		p.Refresh(t.Context())
		got := find(t, p, "a").Nodes[0].Backups.Value
		if diff := cmp.Diff(many("set")(), got.Backups); diff != "" || got.Op != source.op {
			t.Errorf("list of %s (-want +got):\n%s", got.Op, diff)
		}
		time.Sleep(time.Minute)
		p.Refresh(t.Context())
		if n := len(source.read); n != 4 || source.read[2] != opts.Lookback || source.read[3] > 2*time.Hour {
			t.Errorf("read for %v, want all, the end, all and the end", source.read)
		}
	})
}
