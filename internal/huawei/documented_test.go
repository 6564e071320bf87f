package huawei

import (
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// The replica set of the documented examples, and the instance that the example of a backup names.
const (
	exampleSet    = "8436a91546294036b75931e879882200in02"
	exampleBackup = "43e4feaab48f11e89039fa163ebaa7e4br01"
)

// example returns a documented answer, with replacements of old and new text in turn.
func example(t *testing.T, name string, change ...string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(change); i += 2 {
		if !strings.Contains(string(body), change[i]) {
			t.Fatalf("%s has no %q", name, change[i])
		}
	}
	return strings.NewReplacer(change...).Replace(string(body))
}

// documented answers every operation with the documented example.
func documented(t *testing.T) map[string]http.HandlerFunc {
	t.Helper()
	restoreTimes := send(200, example(t, "list_restore_times"))
	answers := map[string]http.HandlerFunc{
		"/v3/projects": send(200, example(t, "list_projects")),
		"/instances":   once(send(200, example(t, "list_instances")), paged("instances")),
		"/jobs":        send(200, example(t, "list_tasks")),
		"/backups": func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				send(200, example(t, "create_manual_backup"))(w, r)
				return
			}
			send(200, example(t, "list_backups"))(w, r)
		},
	}
	for _, id := range []string{exampleSet, exampleBackup} {
		answers["/instances/"+id+"/backups/policy"] = send(200, example(t, "show_backup_policy"))
		answers["/instances/"+id+"/restore-time"] = restoreTimes
	}
	return answers
}

// once returns a handler that answers the first page of a list, and every further one with next.
func once(first, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if offset := r.FormValue("offset"); offset == "" || offset == "0" {
			first(w, r)
			return
		}
		next(w, r)
	}
}

// describe asks a Source everything about an instance and returns the answers.
type described struct {
	Instances []backup.Instance
	Backups   []backup.Backup
	Asked     []backup.Kind
	Jobs      []backup.Job
	Policy    backup.Policy
	Recovery  backup.Window
	Failures  map[string]string // by scope
}

func describe(t *testing.T, s *Source, id string, since time.Time) described {
	t.Helper()
	d := described{Failures: map[string]string{}}
	note := func(scope string, err error) {
		if err != nil {
			d.Failures[scope] = err.Error()
		}
	}
	listing, err := s.Instances(t.Context())
	note("instances", err)
	d.Instances = listing.Instances
	in := instanceNamed(id)
	list, err := s.Backups(t.Context(), in, "", since)
	note("backups", err)
	d.Backups, d.Asked = list.Backups, list.Asked
	d.Jobs, err = s.Jobs(t.Context(), in)
	note("jobs", err)
	d.Policy, err = s.Policy(t.Context(), in)
	note("policy", err)
	d.Recovery, err = s.Recovery(t.Context(), in)
	note("recovery", err)
	return d
}

func utc(year int, month time.Month, day, hour, minute, second int) time.Time {
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
}

// wantDocumented is what the examples say.
func wantDocumented() described {
	listed := func(id, name, topology string, created time.Time) backup.Instance {
		return backup.Instance{
			Target: instanceNamed(id).Target, Name: name, Engine: "DDS-Community", Version: "4.0", Topology: topology,
			Status: "normal", CreatedAt: created,
		}
	}
	return described{
		Instances: []backup.Instance{
			listed(exampleSet, "dds-efa6", backup.TopologyReplicaSet, utc(2019, time.January, 17, 7, 5, 52)),
			listed("d77905385f114217b75ae7d6ab9a7588in02", "dds-5699", backup.TopologyStandalone, utc(2019, time.January, 17, 7, 4, 39)),
			listed("9136fd2a9fcd405ea4674276ce36dae8in02", "dds-32f4", backup.TopologyShardedCluster, utc(2019, time.January, 17, 7, 4, 37)),
		},
		Asked: []backup.Kind{backup.KindFull},
		Jobs: []backup.Job{
			{ID: "2f406db7-1b2c-4d5e-8f90-a1b2c3d4e5f6", State: backup.JobFinished, StartedAt: utc(2022, time.September, 5, 6, 24, 14)},
		},
		Policy: backup.Policy{Automatic: new(true), LogBackup: new(true), Schedules: []backup.Schedule{{Retention: 7 * 24 * time.Hour, StartsAt: 19 * time.Hour, Window: time.Hour, Weekdays: []time.Weekday{time.Monday, time.Tuesday, time.Thursday, time.Friday, time.Saturday}}}},
		// The last of three ranges: the gaps before it are of minutes.
		Recovery: backup.Window{Start: utc(2020, time.December, 12, 8, 49, 3), End: utc(2020, time.December, 12, 23, 59, 59)},
		Failures: map[string]string{},
	}
}

// TestDocumentedExamples serves the vendor's documented examples, and variants of them, and states each value.
func TestDocumentedExamples(t *testing.T) {
	since := utc(2018, time.August, 1, 0, 0, 0)
	tests := []struct {
		name    string
		id      string // "": exampleSet
		answers func(map[string]http.HandlerFunc)
		want    func(*described)
	}{
		{"as they are", "", nil, nil},
		{
			"the backup", exampleBackup,
			func(a map[string]http.HandlerFunc) {
				a["/instances"] = once(send(200, example(t, "list_instances", exampleSet, exampleBackup)), paged("instances"))
			},
			func(d *described) {
				// The list of incremental backups has the example too, and so shows that it is none.
				d.Backups = []backup.Backup{{
					ID: exampleBackup, Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateSuccess,
					StartedAt: utc(2018, time.August, 6, 12, 41, 14), EndedAt: utc(2018, time.August, 6, 12, 43, 14),
					SizeBytes: new(int64(2803 * 1024)),
				}}
				d.Jobs, d.Instances[0].InstanceID = nil, exampleBackup
			},
		},
		{
			"port and SSL with their types swapped", "",
			func(a map[string]http.HandlerFunc) {
				a["/instances"] = once(send(200, example(t, "list_instances", `"port": "8635"`, `"port": 8635`, `"ssl": 1`, `"ssl": "1"`)), paged("instances"))
			},
			nil,
		},
		{
			"a total that is too high", "",
			func(a map[string]http.HandlerFunc) {
				a["/instances"] = once(send(200, example(t, "list_instances", `"total_count": 2`, `"total_count": 300`)), paged("instances"))
			},
			nil,
		},
		{
			"fields left out", "",
			func(a map[string]http.HandlerFunc) {
				a["/instances"] = send(200, `{"instances":[{"id":"`+exampleSet+`"}],"total_count":1}`)
				a["/jobs"] = send(200, `{"jobs":[{"id":"2f406db7","instance_id":"`+exampleSet+`"}]}`)
			},
			func(d *described) {
				d.Instances = []backup.Instance{instanceNamed(exampleSet)}
				d.Jobs = []backup.Job{{ID: "2f406db7"}}
			},
		},
		{
			"jobs that failed and run", "",
			func(a map[string]http.HandlerFunc) { a["/jobs"] = send(200, example(t, "list_tasks_failed")) },
			func(d *described) {
				d.Jobs = []backup.Job{
					{ID: "9d10bfd1-affb-49c3-b977-298950a8d6fa", State: backup.JobRunning, StartedAt: utc(2021, time.July, 13, 7, 28, 43), Progress: new(9.0)},
					{ID: "a03b1b8a-b756-467c-8a49-38720c3d23ec", State: backup.JobFailed, StartedAt: utc(2021, time.July, 13, 4, 55, 58), Reason: "Failed to upgrade the DB Agent"},
				}
			},
		},
		{
			"a policy of the older API", "",
			func(a map[string]http.HandlerFunc) {
				a["/instances/"+exampleSet+"/backups/policy"] = send(200, example(t, "show_backup_policy_old"))
			},
			func(d *described) { d.Policy.LogBackup = nil },
		},
		{
			"a policy with days as text", "",
			func(a map[string]http.HandlerFunc) {
				a["/instances/"+exampleSet+"/backups/policy"] = send(200, example(t, "show_backup_policy", `"keep_days": 7`, `"keep_days": "7"`, "true", `"true"`))
			},
			nil,
		},
		{
			"automatic backup is off", "",
			func(a map[string]http.HandlerFunc) {
				a["/instances/"+exampleSet+"/backups/policy"] = send(200, example(t, "show_backup_policy_off"))
			},
			func(d *described) { d.Policy = backup.Policy{Automatic: new(false)} },
		},
		{
			"times of recovery as text", "",
			func(a map[string]http.HandlerFunc) {
				a["/instances/"+exampleSet+"/restore-time"] = send(200, example(t, "list_restore_times", "1607762943000", `"1607762943000"`))
			},
			nil,
		},
		{
			"a list of backups without its total", "",
			func(a map[string]http.HandlerFunc) {
				a["/backups"] = send(200, example(t, "list_backups", "total_count", "count"))
			},
			func(d *described) {
				d.Asked = nil
				d.Failures = map[string]string{"backups": "ListBackups: protocol (HTTP 200): the answer has no proper total_count [request id rid-1]"}
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answers, want := maps.Clone(documented(t)), wantDocumented()
			if tt.answers != nil {
				tt.answers(answers)
			}
			if tt.want != nil {
				tt.want(&want)
			}
			id := exampleSet
			if tt.id != "" {
				id = tt.id
			}
			f := newFake(t, answers)
			s, _ := open(t, f.URL, func(o *Options) { o.ProjectID = "" })
			if diff := cmp.Diff(want, describe(t, s, id, since)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDocumentedManualBackup(t *testing.T) {
	f := newFake(t, documented(t))
	s, _ := open(t, f.URL, nil)
	got, err := s.StartBackup(t.Context(), instanceNamed(exampleSet), backup.ManualOrder{Name: "mybackup1"})
	want := backup.Started{JobID: "a03b1b8a-b756-467c-8a49-38720c3d23ec", BackupID: "bf9ee62a7f7044c583c6765c916c36edbr02"}
	if err != nil || got != want {
		t.Errorf("StartBackup = %v, %v; want %v", got, err, want)
	}
}
