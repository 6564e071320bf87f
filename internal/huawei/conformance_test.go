package huawei_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/huawei"
	"mongodb_backup_exporter/internal/poll"
	"mongodb_backup_exporter/internal/sourcetest"
)

var _ poll.Source = (*huawei.Source)(nil)

// observer passes on what a Caller is to tell.
type observer struct{ env sourcetest.Env }

func (o observer) Request(_ cloudcall.Place, operation, result string, _ time.Duration) {
	o.env.Requested(operation, result)
}

func (o observer) Rejected(field string) { o.env.Rejected(field) }

func newSource(t *testing.T, env sourcetest.Env) poll.Source {
	t.Helper()
	transport := cloudcall.NewTransport(16)
	t.Cleanup(transport.CloseIdleConnections)
	source, err := huawei.New(huawei.Options{
		Account: "suite", Region: env.Region, Endpoint: env.URL, IAMEndpoint: env.URL, Transport: transport, Now: env.Now,
		ProjectID: env.Account.ProjectIDs[env.Region],
		Keys: func() (cloudcall.Keys, error) {
			return cloudcall.Keys{
				AccessKeyID: env.Account.AccessKeyID, AccessKeySecret: env.Account.AccessKeySecret, SecurityToken: env.Account.SecurityToken,
			}, nil
		},
		Caller: cloudcall.New(cloudcall.Options{
			Place:    cloudcall.Place{Cloud: backup.Huawei, Account: "suite", Region: env.Region},
			Observer: observer{env}, Now: time.Now, Classify: huawei.Classify,
			Gate:    cloudcall.NewGate(time.Now, nil),
			Timeout: env.Timeout, MaxAttempts: env.MaxAttempts, FirstRetry: env.FirstRetry,
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func provider() sourcetest.Provider {
	return sourcetest.Provider{
		Cloud: fleet.Huawei, Region: "cn-north-4", New: newSource,
		Operations: map[sourcetest.Scope]string{
			sourcetest.Instances: "ListInstances",
			sourcetest.Backups:   "ListBackups",
			sourcetest.Jobs:      "ListTasks",
			sourcetest.Policy:    "ShowBackupPolicy",
			sourcetest.Recovery:  "ListRestoreTimes",
		},
		JobsInList: true,
		EndField:   "end_time", SizeField: "size",
		WantPolicy: backup.Policy{
			Enabled: true, Retention: 7 * 24 * time.Hour,
			Weekdays: []time.Weekday{time.Monday, time.Wednesday, time.Friday},
			StartsAt: 3 * time.Hour, Window: time.Hour, LogBackup: new(true),
		},
		// Every backup has a task, which the simulation makes up for those that the fleet gives none.
		WantJobs: []backup.Job{
			{ID: "170034", State: backup.JobRunning, StartedAt: sourcetest.Now.Add(-10 * time.Minute), Progress: new(18.0)},
			{ID: "156480831", State: backup.JobFinished, StartedAt: time.Date(2026, time.January, 14, 3, 0, 0, 0, time.UTC)},
		},
		// DDS tells the window day by day.
		WantRecovery: backup.Window{
			Start: time.Date(2026, time.January, 15, 0, 0, 0, 0, time.UTC), End: sourcetest.Now.Add(-5 * time.Minute),
		},
	}
}

func TestConformance(t *testing.T) { sourcetest.Run(t, provider()) }
