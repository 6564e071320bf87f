package huawei

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// A region that cannot list incremental backups must not cost the full ones.
func TestIncrementalBackupsAreOptional(t *testing.T) {
	one := fmt.Sprintf(`{"id":"inc1br02","instance_id":%q,"type":"Incremental","begin_time":"2026-08-06 12:00:00","end_time":"2026-08-06 12:01:00","status":"COMPLETED","size":1}`, testInstance)
	works := paged("backups", one)
	full, both := []backup.Kind{backup.KindFull}, []backup.Kind{backup.KindFull, backup.KindIncremental}
	const msg = `level=warn msg="cannot list incremental backups; full ones are shown without them; logged once"`
	type step struct {
		answer http.HandlerFunc
		after  time.Duration
		asked  []backup.Kind
		calls  int
		logs   int
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"the type is not known", []step{
			{send(400, `{"error_code":"DBS.200001","error_msg":"Parameter error."}`), 0, full, 1, 1},
			{nil, 9 * time.Minute, full, 0, 0},
			{nil, time.Minute, full, 1, 0},
			{works, 10 * time.Minute, both, 1, 0},
			{send(403, policyDenied), 10 * time.Minute, full, 1, 1},
		}},
		{"full backups are listed instead", []step{
			{paged("backups", record(testInstance, "b1br02", now.Add(-2*time.Hour))), 0, full, 1, 1},
		}},
		{"the part is refused", []step{{send(403, policyDenied), 0, full, 1, 1}}},
		{"a backup of that list does not exist", []step{{send(400, `{"error_code":"DBS.201502","error_msg":"x"}`), 0, full, 1, 1}}},
		{"no list at all", []step{{send(200, `{}`), 0, full, 1, 1}}},
		{"the cloud fails: the last list is kept for an hour", []step{
			{works, 0, both, 1, 0},
			{send(503, ""), 10 * time.Minute, both, 1, 1},
			{nil, 40 * time.Minute, both, 1, 0},
			{nil, 10 * time.Minute, full, 1, 0},
		}},
		{"an empty list", []step{{paged("backups"), 0, both, 1, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProject(t)
			p.policy = send(200, policyWith)
			clock := now
			var logged strings.Builder
			s, _ := open(t, p.URL, func(o *Options) {
				o.Now, o.Logger = func() time.Time { return clock }, log.NewLogfmtLogger(&logged)
			})
			calls, answer := 0, http.HandlerFunc(nil)
			fulls := p.answers["/backups"]
			p.answers["/backups"] = func(w http.ResponseWriter, r *http.Request) {
				if r.FormValue("backup_type") != "Incremental" {
					fulls(w, r)
					return
				}
				calls++
				answer(w, r)
			}
			for i, step := range tt.steps {
				clock = clock.Add(step.after)
				if step.answer != nil {
					answer = step.answer
				}
				calls = 0
				logged.Reset()
				list, err := s.Backups(t.Context(), instanceNamed(testInstance), "", now.AddDate(0, 0, -8))
				if err != nil || len(list.Backups) == 0 || list.Backups[len(list.Backups)-1].ID != "b1br02" {
					t.Fatalf("step %d: %v, %v; want the full backup", i, list, err)
				}
				if len(step.asked) == 1 && len(list.Backups) != 1 {
					t.Errorf("step %d: %d backups, want the full one only", i, len(list.Backups))
				}
				if diff := cmp.Diff(step.asked, list.Asked); diff != "" || calls != step.calls {
					t.Errorf("step %d: %d calls, want %d; asked (-want +got):\n%s", i, calls, step.calls, diff)
				}
				if got := strings.Count(logged.String(), msg); got != step.logs {
					t.Errorf("step %d: logged %d times, want %d: %s", i, got, step.logs, logged.String())
				}
			}
		})
	}
}

// Nobody waits for the answer any more: that is no failure of the list, and no reason to wait ten minutes.
func TestCancelledListOfIncrementalBackups(t *testing.T) {
	p := newProject(t)
	p.policy = send(200, policyWith)
	var logged strings.Builder
	s, _ := open(t, p.URL, func(o *Options) { o.Logger = log.NewLogfmtLogger(&logged) })
	ctx, cancel := context.WithCancel(t.Context())
	lists := p.answers["/backups"]
	p.answers["/backups"] = func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("backup_type") == "Incremental" && ctx.Err() == nil {
			cancel()
			<-r.Context().Done()
			return
		}
		lists(w, r)
	}
	in, since := instanceNamed(testInstance), now.AddDate(0, 0, -8)
	if _, err := s.Backups(ctx, in, "", since); backup.ClassOf(err) != backup.ClassCanceled || logged.Len() > 0 {
		t.Errorf("Backups: %v, want class canceled; logged %q", err, logged.String())
	}
	if list, err := s.Backups(t.Context(), in, "", since); err != nil || len(list.Asked) != 2 {
		t.Errorf("asked again: %v, %v; want both kinds", list.Asked, err)
	}
}
