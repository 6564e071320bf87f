package poll

import (
	"context"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
)

// increments is the entry of the incremental backups that the list of one target leaves out. They are details: the target
// is shown without them while they are not known, and a list that is slow holds up no other question. The provider logs
// why they cannot be listed.
type increments struct {
	*cell[backup.List]
	in *instance
	n  *node
}

// launch asks where the policy makes incremental backups, once the list that they are left out of could be read: what
// keeps that from being read concerns them too.
func (e increments) launch(ctx context.Context, p *Poller, r *region, in *instance) *flight {
	if full := &e.n.backups; !e.wanted() || full.flight != nil || full.reading.At.IsZero() || full.reading.Err != nil {
		return e.flight
	}
	source, of, since := r.conf.Source, in.Instance, p.opts.Now().Add(-p.opts.Lookback)
	return launch(ctx, p, r, e.cell, question[backup.List]{
		scope: backup.ScopeBackups, in: in, aside: true,
		ask: func(ctx context.Context) (backup.List, error) {
			return source.Increments(ctx, of, e.n.id, since)
		},
		keep: func(to *catalog.Catalog) {
			if e.reading.NotOffered || len(e.reading.Value.Asked) == 0 {
				return
			}
			to.LearnIncrements(of.Node(e.n.id), catalog.TimesOf(e.reading), e.reading.Value)
		},
		learn: func(context.Context) []*flight { return nil },
	})
}

// fail implements entry. What is left out of a list that cannot be read is not missed.
func (e increments) fail(error, time.Time) {}

func (e increments) wanted() bool {
	on := e.in.policy.reading.Value.LogBackup
	return on != nil && *on
}

// joined returns the reading of the target's backups, with the incremental ones where they are known.
func (e increments) joined(now time.Time) backup.Reading[backup.List] {
	r := e.n.backups.reading
	more := e.reading
	if slices.Contains(r.Value.Asked, backup.KindIncremental) { // the catalog has them in the list
		return r
	}
	if !e.wanted() || r.At.IsZero() || more.NotOffered || len(more.Value.Asked) == 0 || !more.Known(now) {
		return r
	}
	r.Value.Asked = slices.Concat(r.Value.Asked, more.Value.Asked)
	r.Value.Backups = slices.Concat(r.Value.Backups, more.Value.Backups)
	r.Value = r.Value.Since(time.Time{})
	return r
}
