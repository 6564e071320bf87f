package backup

import (
	"fmt"
	"time"
)

// stuckAfter is how long a job may stand still: progress is in whole percent, so a backup with less than one percent an hour
// would take more than four days. A scheduled job may wait as long: that is how long the windows of schedules are.
const stuckAfter = time.Hour

// jobs finds jobs that take too long or do not move. They are judged as of when they were read: while polls fail, what was
// found stands until the reading is withdrawn, and nothing new is found.
func (f *finder) jobs(found []Finding) []Finding {
	found = f.runningTooLong(found)
	if !f.in.Jobs.Known(f.clock) {
		return found
	}
	for i := range f.in.Jobs.Value {
		if text, since := f.stuck(i); text != "" {
			return append(found, Finding{Name: FindingStuck, Since: since, Text: text})
		}
	}
	return found
}

// runningTooLong finds the oldest backup that has been running for too long: a job, or a backup without one.
func (f *finder) runningTooLong(found []Finding) []Finding {
	limit, oldest := f.in.Objectives.MaxDuration, time.Time{}
	look := func(running bool, began, read time.Time) {
		if running && !began.IsZero() && read.Sub(began) > limit {
			oldest = earlier(oldest, began)
		}
	}
	if f.in.Jobs.Known(f.clock) {
		for _, job := range f.in.Jobs.Value {
			look(job.State == JobRunning || job.State == JobChecking, job.StartedAt, f.in.Jobs.At)
		}
	}
	for i := range f.in.Nodes {
		list := &f.in.Nodes[i].Backups
		if !list.Known(f.clock) {
			continue
		}
		for j := range list.Value.Backups {
			b := &list.Value.Backups[j]
			look(b.State == StateRunning, b.StartedAt, list.At)
		}
	}
	if limit <= 0 || oldest.IsZero() {
		return found
	}
	return append(found, Finding{
		Name: FindingRunningTooLong, Since: oldest.Add(limit),
		Text: "a backup is running since " + minute(oldest) + ", at most " + Span(limit) + " are expected",
	})
}

// stuck returns why the job at an index is stuck, in words for a person, and since when; "": it is not.
func (f *finder) stuck(i int) (text string, since time.Time) {
	job, still, read := &f.in.Jobs.Value[i], f.unmoved(i), f.in.Jobs.At
	stands := !still.IsZero() && read.Sub(still) >= stuckAfter
	switch job.State {
	case JobScheduled:
		if !job.StartedAt.IsZero() && read.Sub(job.StartedAt) > stuckAfter {
			return "a backup was scheduled for " + minute(job.StartedAt) + " and has not begun", job.StartedAt
		}
	case JobChecking, JobRunning:
		if job.Progress != nil && stands {
			return fmt.Sprintf("the running backup has stood at %.0f %% since %s", *job.Progress, minute(still)), still
		}
	case JobUnknown:
		const what = "a backup job has been in a state that nobody documented since "
		began := earlier(still, job.StartedAt)
		if f.finished(job) {
			break
		}
		if stands || (!job.StartedAt.IsZero() && read.Sub(job.StartedAt) > f.in.Objectives.MaxDuration) {
			return what + minute(began), began
		}
	case JobFinished, JobFailed:
	}
	return "", time.Time{}
}

// finished reports whether a list of backups shows that the attempt of a job is over.
func (f *finder) finished(job *Job) bool {
	for i := range f.in.Nodes {
		list := &f.in.Nodes[i].Backups
		for j := range list.Value.Backups {
			b := &list.Value.Backups[j]
			over := b.State == StateSuccess || b.State == StateFailed
			if over && list.Known(f.clock) && b.began().Sub(job.StartedAt).Abs() <= sameAttempt {
				return true
			}
		}
	}
	return false
}

// unmoved returns since when a job has been seen with the same state and progress; zero: not known.
func (f *finder) unmoved(i int) time.Time {
	if i >= len(f.in.JobsUnmoved) {
		return time.Time{}
	}
	return f.in.JobsUnmoved[i]
}
