package poll

import (
	"context"
	"errors"
	"slices"

	"mongodb_backup_exporter/internal/backup"
)

// startRegion starts what is due in a region, for the instance with the id only, or for all if only is empty. It returns
// all that is in flight there. Until the first listing has ended, instances wait for it, because it says which shards
// they have.
func (p *Poller) startRegion(ctx context.Context, r *region, only string) []*flight {
	var flights []*flight
	if f := p.startListing(ctx, r); f != nil {
		flights = append(flights, f)
		r.wanted[only] = true
	}
	if r.listing.reading.TriedAt.IsZero() {
		return flights
	}
	return append(flights, p.startInstances(ctx, r, func(id string) bool { return only == "" || only == id })...)
}

// startListing starts the listing of a region if it is due. It returns the flight of the listing, or nil for none.
func (p *Poller) startListing(ctx context.Context, r *region) *flight {
	source := r.conf.Source
	var found []backup.Instance
	return launch(ctx, p, r, &r.listing, question[[]backup.Instance]{
		scope: backup.ScopeDiscovery,
		ask: func(ctx context.Context) ([]backup.Instance, error) {
			listing, err := source.Instances(ctx)
			if err != nil {
				return nil, err
			}
			found = listing.Instances
			return found, listing.Err()
		},
		learn: func(ctx context.Context) []*flight { return p.learnListing(ctx, r, found) },
	})
}

// learnListing applies a listing, and starts what is due for the instances that waited for it. An incomplete listing
// adds and updates instances, and forgets none.
func (p *Poller) learnListing(ctx context.Context, r *region, found []backup.Instance) []*flight {
	listing := &r.listing.reading
	p.learnOutcome(r, subject{r.target(""), backup.ScopeDiscovery}, listing.Err, false)
	if listing.Err != nil {
		listing.Value = merge(listing.Value, found)
	}
	if listing.Err == nil || len(found) > 0 {
		r.watch(listing.Value)
	}
	wanted := r.wanted
	r.wanted = map[string]bool{}
	return p.startInstances(ctx, r, func(id string) bool { return wanted[""] || wanted[id] })
}

// merge returns the instances of both lists. An instance in both is taken from the newer one.
func merge(older, newer []backup.Instance) []backup.Instance {
	ids := make(map[string]bool, len(newer))
	for _, in := range newer {
		ids[in.InstanceID] = true
	}
	merged := slices.Clone(newer)
	for _, in := range older {
		if !ids[in.InstanceID] {
			merged = append(merged, in)
		}
	}
	return merged
}

// startInstances starts what is due for the wanted instances, and returns all that is in flight for them.
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

// startInstance starts what is due for one instance, and returns all that is in flight for it.
func (p *Poller) startInstance(ctx context.Context, r *region, in *instance) []*flight {
	var flights []*flight
	for _, e := range in.entries {
		if f := e.launch(ctx, p, r, in); f != nil {
			flights = append(flights, f)
		}
	}
	return flights
}

// markMissing fails every reading of an instance that the cloud does not list, without asking.
func (p *Poller) markMissing(r *region, in *instance) {
	about := subject{in.Target, backup.ScopeDiscovery}
	err := &backup.Error{
		Op: about.scope.String(), Class: backup.ClassNotFound,
		Err:  errors.New("the cloud does not list this instance"),
		Hint: "check the instance id, the region and the account in the configuration, and that the account may list the instance",
	}
	p.logOnce(r, missing(in.Target), about, err)
	now := p.opts.Now()
	for _, e := range in.entries {
		e.fail(err, now)
	}
}
