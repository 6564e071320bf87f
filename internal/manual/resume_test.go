package manual_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/manual"
)

// A backup that somebody else started is followed by its job, whether the schedule started it or a person.
func TestResume(t *testing.T) {
	began := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	running := backup.Job{ID: "7", State: backup.JobRunning, Trigger: backup.TriggerAutomatic, StartedAt: began, Progress: new(40.0)}
	ended := backup.Job{ID: "6", State: backup.JobFinished, Trigger: backup.TriggerManual, StartedAt: began.Add(-time.Hour)}
	made := func(id string, trigger backup.Trigger, at time.Time) backup.Backup {
		s := set(id, trigger, backup.StateSuccess)
		s.StartedAt = at
		return s
	}
	for _, test := range []struct {
		name, id string
		jobs     []backup.Job
		then     backup.Backup // what the list has later
		err      string        // of Resume
		ended    bool          // it is seen that it succeeded
	}{
		{"what runs", "", []backup.Job{ended, running}, made("n", backup.TriggerAutomatic, began), "", true},
		{"a person's set is another", "7", []backup.Job{running}, made("n", backup.TriggerManual, began), "", false},
		{"an older set is another", "7", []backup.Job{running}, made("n", backup.TriggerAutomatic, began.Add(-2*time.Minute)), "", false},
		{"one that has ended", "6", []backup.Job{running, ended}, made("m", backup.TriggerManual, began.Add(-time.Hour)), "", true},
		{"nothing runs", "", []backup.Job{ended}, backup.Backup{}, "no backup is running; `backup list` has those that ended", false},
		{"no such job", "9", []backup.Job{running}, backup.Backup{}, "the cloud lists no job 9; it lists the newest only, and `backup list` has what they made", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &source{
					backups: func(int, string) (backup.List, error) { return list(test.then), nil },
					jobs:    func(int) ([]backup.Job, error) { return test.jobs, nil },
				}
				in := backup.Instance{Target: backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "r1", InstanceID: "i"}}
				b, started, err := manual.Resume(t.Context(), s, in, test.id, time.Now)
				if err != nil || test.err != "" {
					if err == nil || err.Error() != test.err {
						t.Errorf("%v, want %q", err, test.err)
					}
					return
				}
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				if err := b.Follow(ctx, started, time.Second, func(manual.Progress) {}); (err == nil) != test.ended {
					t.Errorf("%v, want its success: %v", err, test.ended)
				}
			})
		})
	}
}
