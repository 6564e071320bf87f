package poll

import (
	"maps"
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
	pool      *pool
	abandoned bool // replaced or closed: answers are no longer wanted

	listing   cell[[]backup.Instance]
	instances map[string]*instance // by id
	sorted    []*instance          // the same, by id
	flights   map[*flight]struct{}

	round      round         // the present or last round of work
	took       time.Duration // how long the last finished round took
	answeredAt time.Time     // when the cloud last gave a considered answer
	up         bool
	err        error              // why it is not up
	told       map[topic]struct{} // failures that stand in the log
	wanted     map[string]bool    // ids of the instances that wait for the listing in flight; "": all of them
}

// instance is what is known of one instance.
type instance struct {
	backup.Instance
	objectives backup.Objectives
	shards     []string // as the cloud lists them; the configuration may name others
	missing    bool     // the cloud does not list it although the configuration names it

	jobs     cell[[]backup.Job]
	policy   cell[backup.Policy]
	recovery cell[backup.Window]
	nodes    []*node // by id; never empty
}

// node is what is known of one target of an instance.
type node struct {
	id      string
	backups cell[backup.List]
}

func newRegion(conf Region, workers *sync.WaitGroup) *region {
	r := &region{
		conf:      conf,
		pool:      &pool{limit: max(1, conf.Concurrency), workers: workers},
		instances: map[string]*instance{},
		flights:   map[*flight]struct{}{},
		round:     newRound(time.Time{}),
		told:      map[topic]struct{}{},
		wanted:    map[string]bool{},
	}
	for _, want := range conf.Instances {
		r.instances[want.ID] = newInstance(r.target(want.ID))
	}
	r.arrange()
	return r
}

func newInstance(t backup.Target) *instance {
	return &instance{Instance: backup.Instance{Target: t}}
}

func (r *region) key() regionKey {
	return regionKey{r.conf.Cloud, r.conf.Account, r.conf.Region}
}

func (r *region) target(id string) backup.Target {
	return backup.Target{Cloud: r.conf.Cloud, Account: r.conf.Account, Region: r.conf.Region, InstanceID: id}
}

// inherit takes over what a former region of the same name knew. What was in flight there or
// had failed is due again.
func (r *region) inherit(old *region) {
	old.listing.renew()
	r.listing = old.listing
	r.took, r.answeredAt, r.up, r.err, r.told = old.took, old.answeredAt, old.up, old.err, old.told
	for id, in := range old.instances {
		in.renew()
		if _, named := r.instances[id]; named || r.discovers(in.Instance) {
			r.instances[id] = in
		}
	}
	if !r.listing.reading.At.IsZero() {
		r.watch(r.listing.reading.Value)
		return
	}
	r.arrange()
}

// renew makes due again what is in flight or failed.
func (in *instance) renew() {
	in.jobs.renew()
	in.policy.renew()
	in.recovery.renew()
	for _, n := range in.nodes {
		n.backups.renew()
	}
}

// watch makes the set of instances that follows from a listing: those that the configuration names, and those that
// discovery finds. All others are forgotten.
func (r *region) watch(listed []backup.Instance) {
	byID := make(map[string]backup.Instance, len(listed))
	for _, in := range listed {
		byID[in.InstanceID] = in
	}
	watched := make(map[string]*instance, len(listed))
	keep := func(id string) {
		in, ok := r.instances[id]
		if !ok {
			in = newInstance(r.target(id))
		}
		found, isListed := byID[id]
		if isListed {
			found.Target = r.target(id) // the account is ours, not the cloud's
			in.Instance, in.shards = found, found.Nodes
			delete(r.told, missing(in.Target))
		}
		in.missing = !isListed
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
	maps.DeleteFunc(r.told, func(t topic, _ struct{}) bool {
		return t.target.InstanceID != "" && watched[t.target.InstanceID] == nil
	})
	r.arrange()
}

// discovers reports whether discovery is to watch the instance.
func (r *region) discovers(in backup.Instance) bool {
	if !r.conf.Discover || slices.Contains(r.conf.Exclude, in.InstanceID) {
		return false
	}
	for key, value := range r.conf.Tags {
		if got, ok := in.Tags[key]; !ok || got != value {
			return false
		}
	}
	return true
}

// arrange applies the configuration to the instances, brings their nodes in line with their shards, and sorts them.
func (r *region) arrange() {
	r.sorted = make([]*instance, 0, len(r.instances))
	for _, in := range r.instances {
		in.objectives, in.Nodes = r.conf.Objectives, in.shards
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
		in.arrangeNodes()
	}
	slices.SortFunc(r.sorted, func(a, b *instance) int { return strings.Compare(a.InstanceID, b.InstanceID) })
}

func (in *instance) arrangeNodes() {
	former := in.nodes
	in.nodes = nil
	for _, t := range in.Targets() {
		i := slices.IndexFunc(former, func(n *node) bool { return n.id == t.NodeID })
		if i < 0 {
			in.nodes = append(in.nodes, &node{id: t.NodeID})
			continue
		}
		in.nodes = append(in.nodes, former[i])
	}
	slices.SortFunc(in.nodes, func(a, b *node) int { return strings.Compare(a.id, b.id) })
}

// unmonitored counts the listed instances that nobody decided about.
func (r *region) unmonitored() int {
	n := 0
	for _, in := range r.listing.reading.Value {
		_, watched := r.instances[in.InstanceID]
		if !watched && !slices.Contains(r.conf.Exclude, in.InstanceID) {
			n++
		}
	}
	return n
}

// missing is the topic of an instance that the cloud does not list.
func missing(t backup.Target) topic { return topic{scope: "discovery", target: t, missing: true} }

// took notes that a flight has begun. Where something hangs all the time, a round ends with the round timeout.
func (p *Poller) took(r *region, f *flight) {
	now := p.opts.Now()
	switch {
	case len(r.flights) == 0:
		r.round = newRound(now)
	case now.Sub(r.round.at) > p.opts.RoundTimeout:
		p.endRound(r)
		r.round = newRound(now)
	}
	r.flights[f] = struct{}{}
}

// landed notes that a flight has ended.
func (p *Poller) landed(r *region, f *flight) {
	delete(r.flights, f)
	if len(r.flights) == 0 && !r.abandoned {
		p.endRound(r)
	}
}

func (r *region) cancelFlights() {
	r.abandoned = true
	for f := range r.flights {
		f.cancel()
	}
}
