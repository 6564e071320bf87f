package poll

import (
	"context"
	"errors"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// startRegion starts what is due in a region and returns all that is in flight there. As long as no listing has ended,
// instances wait for it: it says which shards they have.
func (p *Poller) startRegion(ctx context.Context, r *region, only string) []*flight {
	var flights []*flight
	var found []backup.Instance
	f := launch(ctx, p, r, &r.listing, question[[]backup.Instance]{
		interval: p.opts.DiscoveryInterval,
		ask: func(ctx context.Context) (_ []backup.Instance, err error) {
			found, err = r.conf.Source.Instances(ctx)
			return found, err
		},
		learn: func(ctx context.Context) []*flight {
			p.heard(r, subject{r.target(""), "discovery"}, r.listing.reading.Err)
			if r.listing.reading.Err != nil && len(found) > 0 { // a part: nobody is forgotten
				r.listing.reading.Value = merge(r.listing.reading.Value, found)
			}
			if r.listing.reading.Err == nil || len(found) > 0 {
				r.watch(r.listing.reading.Value)
			}
			wanted := r.wanted
			r.wanted = map[string]bool{}
			return p.startInstances(ctx, r, func(id string) bool { return wanted[""] || wanted[id] })
		},
	})
	if f != nil {
		flights = append(flights, f)
		r.wanted[only] = true
	}
	if r.listing.reading.TriedAt.IsZero() {
		return flights
	}
	return append(flights, p.startInstances(ctx, r, func(id string) bool { return only == "" || only == id })...)
}

// merge returns what is known of the instances in either list; of those in both, what the newer says.
func merge(older, newer []backup.Instance) []backup.Instance {
	merged := slices.Clone(newer)
	for _, in := range older {
		if !slices.ContainsFunc(newer, func(n backup.Instance) bool { return n.InstanceID == in.InstanceID }) {
			merged = append(merged, in)
		}
	}
	return merged
}

func (p *Poller) startInstances(ctx context.Context, r *region, wanted func(id string) bool) []*flight {
	var flights []*flight
	for _, in := range r.sorted {
		switch {
		case !wanted(in.InstanceID):
		case in.missing:
			p.markMissing(r, in)
		default:
			flights = append(flights, p.startInstance(ctx, r, in)...)
		}
	}
	return flights
}

// startInstance starts what is due for one instance: each shard and each scope on its own.
func (p *Poller) startInstance(ctx context.Context, r *region, in *instance) []*flight {
	source, asked := r.conf.Source, in.Instance
	var flights []*flight
	add := func(f *flight) {
		if f != nil {
			flights = append(flights, f)
		}
	}
	for _, n := range in.nodes {
		c := &n.backups
		add(launch(ctx, p, r, c, question[backup.List]{
			interval: p.opts.BackupsInterval,
			ask: func(ctx context.Context) (backup.List, error) {
				return source.Backups(ctx, asked, n.id, p.since())
			},
			learn: hearing(p, r, subject{in.Node(n.id), "backups"}, c),
		}))
	}
	add(launch(ctx, p, r, &in.jobs, question[[]backup.Job]{
		interval: p.opts.JobsInterval,
		optional: true,
		ask:      func(ctx context.Context) ([]backup.Job, error) { return source.Jobs(ctx, asked) },
		learn:    hearing(p, r, subject{in.Target, "jobs"}, &in.jobs),
	}))
	add(launch(ctx, p, r, &in.policy, question[backup.Policy]{
		interval: p.opts.PolicyInterval,
		ask:      func(ctx context.Context) (backup.Policy, error) { return source.Policy(ctx, asked) },
		learn:    hearing(p, r, subject{in.Target, "policy"}, &in.policy),
	}))
	add(launch(ctx, p, r, &in.recovery, question[backup.Window]{
		interval: p.opts.RecoveryInterval,
		optional: true,
		ask:      func(ctx context.Context) (backup.Window, error) { return source.Recovery(ctx, asked) },
		learn:    hearing(p, r, subject{in.Target, "recovery"}, &in.recovery),
	}))
	return flights
}

// since is the oldest start of a backup that is of interest.
func (p *Poller) since() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opts.Now().Add(-p.opts.Lookback)
}

// markMissing gives every reading of an instance that the cloud does not list the error that says so, without asking.
func (p *Poller) markMissing(r *region, in *instance) {
	err := &backup.Error{
		Op: "discovery", Class: backup.ClassNotFound,
		Err:  errors.New("the cloud does not list this instance"),
		Hint: "check the instance id, the region and the account in the configuration, and that the account may list the instance",
	}
	now := p.opts.Now()
	p.tellOnce(r, missing(in.Target), subject{in.Target, "discovery"}, err)
	in.jobs.fail(err, now)
	in.policy.fail(err, now)
	in.recovery.fail(err, now)
	for _, n := range in.nodes {
		n.backups.fail(err, now)
	}
}

// fail records a failure that needed no question.
func (c *cell[T]) fail(err error, now time.Time) {
	c.reading.TriedAt, c.reading.Err = now, err
}
