package poll

import (
	"context"
	"fmt"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
)

// Where a list has nothing that is usable, the cloud is asked once how things were before it, and again from time to time:
// somebody may have deleted what was found.
const (
	olderThan     = 730 * 24 * time.Hour // longer than any cloud keeps automatic backups
	olderInterval = 24 * time.Hour
	olderRetry    = 15 * time.Minute // after a failure
	olderAtOnce   = 2                // questions of a region: their lists are long, and nothing else waits for them
	olderAwaited  = 20               // so many waiting questions of a region at most hold up a refresh
)

// older is the entry of the backups of one target that began before its list does.
type older struct {
	*cell[backup.Older]
	in *instance
	n  *node
}

// launch asks where the list has no usable backup.
func (e older) launch(ctx context.Context, p *Poller, r *region, in *instance) *flight {
	now := p.opts.Now()
	list := &e.n.backups.reading
	switch {
	case list.At.IsZero():
		return nil
	case !list.Value.LacksUsable(list.At, now.Round(0)):
		e.forget(p.opts.Catalog, now)
		return nil
	case e.n.lacking.IsZero():
		e.n.lacking = now
	}
	if e.flight != nil {
		return e.awaited(r, e.flight)
	}
	if !e.askedAt.IsZero() && now.Sub(e.askedAt) < e.wait() {
		return nil
	}
	source, of, began := r.conf.Source, in.Instance, now.Add(-p.opts.Lookback)
	return e.awaited(r, launch(ctx, p, r, e.cell, question[backup.Older]{
		scope: backup.ScopeBackups, in: in, far: true,
		ask: func(ctx context.Context) (backup.Older, error) {
			all, err := source.Backups(ctx, of, e.n.id, now.Add(-olderThan))
			if err != nil {
				return backup.Older{}, err
			}
			found := all.OlderThan(began, now)
			if n := all.Unread.Count; n > 0 && len(found.Backups) == 0 {
				return backup.Older{}, &backup.Error{
					Op: all.Op, Class: backup.ClassProtocol, Err: fmt.Errorf("%d of the listed records could not be read", n),
				}
			}
			return *found, nil
		},
		keep: func(to *catalog.Catalog) {
			found := e.reading.Value
			to.LearnOlder(of.Node(e.n.id), catalog.TimesOf(e.reading), &found)
		},
		learn: func(context.Context) []*flight {
			e.log(p, r)
			return nil
		},
	}))
}

// wait returns how long after a question the next is asked.
func (e older) wait() time.Duration {
	if e.reading.Err != nil {
		return olderRetry
	}
	return olderInterval
}

// dueIn implements entry. The list has a usable backup until the last one expires.
func (e older) dueIn(opts *Options, in *instance, now time.Time) time.Duration {
	list := &e.n.backups.reading
	if list.At.IsZero() {
		return forever
	}
	if until := list.Value.UsableUntil(list.At, now.Round(0)); !until.IsZero() {
		return until.Sub(now.Round(0))
	}
	return max(e.askedAt.Add(e.wait()).Sub(now), e.dueFor(in, opts, backup.ScopeBackups, now))
}

// forget drops what is known. When the list lacks a usable backup again, much may have changed.
func (e older) forget(known *catalog.Catalog, now time.Time) {
	e.n.lacking = time.Time{}
	if known != nil && !e.reading.At.IsZero() {
		known.LearnOlder(e.in.Node(e.n.id), catalog.Times{At: now}, nil)
	}
	if e.flight == nil {
		*e.cell = cell[backup.Older]{}
	}
}

// awaited returns the flight when a refresh is to wait for it: for a first answer that comes soon.
func (e older) awaited(r *region, f *flight) *flight {
	if !e.reading.TriedAt.IsZero() || r.far.backlog() > olderAwaited {
		return nil
	}
	return f
}

// log says once that older backups cannot be asked for.
func (e older) log(p *Poller, r *region) {
	const scope backup.Scope = "older backups"
	about := subject{e.in.Node(e.n.id), scope}
	t := topic{scope: scope, target: about.target}
	if e.reading.Err == nil {
		delete(r.logged, t)
		return
	}
	p.logOnce(r, t, about, e.reading.Err)
}

// fail implements entry. Where the list cannot be read, nobody needs older backups.
func (e older) fail(error, time.Time) {}

// shown returns what is known of older backups as a snapshot shows it; nil where nobody needs to know. A verdict waits for it
// for patience, unless the cloud refuses to tell.
func (e older) shown(patience time.Duration) *backup.Older {
	if e.n.lacking.IsZero() {
		return nil
	}
	known := e.reading.Value
	known.At, known.Err = e.reading.At, e.reading.Err
	if class := backup.ClassOf(e.reading.Err); class == "" || class.Retryable() {
		known.By = e.n.lacking.Add(patience).Round(0)
	}
	return &known
}
