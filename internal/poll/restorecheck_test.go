package poll_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// successes lists usable full backups, one an hour, the newest of which ended just now.
func successes(ids ...string) func(context.Context, string, string) (backup.List, error) {
	return func(context.Context, string, string) (backup.List, error) {
		var list backup.List
		for i, id := range ids {
			end := time.Now().Add(-time.Duration(i) * time.Hour)
			list.Backups = append(list.Backups, backup.Backup{
				ID: id, Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: end.Add(-time.Minute), EndedAt: end,
			})
		}
		return list, nil
	}
}

func checking(source *cloud) poll.Region {
	r := region(source)
	r.RestoreCheck, r.Restores = true, true
	return r
}

// refreshFor refreshes every minute for d, and returns the questions about restores.
func refreshFor(t *testing.T, p *poll.Poller, source *cloud, d time.Duration) map[string]int {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Minute) {
		p.Refresh(t.Context())
	}
	calls := source.count()
	maps.DeleteFunc(calls, func(call string, _ int) bool {
		return !strings.HasPrefix(call, "check") && !strings.HasPrefix(call, "restores")
	})
	return calls
}

func TestTheNewestBackupIsCheckedOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a"), backups: successes("1")}
		p := newPoller(t, options(log.NewNopLogger()), checking(source))
		expect := func(step string, want map[string]int) {
			t.Helper()
			got := refreshFor(t, p, source, 24*time.Hour)
			delete(got, "restores a")
			if !maps.Equal(got, want) {
				t.Errorf("%s: checks %v, want %v", step, got, want)
			}
		}
		expect("first day", map[string]int{"check a 1": 1})
		source.backups = successes("3", "2", "1")
		expect("a newer backup waits for the next day", map[string]int{"check a 3": 1})
		refused := func(_ context.Context, _, id string) (backup.RestoreCheck, error) {
			return backup.RestoreCheck{BackupID: id, Refused: "no"}, nil
		}
		source.check = refused
		expect("the same backup again", map[string]int{"check a 3": 1})
		if r := find(t, p, "a").Nodes[0].RestoreChecks; len(r.Value) != 2 || r.Value[1].Refused != "no" {
			t.Errorf("checks %v, want that 3 is refused", r.Value)
		}
		source.check = func(context.Context, string, string) (backup.RestoreCheck, error) {
			return backup.RestoreCheck{}, &backup.Error{Class: backup.ClassServer}
		}
		expect("a failure is tried again after an hour", map[string]int{"check a 3": 24})
		r := find(t, p, "a").Nodes[0].RestoreChecks
		if r.OK(time.Now()) || len(r.Value) != 2 || r.Value[1].Refused != "no" {
			t.Errorf("reading %+v, want the failure, and that 3 is refused", r)
		}
	})
}

func TestWhatIsNotChecked(t *testing.T) {
	tests := []struct {
		name   string
		change func(*cloud, *poll.Region)
	}{
		{"nobody asks for it", func(_ *cloud, r *poll.Region) { r.RestoreCheck = false }},
		{"a shard", func(c *cloud, _ *poll.Region) { c.instances = lists("a:s1:s2") }},
		{"there is no backup", func(c *cloud, _ *poll.Region) { c.backups = nil }},
		{"the backups are not known", func(c *cloud, _ *poll.Region) {
			c.backups = func(context.Context, string, string) (backup.List, error) {
				return backup.List{}, &backup.Error{Class: backup.ClassServer}
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists("a"), backups: successes("1")}
				r := checking(source)
				tt.change(source, &r)
				p := newPoller(t, options(log.NewNopLogger()), r)
				got := refreshFor(t, p, source, time.Hour)
				delete(got, "restores a")
				if len(got) != 0 {
					t.Errorf("checks %v, want none", got)
				}
				for _, node := range find(t, p, "a").Nodes {
					if !node.RestoreChecks.TriedAt.IsZero() {
						t.Errorf("reading %+v, want none", node.RestoreChecks)
					}
				}
			})
		})
	}
}

// Once nobody asks for checks any more, earlier ones do not count.
func TestChecksEndWithAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a"), backups: successes("1")}
		opts := options(log.NewNopLogger())
		p := newPoller(t, opts, checking(source))
		refreshFor(t, p, source, 2*time.Minute)
		if r := find(t, p, "a").Nodes[0].RestoreChecks; len(r.Value) != 1 {
			t.Fatalf("checks %v, want one", r.Value)
		}
		p.Replace(opts, []poll.Region{region(source)})
		if r := find(t, p, "a").Nodes[0].RestoreChecks; r.Value != nil || !r.At.IsZero() {
			t.Errorf("reading %+v, want none", r)
		}
	})
}

func TestTheLastRestoreStaysKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := time.Now().Add(-time.Hour)
		var seen time.Time
		var failure error
		source := &cloud{
			instances: lists("a"),
			restored:  func(context.Context, string) (time.Time, error) { return seen, failure },
		}
		opts := options(log.NewNopLogger())
		p := newPoller(t, opts, checking(source))
		expect := func(step string, calls int, want time.Time) {
			t.Helper()
			if got := refreshFor(t, p, source, 24*time.Hour)["restores a"]; got != calls {
				t.Errorf("%s: %d calls, want %d", step, got, calls)
			}
			if got := find(t, p, "a").LastRestore.Value; !got.Equal(want) {
				t.Errorf("%s: last restore %v, want %v", step, got, want)
			}
		}
		expect("none yet", 1, time.Time{})
		seen = first
		expect("one", 1, first)
		seen = time.Time{}
		expect("the cloud does not tell of it any more", 1, first)
		failure = &backup.Error{Class: backup.ClassPermission}
		expect("the cloud cannot be asked", 24, first)
		if restores := find(t, p, "a").LastRestore; restores.OK(time.Now()) {
			t.Error("the reading hides the failure")
		}
		seen, failure = first.Add(time.Hour), nil
		expect("a newer one", 1, seen)
		p.Replace(opts, []poll.Region{region(source)})
		if r := find(t, p, "a").LastRestore; !r.TriedAt.IsZero() || !r.Value.IsZero() {
			t.Errorf("nobody asks any more: reading %+v, want none", r)
		}
	})
}

func TestRestoresAreAskedForOnceTheJobsAreAnswered(t *testing.T) {
	tests := []struct {
		name  string
		class backup.Class // of the failure of the jobs
		want  int          // questions about restores in an hour
	}{
		{"they are read", "", 1},
		{"the cloud has no such list", backup.ClassUnsupported, 1},
		{"they are refused", backup.ClassPermission, 1},
		{"the cloud fails", backup.ClassServer, 0},
		{"the cloud hangs", backup.ClassTimeout, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists("a"), jobs: func(context.Context, string) ([]backup.Job, error) {
					if tt.class != "" {
						return nil, &backup.Error{Op: "Jobs", Class: tt.class}
					}
					return nil, nil
				}}
				p := newPoller(t, options(log.NewNopLogger()), checking(source))
				if got := refreshFor(t, p, source, time.Hour)["restores a"]; got != tt.want {
					t.Errorf("%d questions, want %d", got, tt.want)
				}
			})
		})
	}
}

func TestAFailureOfRestoresIsTriedAgain(t *testing.T) {
	for class, want := range map[backup.Class]int{backup.ClassServer: 12, backup.ClassPermission: 1} {
		t.Run(string(class), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists("a"), restored: func(context.Context, string) (time.Time, error) {
					return time.Time{}, &backup.Error{Op: "Restores", Class: class}
				}}
				p := newPoller(t, options(log.NewNopLogger()), checking(source))
				if got := refreshFor(t, p, source, time.Hour)["restores a"]; got != want {
					t.Errorf("%d questions in an hour, want %d", got, want)
				}
			})
		})
	}
}
