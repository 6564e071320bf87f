package huawei

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

func TestConvertPolicy(t *testing.T) {
	on, off := true, false
	strategy := policyRecord{
		KeepDays:  wire.Scalar{Text: "7", Kind: wire.Number},
		StartTime: wire.Scalar{Text: "16:00-17:00", Kind: wire.String},
	}
	tests := []struct {
		name     string
		answer   string
		want     backup.Policy
		rejected []string
		err      string
	}{
		{
			"as documented", `{"keep_days":7,"start_time":"19:00-20:00","period":"1,2,4,5,6","enable_incremental_backup":true}`,
			backup.Policy{Automatic: new(true), LogBackup: &on, Schedules: []backup.Schedule{{Retention: 7 * 24 * time.Hour, StartsAt: 19 * time.Hour, Window: time.Hour, Weekdays: []time.Weekday{time.Monday, time.Tuesday, time.Thursday, time.Friday, time.Saturday}}}},
			nil, "",
		},
		{
			"over midnight, Sunday first", `{"keep_days":"3","start_time":"23:30-00:30","period":"7, 1,7"}`,
			backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Retention: 3 * 24 * time.Hour, StartsAt: 23*time.Hour + 30*time.Minute, Window: time.Hour, Weekdays: []time.Weekday{time.Sunday, time.Monday}}}},
			nil, "",
		},
		{
			"until midnight", `{"keep_days":7,"start_time":"23:00-00:00"}`,
			backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Retention: 7 * 24 * time.Hour, StartsAt: 23 * time.Hour, Window: time.Hour}}},
			nil, "",
		},
		{"switched off", `{"keep_days":0}`, backup.Policy{Automatic: &off}, nil, ""},
		{"switched off, incremental too", `{"keep_days":0,"start_time":"","enable_incremental_backup":false}`, backup.Policy{Automatic: &off, LogBackup: &off}, nil, ""},
		{
			"what is left out comes from the instance", `{"period":"1"}`,
			backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Retention: 7 * 24 * time.Hour, StartsAt: 16 * time.Hour, Window: time.Hour, Weekdays: []time.Weekday{time.Monday}}}},
			nil, "",
		},
		{
			"unreadable parts", `{"keep_days":7,"start_time":"late","period":"1,8","enable_incremental_backup":"yes"}`,
			backup.Policy{},
			[]string{`enable_incremental_backup: "yes" is not true or false`, `period: "1,8" is not a list of weekdays`, `start_time: "late" is not a time of day`},
			"ShowBackupPolicy: protocol: the answer has no proper period",
		},
		{
			"unreadable days", `{"keep_days":"a week"}`,
			backup.Policy{},
			[]string{`keep_days: "a week" is not a whole number`},
			"the answer does not say how many days backups are kept, nor so whether there are any",
		},
		{
			"days below none", `{"keep_days":-1}`,
			backup.Policy{},
			[]string{`keep_days: "-1" is not a number of "24h0m0s"`},
			"the answer does not say how many days backups are kept, nor so whether there are any",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r wire.Reader
			got, err := convertPolicy(*into[policyRecord](t, []byte(tt.answer)), strategy, &r)
			if text := errorText(err); text != tt.err {
				t.Errorf("error %q, want %q", text, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("policy (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.rejected, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConvertRanges(t *testing.T) {
	at := func(hour, minute int) time.Time { return time.Date(2026, time.August, 6, hour, minute, 0, 0, time.UTC) }
	span := func(from, to time.Time) map[string]any {
		return map[string]any{"start_time": from.UnixMilli(), "end_time": to.UnixMilli()}
	}
	tests := []struct {
		name     string
		spans    []any
		want     backup.Window
		rejected int
	}{
		{"none", nil, backup.Window{}, 0},
		{"one", []any{span(at(1, 0), at(2, 0))}, backup.Window{Start: at(1, 0), End: at(2, 0)}, 0},
		{"the newest of two, in any order", []any{span(at(5, 0), at(6, 0)), span(at(1, 0), at(2, 0))}, backup.Window{Start: at(5, 0), End: at(6, 0)}, 0},
		{"joined where they touch", []any{span(at(1, 0), at(2, 0)), span(at(2, 0), at(6, 0))}, backup.Window{Start: at(1, 0), End: at(6, 0)}, 0},
		{"joined where they overlap", []any{span(at(1, 0), at(4, 0)), span(at(2, 0), at(6, 0))}, backup.Window{Start: at(1, 0), End: at(6, 0)}, 0},
		{"joined across a millisecond", []any{span(at(1, 0), at(2, 0).Add(-time.Millisecond)), span(at(2, 0), at(6, 0))}, backup.Window{Start: at(1, 0), End: at(6, 0)}, 0},
		{"not joined across seconds", []any{span(at(1, 0), at(2, 0).Add(-2*time.Second)), span(at(2, 0), at(6, 0))}, backup.Window{Start: at(2, 0), End: at(6, 0)}, 0},
		{"joined in a chain", []any{span(at(1, 0), at(2, 0)), span(at(2, 0), at(3, 0)), span(at(3, 0), at(4, 0))}, backup.Window{Start: at(1, 0), End: at(4, 0)}, 0},
		{
			"the documented example",
			[]any{map[string]any{"start_time": 1607731200000, "end_time": 1607756414000}},
			backup.Window{Start: time.Date(2020, 12, 12, 0, 0, 0, 0, time.UTC), End: time.Date(2020, 12, 12, 7, 0, 14, 0, time.UTC)},
			0,
		},
		{"as strings", []any{map[string]any{"start_time": "1607731200000", "end_time": "1607756414000"}}, backup.Window{Start: time.Date(2020, 12, 12, 0, 0, 0, 0, time.UTC), End: time.Date(2020, 12, 12, 7, 0, 14, 0, time.UTC)}, 0},
		{"one bad of two", []any{span(at(1, 0), at(2, 0)), span(at(5, 0), at(4, 0))}, backup.Window{}, 1},
		{"one that is none", []any{span(at(1, 0), at(2, 0)), "x"}, backup.Window{}, 1},
		{"one that ends in the future", []any{span(at(1, 0), at(2, 0)), span(at(1, 0), now.AddDate(1, 0, 0))}, backup.Window{Start: at(1, 0), End: at(2, 0)}, 1},
		{"all end in the future", []any{span(at(1, 0), now.AddDate(1, 0, 0))}, backup.Window{}, 1},
		{"beyond all calendars", []any{map[string]any{"start_time": 1, "end_time": int64(1) << 62}}, backup.Window{}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, err := json.Marshal(map[string]any{"restore_time": tt.spans})
			if err != nil {
				t.Fatal(err)
			}
			var r wire.Reader
			got, ok := convertRanges(into[restoreTimesAnswer](t, text).Ranges.Items, now, &r)
			if diff := cmp.Diff(tt.want, got); diff != "" || ok != (tt.rejected == 0 || tt.want != backup.Window{}) {
				t.Errorf("ok %v, window (-want +got):\n%s", ok, diff)
			}
			if len(r.Rejected) != tt.rejected {
				t.Errorf("rejected %q, want %d", problems(r), tt.rejected)
			}
		})
	}
}

func TestConvertJob(t *testing.T) {
	created := time.Date(2021, time.July, 12, 9, 22, 4, 0, time.UTC)
	tests := []struct {
		name     string
		change   map[string]any
		want     backup.Job
		rejected []string
	}{
		{"running", nil, backup.Job{ID: "j1", State: backup.JobRunning, StartedAt: created, Progress: new(9.0)}, nil},
		{"progress as a number", map[string]any{"progress": 42.5}, backup.Job{ID: "j1", State: backup.JobRunning, StartedAt: created, Progress: new(42.5)}, nil},
		{"no progress", map[string]any{"progress": ""}, backup.Job{ID: "j1", State: backup.JobRunning, StartedAt: created}, nil},
		{
			"failed, and why",
			map[string]any{"status": "Failed", "progress": "100%", "fail_reason": "disk full"},
			backup.Job{ID: "j1", State: backup.JobFailed, StartedAt: created, Progress: new(100.0), Reason: "disk full"},
			nil,
		},
		{"finished", map[string]any{"status": "COMPLETED", "progress": nil}, backup.Job{ID: "j1", State: backup.JobFinished, StartedAt: created}, nil},
		{
			"unreadable parts",
			map[string]any{"status": "Paused", "progress": "101%", "created_at": "soon"},
			backup.Job{ID: "j1"},
			[]string{`status: "Paused" is not known`, `progress: "101%" is not a percentage`, `created_at: "soon" is not a time`},
		},
		{"progress not a number", map[string]any{"progress": "NaN"}, backup.Job{ID: "j1", State: backup.JobRunning, StartedAt: created}, []string{`progress: "NaN" is not a percentage`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw := changed(t, map[string]any{
				"id": "j1", "name": taskPhysical, "instance_id": testInstance, "status": "Running", "progress": "9%",
				"created_at": "2021-07-12T09:22:04+0000", "ended_at": "", "fail_reason": nil,
			}, tt.change)
			var r wire.Reader
			instanceID, got, ok := convertJob(into[jobRecord](t, raw), &r)
			if diff := cmp.Diff(tt.want, got); diff != "" || !ok || instanceID != testInstance {
				t.Errorf("read %v of %q (-want +got):\n%s", ok, instanceID, diff)
			}
			if diff := cmp.Diff(tt.rejected, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}
