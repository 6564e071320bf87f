package alibaba_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/sourcetest"
)

// failedManual gives the replica set a manual backup that failed some time ago, and that no list of backups has.
func failedManual(ago time.Duration) func(*fleet.Fleet) {
	return func(f *fleet.Fleet) {
		in := f.Instance(sourcetest.ReplicaSetID)
		in.Jobs = append(in.Jobs, fleet.Job{ID: "9", Status: "Failed", Manual: true, Start: sourcetest.Now.Add(-ago).Truncate(time.Second), Reason: "check_instance"})
	}
}

func TestFailedManualBackup(t *testing.T) {
	tests := []struct {
		name   string
		ago    time.Duration
		reason string // of the one failed job; "": there is none
	}{
		{"an hour ago", time.Hour, "at the step check_instance"},
		{"almost two days ago", 47 * time.Hour, "at the step check_instance"},
		{"before that", 49 * time.Hour, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sim, b := simulate(t, cloudsim.Variants{}, failedManual(tt.ago))
			all := b.instances(t)
			jobs, err := b.Jobs(t.Context(), all[sourcetest.ReplicaSetID])
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, job := range jobs {
				if job.State == backup.JobFailed && job.Reason != "" {
					got += job.Reason
				}
			}
			if got != tt.reason || strings.Contains(b.log.String(), "a manual backup failed") != (got != "") {
				t.Errorf("reason %q, want %q; log: %s", got, tt.reason, &b.log)
			}
			for range 3 {
				if _, err := b.Jobs(t.Context(), all[sourcetest.EmptyID]); err != nil {
					t.Fatal(err)
				}
			}
			b.advance(9 * time.Minute)
			_, _ = b.Jobs(t.Context(), all[sourcetest.ReplicaSetID])
			if n := sim.Count("DescribeHistoryTasks"); n != 1 {
				t.Errorf("%d calls in nine minutes, want 1", n)
			}
			b.advance(2 * time.Minute)
			_, _ = b.Jobs(t.Context(), all[sourcetest.ReplicaSetID])
			if n, lines := sim.Count("DescribeHistoryTasks"), strings.Count(b.log.String(), "a manual backup failed"); n != 2 || lines > 1 {
				t.Errorf("%d calls in eleven minutes, want 2; %d lines", n, lines)
			}
		})
	}
}

// Whatever becomes of the history, the jobs are those of DescribeBackupTasks.
func TestHistoryIsOptional(t *testing.T) {
	tests := []struct {
		kind  cloudsim.FaultKind
		pause time.Duration // until it is asked again
	}{
		{cloudsim.FaultForbidden, time.Hour},
		{cloudsim.FaultUnsupported, time.Hour},
		{cloudsim.FaultBadRequest, 10 * time.Minute},
		{cloudsim.FaultServerError, 10 * time.Minute},
		{cloudsim.FaultReset, 10 * time.Minute},
		{cloudsim.FaultWrongTypeList, 10 * time.Minute},
		{cloudsim.FaultTruncated, 10 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(string(tt.kind), func(t *testing.T) {
			sim, b := simulate(t, cloudsim.Variants{}, failedManual(time.Hour))
			in := b.instances(t)[sourcetest.ReplicaSetID]
			sim.Inject(cloudsim.Fault{Kind: tt.kind, Operation: "DescribeHistoryTasks"})
			asked := 0
			for i := range 3 {
				jobs, err := b.Jobs(t.Context(), in)
				if err != nil || len(jobs) == 0 {
					t.Fatalf("jobs %v, error %v", jobs, err)
				}
				if n := sim.Count("DescribeHistoryTasks"); i == 0 {
					asked = n
				} else if n != asked {
					t.Errorf("%d calls, want %d", n, asked)
				}
				b.advance(tt.pause/2 - time.Second)
			}
			b.advance(3 * time.Second)
			if _, err := b.Jobs(t.Context(), in); err != nil || sim.Count("DescribeHistoryTasks") <= asked {
				t.Errorf("error %v, %d calls; want another one after the pause", err, sim.Count("DescribeHistoryTasks"))
			}
			if n := strings.Count(b.log.String(), "the history of tasks cannot be read"); n != 1 {
				t.Errorf("%d lines, want 1: %s", n, &b.log)
			}
		})
	}
}

func TestWhatWasReadOfTheHistoryStaysKnown(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{}, failedManual(time.Hour))
	in := b.instances(t)[sourcetest.ReplicaSetID]
	reasons := func() int {
		jobs, err := b.Jobs(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		return len(slices.DeleteFunc(jobs, func(j backup.Job) bool { return j.Reason == "" }))
	}
	if n := reasons(); n != 1 {
		t.Fatalf("%d reasons, want 1", n)
	}
	sim.Inject(cloudsim.Fault{Kind: cloudsim.FaultForbidden, Operation: "DescribeHistoryTasks"})
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{11 * time.Minute, 1}, {46 * time.Hour, 1}, {2 * time.Hour, 0}} {
		b.advance(step.after)
		if n := reasons(); n != step.want {
			t.Errorf("%v later: %d reasons, want %d", step.after, n, step.want)
		}
	}
}

func TestNothingWaitsForTheHistory(t *testing.T) {
	b := on(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Acs-Action") == "DescribeHistoryTasks" {
			<-r.Context().Done()
			return
		}
		_, _ = w.Write([]byte(`{"BackupJobs":[{"BackupjobId":"1","BackupSetStatus":"Backuping"}]}`))
	}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	jobs, err := b.Jobs(ctx, replica())
	if err != nil || len(jobs) != 1 {
		t.Errorf("jobs %v, error %v; want one", jobs, err)
	}
}

// The documented answer has a task that is none of ours. Its values are read from a copy in which it is.
func TestDocumentedHistory(t *testing.T) {
	body, err := os.ReadFile("testdata/describe_history_tasks.json")
	if err != nil {
		t.Fatal(err)
	}
	ours := bytes.ReplaceAll(bytes.ReplaceAll(body, []byte(`"CreateIns"`), []byte(`"ManualBackupIns"`)), []byte(`"Succeed"`), []byte(`"Failed"`))
	failed := backup.Job{
		ID: "t-0mq1yyhm3ffl2bxxxx", State: backup.JobFailed, Trigger: backup.TriggerManual,
		StartedAt: moment("2023-02-11T02:33:00Z"), Reason: "at the step exec_task",
	}
	edit := func(from, to string) []byte { return bytes.ReplaceAll(ours, []byte(from), []byte(to)) }
	listed := `{"BackupJobs":[{"BackupjobId":"7","BackupSetStatus":"Failed","BackupStartTime":"2023-02-11T02:35:00Z"}]}`
	same := backup.Job{ID: "7", State: backup.JobFailed, StartedAt: moment("2023-02-11T02:35:00Z"), Reason: "at the step exec_task"}
	tests := []struct {
		name, tasks string
		body        []byte
		rejected    int
		want        []backup.Job
	}{
		{"as it is documented", `{"BackupJobs":[]}`, body, 0, []backup.Job{}},
		{"a manual backup that failed", `{"BackupJobs":[]}`, ours, 0, []backup.Job{failed}},
		{"one that the jobs have too", listed, ours, 0, []backup.Job{same}},
		{"a status that is a number", `{"BackupJobs":[]}`, edit(`"Failed"`, `4`), 1, []backup.Job{}},
		{"no step", `{"BackupJobs":[]}`, edit(`"exec_task",
      "Start`, `"",
      "Start`), 0, []backup.Job{{ID: failed.ID, State: failed.State, Trigger: failed.Trigger, StartedAt: failed.StartedAt}}},
		{"no start", `{"BackupJobs":[]}`, edit(`"2023-02-11T02:33Z"`, `"soon"`), 1, []backup.Job{}},
		{"no instance", `{"BackupJobs":[]}`, edit(`"dds-t4n18194768fxxxx"`, `null`), 1, []backup.Job{}},
		{"no tasks", `{"BackupJobs":[]}`, []byte(`{"RequestId":"R","TotalCount":0}`), 0, []backup.Job{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := on(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("X-Acs-Action") != "DescribeHistoryTasks" {
					_, _ = w.Write([]byte(tt.tasks))
					return
				}
				from, to := r.FormValue("FromStartTime"), r.FormValue("ToStartTime")
				if r.Method != http.MethodPost || from != "2023-02-09T10:30:30Z" || to != "2023-02-11T10:30:30Z" || r.FormValue("TaskType") != "ManualBackupIns" || r.FormValue("Status") != "Failed" {
					t.Errorf("asked with %s %v", r.Method, r.Form)
				}
				_, _ = w.Write(tt.body)
			}))
			b.clock = moment("2023-02-11T10:30:30Z")
			in := replica()
			in.InstanceID = "dds-t4n18194768fxxxx"
			got, err := b.Jobs(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || len(b.rejected) != tt.rejected {
				t.Errorf("rejected %v, jobs (-want +got):\n%s", b.rejected, diff)
			}
		})
	}
}
