package alibaba

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

func TestConvertJob(t *testing.T) {
	started := at("2024-01-16T11:04:56Z")
	tests := []struct {
		name string
		with map[string]any
		want *backup.Job
		bad  []string
	}{
		{"as documented", nil, &backup.Job{ID: "170034", State: backup.JobScheduled, Trigger: backup.TriggerManual, StartedAt: started, Progress: new(18.0)}, nil},
		{"running, number", map[string]any{"BackupSetStatus": "Backuping", "Progress": 99.5}, &backup.Job{ID: "170034", State: backup.JobRunning, Trigger: backup.TriggerManual, StartedAt: started, Progress: new(99.5)}, nil},
		{"checking, no progress", map[string]any{"BackupSetStatus": "Checking", "Progress": "omit"}, &backup.Job{ID: "170034", State: backup.JobChecking, Trigger: backup.TriggerManual, StartedAt: started}, nil},
		{"finished", map[string]any{"BackupSetStatus": "Finished", "Progress": ""}, &backup.Job{ID: "170034", State: backup.JobFinished, Trigger: backup.TriggerManual, StartedAt: started}, nil},
		{"other status", map[string]any{"BackupSetStatus": "Lost", "Progress": "50 %"}, &backup.Job{ID: "170034", Trigger: backup.TriggerManual, StartedAt: started, Progress: new(50.0)}, []string{`BackupSetStatus: "Lost" is not known`}},
		{"progress beyond", map[string]any{"Progress": "101%"}, &backup.Job{ID: "170034", State: backup.JobScheduled, Trigger: backup.TriggerManual, StartedAt: started}, []string{`Progress: "101%" is not a percentage`}},
		{"progress is no number", map[string]any{"Progress": "NaN"}, &backup.Job{ID: "170034", State: backup.JobScheduled, Trigger: backup.TriggerManual, StartedAt: started}, []string{`Progress: "NaN" is not a percentage`}},
		{"upper-case J", map[string]any{"BackupjobId": "omit", "BackupJobId": 7}, &backup.Job{ID: "7", State: backup.JobScheduled, Trigger: backup.TriggerManual, StartedAt: started, Progress: new(18.0)}, nil},
		{"no id", map[string]any{"BackupjobId": nil}, nil, []string{`BackupjobId: "" is not an id`}},
	}
	var documented struct{ BackupJobs []map[string]any }
	if err := json.Unmarshal(example(t, "describe_backup_tasks"), &documented); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var rec jobRecord
			if err := wire.Unmarshal(record(t, documented.BackupJobs[0], tt.with), &rec); err != nil {
				t.Fatal(err)
			}
			var r wire.Reader
			got, ok := convertJob(&rec, &r)
			if ok != (tt.want != nil) {
				t.Fatalf("kept = %v, want %v", ok, tt.want != nil)
			}
			if ok {
				if diff := cmp.Diff(*tt.want, got); diff != "" {
					t.Errorf("job (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(tt.bad, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConvertPolicy(t *testing.T) {
	const day = 24 * time.Hour
	whole := backup.Policy{Automatic: new(true), LogBackup: new(true), NextAt: at("2024-06-19T19:11:00Z"), MayBeUnlisted: true, Schedules: []backup.Schedule{{Retention: 7 * day, Weekdays: []time.Weekday{time.Sunday, time.Monday, time.Tuesday}, StartsAt: 23*time.Hour + 30*time.Minute, Window: time.Hour}, {Interval: 4 * time.Hour, Retention: day}}}
	but := func(change func(*backup.Policy)) backup.Policy {
		p := whole
		p.Schedules = slices.Clone(p.Schedules)
		change(&p)
		return p
	}
	off := but(func(p *backup.Policy) {
		p.Automatic, p.Schedules[0].Weekdays, p.Schedules, p.MayBeUnlisted = new(false), nil, p.Schedules[:1], false
	})
	daily := but(func(p *backup.Policy) { p.Schedules, p.MayBeUnlisted = p.Schedules[:1], false })
	notSaid := but(func(p *backup.Policy) {
		p.Automatic, p.Schedules[0].Weekdays, p.Schedules, p.MayBeUnlisted = nil, nil, p.Schedules[:1], false
	})
	tests := []struct {
		name string
		with map[string]any
		want backup.Policy
		bad  []string
	}{
		{"as documented", nil, whole, nil},
		{"switched off", map[string]any{"PreferredBackupPeriod": "", "BackupInterval": -1}, off, nil},
		{"days are null", map[string]any{"PreferredBackupPeriod": nil, "BackupInterval": "-1"}, notSaid, nil},
		{"days are missing", map[string]any{"PreferredBackupPeriod": "omit", "BackupInterval": nil}, notSaid, nil},
		{"days are missing, high-frequency backup is on", map[string]any{"PreferredBackupPeriod": "omit"}, but(func(p *backup.Policy) { p.Schedules[0].Weekdays = nil }), nil},
		{"an interval that does not count", map[string]any{"SnapshotBackupType": "Standard"}, daily, nil},
		{"an interval of an unknown type", map[string]any{"SnapshotBackupType": "omit"}, daily, nil},
		{"high-frequency backups kept for an unknown time", map[string]any{"HighFrequencyBackupRetention": nil}, but(func(p *backup.Policy) { p.Schedules[1].Retention = 0 }), nil},
		{"no backup outlives the instance", map[string]any{"BackupRetentionPolicyOnClusterDeletion": 0}, but(func(p *backup.Policy) { p.KeptAfterDeletion = new(false) }), nil},
		{"one backup outlives the instance", map[string]any{"BackupRetentionPolicyOnClusterDeletion": "1"}, but(func(p *backup.Policy) { p.KeptAfterDeletion = new(true) }), nil},
		{"all backups outlive the instance", map[string]any{"BackupRetentionPolicyOnClusterDeletion": 2}, but(func(p *backup.Policy) { p.KeptAfterDeletion = new(true) }), nil},
		{"deletion policy unknown", map[string]any{"BackupRetentionPolicyOnClusterDeletion": 3}, whole, []string{`BackupRetentionPolicyOnClusterDeletion: "3" is not known`}},
		{"high-frequency backup alone", map[string]any{"PreferredBackupPeriod": ""}, but(func(p *backup.Policy) { p.Schedules[0].Weekdays = nil }), nil},
		{"no high-frequency backup", map[string]any{"BackupInterval": "omit"}, daily, nil},
		{"interval too long", map[string]any{"BackupInterval": json.Number("9223372036854775807")}, but(func(p *backup.Policy) { p.Schedules, p.MayBeUnlisted = p.Schedules[:1], false }), []string{`BackupInterval: "9223372036854775807" is not a number of "1m0s"`}},
		{"days in any form", map[string]any{"PreferredBackupPeriod": " friday, MONDAY,Friday"}, but(func(p *backup.Policy) { p.Schedules[0].Weekdays = []time.Weekday{time.Monday, time.Friday} }), nil},
		{"a name that is no weekday is still a policy", map[string]any{"PreferredBackupPeriod": "Someday"}, but(func(p *backup.Policy) { p.Schedules[0].Weekdays = nil }), []string{`PreferredBackupPeriod: "Someday" is not a list of weekdays`}},
		{"one bad day rejects the list", map[string]any{"PreferredBackupPeriod": "Monday,Someday"}, but(func(p *backup.Policy) { p.Schedules[0].Weekdays = nil }), []string{`PreferredBackupPeriod: "Monday,Someday" is not a list of weekdays`}},
		{"window by day", map[string]any{"PreferredBackupTime": "09:00Z-10:00Z"}, but(func(p *backup.Policy) { p.Schedules[0].StartsAt = 9 * time.Hour }), nil},
		{"window to midnight", map[string]any{"PreferredBackupTime": "23:00Z-00:00Z"}, but(func(p *backup.Policy) { p.Schedules[0].StartsAt = 23 * time.Hour }), nil},
		{"no window", map[string]any{"PreferredBackupTime": ""}, but(func(p *backup.Policy) { p.Schedules[0].StartsAt, p.Schedules[0].Window = 0, 0 }), nil},
		{"half a window", map[string]any{"PreferredBackupTime": "09:00Z"}, but(func(p *backup.Policy) { p.Schedules[0].StartsAt, p.Schedules[0].Window = 0, 0 }), []string{`PreferredBackupTime: "09:00Z" is not a time of day`}},
		{"retention for ever", map[string]any{"BackupRetentionPeriod": "-1"}, but(func(p *backup.Policy) { p.Schedules[0].Retention = backup.Forever }), nil},
		{"retention as a number", map[string]any{"BackupRetentionPeriod": 730}, but(func(p *backup.Policy) { p.Schedules[0].Retention = 730 * day }), nil},
		{"retention not set", map[string]any{"BackupRetentionPeriod": ""}, but(func(p *backup.Policy) { p.Schedules[0].Retention = 0 }), nil},
		{"retention that overflows", map[string]any{"BackupRetentionPeriod": "106752000"}, but(func(p *backup.Policy) { p.Schedules[0].Retention = 0 }), []string{`BackupRetentionPeriod: "106752000" is not a number of "24h0m0s"`}},
		{"retention below none", map[string]any{"BackupRetentionPeriod": -7}, but(func(p *backup.Policy) { p.Schedules[0].Retention = 0 }), []string{`BackupRetentionPeriod: "-7" is not a number of "24h0m0s"`}},
		{"log backup off", map[string]any{"EnableBackupLog": 0}, but(func(p *backup.Policy) { p.LogBackup = new(false) }), nil},
		{"log backup not set", map[string]any{"EnableBackupLog": "omit"}, but(func(p *backup.Policy) { p.LogBackup = nil }), nil},
		{"next not set", map[string]any{"PreferredNextBackupTime": ""}, but(func(p *backup.Policy) { p.NextAt = time.Time{} }), nil},
	}
	var documented map[string]any
	if err := json.Unmarshal(example(t, "describe_backup_policy"), &documented); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := wire.Decode[policyAnswer](opDescribeBackupPolicy, record(t, documented, tt.with))
			if err != nil {
				t.Fatal(err)
			}
			var r wire.Reader
			if diff := cmp.Diff(tt.want, convertPolicy(a, &r)); diff != "" {
				t.Errorf("policy (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.bad, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConvertRanges(t *testing.T) {
	tests := []struct {
		name, ranges string
		want         backup.Window // with bad ones: the zero Window is an error
		bad          []string
	}{
		{"none", `[]`, backup.Window{}, nil},
		{"null", `null,"RequestId":"R"`, backup.Window{}, nil},
		{"begin without end", `[{"RestoreBeginTime":"2024-01-10T00:00:00Z"}]`, backup.Window{}, []string{`RestoreBeginTime: "2024-01-10T00:00:00Z" is not before the end`}},
		{"end before begin", `[{"RestoreBeginTime":"2024-01-10T00:00:00Z","RestoreEndTime":"2024-01-09T00:00:00Z"}]`, backup.Window{}, []string{`RestoreBeginTime: "2024-01-10T00:00:00Z" is not before the end`}},
		{
			"one is bad", `[{"RestoreBeginTime":"x","RestoreEndTime":"2024-01-09T00:00:00Z"},{"RestoreBeginTime":"2024-01-01T00:00:00Z","RestoreEndTime":"2024-01-02T00:00:00Z"}]`,
			backup.Window{},
			[]string{`RestoreBeginTime: "x" is not a time`},
		},
		{
			"one is null", `[null,{"RestoreBeginTime":"2024-01-01T00:00:00Z","RestoreEndTime":"2024-01-02T00:00:00Z"}]`,
			backup.Window{},
			[]string{`RestoreBeginTime: "" is not before the end`},
		},
		{
			"one ends in the future", `[{"RestoreBeginTime":"2024-01-01T00:00:00Z","RestoreEndTime":"2099-01-01T00:00:00Z"},{"RestoreBeginTime":"2024-01-01T00:00:00Z","RestoreEndTime":"2024-01-02T00:00:00Z"}]`,
			backup.Window{Start: at("2024-01-01T00:00:00Z"), End: at("2024-01-02T00:00:00Z")},
			[]string{`RestoreEndTime: "2099-01-01T00:00:00Z" is not a time that has come`},
		},
		{
			"all end in the future", `[{"RestoreBeginTime":"2024-01-01T00:00:00Z","RestoreEndTime":"2099-01-01T00:00:00Z"}]`,
			backup.Window{},
			[]string{`RestoreEndTime: "2099-01-01T00:00:00Z" is not a time that has come`},
		},
		{
			"the newest of three", strings.TrimSuffix(strings.SplitN(string(example(t, "describe_recover_time")), `"RestoreRanges":`, 2)[1], "}\n"),
			backup.Window{Start: at("2024-01-13T00:00:00Z"), End: at("2024-01-16T11:00:00Z")},
			nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := wire.Decode[recoverTimeAnswer](opDescribeInstanceRecoverTime, []byte(`{"RestoreRanges":`+tt.ranges+`}`))
			if err != nil {
				t.Fatal(err)
			}
			var r wire.Reader
			got, ok := convertRanges(a.RestoreRanges.Items, at("2026-01-15T12:00:00Z"), &r)
			if diff := cmp.Diff(tt.want, got); diff != "" || ok != (len(tt.bad) == 0 || tt.want != backup.Window{}) {
				t.Errorf("ok %v, window (-want +got):\n%s", ok, diff)
			}
			if diff := cmp.Diff(tt.bad, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

// A schedule that is no schedule is an error, so that the one that is known stays.
func TestGarbledPolicyIsAnError(t *testing.T) {
	var documented map[string]any
	if err := json.Unmarshal(example(t, "describe_backup_policy"), &documented); err != nil {
		t.Fatal(err)
	}
	for field, bad := range map[string]any{
		"PreferredBackupPeriod": []string{"Monday"}, "PreferredBackupTime": "\x00:00Z-10:00Z", "BackupRetentionPeriod": true,
		"BackupInterval": []int{15}, "SnapshotBackupType": map[string]any{},
	} {
		_, err := wire.Decode[policyAnswer](opDescribeBackupPolicy, record(t, documented, map[string]any{field: bad}))
		want := "DescribeBackupPolicy: protocol: the answer has no proper " + field
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
