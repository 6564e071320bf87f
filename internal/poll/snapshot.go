package poll

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Snapshot returns all that is known now. No later answer changes it: readings are copied, and the slices that they hold
// are never written to.
func (p *Poller) Snapshot() *backup.Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	snapshot := &backup.Snapshot{At: p.opts.Now(), Regions: make([]backup.Region, 0, len(p.regions))}
	p.reckon(snapshot.At)
	for _, r := range p.regions {
		if !r.isLeftOut() {
			snapshot.Regions = append(snapshot.Regions, r.state())
		}
	}
	if p.still.holds(snapshot.At) {
		snapshot.Instances = p.still.instances
		return snapshot
	}
	snapshot.Instances = p.states(snapshot.At)
	p.settle(snapshot.At, snapshot.Instances)
	return snapshot
}

// states returns what is known of each instance.
func (p *Poller) states(now time.Time) []backup.InstanceState {
	n := 0
	for _, r := range p.regions {
		if !r.isLeftOut() {
			n += len(r.sorted)
		}
	}
	states := make([]backup.InstanceState, n)
	n = 0
	for _, r := range p.regions {
		if r.isLeftOut() {
			continue
		}
		removed := r.removals()
		for _, in := range r.sorted {
			state := &states[n]
			n++
			in.show(state, &p.opts, now)
			in.addRemovals(state, removed)
			state.ListedUntil = r.listing.reading.GoodUntil
		}
	}
	return states
}

func (r *region) state() backup.Region {
	return backup.Region{
		Cloud: r.conf.Cloud, Account: r.conf.Account, Region: r.conf.Region,
		OfRegions:   r.conf.OfRegions,
		Discovers:   r.conf.Discover || r.conf.OfRegions,
		Asked:       !r.listing.reading.TriedAt.IsZero(),
		Up:          r.up,
		Err:         r.err,
		Unmonitored: r.fromListing(r.unmonitored()),
		Listed:      r.fromListing(r.listed.count),
		Instances:   r.shown,
		Round:       r.roundTook,
		Skew:        skew(r.conf.Source),
		Demand:      r.demand,
	}
}

// skew returns how far the cloud's clock is ahead of ours; nil: not known.
func skew(clock Clock) *time.Duration {
	ahead, known := clock.Skew()
	if !known {
		return nil
	}
	return &ahead
}

// fromListing returns a number as known since the newest whole listing.
func (r *region) fromListing(n int) backup.Reading[int] {
	listing := r.listing.reading
	return backup.Reading[int]{
		Value: n, At: listing.At, CloudAt: listing.CloudAt, TriedAt: listing.TriedAt,
		GoodUntil: listing.GoodUntil, Err: listing.Err,
	}
}

// Ready reports whether every region has been asked once, whether or not it answered.
func (p *Poller) Ready() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.regions {
		if r.listing.reading.TriedAt.IsZero() {
			return false
		}
	}
	return true
}
