package poll

import (
	"context"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
)

// backupList is the entry of one target's list of backups.
type backupList struct {
	*cell[backup.List]
	in *instance
	n  *node
}

// launch asks for the list.
func (e backupList) launch(ctx context.Context, p *Poller, r *region, in *instance) *flight {
	if !e.due(p.opts.Now(), p.opts.interval(backup.ScopeBackups, in.idle(p.opts.Now()))) {
		return e.flight
	}
	node, now, doubts := e.n.id, p.opts.Now, &e.n.doubts
	var since time.Time
	ask := func(ctx context.Context, c call) (backup.List, error) {
		asked := now()
		since = c.since
		list, err := c.Backups(ctx, c.in, node, c.since)
		if err == nil {
			err = list.Err(doubts.since(list.Unread.Undated, asked.Round(0)))
		}
		return list, err
	}
	keep := func(to *catalog.Catalog, t backup.Target, times catalog.Times, _ backup.List) {
		list := increments{&e.n.increments, in, e.n}.joined(now()).Value
		to.LearnBackups(t, catalog.Backups{Times: times, List: list, Since: since})
	}
	question := entryOf[backup.List]{e.cell, subject{e.in.Node(node), backup.ScopeBackups}, ask, keep}
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
