package huawei_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/huawei"
	"mongodb_backup_exporter/internal/poll"
	"mongodb_backup_exporter/internal/sourcetest"
)

var _ poll.Source = (*huawei.Source)(nil)

func newSource(t *testing.T, env sourcetest.Env) poll.Source {
	t.Helper()
	source, err := huawei.New(huawei.Options{
		Account: env.Account, Region: env.Region, Endpoint: env.URL, IAMEndpoint: env.URL, ProjectID: env.ProjectID,
		Transport: env.Transport, Now: env.Now,
		Keys: env.Keys, Caller: env.Caller(huawei.Classify),
	})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func provider() sourcetest.Provider {
	const refused = "--method and --retention-days: Huawei Cloud DDS chooses the method itself and keeps manual backups until they are deleted; leave them out"
	return sourcetest.Provider{
		Cloud: fleet.Huawei, Region: "cn-north-4", New: newSource,
		Operations: map[sourcetest.Scope]string{
			sourcetest.Instances: "ListInstances",
			sourcetest.Backups:   "ListBackups",
			sourcetest.Jobs:      "ListTasks",
			sourcetest.Policy:    "ShowBackupPolicy",
			sourcetest.Recovery:  "ListRestoreTimes",

			sourcetest.Restores: "ListTasks",
		},
		JobsInList: true,
		// A path that the gateway does not know: the list of tasks is newer than the rest of the API.
		Answers: map[sourcetest.FaultCase][]backup.Class{
			{Scope: sourcetest.Instances, Kind: cloudsim.FaultUnsupported}: {backup.ClassNotFound},
			{Scope: sourcetest.Backups, Kind: cloudsim.FaultUnsupported}:   {backup.ClassNotFound},
			{Scope: sourcetest.Policy, Kind: cloudsim.FaultUnsupported}:    {backup.ClassNotFound},
			{Scope: sourcetest.Recovery, Kind: cloudsim.FaultUnsupported}:  {backup.ClassNotFound},
		},
		EndField: "end_time", SizeField: "size",
		WantPolicy: backup.Policy{Automatic: new(true), LogBackup: new(true), Schedules: []backup.Schedule{{Retention: 7 * 24 * time.Hour, Weekdays: []time.Weekday{time.Monday, time.Wednesday, time.Friday}, StartsAt: 3 * time.Hour, Window: time.Hour}}},
		// Every backup has a task. The simulation makes one for each backup that has none in the fleet.
		WantJobs: []backup.Job{
			{ID: "170034", State: backup.JobRunning, StartedAt: sourcetest.Now.Add(-10 * time.Minute), Progress: new(18.0)},
			{ID: "156480831", State: backup.JobFinished, StartedAt: time.Date(2026, time.January, 14, 3, 0, 0, 0, time.UTC)},
		},
		// DDS lists the window day by day.
		WantRecovery: backup.Window{
			Start: time.Date(2026, time.January, 15, 0, 0, 0, 0, time.UTC), End: sourcetest.Now.Add(-5 * time.Minute),
		},
		StartOperation: "CreateManualBackup",
		Orders: []sourcetest.Order{
			{Name: "defaults", Order: backup.ManualOrder{}},
			{Name: "name and description", Order: backup.ManualOrder{Name: "before-upgrade", Description: "by hand"}},
			{Name: "method", Order: backup.ManualOrder{Method: "Physical"}, Refused: refused},
			{Name: "retention", Order: backup.ManualOrder{RetentionDays: -1}, Refused: refused},
		},
	}
}

func TestConformance(t *testing.T) { sourcetest.Run(t, provider()) }
