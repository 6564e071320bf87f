package poll_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
)

func usable(id string, began time.Time) backup.Backup {
	return backup.Backup{ID: id, Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: began, EndedAt: began.Add(time.Minute)}
}

// Where the list has nothing usable, the cloud is asked once for what there was before it, and a day later again. A set that
// is kept for longer than the lookback is a recovery point.
func TestOlderBackupsAreLookedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const lookback = 8 * 24 * time.Hour
		opts := options(log.NewNopLogger())
		opts.Lookback = lookback
		asked, failure, list := 0, error(nil), backup.List{}
		source := &cloud{
			instances: lists("a"),
			backups:   func(context.Context, string, string) (backup.List, error) { return list, nil },
			older: func(_ context.Context, _ string, since time.Time) (backup.List, error) {
				asked++
				if days := time.Since(since).Hours() / 24; days < 729 || days > 731 {
					t.Errorf("asked for %v days", days)
				}
				return backup.List{Backups: []backup.Backup{
					usable("new", time.Now().Add(-time.Hour)), usable("kept", time.Now().Add(-20*24*time.Hour)),
				}}, failure
			},
		}
		p := newPoller(t, opts, region(source))
		refresh := func(after time.Duration) *backup.Older {
			time.Sleep(after)
			p.Refresh(t.Context())
			synctest.Wait() // a refresh waits for the first answer only
			return find(t, p, "a").Nodes[0].Backups.Value.Older
		}

		failure = &backup.Error{Op: "ListBackups", Class: backup.ClassServer}
		if got := refresh(0); asked != 1 || !got.At.IsZero() || got.Err == nil {
			t.Fatalf("after a failure: %+v, asked %d times", got, asked)
		}
		state := find(t, p, "a")
		h := backup.Assess(state.Target(state.Nodes[0]), backup.Objectives{RPO: time.Hour}, time.Now())
		if want := "no usable backup in the lookback; looking further back: ListBackups: server"; h.State != backup.HealthUnknown || h.Reason != want {
			t.Errorf("%s: %s, want unknown: %s", h.State, h.Reason, want)
		}
		if refresh(time.Minute); asked != 1 {
			t.Error("asked again a minute after a failure")
		}
		failure = nil
		got := refresh(15 * time.Minute)
		if asked != 2 || got.At.IsZero() || len(got.Backups) != 1 || got.Backups[0].ID != "kept" {
			t.Fatalf("%+v, asked %d times; want the backup from before the lookback", got, asked)
		}
		if refresh(time.Hour); asked != 2 {
			t.Error("asked again within a day")
		}
		failure = &backup.Error{Op: "ListBackups", Class: backup.ClassServer}
		if got = refresh(24 * time.Hour); asked != 3 || len(got.Backups) != 1 || got.Err == nil {
			t.Errorf("after a later failure: %+v, asked %d times; want what was known", got, asked)
		}
		list = backup.List{Backups: []backup.Backup{usable("today", time.Now())}}
		if got = refresh(time.Hour); asked > 4 || got != nil {
			t.Errorf("with a usable backup in the list: %+v, asked %d times", got, asked)
		}
	})
}

// A cloud that hangs when it is asked for old backups does not keep the list from being shown.
func TestOlderBackupsHoldNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a"), older: func(ctx context.Context, _ string, _ time.Time) (backup.List, error) {
			<-ctx.Done()
			return backup.List{}, &backup.Error{Op: "ListBackups", Class: backup.ClassTimeout, Err: ctx.Err()}
		}}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		if got := find(t, p, "a").Nodes[0].Backups; got.Err != nil || got.At.IsZero() || got.Value.Older.Err == nil {
			t.Errorf("reading %+v, want the list, and that older ones are not known", got)
		}
	})
}

// However many targets without backups there are, and however the cloud hangs when it is asked for old ones, other targets are
// read as always, and after an hour never is said.
func TestManyOlderQuestionsHoldUpNoOtherTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var names []string
		for i := range 100 {
			names = append(names, fmt.Sprintf("empty%d", i))
		}
		source := &cloud{
			instances: lists(append(names, "healthy")...),
			backups: func(_ context.Context, id, _ string) (backup.List, error) {
				if id != "healthy" {
					return backup.List{}, nil
				}
				return backup.List{Backups: []backup.Backup{usable("good", time.Now())}}, nil
			},
			older: func(ctx context.Context, _ string, _ time.Time) (backup.List, error) {
				<-ctx.Done()
				return backup.List{}, &backup.Error{Op: "ListBackups", Class: backup.ClassTimeout, Err: ctx.Err()}
			},
		}
		logged := &logs{}
		p := newPoller(t, options(logged), region(source))
		for range 90 {
			ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
			p.Refresh(ctx)
			cancel()
			healthy := find(t, p, "healthy").Nodes[0].Backups
			if age := time.Since(healthy.At); age > 2*time.Minute || healthy.Err != nil {
				t.Fatalf("the healthy target was read %v ago: %v", age, healthy.Err)
			}
			time.Sleep(time.Minute)
		}
		empty := find(t, p, "empty99")
		h := backup.Assess(empty.Target(empty.Nodes[0]), backup.Objectives{RPO: time.Hour}, time.Now())
		if h.State != backup.HealthNever {
			t.Errorf("after ninety minutes %s: %s", h.State, h.Reason)
		}
		if logged.matching("older backups") == 0 {
			t.Error("that older backups cannot be asked for is not logged")
		}
	})
}

// What cannot be read, and what the cloud does not offer, is not "there is none".
func TestOlderBackupsThatAreNotKnown(t *testing.T) {
	for _, answer := range []struct {
		list backup.List
		err  error
		want backup.Class
	}{
		{backup.List{Unread: backup.Unread{Count: 1}}, nil, backup.ClassProtocol},
		{backup.List{}, &backup.Error{Class: backup.ClassUnsupported}, backup.ClassBadRequest},
	} {
		synctest.Test(t, func(t *testing.T) {
			source := &cloud{instances: lists("a"), older: func(context.Context, string, time.Time) (backup.List, error) {
				return answer.list, answer.err
			}}
			p := newPoller(t, options(log.NewNopLogger()), region(source))
			p.Refresh(t.Context())
			if got := find(t, p, "a").Nodes[0].Backups.Value.Older; !got.At.IsZero() || backup.ClassOf(got.Err) != answer.want {
				t.Errorf("%+v, want class %s and no answer", got, answer.want)
			}
		})
	}
}

// What was found long ago does not count when the list lacks a usable backup again.
func TestOlderBackupsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := backup.List{}
		asked := 0
		source := &cloud{
			instances: lists("a"),
			backups:   func(context.Context, string, string) (backup.List, error) { return list, nil },
			older: func(context.Context, string, time.Time) (backup.List, error) {
				asked++
				return backup.List{}, nil
			},
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		for _, sets := range [][]backup.Backup{nil, {usable("good", time.Now())}, nil} {
			list = backup.List{Backups: sets}
			p.Refresh(t.Context())
			synctest.Wait()
			time.Sleep(time.Hour)
		}
		if asked != 2 {
			t.Errorf("asked %d times, want anew when the list lacks a usable backup again", asked)
		}
	})
}
