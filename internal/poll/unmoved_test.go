package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// The snapshot says of each job since when it has been seen as it is. A failed poll changes nothing, and a job that moves or
// changes its state begins anew.
func TestSinceWhenJobsStandStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		job := func(state backup.JobState, progress float64) backup.Job {
			return backup.Job{ID: "1", State: state, StartedAt: begun, Progress: &progress}
		}
		silent := backup.Job{State: backup.JobChecking, StartedAt: begun}
		var listed []backup.Job // nil: the poll fails
		source := &cloud{instances: lists("a"), jobs: func(context.Context, string) ([]backup.Job, error) {
			if listed == nil {
				return nil, &backup.Error{Class: backup.ClassServer}
			}
			return listed, nil
		}}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		for _, step := range []struct {
			name string
			jobs []backup.Job
			want []time.Duration // how long ago, at this step
		}{
			{"first seen", []backup.Job{job(backup.JobRunning, 17)}, []time.Duration{0}},
			{"unmoved", []backup.Job{job(backup.JobRunning, 17)}, []time.Duration{10 * time.Minute}},
			{"another one before it", []backup.Job{silent, job(backup.JobRunning, 17)}, []time.Duration{0, 20 * time.Minute}},
			{"a failed poll", nil, []time.Duration{10 * time.Minute, 30 * time.Minute}},
			{"unmoved since", []backup.Job{silent, job(backup.JobRunning, 17)}, []time.Duration{20 * time.Minute, 40 * time.Minute}},
			{"moved", []backup.Job{silent, job(backup.JobRunning, 18)}, []time.Duration{30 * time.Minute, 0}},
			{"another state", []backup.Job{job(backup.JobUnknown, 18)}, []time.Duration{0}},
			{"none", []backup.Job{}, []time.Duration{}},
			{"first seen again", []backup.Job{job(backup.JobUnknown, 18)}, []time.Duration{0}},
		} {
			listed = step.jobs
			p.Refresh(t.Context())
			got := []time.Duration{}
			for _, since := range find(t, p, "a").JobsUnmoved {
				got = append(got, time.Since(since))
			}
			if diff := cmp.Diff(step.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.name, diff)
			}
			time.Sleep(10 * time.Minute)
		}
		if got := time.Until(find(t, p, "a").ListedUntil); got <= 0 {
			t.Errorf("the listing is good until %v ago", -got)
		}
		if got := find(t, p, "a").RecoveryEvery; got != 10*time.Minute {
			t.Errorf("the window is read every %v, want 10 minutes", got)
		}
	})
}
