package poll

import (
	"context"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// How often a target's newest backup is checked, and how soon again after a failure. What the
// cloud says of a backup hardly changes, so more calls would tell nothing new.
const (
	checkInterval   = 24 * time.Hour
	checkRetryAfter = time.Hour
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
	newest := backup.BackupToCheck(list, p.opts.Now())
	if !e.wanted() || newest == nil || e.failedRecently(p.opts.Now()) {
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
	question := entryOf[backup.RestoreChecks]{e.cell, subject{e.in.Node(e.n.id), backup.ScopeRestoreCheck}, ask}
	return question.launch(ctx, p, r, in)
}

// fail implements entry. Without a list of backups there is nothing to check, and no failure.
func (e restoreCheck) fail(error, time.Time) {}

func (e restoreCheck) wanted() bool { return e.in.restoreCheck && e.n.id == "" }

func (e restoreCheck) failedRecently(now time.Time) bool {
	return e.reading.Err != nil && now.Sub(e.askedAt) < checkRetryAfter
}

// shown returns the reading as a snapshot shows it: nothing where nobody asks for checks any more.
func (e restoreCheck) shown() backup.Reading[backup.RestoreChecks] {
	if !e.wanted() {
		return backup.Reading[backup.RestoreChecks]{}
	}
	return e.reading
}
