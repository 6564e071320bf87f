package huawei

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// project is a DDS with one instance. A test may change its policy.
type project struct {
	*fake
	mu     sync.Mutex
	policy http.HandlerFunc
	spans  string   // of recovery
	listed []string // incremental backups: from when on
}

func newProject(t *testing.T) *project {
	t.Helper()
	p := &project{policy: send(200, policyWithout), spans: "[]"}
	incremental := fmt.Sprintf(`{"id":"inc1br02","instance_id":%q,"type":"Incremental","begin_time":"2026-08-06 12:00:00","end_time":"2026-08-06 12:01:00","status":"COMPLETED","size":1}`, testInstance)
	p.fake = newFake(t, map[string]http.HandlerFunc{
		"/instances": paged("instances", fmt.Sprintf(`{"id":%q,"mode":"ReplicaSet"}`, testInstance)),
		"/instances/" + testInstance + "/backups/policy": func(w http.ResponseWriter, r *http.Request) { p.policy(w, r) },
		"/instances/" + testInstance + "/restore-time": func(w http.ResponseWriter, r *http.Request) {
			send(200, `{"restore_time":`+p.spans+`}`)(w, r)
		},
		"/backups": func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("backup_type") == "Incremental" && r.FormValue("instance_id") == testInstance {
				p.mu.Lock()
				p.listed = append(p.listed, r.FormValue("begin_time"))
				p.mu.Unlock()
				paged("backups", incremental)(w, r)
				return
			}
			paged("backups", record(testInstance, "b1br02", now.Add(-2*time.Hour)))(w, r)
		},
	})
	return p
}

const (
	policyWith    = `{"backup_policy":{"keep_days":7,"enable_incremental_backup":true}}`
	policyWithout = `{"backup_policy":{"keep_days":7,"enable_incremental_backup":false}}`
	policySilent  = `{"backup_policy":{"keep_days":7}}`
	policyDenied  = `{"error_code":"DBS.280063","error_msg":"no permission"}`
)

func TestIncrementalBackupsAreListedForSixHours(t *testing.T) {
	p := newProject(t)
	clock := now
	s, _ := open(t, p.URL, func(o *Options) {
		o.Now = func() time.Time { clock = clock.Add(time.Millisecond); return clock } // time passes while a list is read
	})
	steps := []struct {
		name  string
		after time.Duration
		lists int
	}{
		{"the first", 0, 1},
		{"ten minutes later", 10 * time.Minute, 1},
		{"after the clock went back", -time.Second, 1},
	}
	for _, step := range steps {
		p.listed = nil
		clock = clock.Add(step.after)
		list, err := s.Increments(t.Context(), instanceNamed(testInstance), "", now.AddDate(0, 0, -8))
		if err != nil || len(list.Backups) != 1 || list.Backups[0].Kind != backup.KindIncremental {
			t.Fatalf("%s: %v, %v; want the incremental backup", step.name, list, err)
		}
		if want := clock.Add(-6 * time.Hour).Format(time.DateTime); len(p.listed) != step.lists || (step.lists > 0 && p.listed[0] != want) {
			t.Errorf("%s: listed from %q on, want %d calls from %q on", step.name, p.listed, step.lists, want)
		}
	}
	if n := p.count("/policy"); n != 0 {
		t.Errorf("the policy was read %d times for it", n)
	}
}

func TestRecoveryIsNotAskedWhereThereWillBeNone(t *testing.T) {
	p := newProject(t)
	clock := now
	s, _ := open(t, p.URL, func(o *Options) { o.Now = func() time.Time { return clock } })
	readPolicy := func(body string) {
		t.Helper()
		clock, p.policy = clock.Add(time.Hour), send(200, body)
		if _, err := s.Policy(t.Context(), instanceNamed(testInstance)); err != nil {
			t.Fatal(err)
		}
	}
	const spans = `[{"start_time":1607731200000,"end_time":1607756414000}]`
	steps := []struct {
		name  string
		do    func()
		none  bool
		calls int
	}{
		{"policy not known", func() {}, true, 2},
		{"policy still not known", func() {}, true, 2},
		{"on, and nothing yet: the days before are asked for, too", func() { readPolicy(policyWith) }, true, 9},
		{"but once a day", func() {}, true, 2},
		{"the next day", func() { clock = clock.AddDate(0, 0, 1) }, true, 9},
		{"off: DDS has deleted them", func() { readPolicy(policyWithout); p.spans = spans }, true, 0},
		{"off, once more", func() { readPolicy(policyWithout) }, true, 0},
		{"on again", func() { readPolicy(policyWith); p.spans = spans }, false, 1},
		{"not set", func() { readPolicy(policySilent); p.spans = "[]" }, true, 2},
		{"not set, and so asked each time", func() {}, true, 2},
	}
	for _, step := range steps {
		step.do()
		before := p.count("/restore-time")
		window, err := s.Recovery(t.Context(), instanceNamed(testInstance))
		if err != nil || window.IsZero() != step.none {
			t.Errorf("%s: window %v, error %v; want none: %v", step.name, window, err, step.none)
		}
		if got := p.count("/restore-time") - before; got != step.calls {
			t.Errorf("%s: %d calls, want %d", step.name, got, step.calls)
		}
	}
}

// An instance that is gone and comes back is a new one: nothing of the former one holds for it.
func TestGoneInstanceIsForgotten(t *testing.T) {
	p := newProject(t)
	p.policy = send(200, policyWith)
	s, _ := open(t, p.URL, nil)
	listed := []string{fmt.Sprintf(`{"id":%q,"mode":"ReplicaSet"}`, testInstance)}
	p.answers["/instances"] = func(w http.ResponseWriter, r *http.Request) { paged("instances", listed...)(w, r) }
	steps := []struct {
		name   string
		listed []string
		calls  int // for the recovery window
	}{
		{"there", listed, 9},
		{"the past does not change", listed, 2},
		{"not in a listing, which may have moved", []string{`{"id":"i2in02"}`}, 2},
		{"gone", []string{`{"id":"i2in02"}`}, 9},
	}
	for _, step := range steps {
		listed = step.listed
		before := p.count("/restore-time")
		if _, err := s.Instances(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Policy(t.Context(), instanceNamed(testInstance)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Recovery(t.Context(), instanceNamed(testInstance)); err != nil {
			t.Fatal(err)
		}
		if got := p.count("/restore-time") - before; got != step.calls {
			t.Errorf("%s: %d calls, want %d", step.name, got, step.calls)
		}
	}
}
