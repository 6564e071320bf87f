package alibaba_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/poll"
	"mongodb_backup_exporter/internal/sourcetest"
)

var _ poll.Source = (*alibaba.Source)(nil)

func newSource(t *testing.T, env sourcetest.Env) poll.Source {
	t.Helper()
	source, err := alibaba.New(alibaba.Options{
		Account: env.Account, Region: env.Region, Endpoint: env.URL, Transport: env.Transport, Now: env.Now,
		Keys: env.Keys, Caller: env.Caller(alibaba.Classify),
	})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func provider() sourcetest.Provider {
	return sourcetest.Provider{
		Cloud: fleet.Alibaba, Region: "cn-hangzhou", New: newSource,
		Operations: map[sourcetest.Scope]string{
			sourcetest.Instances: "DescribeDBInstances",
			sourcetest.Backups:   "DescribeBackups",
			sourcetest.Jobs:      "DescribeBackupTasks",
			sourcetest.Policy:    "DescribeBackupPolicy",
			sourcetest.Recovery:  "DescribeInstanceRecoverTime",

			sourcetest.Copies:       "DescribeBackups",
			sourcetest.RestoreCheck: "CheckRecoveryCondition",
			sourcetest.Restores:     "DescribeRestoreDBInstanceList",
		},
		PerShard: true,
		EndField: "BackupEndTime", SizeField: "BackupSize",
		WantPolicy: backup.Policy{Automatic: new(true), LogBackup: new(true), KeptAfterDeletion: new(false), Schedules: []backup.Schedule{{Retention: 7 * 24 * time.Hour, Weekdays: []time.Weekday{time.Monday, time.Wednesday, time.Friday}, StartsAt: 3 * time.Hour, Window: time.Hour}}},
		WantJobs: []backup.Job{{
			ID: "170034", State: backup.JobRunning, Trigger: backup.TriggerAutomatic,
			StartedAt: sourcetest.Now.Add(-10 * time.Minute), Progress: new(18.0),
		}},
		WantRecovery: backup.Window{Start: sourcetest.Now.AddDate(0, 0, -7), End: sourcetest.Now.Add(-5 * time.Minute)},
		Lifecycles: map[string]backup.Lifecycle{
			"Creating": backup.LifecycleCreating, "Deleting": backup.LifecycleDeleting,
			"Rebooting": backup.LifecycleRunning, "Pondering": backup.LifecycleRunning,
		},
		Answers: map[sourcetest.FaultCase][]backup.Class{
			{Scope: sourcetest.Jobs, Kind: cloudsim.FaultNullList}: {""}, // there are no jobs
		},
		StartOperation: "CreateBackup",
		Orders: []sourcetest.Order{
			{Name: "defaults", Order: backup.ManualOrder{}},
			{Name: "method and retention", Order: backup.ManualOrder{Method: "Snapshot", RetentionDays: 30}},
			{Name: "description", Order: backup.ManualOrder{Description: "is not kept"}},
			{
				Name: "name", Order: backup.ManualOrder{Name: "before-upgrade"},
				Refused: "--name: Alibaba Cloud names backups itself; leave it out",
			},
		},
	}
}

func TestConformance(t *testing.T) { sourcetest.Run(t, provider()) }
