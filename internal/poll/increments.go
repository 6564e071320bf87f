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

// Some clouds list incremental backups for one instance at a time, and make one every few minutes. Such lists are details, and
// take what other questions leave of a rate limit.
const (
	incrementsEvery = 10 * time.Minute // how often one is read at most
	incrementsLast  = 6 * time.Hour    // how often it is read at least: further back nobody may list them
	incrementsShare = 0.9              // how much of a rate is given away
)

// interval returns how often the list is read. A source that could not list them says when it is worth another try.
func (e increments) interval(opts *Options, idle bool) time.Duration {
	every := e.in.interval(opts, backup.ScopeBackups, idle)
	switch {
	case len(e.reading.Value.Asked) == 0:
		return every
	case idle:
		return max(every, incrementsEvery, e.in.incrementsEvery)
	default:
		return max(every, incrementsEvery)
	}
}

// launch asks where the policy makes incremental backups, once the list that they are left out of could be read: what
// keeps that from being read concerns them too.
func (e increments) launch(ctx context.Context, p *Poller, r *region, in *instance) *flight {
	if full := &e.n.backups; !e.wanted() || full.flight != nil || full.reading.At.IsZero() || full.reading.Err != nil {
		return e.flight
	}
	source, of, since := r.conf.Source, in.Instance, p.opts.Now().Add(-p.opts.Lookback)
	return launch(ctx, p, r, e.cell, question[backup.List]{
		scope: backup.ScopeBackups, in: in, aside: true, atMost: e.interval(&p.opts, in.idle(p.opts.Now())),
		ask: func(ctx context.Context) (backup.List, error) {
			return source.Increments(ctx, of, e.n.id, since)
		},
		keep: func(to *catalog.Catalog) {
			if e.reading.NotOffered || len(e.reading.Value.Asked) == 0 {
				return
			}
			to.LearnIncrements(of.Node(e.n.id), catalog.TimesOf(e.reading), e.reading.Value)
		},
		learn: func(context.Context) []*flight {
			e.keepFor(e.interval(&p.opts, in.idle(p.opts.Now())) + p.opts.StaleAfter) // what was read says when it is read again
			return nil
		},
	})
}

// dueIn implements entry. What is joined with the other list is shown until it is too old.
func (e increments) dueIn(opts *Options, in *instance, now time.Time) time.Duration {
	if !e.wanted() {
		return forever
	}
	turns := e.turnsIn(now)
	if e.n.backups.reading.At.IsZero() || e.n.backups.reading.Err != nil {
		return turns
	}
	return min(turns, e.cell.dueIn(now, max(e.interval(opts, in.idle(now)), in.interval(opts, backup.ScopeBackups, in.idle(now) && !e.useless(now)))))
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

// addIncrements adds what the lists of incremental backups of an instance cost at least.
func (t *tally) addIncrements(in *instance, idle bool) {
	for _, e := range in.increments {
		if !e.wanted() || len(e.reading.Value.Asked) == 0 {
			continue
		}
		n := calls{perSecond: 1 / incrementsEvery.Seconds(), once: 1}
		if idle {
			n = calls{perSecond: 1 / incrementsLast.Seconds(), once: 1, lists: 1}
		}
		for _, c := range t.r.conf.Costs(backup.ScopeBackups, in.Instance, t.fleet) {
			t.sum(c.Operation, n)
		}
	}
}

// leave gives what the demand leaves of a rate to the lists of incremental backups, and reports whether any may be due sooner.
func (r *region) leave(asked map[limit]calls) (sooner bool) {
	if !r.limits() {
		return false
	}
	for of, n := range asked {
		if of.budget != r.conf.Budget || n.lists == 0 {
			continue
		}
		others := n.perSecond - float64(n.lists)/incrementsLast.Seconds()
		every := leftOver(n.lists, incrementsShare*r.conf.Budget.Configured()-others)
		for _, in := range r.sorted {
			if every < in.incrementsEvery {
				in.rest, sooner = rest{}, true
			}
			in.incrementsEvery = every
		}
	}
	return sooner
}

// leftOver returns how often the lists of incremental backups of idle instances are read, where other questions leave so many
// calls a second.
func leftOver(lists int, perSecond float64) time.Duration {
	if lists == 0 {
		return 0
	}
	if perSecond <= float64(lists)/incrementsLast.Seconds() {
		return incrementsLast
	}
	return max(incrementsEvery, time.Duration(float64(lists)/perSecond*float64(time.Second)))
}
