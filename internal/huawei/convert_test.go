package huawei

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// problems lists rejections as "field: problem".
func problems(r wire.Reader) []string {
	var out []string
	for _, bad := range r.Rejected {
		out = append(out, bad.Field+": "+bad.Problem)
	}
	return out
}

// into reads JSON into a new record.
func into[T any](t *testing.T, text []byte) *T {
	t.Helper()
	rec := new(T)
	if err := wire.Unmarshal(text, rec); err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestConvertBackup(t *testing.T) {
	begin := time.Date(2018, time.August, 6, 12, 41, 14, 0, time.UTC)
	end := begin.Add(2 * time.Minute)
	base := func(change func(*backup.Backup)) *backup.Backup {
		b := &backup.Backup{
			ID: "b1br01", Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateSuccess,
			StartedAt: begin, EndedAt: end, SizeBytes: new(int64(2803 * 1024)),
		}
		if change != nil {
			change(b)
		}
		return b
	}
	running := func(b *backup.Backup) { b.State, b.EndedAt, b.SizeBytes = backup.StateRunning, time.Time{}, nil }
	undated := base(func(b *backup.Backup) { b.StartedAt = time.Time{} })
	sized := func(size *int64) *backup.Backup { return base(func(b *backup.Backup) { b.SizeBytes = size }) }
	tests := []struct {
		name     string
		change   map[string]any // of a good record; nil leaves the field out
		want     *backup.Backup // nil: the record is lost
		rejected []string
	}{
		{"as documented", nil, base(nil), nil},
		{"method", map[string]any{"backup_method": "Snapshot"}, base(func(b *backup.Backup) { b.Method = "Snapshot" }), nil},
		{"type Auto", map[string]any{"type": "Auto"}, base(nil), nil},
		{"type Manual never expires", map[string]any{"type": "Manual"}, base(func(b *backup.Backup) { b.Trigger, b.ExpiresAt = backup.TriggerManual, backup.Never }), nil},
		{"type Incremental", map[string]any{"type": "Incremental"}, base(func(b *backup.Backup) { b.Kind = backup.KindIncremental }), nil},
		{
			"type of another product",
			map[string]any{"type": "fragment"},
			base(func(b *backup.Backup) { b.Kind, b.Trigger = backup.KindUnknown, backup.TriggerUnknown }),
			[]string{`type: "fragment" is not known`},
		},
		{"size as a string", map[string]any{"size": "2803"}, base(nil), nil},
		{"size with a fraction of zero", map[string]any{"size": json.RawMessage("2803.0")}, base(nil), nil},
		{"size in scientific notation", map[string]any{"size": json.RawMessage("2.803e3")}, base(nil), nil},
		{"size with a fraction, as text", map[string]any{"size": "2803.5"}, sized(nil), []string{`size: "2803.5" is not a whole number`}},
		{"size null", map[string]any{"size": json.RawMessage("null")}, sized(nil), nil},
		{"size missing", map[string]any{"size": nil}, sized(nil), nil},
		{"size 0 is a fact", map[string]any{"size": 0}, sized(new(int64(0))), nil},
		{"size with a unit", map[string]any{"size": "12 GB"}, sized(nil), []string{`size: "12 GB" is not a whole number`}},
		{"size a fraction", map[string]any{"size": 2803.5}, sized(nil), []string{`size: "2803.5" is not a whole number`}},
		{"size negative", map[string]any{"size": -1}, sized(nil), []string{`size: "-1" is not a size`}},
		{"largest size", map[string]any{"size": 9007199254740991}, sized(new(int64(9007199254740991 * 1024))), nil},
		{"size too large for bytes", map[string]any{"size": 9007199254740992}, sized(nil), []string{`size: "9007199254740992" is not a size`}},
		{"size an object", map[string]any{"size": map[string]any{}}, sized(nil), []string{`size: an object or list is not a whole number`}},
		{"building with an empty end", map[string]any{"status": "BUILDING", "end_time": "", "size": 0}, base(running), nil},
		{"building without an end", map[string]any{"status": "BUILDING", "end_time": nil}, base(running), nil},
		{"building with a null end", map[string]any{"status": "BUILDING", "end_time": json.RawMessage("null")}, base(running), nil},
		{"building with an end", map[string]any{"status": "BUILDING"}, base(running), nil},
		{"building with an unreadable end", map[string]any{"status": "BUILDING", "end_time": "soon"}, base(running), nil},
		{
			"building, not begun",
			map[string]any{"status": "BUILDING", "begin_time": ""},
			base(func(b *backup.Backup) { running(b); b.StartedAt = time.Time{} }), nil,
		},
		{
			"failed, with a size",
			map[string]any{"status": "FAILED"},
			base(func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateFailed, nil }), nil,
		},
		{
			"failed without an end",
			map[string]any{"status": "FAILED", "end_time": ""},
			base(func(b *backup.Backup) { b.State, b.SizeBytes, b.EndedAt = backup.StateFailed, nil, time.Time{} }), nil,
		},
		{"status in lower case", map[string]any{"status": "completed"}, base(nil), nil},
		{
			"disabled",
			map[string]any{"status": "DISABLED"},
			base(func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateDeleting, nil }), nil,
		},
		{
			"deleting",
			map[string]any{"status": "DELETING"},
			base(func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateDeleting, nil }), nil,
		},
		{
			"unknown status",
			map[string]any{"status": "ARCHIVED"},
			base(func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateUnknown, nil }),
			[]string{`status: "ARCHIVED" is not known`},
		},
		{
			"no status",
			map[string]any{"status": nil},
			nil,
			[]string{`status: "" is not known`},
		},
		{"time with a zone", map[string]any{"begin_time": "2018-08-06T14:41:14+0200"}, base(nil), nil},
		{"id as a number", map[string]any{"id": 170034}, base(func(b *backup.Backup) { b.ID = "170034" }), nil},
		{"no id", map[string]any{"id": nil}, nil, []string{`id: "" is not an id`}},
		{"no instance", map[string]any{"instance_id": ""}, nil, []string{`instance_id: "" is not an id`}},
		{"unreadable begin", map[string]any{"begin_time": "yesterday"}, undated, []string{`begin_time: "yesterday" is not a time`}},
		{"begin missing", map[string]any{"begin_time": nil}, undated, []string{`begin_time: "" is not the start of a backup`}},
		{"begin in the year 1", map[string]any{"begin_time": "0001-01-01 00:00:00"}, undated, []string{`begin_time: "0001-01-01 00:00:00" is not a time`}},
		{"success without an end", map[string]any{"end_time": ""}, nil, []string{`end_time: "" is not the end of a success`}},
		{"end not a time", map[string]any{"end_time": 12}, nil, []string{`end_time: "12" is not a time`}},
		{
			"end before the begin",
			map[string]any{"end_time": "2018-08-06 12:41:13"},
			base(func(b *backup.Backup) { b.StartedAt, b.EndedAt = time.Time{}, begin.Add(-time.Second) }),
			[]string{`begin_time: "2018-08-06 12:41:14" is not before the end`},
		},
		{
			"failed, end before the begin",
			map[string]any{"status": "FAILED", "end_time": "2018-08-06 12:41:13"},
			base(func(b *backup.Backup) {
				b.State, b.SizeBytes, b.StartedAt, b.EndedAt = backup.StateFailed, nil, time.Time{}, begin.Add(-time.Second)
			}),
			[]string{`begin_time: "2018-08-06 12:41:14" is not before the end`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw := changed(t, map[string]any{
				"id": "b1br01", "instance_id": testInstance, "type": "auto", "begin_time": "2018-08-06 12:41:14",
				"end_time": "2018-08-06 12:43:14", "status": "COMPLETED", "size": 2803,
			}, tt.change)
			var r wire.Reader
			instanceID, got, ok := convertBackup(into[backupRecord](t, raw), &r)
			if diff := cmp.Diff(tt.rejected, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
			if ok != (tt.want != nil) {
				t.Fatalf("read %v, want %v", ok, tt.want != nil)
			}
			if tt.want == nil {
				return
			}
			if diff := cmp.Diff(*tt.want, got); diff != "" {
				t.Errorf("backup (-want +got):\n%s", diff)
			}
			if instanceID != testInstance {
				t.Errorf("instance %q, want %q", instanceID, testInstance)
			}
		})
	}
}

// changed returns a record with some fields changed, or left out where the change is nil.
func changed(t *testing.T, record, change map[string]any) json.RawMessage {
	t.Helper()
	for field, value := range change {
		record[field] = value
		if value == nil {
			delete(record, field)
		}
	}
	raw, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestConvertNothing(t *testing.T) {
	for _, raw := range []string{`null`, `3`, `"x"`, `[]`, `[1]`, `{}`} {
		t.Run(raw, func(t *testing.T) {
			var r wire.Reader
			_, _, backupOK := convertBackup(into[backupRecord](t, []byte(raw)), &r)
			_, _, jobOK := convertJob(into[jobRecord](t, []byte(raw)), &r)
			_, instanceOK := convertInstance(into[instanceRecord](t, []byte(raw)), backup.Target{}, &r)
			const id, owner = `id: "" is not an id`, `instance_id: "" is not an id`
			want := []string{id, owner, id, owner, id}
			if diff := cmp.Diff(want, problems(r)); diff != "" || backupOK || jobOK || instanceOK {
				t.Errorf("read %v %v %v, rejected (-want +got):\n%s", backupOK, jobOK, instanceOK, diff)
			}
		})
	}
}

func TestConvertOddInstances(t *testing.T) {
	owner := backup.Target{Cloud: backup.Huawei, Account: "hw", Region: "cn-north-4"}
	target := instanceNamed("i1").Target
	stage := func(status string, lifecycle backup.Lifecycle) *backup.Instance {
		return &backup.Instance{Target: target, Status: status, Lifecycle: lifecycle}
	}
	tests := []struct {
		name, body string
		want       *backup.Instance // nil: the record is dropped
		bad        []string
	}{
		{"only an id", `{"id":"i1"}`, &backup.Instance{Target: target}, nil},
		{"creating", `{"id":"i1","status":"creating"}`, stage("creating", backup.LifecycleCreating), nil},
		{"creation failed", `{"id":"i1","status":"createfail"}`, stage("createfail", backup.LifecycleCreateFailed), nil},
		{"frozen", `{"id":"i1","status":"frozen"}`, stage("frozen", backup.LifecycleFrozen), nil},
		{"frozen, in capitals", `{"id":"i1","status":"FROZEN"}`, stage("FROZEN", backup.LifecycleFrozen), nil},
		{"abnormal", `{"id":"i1","status":"abnormal"}`, stage("abnormal", backup.LifecycleImpaired), nil},
		{"disk full", `{"id":"i1","status":"data_disk_full"}`, stage("data_disk_full", backup.LifecycleImpaired), nil},
		{"enlarging failed", `{"id":"i1","status":"enlargefail"}`, stage("enlargefail", backup.LifecycleImpaired), nil},
		{"normal", `{"id":"i1","status":"normal"}`, stage("normal", backup.LifecycleRunning), nil},
		{"a status of tomorrow changes nothing", `{"id":"i1","status":"hibernating"}`, stage("hibernating", backup.LifecycleRunning), nil},
		{"port and SSL with their types swapped", `{"id":"i1","port":8635,"ssl":"1"}`, stage("", backup.LifecycleRunning), nil},
		{"no id", `{"mode":"Single"}`, nil, []string{`id: "" is not an id`}},
		{"id that is a path", `{"id":"../i1"}`, nil, []string{`id: "../i1" is not an instance id`}},
		{"unknown mode", `{"id":"i1","mode":"Galaxy"}`, &backup.Instance{Target: target}, []string{`mode: "Galaxy" is not known`}},
		{"name of another type", `{"id":"i1","name":{},"status":true}`, &backup.Instance{Target: target}, []string{`status: "true" is not text`, "name: an object or list is not text"}},
		{
			"parts of another type", `{"id":"i1","datastore":"4.2","backup_strategy":[],"tags":{}}`, &backup.Instance{Target: target, TagsLack: true},
			[]string{"datastore: not of the form that is known", "backup_strategy: not of the form that is known", "tags: not of the form that is known"},
		},
		{
			"bad values within parts", `{"id":"i1","datastore":{"type":[],"version":"4.2"},"tags":[{"key":"k","value":{}}]}`,
			&backup.Instance{Target: target, Version: "4.2", TagsLack: true},
			[]string{"value: an object or list is not text", "datastore.type: an object or list is not text"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r wire.Reader
			got, ok := convertInstance(into[instanceRecord](t, []byte(tt.body)), owner, &r)
			if ok != (tt.want != nil) {
				t.Fatalf("kept = %v, want %v; %v", ok, tt.want != nil, problems(r))
			}
			if ok {
				if diff := cmp.Diff(*tt.want, got.Instance); diff != "" {
					t.Errorf("instance (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(tt.bad, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDocumentedBackups(t *testing.T) {
	body, err := os.ReadFile("testdata/list_backups.json")
	if err != nil {
		t.Fatal(err)
	}
	a, err := wire.Decode[backupsAnswer](opListBackups, body)
	if err != nil || a.TotalCount.Text != "1" || len(a.Backups.Items) != 1 {
		t.Fatalf("page %+v, error %v", a, err)
	}
	var r wire.Reader
	_, got, ok := convertBackup(&a.Backups.Items[0], &r)
	want := backup.Backup{
		ID: "43e4feaab48f11e89039fa163ebaa7e4br01", Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateSuccess,
		StartedAt: time.Date(2018, time.August, 6, 12, 41, 14, 0, time.UTC), EndedAt: time.Date(2018, time.August, 6, 12, 43, 14, 0, time.UTC),
		SizeBytes: new(int64(2_870_272)),
	}
	if diff := cmp.Diff(want, got); diff != "" || !ok || len(r.Rejected) != 0 {
		t.Errorf("read %v, rejected %q (-want +got):\n%s", ok, problems(r), diff)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
