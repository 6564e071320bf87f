package manual

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// clocks is by how much the times of a job and of its set may differ.
const clocks = time.Minute

// Resume returns a backup that somebody else started, so that it can be followed: that of the job with an id, or of the job
// that runs when id is "". It fails when the cloud lists no such job.
func Resume(ctx context.Context, source Source, in backup.Instance, id string, now func() time.Time) (*Backup, backup.Started, error) {
	jobs, err := source.Jobs(ctx, in)
	if err != nil {
		return nil, backup.Started{}, err
	}
	i := slices.IndexFunc(jobs, func(j backup.Job) bool {
		return j.ID == id || id == "" && j.State == backup.JobRunning
	})
	switch {
	case i < 0 && id == "":
		return nil, backup.Started{}, errors.New("no backup is running; `backup list` has those that ended")
	case i < 0:
		return nil, backup.Started{}, fmt.Errorf("the cloud lists no job %s; it lists the newest only, and `backup list` has what they made", id)
	}
	job := jobs[i]
	b := New(source, in, now)
	b.automatic = job.Trigger == backup.TriggerAutomatic
	if job.StartedAt.IsZero() {
		job.StartedAt = now()
	}
	b.since = job.StartedAt.Add(-lookback)
	err = b.skip(ctx, func(set backup.Backup) bool { return set.StartedAt.Before(job.StartedAt.Add(-clocks)) })
	return b, backup.Started{JobID: job.ID}, err
}
