package huawei

import (
	"os"
	"testing"
	"unicode/utf8"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// FuzzBackups checks that no body makes the decoder panic, and that every backup keeps the promises of the domain.
func FuzzBackups(f *testing.F) {
	example, err := os.ReadFile("testdata/list_backups.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte(`{"backups":[null,{"id":1,"instance_id":"i","type":"Manual","begin_time":"2026-08-06T12:41:14+0000","end_time":null,"status":"BUILDING","size":"9"}],"total_count":"2"}`))
	f.Add([]byte(`{"backups":[{"id":"b","instance_id":"i","status":"COMPLETED","begin_time":"2026-08-06 12:41:14","end_time":"2026-08-06 12:41:14","size":9223372036854775807}],"total_count":1e3}`))
	f.Add([]byte(`{"backups":null,"total_count":0}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := wire.Decode[backupsAnswer](opListBackups, body)
		if err != nil {
			return
		}
		for i := range a.Backups {
			var r wire.Reader
			instanceID, b, ok := convertBackup(&a.Backups[i], &r)
			if !ok {
				if len(r.Rejected) == 0 {
					t.Errorf("%+v was left out without a rejection", a.Backups[i])
				}
				continue
			}
			checkBackup(t, instanceID, b)
		}
	})
}

func checkBackup(t *testing.T, instanceID string, b backup.Backup) {
	t.Helper()
	if instanceID == "" || b.ID == "" || !utf8.ValidString(instanceID+b.ID+b.Method) {
		t.Errorf("backup %q of %q by %q", b.ID, instanceID, b.Method)
	}
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

// FuzzRecords checks the same for the records of the other answers.
func FuzzRecords(f *testing.F) {
	f.Add([]byte(`{"id":"i1in02","mode":"Sharding","datastore":{"type":"DDS-Community","version":"4.2"},"backup_strategy":{"keep_days":7},"tags":[{"key":"a","value":"b"}]}`))
	f.Add([]byte(`{"id":"j","instance_id":"i","status":"Running","progress":"9%","created_at":"2021-07-12T09:22:04+0000","fail_reason":null}`))
	f.Add([]byte(`{"start_time":1607731200000,"end_time":1607756414000}`))
	f.Add([]byte(`{"keep_days":7,"start_time":"19:00-20:00","period":"1,2,4,5,6","enable_incremental_backup":true}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r wire.Reader
		var in instanceRecord
		if _, err := wire.Unmarshal(raw, &in); err != nil {
			return
		}
		if in, ok := convertInstance(&in, backup.Target{}, &r); ok && (!validID(in.InstanceID) || !utf8.ValidString(in.Name+in.Version+in.Status)) {
			t.Errorf("instance %+v", in)
		}
		if _, job, ok := convertJob(into[jobRecord](t, raw), &r); ok && job.Progress != nil && !(*job.Progress >= 0 && *job.Progress <= 100) {
			t.Errorf("progress %v", *job.Progress)
		}
		if window := convertRanges([]rangeRecord{*into[rangeRecord](t, raw)}, &r); window.End.Before(window.Start) {
			t.Errorf("window %v", window)
		}
		p, err := convertPolicy(*into[policyRecord](t, raw), policyRecord{}, &r)
		if err == nil && (p.Automatic == nil || *p.Automatic != (p.Retention > 0) || p.Window < 0 || len(p.Weekdays) > 7) {
			t.Errorf("policy %+v", p)
		}
	})
}
