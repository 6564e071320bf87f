package backup

import "time"

// sameAttempt is how far apart a backup and the job that made it may begin.
const sameAttempt = 5 * time.Minute

// failureReason returns why the newest attempt failed; "": it did not, or no job has a reason for it.
func (c *assessment) failureReason() string {
	if c.health.Last == nil {
		return ""
	}
	return c.reasonOf(c.health.Last)
}

// reasonOf returns why a backup failed: the reason of the failed job that began closest to it. Clouds do not link the two.
// "": it did not fail, or no job has a reason for it.
func (c *assessment) reasonOf(b *Backup) string {
	if b.State != StateFailed || !c.known.jobs {
		return ""
	}
	reason, closest := "", sameAttempt
	for _, job := range c.in.Jobs.Value {
		if job.State != JobFailed || job.Reason == "" || job.StartedAt.IsZero() {
			continue
		}
		if apart := job.StartedAt.Sub(b.began()).Abs(); apart <= closest {
			reason, closest = job.Reason, apart
		}
	}
	return reason
}
