package huawei_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	simhuawei "mongodb_backup_exporter/internal/cloudsim/huawei"
	"mongodb_backup_exporter/internal/huawei"
	"mongodb_backup_exporter/internal/sourcetest"
)

// facts is what the exporter makes of one instance.
type facts struct {
	Verdict     string // with its reason
	Listed      int    // instances
	Asked       []backup.Kind
	Counts      map[string]int // backups by kind, trigger and state
	Expiry      time.Time      // of the last usable backup
	Jobs        []backup.JobState
	Progress    float64
	LogBackup   *bool
	Window      time.Duration // of the schedule
	RecoveryEnd time.Time
	Failures    map[string]backup.Class // by scope
}

func gather(t *testing.T, s *huawei.Source, id string) facts {
	t.Helper()
	at := sourcetest.Now
	f := facts{Counts: map[string]int{}, Failures: map[string]backup.Class{}}
	note := func(scope string, err error) {
		if err != nil {
			f.Failures[scope] = backup.ClassOf(err)
		}
	}
	listing, err := s.Instances(t.Context())
	note("instances", err)
	in := backup.Instance{Target: backup.Target{InstanceID: id}}
	for _, listed := range listing.Instances {
		f.Listed++
		if listed.InstanceID == id {
			in = listed
		}
	}
	policy, errPolicy := s.Policy(t.Context(), in)
	list, errBackups := s.Backups(t.Context(), in, "", at.AddDate(0, 0, -30))
	if policy.LogBackup != nil && *policy.LogBackup {
		more, err := s.Increments(t.Context(), in, "", at.AddDate(0, 0, -30))
		note("increments", err)
		list.Asked, list.Backups = append(list.Asked, more.Asked...), append(list.Backups, more.Backups...)
		list = list.Since(time.Time{})
	}
	jobs, errJobs := s.Jobs(t.Context(), in)
	window, errRecovery := s.Recovery(t.Context(), in)
	note("policy", errPolicy)
	note("backups", errBackups)
	note("jobs", errJobs)
	note("recovery", errRecovery)
	for _, b := range list.Backups {
		f.Counts[b.Kind.String()+" "+b.Trigger.String()+" "+b.State.String()]++
	}
	for _, job := range jobs {
		f.Jobs = append(f.Jobs, job.State)
		if job.Progress != nil {
			f.Progress = *job.Progress
		}
	}
	f.Asked, f.LogBackup, f.RecoveryEnd = list.Asked, policy.LogBackup, window.End
	if len(policy.Schedules) > 0 {
		f.Window = policy.Schedules[0].Window
	}
	health := backup.Assess(backup.TargetState{
		CreatedAt: in.CreatedAt, Lifecycle: in.Lifecycle, Status: in.Status,
		Backups: read(list, errBackups), Jobs: read(jobs, errJobs), Policy: read(policy, errPolicy), Recovery: read(window, errRecovery),
	}, backup.Objectives{RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour}, at)
	f.Verdict, f.Expiry = health.State.String()+": "+health.Reason, health.LastUsableExpiry
	return f
}

func read[T any](value T, err error) backup.Reading[T] {
	if err != nil {
		return backup.Reading[T]{TriedAt: sourcetest.Now, Err: err}
	}
	return backup.Reading[T]{Value: value, At: sourcetest.Now, TriedAt: sourcetest.Now, GoodUntil: sourcetest.Now.Add(time.Hour)}
}

const watched = "c0c9f155c7b7423a9d30f0175998b63bin02"

// variedAccount has an instance with a backup of each kind and state, and another one.
func variedAccount() fleet.Account {
	at := sourcetest.Now
	set := func(id, status string, age time.Duration) fleet.Backup {
		b := fleet.Backup{ID: id + "br02", Method: "Physical", Status: status, Start: at.Add(-age), End: at.Add(-age).Add(time.Minute), SizeBytes: 5 << 20}
		if status == fleet.StatusRunning {
			b.End, b.Length = time.Time{}, 20*time.Minute
		}
		return b
	}
	manual, incremental := set("manual", fleet.StatusSuccess, 50*time.Hour), set("incremental", fleet.StatusSuccess, time.Hour)
	manual.Manual, incremental.Incremental = true, true
	in := replicaSet(watched, 0)
	in.Policy = fleet.Policy{
		Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 23 * time.Hour, Window: time.Hour, RetentionDays: 7, LogBackup: true,
	}
	in.Backups = []fleet.Backup{
		set("running", fleet.StatusRunning, 10*time.Minute), incremental, set("auto", fleet.StatusSuccess, 12*time.Hour), manual,
		set("deleting", fleet.StatusDeleting, 60*time.Hour),
	}
	in.Recovery = []fleet.Window{{Start: at.Add(-48 * time.Hour), End: at.Add(-5 * time.Minute)}}
	return account(in, replicaSet("i2in02", 1))
}

// TestUnknownsOfTheCloud checks for each behaviour that the documentation leaves open that the exporter is right, or says
// unknown, under both answers.
func TestUnknownsOfTheCloud(t *testing.T) {
	full := []backup.Kind{backup.KindFull}
	withoutIncrements := func(f *facts) {
		f.Asked = full
		delete(f.Counts, "incremental automatic success")
	}
	same := func(*facts) {}
	tests := []struct {
		name    string
		variant simhuawei.Variants
		want    func(*facts)
	}{
		{"types in lower case", simhuawei.Variants{LowerCaseTypes: true}, same},
		{"a running backup has the end null", simhuawei.Variants{BuildingEndNull: true}, same},
		{"a running backup has no end", simhuawei.Variants{BuildingEndLeftOut: true}, same},
		{"a running backup has an end in the future", simhuawei.Variants{BuildingEndGuessed: true}, same},
		{"a backup is DELETING", simhuawei.Variants{DeletingStatus: true}, same},
		{"an unknown instance is refused", simhuawei.Variants{UnknownInstanceRefused: true}, same},
		{"the recycle bin's backups are listed", simhuawei.Variants{RecycleBinBackups: true}, same},
		{"sizes as text", simhuawei.Variants{SizeAsText: true}, same},
		{"tasks with a total", simhuawei.Variants{TaskTotal: true}, same},
		{"a running task has an end", simhuawei.Variants{RunningEnds: true}, same},
		{"a day ends at 24:00", simhuawei.Variants{DayEndsAt24: true}, same},
		{"port and SSL swapped", simhuawei.Variants{SwappedTypes: true}, same},
		{"the total of instances is too low", simhuawei.Variants{LowTotal: true}, same},
		{"incremental backups are refused", simhuawei.Variants{IncrementalRefused: true}, withoutIncrements},
		{"incremental backups are not known", simhuawei.Variants{IncrementalIgnored: true}, withoutIncrements},
		{
			"the older API",
			simhuawei.Variants{OldRecords: true},
			func(f *facts) {
				withoutIncrements(f)
				f.LogBackup = nil
			},
		},
		{
			"no list of tasks",
			simhuawei.Variants{NoTaskList: true},
			func(f *facts) { f.Jobs, f.Progress, f.Failures["jobs"] = nil, 0, backup.ClassUnsupported },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := sourcetest.Now
			want := facts{
				Verdict: "ok: newest recovery point is 5m old, objective 27h (cloud's schedule)",
				Listed:  2, Asked: []backup.Kind{backup.KindFull, backup.KindIncremental},
				Counts: map[string]int{
					"full automatic success": 1, "full manual success": 1, "full automatic running": 1, "full automatic deleting": 1,
					"incremental automatic success": 1,
				},
				Expiry: backup.Never, // the manual backup is kept for ever
				Jobs:   []backup.JobState{backup.JobRunning, backup.JobFinished}, Progress: 50,
				LogBackup: new(true), Window: time.Hour, RecoveryEnd: at.Add(-5 * time.Minute), Failures: map[string]backup.Class{},
			}
			tt.want(&want)
			_, source := simulateVariant(t, variedAccount(), cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"}, tt.variant)
			if diff := cmp.Diff(want, gather(t, source, watched)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// An instance that does not exist, or is in the recycle bin, is never taken for one without backups or with them.
func TestUnknownInstanceUnderBothAnswers(t *testing.T) {
	unknown := map[string]backup.Class{
		"policy": backup.ClassNotFound, "backups": backup.ClassNotFound, "jobs": backup.ClassNotFound, "recovery": backup.ClassNotFound,
	}
	for name, variant := range map[string]simhuawei.Variants{
		"an empty list": {}, "refused": {UnknownInstanceRefused: true}, "incremental backups are not known": {IncrementalIgnored: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, source := simulateVariant(t, variedAccount(), cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"}, variant)
			got := gather(t, source, "unknownin02")
			if diff := cmp.Diff(unknown, got.Failures); diff != "" || got.Verdict != "unknown: never read: ListBackups: not_found" {
				t.Errorf("%s; failures (-want +got):\n%s", got.Verdict, diff)
			}
		})
	}
}

func TestRecycledInstanceUnderBothAnswers(t *testing.T) {
	for name, variant := range map[string]simhuawei.Variants{"its backups are not listed": {}, "they are": {RecycleBinBackups: true}} {
		t.Run(name, func(t *testing.T) {
			account := variedAccount()
			account.Instances[0].DeletedAt = sourcetest.Now.Add(-time.Hour)
			_, source := simulateVariant(t, account, cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"}, variant)
			if got := gather(t, source, watched); got.Listed != 1 || got.Verdict != "unknown: never read: ListBackups: not_found" {
				t.Errorf("%d instances, %s; want the one that exists, and nothing about the other", got.Listed, got.Verdict)
			}
			if got := gather(t, source, "i2in02"); got.Counts["full automatic success"] != 1 || len(got.Counts) != 1 {
				t.Errorf("the backups of the other instance: %v", got.Counts)
			}
		})
	}
}
