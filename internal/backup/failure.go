package backup

import "time"

// sameAttempt is how far apart a backup and the job that made it may begin.
const sameAttempt = 5 * time.Minute

// failureReason returns why the newest attempt failed: the reason of the failed job that began closest to it. Clouds do
// not link the two. It returns "" when the newest attempt did not fail, or when no job has a reason for it.
func (c *assessment) failureReason() string {
	last := c.health.Last
	if last == nil || last.State != StateFailed || !c.known.jobs {
		return ""
	}
	reason, closest := "", sameAttempt
	for _, job := range c.in.Jobs.Value {
		if job.State != JobFailed || job.Reason == "" || job.StartedAt.IsZero() {
			continue
		}
		if apart := job.StartedAt.Sub(last.began()).Abs(); apart <= closest {
			reason, closest = job.Reason, apart
		}
	}
	return reason
}
