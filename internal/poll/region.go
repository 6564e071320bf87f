package poll

import (
	"slices"
	"strings"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

type regionKey struct{ cloud, account, region string }

// region is what is known of one account in one region. The poller's mutex guards it.
type region struct {
	conf      Region
	opts      *Options // the poller's
	pool      *pool
	far       *pool // of those that reach far back
	abandoned bool  // replaced or closed: answers are dropped

	listing   cell[[]backup.Instance] // its value is the newest whole listing; listed has what counts
	listed    listed
	heard     bool                    // a whole listing was read since the start
	inhabited bool                    // a listing had an instance once
	leftOutAt time.Time               // when the cloud last said that it does not offer the region to the account; zero: it does
	shown     []backup.ListedInstance // the known instances as a snapshot shows them
	instances map[string]*instance    // by id
	sorted    []*instance             // the same, by id
	flights   map[*flight]struct{}

	demand    []backup.Demand // for each limit
	catchUp   catchUp         // the first reading of its policies
	stretched float64         // by how much the interval of the listing is stretched; below 1: not

	round      round         // the present or last round of work
	roundTook  time.Duration // how long the last finished round took
	answeredAt time.Time     // when the cloud last answered, be it with a refusal
	up         bool
	err        error               // why it is not up
	logged     map[topic]struct{}  // failures that were logged and have not ended
	collected  map[cause]*failures // failures that are to be logged
	wanted     map[string]bool     // ids of the instances to start when the listing in flight has ended; "": all of them
}

func newRegion(conf Region, opts *Options, workers *sync.WaitGroup) *region {
	r := &region{
		conf:      conf,
		opts:      opts,
		pool:      &pool{limit: max(1, conf.Concurrency), divided: true, workers: workers},
		far:       &pool{limit: olderAtOnce, workers: workers},
		instances: map[string]*instance{},
		flights:   map[*flight]struct{}{},
		round:     newRound(time.Time{}),
		logged:    map[topic]struct{}{},
		collected: map[cause]*failures{},
		wanted:    map[string]bool{},
	}
	for _, want := range conf.Instances {
		r.instances[want.ID] = newInstance(r.target(want.ID))
	}
	r.arrange()
	return r
}

func (c Region) key() regionKey { return regionKey{c.Cloud, c.Account, c.Region} }

func (r *region) key() regionKey { return r.conf.key() }

func (r *region) target(id string) backup.Target {
	return backup.Target{Cloud: r.conf.Cloud, Account: r.conf.Account, Region: r.conf.Region, InstanceID: id}
}

// inherit takes over what a former region of the same name knew. Questions that were in flight there or had failed are
// due at once.
func (r *region) inherit(old *region) {
	old.listing.retry()
	r.listing, r.listed, r.heard, r.inhabited, r.leftOutAt = old.listing, old.listed, old.heard, old.inhabited, old.leftOutAt
	r.roundTook, r.answeredAt, r.up, r.err, r.logged = old.roundTook, old.answeredAt, old.up, old.err, old.logged
	for _, in := range old.instances {
		for _, e := range in.entries {
			e.retry()
		}
	}
	r.adopt(old.instances)
}

// configure applies a changed configuration to a region that goes on.
func (r *region) configure(conf Region) {
	if conf.NotOffered == nil {
		r.leftOutAt = time.Time{} // the configuration names it now
	}
	r.conf = conf
	r.pool.resize(max(1, conf.Concurrency))
	known := r.instances
	r.instances = map[string]*instance{}
	for _, want := range conf.Instances {
		r.instances[want.ID] = newInstance(r.target(want.ID))
	}
	r.adopt(known)
}

// adopt takes over what is known of the instances that are still watched.
func (r *region) adopt(known map[string]*instance) {
	for id, in := range known {
		in.basis = nil // intervals may have changed
		if _, named := r.instances[id]; named || r.discovers(in.Instance) {
			r.instances[id] = in
		}
	}
	if r.hasListing() {
		r.watch()
		return
	}
	r.arrange()
}

// hasListing reports whether something is known of what the region lists: the first listing has ended, or the catalog knows
// an earlier one.
func (r *region) hasListing() bool {
	return !r.listing.reading.TriedAt.IsZero() || !r.listing.reading.At.IsZero()
}

// watch applies the listings: from now on the instances are those that the configuration names and those that discovery
// finds. All others are forgotten.
func (r *region) watch() {
	byID := make(map[string]backup.Instance, len(r.listed.instances))
	for _, in := range r.listed.instances {
		byID[in.InstanceID] = in
	}
	watched := make(map[string]*instance, len(byID))
	keep := func(id string) {
		in, ok := r.instances[id]
		if !ok {
			in = newInstance(r.target(id))
		}
		found, isListed := byID[id]
		if isListed {
			found.Target = r.target(id) // the account's name comes from the configuration, not from the cloud
			in.Instance, in.shards = found, shardsOf(found, in.shards)
			if found.NoBackup == "" {
				delete(r.logged, missing(in.Target))
			}
		}
		in.missing = !isListed && r.heard // a part of a listing lacks instances that are there, and an old one new ones
		if in.missing || in.NoBackup != "" {
			in.rest = rest{} // it fails as of this listing
		}
		watched[id] = in
	}
	for _, want := range r.conf.Instances {
		keep(want.ID)
	}
	for id, in := range byID {
		if r.discovers(in) {
			keep(id)
		}
	}
	r.instances = watched
	r.forgetFailures()
	r.arrange()
}

// shardsOf returns the shards of a listed instance. A cluster may lose some of those that are known, but never all: it is
// then the listing that lacks them.
func shardsOf(listed backup.Instance, known []string) []string {
	if listed.Topology == backup.TopologyShardedCluster && len(listed.Nodes) == 0 {
		return known
	}
	return listed.Nodes
}

// arrange applies the configuration to the instances, brings their nodes in line with their shards, and sorts the
// instances.
func (r *region) arrange() {
	r.sorted = make([]*instance, 0, len(r.instances))
	for _, in := range r.instances {
		in.objectives, in.Nodes = r.conf.Objectives, in.shards
		in.Owner = in.Tags[r.conf.OwnerTag] // no tag has an empty name
		in.restoreCheck, in.restores, in.policyFirst = r.conf.RestoreCheck, r.conf.Restores, r.conf.PolicyFirst
		r.sorted = append(r.sorted, in)
	}
	for _, want := range r.conf.Instances {
		in := r.instances[want.ID]
		in.objectives = want.Objectives
		if want.Nodes != nil {
			in.Nodes = want.Nodes
		}
	}
	for _, in := range r.sorted {
		in.arrange()
		in.recall(r.opts)
		in.planFor()
	}
	r.shown = r.show()
	slices.SortFunc(r.sorted, func(a, b *instance) int { return strings.Compare(a.InstanceID, b.InstanceID) })
}

// cancelFlights ends the work in flight and drops its answers.
func (r *region) cancelFlights() {
	r.abandoned = true
	for f := range r.flights {
		f.cancel()
	}
}
