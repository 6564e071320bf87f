package huawei

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
)

// A region that cannot list incremental backups says so once, and no poll fails for it.
func TestIncrementalBackupsAreOptional(t *testing.T) {
	one := fmt.Sprintf(`{"id":"inc1br02","instance_id":%q,"type":"Incremental","begin_time":"2026-08-06 12:00:00","end_time":"2026-08-06 12:01:00","status":"COMPLETED","size":1}`, testInstance)
	works := paged("backups", one)
	const msg = `level=warn msg="cannot list incremental backups; full ones are shown without them; logged once"`
	type step struct {
		answer http.HandlerFunc
		after  time.Duration
		known  bool
		calls  int
		logs   int
		class  backup.Class // of the failure
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"the type is not known", []step{
			{send(400, `{"error_code":"DBS.200001","error_msg":"Parameter error."}`), 0, false, 1, 1, ""},
			{nil, 9 * time.Minute, false, 0, 0, ""},
			{nil, time.Minute, false, 1, 0, ""},
			{works, 10 * time.Minute, true, 1, 0, ""},
			{send(403, policyDenied), 10 * time.Minute, false, 1, 1, ""},
		}},
		{"full backups are listed instead", []step{
			{paged("backups", record(testInstance, "b1br02", now.Add(-2*time.Hour))), 0, false, 1, 1, ""},
			{nil, 9 * time.Minute, false, 0, 0, ""},
		}},
		{"the part is refused", []step{{send(403, policyDenied), 0, false, 1, 1, ""}}},
		{"a backup of that list does not exist", []step{{send(400, `{"error_code":"DBS.201502","error_msg":"x"}`), 0, false, 1, 1, ""}}},
		{"no list at all", []step{{send(200, `{}`), 0, false, 1, 1, backup.ClassProtocol}}},
		{"the cloud fails: no old list is given for a new one", []step{
			{works, 0, true, 1, 0, ""},
			{send(503, ""), time.Minute, false, 1, 1, backup.ClassServer},
			{nil, time.Minute, false, 1, 0, backup.ClassServer},
			{works, time.Minute, true, 1, 0, ""},
			{send(503, ""), time.Minute, false, 1, 1, backup.ClassServer},
		}},
		{"an empty list", []step{{paged("backups"), 0, true, 1, 0, ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProject(t)
			clock := now
			var logged strings.Builder
			s, _ := open(t, p.URL, func(o *Options) {
				o.Now, o.Logger = func() time.Time { return clock }, log.NewLogfmtLogger(&logged)
			})
			answer := http.HandlerFunc(nil)
			p.answers["/backups"] = func(w http.ResponseWriter, r *http.Request) { answer(w, r) }
			for i, step := range tt.steps {
				clock = clock.Add(step.after)
				if step.answer != nil {
					answer = step.answer
				}
				before := p.count("/backups")
				logged.Reset()
				list, err := s.Increments(t.Context(), instanceNamed(testInstance), "", now.AddDate(0, 0, -8))
				if known := slices.Equal(list.Asked, []backup.Kind{backup.KindIncremental}); backup.ClassOf(err) != step.class || known != step.known || !known && len(list.Backups) > 0 {
					t.Errorf("step %d: %+v, %v; want a known list: %v, an error of class %q", i, list, err, step.known, step.class)
				}
				if calls := p.count("/backups") - before; calls != step.calls {
					t.Errorf("step %d: %d calls, want %d", i, calls, step.calls)
				}
				if got := strings.Count(logged.String(), msg); got != step.logs {
					t.Errorf("step %d: logged %d times, want %d: %s", i, got, step.logs, logged.String())
				}
			}
		})
	}
}

// The full backups are asked for without the incremental ones and without the policy: nothing that those do can hold up
// the full ones or cost them.
func TestFullBackupsWaitForNothing(t *testing.T) {
	p := newProject(t)
	s, _ := open(t, p.URL, nil)
	list, err := s.Backups(t.Context(), instanceNamed(testInstance), "", now.AddDate(0, 0, -8))
	if err != nil || len(list.Backups) != 1 || !slices.Equal(list.Asked, []backup.Kind{backup.KindFull}) {
		t.Errorf("backups %+v, error %v; want the full one", list, err)
	}
	if n := p.count("/policy"); n != 0 || len(p.listed) != 0 {
		t.Errorf("%d calls for the policy and %d for incremental backups, want none", n, len(p.listed))
	}
}

// When nobody waits for the answer any more, that is no failure of the list. When the time is up, it is one. Neither is a
// reason to wait with the next.
func TestListOfIncrementalBackupsThatIsGivenUp(t *testing.T) {
	for _, tt := range []struct {
		name   string
		bound  func(context.Context) (context.Context, context.CancelFunc)
		class  backup.Class
		logged bool
	}{
		{"cancelled", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, backup.ClassCanceled, false},
		{"time is up", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithDeadline(ctx, time.Now().Add(-time.Second))
		}, backup.ClassTimeout, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newProject(t)
			var logged strings.Builder
			s, _ := open(t, p.URL, func(o *Options) { o.Logger = log.NewLogfmtLogger(&logged) })
			ctx, cancel := tt.bound(t.Context())
			defer cancel()
			in, since := instanceNamed(testInstance), now.AddDate(0, 0, -8)
			list, err := s.Increments(ctx, in, "", since)
			if backup.ClassOf(err) != tt.class || len(list.Asked) > 0 || logged.Len() > 0 != tt.logged {
				t.Errorf("%v, %v; want class %q; logged %q", list, err, tt.class, logged.String())
			}
			list, err = s.Increments(t.Context(), in, "", since)
			if err != nil || len(list.Asked) != 1 {
				t.Errorf("asked again: %v, %v; want an answer", list.Asked, err)
			}
		})
	}
}
