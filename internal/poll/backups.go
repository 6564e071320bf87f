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

// A list that fits in a page is read whole each time. Of a longer one only the end is read, and the rest is as it was until a
// whole list is due.
const (
	fitsInPage = 100
	overlap    = time.Hour // clouds may list a backup that began before the newest one later than that
)

// readFrom returns from when on a list is to be read to which the rest is known; zero: all of it.
func (e backupList) readFrom(now time.Time, opts *Options) time.Time {
	known := &e.reading
	long := len(known.Value.Backups) > fitsInPage
	if !long || known.Err != nil || !known.Known(now) || e.n.wholeAt.IsZero() || now.Sub(e.n.wholeAt) >= opts.FullReadInterval {
		return time.Time{}
	}
	from := known.Value.News()
	if from.IsZero() {
		return from
	}
	return from.Add(-overlap)
}

// launch asks for the list.
func (e backupList) launch(ctx context.Context, p *Poller, r *region, in *instance) *flight {
	at := p.opts.Now()
	if !e.due(at, in.interval(&p.opts, backup.ScopeBackups, in.idle(at) && !e.useless(at))) {
		return e.flight
	}
	node, now, doubts := e.n.id, p.opts.Now, &e.n.doubts
	known, from := e.reading.Value, e.readFrom(now(), &p.opts)
	if from.IsZero() {
		e.n.wholeAt = now() // if it fails, the next one is whole too
	}
	var since time.Time
	ask := func(ctx context.Context, c call) (backup.List, error) {
		asked := now()
		since = c.since
		begin := c.since
		if from.After(begin) {
			begin = from
		}
		list, err := c.Backups(ctx, c.in, node, begin)
		if err == nil && begin.After(c.since) && list.Op != known.Op { // the end of another list does not continue this one
			begin = c.since
			list, err = c.Backups(ctx, c.in, node, begin)
		}
		if err != nil {
			return list, err
		}
		err = list.Err(doubts.since(list.Unread.Undated, asked.Round(0)))
		if begin.After(c.since) {
			list = list.After(known, from, c.since)
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

func (e backupList) dueIn(opts *Options, in *instance, now time.Time) time.Duration {
	return e.dueFor(in, opts, backup.ScopeBackups, now)
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
