package huawei

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

func TestInstances(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{"/instances": paged("instances",
		`{"id":"i1in02","name":"orders \ud800","mode":"Sharding","status":"normal","created":"2019-01-17T07:05:52",
		  "datastore":{"type":"DDS-Community","version":"4.2","patch_available":false},"engine":"wiredTiger",
		  "backup_strategy":{"start_time":"16:00-17:00","keep_days":7},"tags":[{"key":"env","value":"prod"}],"groups":[]}`,
		`{"id":"i2in02","mode":"Single"}`,
		`{"id":"../i3"}`,
	)})
	s, observer := open(t, f.URL, nil)
	got, err := s.Instances(t.Context())
	if err != nil {
		t.Error(err)
	}
	want := backup.Listing{Op: "ListInstances", Unread: 1, Instances: []backup.Instance{
		{
			Target: instanceNamed("i1in02").Target, Name: "orders \uFFFD", Engine: "DDS-Community", Version: "4.2",
			Topology: backup.TopologyShardedCluster, Status: "normal", Tags: map[string]string{"env": "prod"},
			CreatedAt: time.Date(2019, time.January, 17, 7, 5, 52, 0, time.UTC),
		},
		{Target: instanceNamed("i2in02").Target, Topology: backup.TopologyStandalone},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Instances (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"id": 1}, observer.rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
}

// Jobs has to find out whether an instance exists, before any listing of the instances.
func TestInstanceBesideOneThatCannotBeRead(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{
		"/instances": paged("instances", `{"id":"i1in02"}`, `{"id":{}}`), "/jobs": paged("jobs"),
	})
	s, _ := open(t, f.URL, nil)
	if jobs, err := s.Jobs(t.Context(), instanceNamed("i1in02")); err != nil || len(jobs) != 0 {
		t.Errorf("of the instance that is listed: %v, %v; want no jobs", jobs, err)
	}
	_, err := s.Jobs(t.Context(), instanceNamed("i2in02"))
	const want = "ListInstances: protocol: 1 of the listed instances could not be read"
	if errorText(err) != want {
		t.Errorf("of another: %v, want %s: it may be there or not", err, want)
	}
	listing, err := s.Instances(t.Context())
	if err != nil || listing.Unread != 1 || len(listing.Instances) != 1 || f.count("/instances") != 1 {
		t.Errorf("%+v, %v after %d listings; want one instance and one unread, of the same listing", listing, err, f.count("/instances"))
	}
}

func TestUnreadInstanceIsNotForgotten(t *testing.T) {
	listed := []string{`{"id":"i1in02"}`, `{"id":"i2in02"}`}
	f := newFake(t, map[string]http.HandlerFunc{
		"/instances": func(w http.ResponseWriter, r *http.Request) { paged("instances", listed...)(w, r) },
		"/jobs":      paged("jobs"),
	})
	s, _ := open(t, f.URL, nil)
	steps := []struct {
		name   string
		listed []string
		unread int
		jobs   backup.Class // of i1in02's jobs
	}{
		{"listed", listed, 0, ""},
		{"not readable", []string{`{"id":null}`, `{"id":"i2in02"}`}, 1, ""},
		{"gone", []string{`{"id":"i2in02"}`}, 0, backup.ClassNotFound},
	}
	for _, step := range steps {
		listed = step.listed
		listing, err := s.Instances(t.Context())
		_, jobs := s.Jobs(t.Context(), instanceNamed("i1in02"))
		if err != nil || listing.Unread != step.unread || backup.ClassOf(jobs) != step.jobs {
			t.Errorf("%s: Instances: %d unread, %v, Jobs: %v; want %d unread, and class %q", step.name, listing.Unread, err, jobs, step.unread, step.jobs)
		}
	}
}

func TestBackupsOfAProjectCostOneListing(t *testing.T) {
	const instances, each = 50, 8
	var listed, sets []string
	for i := range instances {
		listed = append(listed, fmt.Sprintf(`{"id":"i%02din02","mode":"ReplicaSet"}`, i))
		for j := range each {
			sets = append(sets, record(fmt.Sprintf("i%02din02", i), fmt.Sprintf("b%03d%02dbr02", i, j), now.AddDate(0, 0, -j)))
		}
	}
	f := newFake(t, map[string]http.HandlerFunc{"/backups": paged("backups", sets...), "/instances": paged("instances", listed...)})
	clock := now
	s, _ := open(t, f.URL, func(o *Options) { o.Now = func() time.Time { return clock } })
	listing, err := s.Instances(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := listing.Instances
	round := func(wave int) {
		var work sync.WaitGroup
		for i := range all {
			work.Go(func() {
				got, err := s.Backups(t.Context(), all[i], "", clock.AddDate(0, 0, -30).Add(time.Duration(-i)*time.Microsecond))
				if err != nil || len(got.Backups) != each {
					t.Errorf("Backups of %s: %d sets, error %v, want %d", all[i].InstanceID, len(got.Backups), err, each)
				}
			})
			if (i+1)%wave == 0 {
				work.Wait()
			}
		}
		work.Wait()
	}
	round(instances) // all at once
	round(16)        // in waves, as a limit on calls in flight makes them
	round(1)         // one by one
	if got, want := f.count("/backups"), 3*5; got != want {
		t.Errorf("%d calls of ListBackups in three rounds, want %d", got, want)
	}
	if got, want := f.count("/instances"), 1; got != want {
		t.Errorf("%d calls of ListInstances, want %d", got, want)
	}
}

// record returns a full backup that succeeded after two minutes.
func record(instanceID, id string, begin time.Time) string {
	return fmt.Sprintf(`{"id":%q,"name":"n","instance_id":%q,"instance_name":"x","datastore":{"type":"DDS-Community","version":"4.4"},`+
		`"type":"Auto","begin_time":%q,"end_time":%q,"status":"COMPLETED","size":2803,"description":"",`+
		`"instance_status":"normal","instance_mode":"ReplicaSet","is_instance_restoring":false,"backup_method":"Physical","kms_enable":false,"deletable":false}`,
		id, instanceID, begin.Format(time.DateTime), begin.Add(2*time.Minute).Format(time.DateTime))
}

func TestRequest(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{"/backups": paged("backups", record(testInstance, "b1br02", now))})
	home := t.TempDir()
	t.Setenv("HOME", home)
	s, _ := open(t, f.URL, func(o *Options) {
		o.Keys = func() (cloudcall.Keys, error) {
			return cloudcall.Keys{AccessKeyID: "AKTEST", AccessKeySecret: "sk-test", SecurityToken: "sts"}, nil
		}
	})
	if _, err := s.Backups(t.Context(), instanceNamed(testInstance), "", now.AddDate(0, 0, -8)); err != nil {
		t.Fatal(err)
	}
	r := f.requests[0]
	got := map[string]string{
		"uri": r.RequestURI, "agent": r.UserAgent(), "project": r.Header.Get("X-Project-Id"),
		"token": r.Header.Get("X-Security-Token"), "content": r.Header.Get("Content-Type"),
	}
	want := map[string]string{
		"uri":   "/v3/" + testProject + "/backups?begin_time=2026-07-29%2012%3A00%3A00&end_time=2026-08-06%2013%3A01%3A00&limit=100&offset=0",
		"agent": "huaweicloud-usdk-go/3.0; mongodb_backup_exporter", "project": testProject, "token": "sts", "content": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) != 0 {
		t.Errorf("the SDK left %v in the user's home (error %v)", left, err)
	}
}

func TestRecovery(t *testing.T) {
	in := func(topology, version string) backup.Instance {
		in := instanceNamed(testInstance)
		in.Topology, in.Version = topology, version
		return in
	}
	const spans = `{"restore_time":[{"start_time":1607731200000,"end_time":1607756414000}]}`
	window := backup.Window{Start: time.UnixMilli(1607731200000).UTC(), End: time.UnixMilli(1607756414000).UTC()}
	tests := []struct {
		name    string
		in      backup.Instance
		answers map[string]string // by date
		want    backup.Window
		class   backup.Class
		calls   int
	}{
		{"today", in(backup.TopologyReplicaSet, "3.4"), map[string]string{"2026-08-06": spans}, window, "", 1},
		{"yesterday", in(backup.TopologyShardedCluster, "4.0"), map[string]string{"2026-08-05": spans}, window, "", 2},
		{"none", in("", ""), nil, backup.Window{}, "", 2},
		{"old cluster", in(backup.TopologyShardedCluster, "3.4"), nil, backup.Window{}, backup.ClassUnsupported, 0},
		{"single node", in(backup.TopologyStandalone, "4.4"), nil, backup.Window{}, backup.ClassUnsupported, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, map[string]http.HandlerFunc{"/instances/" + testInstance + "/restore-time": func(w http.ResponseWriter, r *http.Request) {
				if body, ok := tt.answers[r.FormValue("date")]; ok {
					send(200, body)(w, r)
					return
				}
				send(200, `{"restore_time":[]}`)(w, r)
			}})
			s, _ := open(t, f.URL, nil)
			got, err := s.Recovery(t.Context(), tt.in)
			if got != tt.want || backup.ClassOf(err) != tt.class {
				t.Errorf("got %v, error %v; want %v, class %q", got, err, tt.want, tt.class)
			}
			if calls := f.count("/restore-time"); calls != tt.calls {
				t.Errorf("%d calls, want %d", calls, tt.calls)
			}
		})
	}
}

func TestJobsHaveTheReasonOfAFailure(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{"/jobs": func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("name") == taskPhysical {
			paged("jobs", fmt.Sprintf(`{"id":"j1","instance_id":%q,"status":"Failed","progress":"","created_at":"2026-08-06T03:00:00+0000","fail_reason":"disk full"}`, testInstance))(w, r)
			return
		}
		paged("jobs", fmt.Sprintf(`{"id":"j2","instance_id":%q,"status":"Running","progress":"9%%","created_at":"2026-08-06T12:55:00+0000"}`, testInstance))(w, r)
	}})
	s, _ := open(t, f.URL, nil)
	got, err := s.Jobs(t.Context(), instanceNamed(testInstance))
	want := []backup.Job{
		{ID: "j2", State: backup.JobRunning, StartedAt: now.Add(-5 * time.Minute), Progress: new(9.0)},
		{ID: "j1", State: backup.JobFailed, StartedAt: now.Add(-10 * time.Hour), Reason: "disk full"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v; jobs (-want +got):\n%s", err, diff)
	}
	const query = "/v3.1/" + testProject + "/jobs?end_time=2026-08-06T13%3A01%3A00%2B0000&limit=100&name=MongodbSnapshotEBackup&offset=0&start_time=2026-08-04T13%3A00%3A00%2B0000"
	if got := f.last().RequestURI; got != query {
		t.Errorf("asked %s, want %s", got, query)
	}
}

func TestRegionWithoutTaskList(t *testing.T) {
	f := newFake(t, nil) // a gateway that knows no path
	s, _ := open(t, f.URL, nil)
	if _, err := s.Jobs(t.Context(), instanceNamed(testInstance)); backup.ClassOf(err) != backup.ClassUnsupported {
		t.Errorf("jobs: %v, want class unsupported", err)
	}
	if _, err := s.Instances(t.Context()); backup.ClassOf(err) != backup.ClassNotFound {
		t.Errorf("instances: %v, want class not_found", err)
	}
}

func TestRejectedValuesAreLoggedOnce(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{"/instances": paged("instances",
		`{"id":"i1","mode":"Galaxy"}`, `{"id":"i2","mode":"Nebula"}`, `{"id":"i3","created":"soon"}`)})
	var logged strings.Builder
	s, observer := open(t, f.URL, func(o *Options) { o.Logger = log.NewLogfmtLogger(&logged) })
	for range 2 {
		if _, err := s.Instances(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	const want = `level=warn msg="cannot read a value of the cloud's answer; logged once" target=huawei/hw/cn-north-4/ field=mode problem="\"Galaxy\" is not known"` + "\n" +
		`level=warn msg="cannot read a value of the cloud's answer; logged once" target=huawei/hw/cn-north-4/ field=created problem="\"soon\" is not a time"` + "\n"
	if logged.String() != want {
		t.Errorf("logged\n%s\nwant\n%s", logged.String(), want)
	}
	if diff := cmp.Diff(map[string]int{"mode": 4, "created": 2}, observer.rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
}
