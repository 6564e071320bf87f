package alibaba_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/poll"
	"mongodb_backup_exporter/internal/sourcetest"
)

var _ poll.Source = (*alibaba.Source)(nil)

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
	source, err := alibaba.New(alibaba.Options{
		Account: "suite", Region: env.Region, Endpoint: env.URL, Transport: transport, Now: env.Now,
		Keys: func() (cloudcall.Keys, error) {
			return cloudcall.Keys{
				AccessKeyID: env.Account.AccessKeyID, AccessKeySecret: env.Account.AccessKeySecret, SecurityToken: env.Account.SecurityToken,
			}, nil
		},
		Caller: cloudcall.New(cloudcall.Options{
			Place:    cloudcall.Place{Cloud: backup.Alibaba, Account: "suite", Region: env.Region},
			Observer: observer{env}, Now: time.Now, Classify: alibaba.Classify,
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
		Cloud: fleet.Alibaba, Region: "cn-hangzhou", New: newSource,
		Operations: map[sourcetest.Scope]string{
			sourcetest.Instances: "DescribeDBInstances",
			sourcetest.Backups:   "DescribeBackups",
			sourcetest.Jobs:      "DescribeBackupTasks",
			sourcetest.Policy:    "DescribeBackupPolicy",
			sourcetest.Recovery:  "DescribeInstanceRecoverTime",
		},
		PerShard: true,
		EndField: "BackupEndTime", SizeField: "BackupSize",
		WantPolicy: backup.Policy{
			Enabled: true, Retention: 7 * 24 * time.Hour,
			Weekdays: []time.Weekday{time.Monday, time.Wednesday, time.Friday},
			StartsAt: 3 * time.Hour, Window: time.Hour, LogBackup: new(true),
		},
		WantJobs: []backup.Job{{
			ID: "170034", State: backup.JobRunning, Trigger: backup.TriggerAutomatic,
			StartedAt: sourcetest.Now.Add(-10 * time.Minute), Progress: new(18.0),
		}},
		WantRecovery: backup.Window{Start: sourcetest.Now.AddDate(0, 0, -7), End: sourcetest.Now.Add(-5 * time.Minute)},
	}
}

func TestConformance(t *testing.T) { sourcetest.Run(t, provider()) }
