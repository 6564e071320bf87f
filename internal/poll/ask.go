package poll

import (
	"context"
	"errors"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// startRegion starts what is due in a region, for the instance with the id only, or for all if only is empty. It returns
// all that is in flight there. Until the first listing has ended, instances wait for it, because it says which shards
// they have, unless the catalog knows.
func (p *Poller) startRegion(ctx context.Context, r *region, only string) []*flight {
	var flights []*flight
	if f := p.startListing(ctx, r); f != nil {
		flights = append(flights, f)
		r.wanted[only] = true
	}
	if !r.hasListing() || p.still.holds(p.opts.Now()) {
		return flights
	}
	return append(flights, p.startInstances(ctx, r, func(id string) bool { return only == "" || only == id })...)
}

// startListing starts the listing of a region if it is due. It returns the flight of the listing, or nil for none.
func (p *Poller) startListing(ctx context.Context, r *region) *flight {
	if r.rests(p.opts.Now()) {
		return nil
	}
	source := r.conf.Source
	var listing backup.Listing
	return launch(ctx, p, r, &r.listing, question[[]backup.Instance]{
		scope: backup.ScopeDiscovery, atMost: r.catchUp.interval(catchUpListing),
		ask: func(ctx context.Context) ([]backup.Instance, error) {
			found, err := source.Instances(ctx)
			if err != nil {
				return nil, err
			}
			listing = p.completed(r, found)
			return listing.Instances, listing.Err()
		},
		learn: func(ctx context.Context) []*flight { return p.learnListing(ctx, r, listing) },
	})
}

// learnListing applies a listing, and starts what is due for the instances that waited for it.
func (p *Poller) learnListing(ctx context.Context, r *region, listing backup.Listing) []*flight {
	err := r.listing.reading.Err
	if r.conf.LeavesOut(err) && !r.inhabited {
		p.learnLeftOut(r, err)
		return nil
	}
	r.leftOutAt = time.Time{}
	p.reckonedAt = time.Time{}
	p.learnOutcome(r, subject{r.target(""), backup.ScopeDiscovery}, err, false)
	switch {
	case err == nil:
		p.keepListing(r, listing)
		r.learnWhole(listing.Instances)
	case len(listing.Instances) > 0:
		p.keepListing(r, listing)
		r.learnPart(listing.Instances)
	}
	p.reckon(p.opts.Now()) // which says what comes first
	wanted := r.wanted
	r.wanted = map[string]bool{}
	if r.conf.OfRegions {
		return p.startFound(ctx, wanted)
	}
	return p.startInstances(ctx, r, func(id string) bool { return wanted[""] || wanted[id] })
}

// startInstances starts what is due for the wanted instances, and returns all that is in flight for them.
func (p *Poller) startInstances(ctx context.Context, r *region, wanted func(id string) bool) []*flight {
	r.pool.hold()
	defer r.pool.release()
	var flights []*flight
	for _, in := range r.sorted {
		switch {
		case !wanted(in.InstanceID):
		case in.missing:
			p.failWithoutAsking(r, in, notListed())
		case in.NoBackup != "":
			p.failWithoutAsking(r, in, noBackup(in.NoBackup))
		default:
			flights = append(flights, p.startInstance(ctx, r, in)...)
		}
	}
	return flights
}

// startInstance starts what is due for one instance, and returns all that is in flight for it.
func (p *Poller) startInstance(ctx context.Context, r *region, in *instance) []*flight {
	now := p.opts.Now()
	if in.rests(now) {
		return nil
	}
	in.rest = rest{}
	in.lookAhead(&p.opts, now)
	var flights []*flight
	for _, e := range in.entries {
		if f := e.launch(ctx, p, r, in); f != nil {
			flights = append(flights, f)
		}
	}
	if len(flights) == 0 && !in.busy() {
		in.beginRest(&p.opts, now)
	}
	return flights
}

// startFollowers starts the questions that an answer makes due.
func (p *Poller) startFollowers(ctx context.Context, r *region, in *instance, about subject) []*flight {
	switch about.scope {
	case backup.ScopePolicy:
		in.policies.learn(&in.policy.reading)
		return p.startOnPolicy(ctx, r, in)
	case backup.ScopeJobs:
		return p.startOnJobs(ctx, r, in)
	case backup.ScopeBackups:
		return append(p.startOlder(ctx, r, in, about), p.startIncrements(ctx, r, in, about)...)
	default:
	}
	return nil
}

// startOlder starts the question that a list without a usable backup makes due.
func (p *Poller) startOlder(ctx context.Context, r *region, in *instance, about subject) []*flight {
	for _, n := range in.nodes {
		if n.id != about.target.NodeID {
			continue
		}
		if f := (older{&n.older, in, n}).launch(ctx, p, r, in); f != nil {
			return []*flight{f}
		}
	}
	return nil
}

// startIncrements starts the question about what the list leaves out.
func (p *Poller) startIncrements(ctx context.Context, r *region, in *instance, about subject) []*flight {
	i := slices.IndexFunc(in.increments, func(e increments) bool { return e.n.id == about.target.NodeID })
	if i < 0 {
		return nil // the shard is gone
	}
	if f := in.increments[i].launch(ctx, p, r, in); f != nil {
		return []*flight{f}
	}
	return nil
}

// startOnPolicy starts the questions that a first policy makes due. Without it, they would wait for the next refresh.
func (p *Poller) startOnPolicy(ctx context.Context, r *region, in *instance) []*flight {
	var flights []*flight
	for _, e := range in.onPolicy {
		if e.asked() {
			continue
		}
		if f := e.launch(ctx, p, r, in); f != nil {
			flights = append(flights, f)
		}
	}
	return flights
}

// startOnJobs starts the question that waits for an answer about jobs.
func (p *Poller) startOnJobs(ctx context.Context, r *region, in *instance) []*flight {
	if f := (lastRestore{&in.lastRestore, in}).launch(ctx, p, r, in); f != nil {
		return []*flight{f}
	}
	return nil
}

// notListed is the error of an instance that the configuration names and the cloud does not list.
func notListed() *backup.Error {
	return &backup.Error{
		Op: backup.ScopeDiscovery.String(), Class: backup.ClassNotFound,
		Err:  errors.New("the cloud does not list this instance"),
		Hint: "check the instance id, the region and the account in the configuration, and that the account may list the instance",
	}
}

// noBackup is the error of an instance that the configuration names and the cloud makes no backups of.
func noBackup(why string) *backup.Error {
	return &backup.Error{
		Op: backup.ScopeDiscovery.String(), Class: backup.ClassBadRequest,
		Err:  errors.New(why),
		Hint: "remove the instance from the configuration, and look after its backups by other means",
	}
}

// failWithoutAsking fails every reading of an instance that the cloud cannot be asked about, as of the listing that says so. The
// instance rests until another listing says otherwise.
func (p *Poller) failWithoutAsking(r *region, in *instance, err error) {
	now := p.opts.Now()
	if in.rests(now) {
		return
	}
	about := subject{in.Target, backup.ScopeDiscovery}
	p.logOnce(r, missing(in.Target), about, err)
	for _, e := range in.entries {
		e.fail(err, r.listing.reading.At)
	}
	if !in.busy() {
		in.beginRestUnasked(&p.opts, now)
	}
}
