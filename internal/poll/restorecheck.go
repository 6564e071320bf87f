package poll

import (
	"context"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
)

// How often a target's newest backup is checked, and how soon again after a failure. What the
// cloud says of a backup hardly changes, so more calls would tell nothing new.
const (
	checkInterval   = 24 * time.Hour
	checkRetryAfter = time.Hour
	// Where a list of restores is shared, many instances fail with one call that failed.
	restoresRetryAfter = 5 * time.Minute
)

// restoreCheck is the entry of one target's checks. Shards have none: the cloud checks instances as a whole.
type restoreCheck struct {
	*cell[backup.RestoreChecks]
	in *instance
	n  *node
}

// launch asks about the backup that is the newest usable one now.
func (e restoreCheck) launch(ctx context.Context, p *Poller, r *region, in *instance) *flight {
	list := e.n.backups.reading
	newest := backup.ToCheck(list, p.opts.Now())
	if !e.wanted() || newest == nil || e.failedRecently(p.opts.Now(), checkRetryAfter) {
		return e.flight
	}
	id, before := newest.ID, e.reading.Value
	ask := func(ctx context.Context, c call) (backup.RestoreChecks, error) {
		check, err := c.CheckRestore(ctx, c.in, id)
		if err != nil {
			return before, err
		}
		return before.With(check, list.Value), nil
	}
	question := entryOf[backup.RestoreChecks]{e.cell, subject{e.in.Node(e.n.id), backup.ScopeRestoreCheck}, ask, (*catalog.Catalog).LearnRestoreChecks}
	return question.launch(ctx, p, r, in)
}

func (e restoreCheck) dueIn(opts *Options, in *instance, now time.Time) time.Duration {
	if !e.wanted() || backup.ToCheck(e.n.backups.reading, now) == nil {
		return forever
	}
	return max(e.retriesIn(now, checkRetryAfter), e.dueFor(in, opts, backup.ScopeRestoreCheck, now))
}

// fail implements entry. Without a list of backups there is nothing to check, and no failure.
func (e restoreCheck) fail(error, time.Time) {}

func (e restoreCheck) wanted() bool { return e.in.restoreCheck && e.n.id == "" }

// failedRecently reports whether the newest question failed too recently to put it again.
func (c *cell[T]) failedRecently(now time.Time, retryAfter time.Duration) bool {
	return c.reading.Err != nil && now.Sub(c.askedAt) < retryAfter
}

// retriesIn returns how long it takes until a question that failed may be put again; 0: it did not fail.
func (c *cell[T]) retriesIn(now time.Time, retryAfter time.Duration) time.Duration {
	if c.reading.Err == nil {
		return 0
	}
	return retryAfter - now.Sub(c.askedAt)
}

// shown returns the reading as a snapshot shows it: nothing where nobody asks for checks any more.
func (e restoreCheck) shown() backup.Reading[backup.RestoreChecks] {
	if !e.wanted() {
		return backup.Reading[backup.RestoreChecks]{}
	}
	return e.reading
}

// lastRestore is the entry of the newest restore of an instance's backups.
type lastRestore struct {
	*cell[time.Time]
	in *instance
}

// launch asks for the newest restore, once the cloud has answered about the jobs: a cloud may have both in one list, and
// while it hangs, one question that waits for it is enough. An earlier restore stays in the reading when the cloud does not
// tell of it any more.
func (e lastRestore) launch(ctx context.Context, p *Poller, r *region, in *instance) *flight {
	if !e.in.restores || e.in.jobs.hangs() {
		return e.flight
	}
	if e.failedRecently(p.opts.Now(), e.retryAfter()) {
		return e.flight
	}
	before := e.reading.Value
	ask := func(ctx context.Context, c call) (time.Time, error) {
		at, err := c.LastRestore(ctx, c.in)
		if err != nil || at.Before(before) {
			return before, err
		}
		return at, nil
	}
	question := entryOf[time.Time]{e.cell, subject{e.in.Target, backup.ScopeRestores}, ask, (*catalog.Catalog).LearnLastRestore}
	return question.launch(ctx, p, r, in)
}

// retryAfter returns how long after a failure the question is put again.
func (e lastRestore) retryAfter() time.Duration {
	if backup.ClassOf(e.reading.Err).Retryable() {
		return restoresRetryAfter
	}
	return checkRetryAfter
}

func (e lastRestore) dueIn(opts *Options, in *instance, now time.Time) time.Duration {
	if !e.in.restores || e.in.jobs.hangs() {
		return forever
	}
	return max(e.retriesIn(now, e.retryAfter()), e.dueFor(in, opts, backup.ScopeRestores, now))
}

// hangs reports whether the newest question has no answer, or none of the cloud's.
func (c *cell[T]) hangs() bool {
	return c.flight != nil || c.reading.TriedAt.IsZero() || backup.ClassOf(c.reading.Err).Retryable()
}

// fail implements entry. That the instance cannot be asked about says nothing about restores.
func (e lastRestore) fail(error, time.Time) {}
