package poll

import (
	"context"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Where a list has nothing that is usable, the cloud is asked once how things were before it, and again from time to time:
// somebody may have deleted what was found.
const (
	olderThan     = 730 * 24 * time.Hour // longer than any cloud keeps automatic backups
	olderInterval = 24 * time.Hour
	olderRetry    = 5 * time.Minute // after a failure
	olderShare    = 2               // of the time that is left for the question, one in so many may be spent on it
)

// backupList is the entry of one target's list of backups.
type backupList struct {
	*cell[backup.List]
	in *instance
	n  *node
}

// launch asks for the list, and for older backups where it has none that is usable.
func (e backupList) launch(ctx context.Context, p *Poller, r *region, in *instance) *flight {
	if !e.due(p.opts.Now(), p.opts.interval(backup.ScopeBackups)) {
		return e.flight
	}
	node, before, now, doubts := e.n.id, e.reading.Value.Older, p.opts.Now, &e.n.doubts
	ask := func(ctx context.Context, c call) (backup.List, error) {
		asked := now()
		list, err := c.Backups(ctx, c.in, node, c.since)
		if err == nil {
			err = list.Err(doubts.since(list.Unread.Undated, asked.Round(0)))
		}
		if err != nil {
			return list, err
		}
		if asked := now(); list.LacksUsable(asked.Round(0), asked.Round(0)) {
			list.Older = before
			if olderIsDue(before, asked) {
				list.Older = lookBack(ctx, c, node, before, now)
			}
		}
		return list, nil
	}
	question := entryOf[backup.List]{e.cell, subject{e.in.Node(node), backup.ScopeBackups}, ask}
	return question.launch(ctx, p, r, in)
}

// doubts is how many records of a target's list may be failures and do not say when. No cloud documents the order of its
// list. But as long as they do not get more, they are the ones that were there before.
type doubts struct {
	mu      sync.Mutex // a question that was given up may still be under way
	records int
	first   time.Time // when there were as many for the first time; zero: there are none
}

// since returns from when on there have been as many such records as now.
func (d *doubts) since(records int, now time.Time) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case records == 0:
		d.first = time.Time{}
	case records > d.records || d.first.IsZero():
		d.first = now
	}
	d.records = records
	return d.first
}

// olderIsDue reports whether it is time to ask for older backups.
func olderIsDue(known *backup.Older, now time.Time) bool {
	if known == nil {
		return true
	}
	wait := olderInterval
	if known.Err != nil {
		wait = olderRetry
	}
	return now.Sub(known.TriedAt).Abs() >= wait
}

// lookBack asks for older backups. When that fails, what is known stays.
func lookBack(ctx context.Context, c call, node string, known *backup.Older, now func() time.Time) *backup.Older {
	asked := now()
	if deadline, ok := ctx.Deadline(); ok {
		limited, stop := context.WithTimeout(ctx, time.Until(deadline)/olderShare)
		defer stop()
		ctx = limited
	}
	list, err := c.Backups(ctx, c.in, node, asked.Add(-olderThan))
	if err == nil {
		return list.OlderThan(c.since, asked)
	}
	failed := &backup.Older{TriedAt: asked.Round(0), Err: err}
	if known != nil {
		failed.At, failed.Backups = known.At, known.Backups
	}
	return failed
}
