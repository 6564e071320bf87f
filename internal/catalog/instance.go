package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// region is what is known of one account in one region.
type region struct {
	key       backup.Target
	instances map[string]*instance
	listing   answer[int] // of the newest whole listing: how many instances it had
	since     stamp       // when that count was first seen
	dirty     bool        // a row of the count is to be written
}

// instance is what is known of one instance.
type instance struct {
	key    backup.Target
	region *region

	listed sight // of the listings
	record backup.Instance

	jobs        answer[[]backup.Job]
	jobsUntil   stamp // when the jobs were last read before they changed
	jobsDirty   bool
	policy      answer[backup.Policy]
	policies    policies
	recovery    answer[backup.Window]
	lastRestore answer[time.Time]
	nodes       []*node

	queued  bool // it is in the queue
	dropped bool // it was forgotten
}

// sight is when an instance was listed.
type sight struct {
	first, last stamp // last: by a listing that was not whole; else when the region was listed
	status      stamp // when it was first seen with its status
	lacking     bool  // the newest whole listing lacks it
	gone        stamp // when it was known to be gone; 0: it is not
	dirty       bool
}

// Instance is what is known from the listings of one instance.
type Instance struct {
	backup.Instance           // as the newest listing that has it says
	First           time.Time // when it was first listed
	Last            time.Time // when it was last listed
	StatusSince     time.Time // when it was first listed with its status
	Lacking         bool      // the newest whole listing lacks it
	GoneAt          time.Time // when two listings in a row lacked it, or the cloud did not know it; zero: it is there
}

// LearnListing learns a listing of the instances of a region, which is a target without an instance. A listing without
// gaps ([backup.Listing.Err]) says what is there: an instance that two of them in a row lack is gone. Any other adds and
// updates only.
func (c *Catalog) LearnListing(of backup.Target, times Times, listing backup.Listing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, whole := c.region(of), listing.Err() == nil
	was := stampOf(r.listing.At)
	if whole {
		if count := len(listing.Instances); r.since == 0 || count != r.listing.value {
			r.since = max(stampOf(times.At), r.since+1) // a clock that went back does not change the order
		}
		r.listing.learn(times, len(listing.Instances))
		r.dirty = true
	}
	found := make(map[string]bool, len(listing.Instances))
	for _, record := range listing.Instances {
		found[record.InstanceID] = true
		c.sawInstance(r, record, stampOf(times.At), whole)
	}
	for id, in := range r.instances {
		if whole && !found[id] && in.listed.first != 0 && in.listed.gone == 0 {
			in.listed.lack(stampOf(times.At), was)
			c.changed(in)
		}
	}
}

// sawInstance notes that an instance was listed.
func (c *Catalog) sawInstance(r *region, record backup.Instance, at stamp, whole bool) {
	id := record.InstanceID
	record.Target = r.key
	record.InstanceID = id
	in := c.instance(record.Target)
	s, known := &in.listed, in.listed.first != 0
	switch {
	case !known:
		s.first, s.status = at, at
	case in.record.Status != record.Status:
		s.status = at
	}
	if !whole || !known || s.lacking || s.gone != 0 || !sameInstance(&in.record, &record) {
		s.last, s.dirty = at, true
		c.changed(in)
	}
	s.lacking, s.gone = false, 0
	in.record = record
	for _, n := range in.nodes {
		if n.watched > 0 {
			n.sawEvidence(sawInstance, at)
			c.changed(in)
		}
	}
}

// lack notes that a whole listing does not have the instance. was is when the region was listed before.
func (s *sight) lack(at, was stamp) {
	if s.lacking {
		s.gone = at
	} else {
		s.last = max(s.last, was)
	}
	s.lacking, s.dirty = true, true
}

// LearnGone learns that the cloud does not know an instance that the newest whole listing lacks. Any other instance is not
// affected: a single odd answer must not take one away.
func (c *Catalog) LearnGone(t backup.Target, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := c.find(t)
	if in == nil || !in.listed.lacking || in.listed.gone != 0 {
		return
	}
	in.listed.gone, in.listed.dirty = stampOf(at), true
	c.changed(in)
}

// there reports whether there may be a database whose backups matter, as far as the listings say.
func (in *instance) there() bool { return in.listed.gone == 0 && in.record.Lifecycle.Exists() }

// seen returns when the instance was last listed.
func (in *instance) seen() stamp {
	if in.listed.first == 0 || in.listed.lacking || in.listed.gone != 0 {
		return in.listed.last
	}
	return max(in.listed.last, stampOf(in.region.listing.At))
}

// has reports whether a node is one of the targets that the listings name. Where they name nothing, every node is.
func (in *instance) has(n *node) bool {
	return in.listed.first == 0 || slices.Contains(in.record.Targets(), n.key)
}

// forgettable reports whether nothing was said of the instance since a moment, and it is not listed.
func (in *instance) forgettable(before stamp) bool {
	if in.listed.first != 0 {
		return in.listed.gone != 0 && in.listed.gone < before
	}
	return in.asked() < before
}

// asked returns when the cloud last answered a question about the instance.
func (in *instance) asked() stamp {
	newest := max(stampOf(in.jobs.At), stampOf(in.policy.At), stampOf(in.recovery.At))
	for _, n := range in.nodes {
		newest = max(newest, n.asked())
	}
	return newest
}

// afresh reports whether all of a node is to be written.
func (in *instance) afresh() bool {
	return slices.ContainsFunc(in.nodes, func(n *node) bool { return n.afresh })
}

func (in *instance) shown() Instance {
	return Instance{
		Instance: in.record, First: in.listed.first.time(), Last: in.seen().time(), StatusSince: in.listed.status.time(),
		Lacking: in.listed.lacking, GoneAt: in.listed.gone.time(),
	}
}

// Instances returns every instance of a region that listings had, by id: also those that are gone, for the lookback.
func (c *Catalog) Instances(of backup.Target) []Instance {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.regions[regionOf(of)]
	if r == nil {
		return nil
	}
	var all []Instance
	for _, in := range r.instances {
		if in.listed.first != 0 {
			all = append(all, in.shown())
		}
	}
	slices.SortFunc(all, func(a, b Instance) int { return strings.Compare(a.InstanceID, b.InstanceID) })
	return all
}

// Listed returns how many instances the newest whole listing of a region had.
func (c *Catalog) Listed(of backup.Target) backup.Reading[int] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.regions[regionOf(of)]; r != nil {
		return r.listing.reading()
	}
	return backup.Reading[int]{}
}

// Regions returns the regions that something is known of, sorted.
func (c *Catalog) Regions() []backup.Target {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.SortedFunc(maps.Keys(c.regions), compareTargets)
}

func compareTargets(a, b backup.Target) int {
	return cmp.Or(
		strings.Compare(a.Cloud, b.Cloud), strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region),
		strings.Compare(a.InstanceID, b.InstanceID), strings.Compare(a.NodeID, b.NodeID),
	)
}

// sameInstance reports whether two records say the same.
func sameInstance(a, b *backup.Instance) bool {
	same := a.Name == b.Name && a.Engine == b.Engine && a.Version == b.Version && a.Topology == b.Topology &&
		a.Storage == b.Storage && a.Status == b.Status && a.Lifecycle == b.Lifecycle && a.Owner == b.Owner
	return same && a.TagsLack == b.TagsLack && a.NoBackup == b.NoBackup && a.CreatedAt.Equal(b.CreatedAt) && maps.Equal(a.Tags, b.Tags) &&
		slices.Equal(a.Nodes, b.Nodes)
}
