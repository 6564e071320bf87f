package huawei

import (
	"errors"
	"os"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

func seed(f *testing.F) {
	example, err := os.ReadFile("testdata/list_backups.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	for _, body := range []string{
		`{"backups":[null,{"id":1,"instance_id":"i","type":"Manual","begin_time":"2026-08-06T12:41:14+0000","end_time":null,"status":"BUILDING","size":"9"}],"total_count":"2"}`,
		`{"backups":[{"id":"b","instance_id":"i","status":"COMPLETED","begin_time":"2026-08-06 12:41:14","end_time":"2026-08-06 12:41:14","size":2.8e3}],"total_count":1e3}`,
		`{"backups":null,"total_count":0}`,
		`{"instances":[{"id":"i1in02","mode":"Sharding","datastore":{"type":"DDS-Community","version":"4.2"},"backup_strategy":{"keep_days":7},"tags":[{"key":"a","value":"b"}]}],"total_count":1}`,
		`{"jobs":[{"id":"j","instance_id":"i","status":"Running","progress":"9%","created_at":"2021-07-12T09:22:04+0000","fail_reason":null}],"total_count":1}`,
		`{"restore_time":[{"start_time":1607731200000,"end_time":1607756414000},{"start_time":1.6077312e12,"end_time":"1607756414000.0"}]}`,
		`{"backup_policy":{"keep_days":7,"start_time":"19:00-20:00","period":"1,2,4,5,6","enable_incremental_backup":true}}`,
		`{"projects":[{"id":"p1","name":"cn-north-4"}]}`, `{"job_id":"j","backup_id":"b"}`, `{"error_code":"DBS.280443","error_msg":"\u0000"}`,
	} {
		f.Add([]byte(body))
	}
}

// FuzzDecode reads any body as the answer to every operation. Nothing may panic, every error has a class, and every value
// keeps the promises of the domain.
func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		var r wire.Reader
		if a, err := wire.Decode[backupsAnswer](opListBackups, body); classified(t, err) {
			for i := range a.Backups.Items {
				fuzzBackup(t, &a.Backups.Items[i], &r)
			}
		}
		if a, err := wire.Decode[instancesAnswer](opListInstances, body); classified(t, err) {
			for i := range a.Instances.Items {
				if in, ok := convertInstance(&a.Instances.Items[i], backup.Target{}, &r); ok {
					checkInstance(t, in)
				}
			}
		}
		if a, err := wire.Decode[tasksAnswer](opListTasks, body); classified(t, err) {
			for i := range a.Jobs.Items {
				id, job, ok := convertJob(&a.Jobs.Items[i], &r)
				if ok && (id == "" || job.ID == "" || (job.Progress != nil && !(*job.Progress >= 0 && *job.Progress <= 100))) {
					t.Errorf("job %+v of %q", job, id)
				}
				checkText(t, job.Reason)
			}
		}
		if a, err := wire.Decode[policyAnswer](opShowBackupPolicy, body); classified(t, err) {
			p, err := convertPolicy(a.Policy.Value, policyRecord{}, &r)
			if err == nil && (p.Automatic == nil || *p.Automatic != (p.Retention() > 0) || len(p.Schedules) > 0 && (p.Schedules[0].Window < 0 || p.Schedules[0].Window >= 24*time.Hour || len(p.Schedules[0].Weekdays) > 7)) {
				t.Errorf("policy %+v", p)
			}
		}
		if a, err := wire.Decode[restoreTimesAnswer](opListRestoreTimes, body); classified(t, err) {
			if w, _ := convertRanges(a.Ranges.Items, now, &r); w.End.Before(w.Start) || w.Start.IsZero() != w.End.IsZero() {
				t.Errorf("window %+v", w)
			}
		}
		if a, err := wire.Decode[createAnswer](opCreateManualBackup, body); classified(t, err) && a.JobID.Text+a.BackupID.Text == "" {
			t.Error("a backup was started without an id")
		}
		if a, err := wire.Decode[projectsAnswer](opListProjects, body); classified(t, err) {
			for _, id := range a.named("cn-north-4") {
				if !validID(id) {
					t.Errorf("project %q", id)
				}
			}
		}
		checkRejections(t, r)
	})
}

// fuzzBackup checks that a record becomes a backup that keeps the promises of the domain, or is rejected.
func fuzzBackup(t *testing.T, rec *backupRecord, r *wire.Reader) {
	t.Helper()
	rejected := len(r.Rejected)
	instanceID, b, ok := convertBackup(rec, r)
	if !ok {
		if len(r.Rejected) == rejected {
			t.Errorf("%+v was left out without a rejection", rec)
		}
		return
	}
	if instanceID == "" || b.ID == "" {
		t.Errorf("backup %q of %q", b.ID, instanceID)
	}
	checkText(t, instanceID, b.ID, b.Method)
	if b.State == backup.StateSuccess && (b.EndedAt.IsZero() || b.EndedAt.Before(b.StartedAt)) {
		t.Errorf("a success from %v to %v", b.StartedAt, b.EndedAt)
	}
	if b.State == backup.StateRunning && !b.EndedAt.IsZero() {
		t.Errorf("a running backup has the end %v", b.EndedAt)
	}
	if b.SizeBytes != nil && (b.State != backup.StateSuccess || *b.SizeBytes < 0 || *b.SizeBytes%1024 != 0) {
		t.Errorf("state %v, size %d", b.State, *b.SizeBytes)
	}
}

func checkInstance(t *testing.T, in listedInstance) {
	t.Helper()
	if !validID(in.InstanceID) {
		t.Errorf("instance %q", in.InstanceID)
	}
	checkText(t, in.InstanceID, in.Name, in.Engine, in.Version, in.Status)
	for key, value := range in.Tags {
		checkText(t, key, value)
	}
}

// checkText fails unless every text is fit for a label: valid UTF-8 that prints, and not too long.
func checkText(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		n := utf8.RuneCountInString(text)
		for _, r := range text {
			if unicode.IsControl(r) || n > wire.LongestText || !utf8.ValidString(text) {
				t.Fatalf("text %q", text)
			}
		}
	}
}

func checkRejections(t *testing.T, r wire.Reader) {
	t.Helper()
	for _, bad := range r.Rejected {
		checkText(t, bad.Problem)
		if bad.Field == "" || bad.Problem == "" {
			t.Errorf("rejection %+v", bad)
		}
	}
}

// classified reports whether err is nil. It fails for an error that Classify gives no class.
func classified(t *testing.T, err error) bool {
	t.Helper()
	if err == nil {
		return true
	}
	failure, ok := errors.AsType[*backup.Error](err)
	if !ok {
		failure = Classify("Op", err)
	}
	if failure.Class == "" || !utf8.ValidString(failure.Error()) || len(failure.Error()) > 2000 {
		t.Errorf("error %T %q", err, err)
	}
	return false
}
