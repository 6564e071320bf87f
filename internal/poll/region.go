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

	roundAt    time.Time     // when the present or last round of work began
	round      time.Duration // how long the last finished round took
	answeredAt time.Time     // when the cloud last gave a considered answer
	unanswered error         // newest failure of the present round that was no answer; nil: none
	up         bool
	err        error            // why it is not up
	told       map[subject]told // failures that stand in the log, by what they concern
}

// instance is what is known of one instance.
type instance struct {
	backup.Instance
	objectives backup.Objectives
	missing    bool // the cloud does not list it although the configuration names it

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
		told:      map[subject]told{},
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

// inherit takes over what a former region of the same name knew.
func (r *region) inherit(old *region) {
	r.listing.reading, r.listing.askedAt = old.listing.reading, old.listing.askedAt
	r.round, r.answeredAt, r.up, r.err, r.told = old.round, old.answeredAt, old.up, old.err, old.told
	for id, in := range old.instances {
		in.forgetFlights()
		r.instances[id] = in
	}
	if !r.listing.reading.At.IsZero() {
		r.watch(r.listing.reading.Value)
		return
	}
	r.arrange()
}

func (in *instance) forgetFlights() {
	in.jobs.flight, in.policy.flight, in.recovery.flight = nil, nil, nil
	for _, n := range in.nodes {
		n.backups.flight = nil
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
			in.Instance = found
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
	maps.DeleteFunc(r.told, func(about subject, _ told) bool {
		return about.target.InstanceID != "" && watched[about.target.InstanceID] == nil
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
		in.objectives = r.conf.Objectives
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

// longestRound is how long a round of work may last before the next counts as another one.
const longestRound = 10 * time.Minute

// took notes that a flight has begun.
func (r *region) took(f *flight, now time.Time) {
	switch {
	case len(r.flights) == 0:
		r.beginRound(now)
	case now.Sub(r.roundAt) > longestRound: // something hangs all the time
		r.endRound(now)
		r.beginRound(now)
	}
	r.flights[f] = struct{}{}
}

// landed notes that a flight has ended.
func (r *region) landed(f *flight, now time.Time) {
	delete(r.flights, f)
	if len(r.flights) == 0 {
		r.endRound(now)
	}
}

func (r *region) cancelFlights() {
	r.abandoned = true
	for f := range r.flights {
		f.cancel()
	}
}
