package poll

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
)

// Options are how often and for how long to ask. Every duration must be positive, except that an interval of 0 asks at
// every refresh.
type Options struct {
	Now    func() time.Time // the clock
	Logger log.Logger

	BackupsInterval   time.Duration
	JobsInterval      time.Duration
	PolicyInterval    time.Duration
	RecoveryInterval  time.Duration
	DiscoveryInterval time.Duration
	RoundTimeout      time.Duration // how long one question may take, retries included
	Lookback          time.Duration // how far back backup lists are read
	StaleAfter        time.Duration // how long after its interval a value may still be shown as current

	// FullReadInterval is how long only the end of a long list of backups is read, until all of it is again; 0: all of it is
	// read each time.
	FullReadInterval time.Duration

	// IdleInterval is BackupsInterval, JobsInterval and RecoveryInterval while no news are to be expected: where it is longer,
	// and at most 30 times as long.
	IdleInterval time.Duration

	// Catalog learns what the clouds say, and knows what they said before the start; nil: nothing is kept but the readings.
	Catalog *catalog.Catalog
}

// busyInterval returns how often a scope is asked while news are to be expected.
func (o *Options) busyInterval(scope backup.Scope) time.Duration {
	switch scope {
	case backup.ScopeDiscovery:
		return o.DiscoveryInterval
	case backup.ScopeBackups:
		return o.BackupsInterval
	case backup.ScopeJobs:
		return o.JobsInterval
	case backup.ScopePolicy, backup.ScopeCopies: // the policy says whether there are copies
		return o.PolicyInterval
	case backup.ScopeRecovery:
		return o.RecoveryInterval
	case backup.ScopeRestoreCheck, backup.ScopeRestores:
		return checkInterval
	}
	return 0
}

// Region is one account in one region, and which of its instances are watched.
type Region struct {
	Cloud, Account, Region string

	Source      Source
	Budget      Budget            // the rate limit of its calls; nil: none
	Costs       Costs             // what questions cost; nil: not known, and no interval is stretched
	Concurrency int               // questions asked at the same time; at least 1; one more for incremental backups
	Instances   []Instance        // watched whether or not the cloud lists them
	Discover    bool              // watch every listed instance
	Tags        map[string]string // with Discover: only instances that have all of these
	// RestoreCheck asks once a day whether the newest backup of each target could be restored.
	RestoreCheck bool
	// Restores asks once a day when backups of each instance were last restored.
	Restores bool
	// PolicyFirst asks for the recovery window of an instance once its policy was asked for: the policy may say that there is
	// none, which spares the question.
	PolicyFirst bool
	Exclude     []Exclusion       // instances that discovery does not watch and that do not count as unmonitored
	OwnerTag    string            // name of the tag whose value is Instance.Owner; "": no owner is known
	Objectives  backup.Objectives // for discovered instances
	// OfRegions says that the listing is not of instances: the Source asks for the regions of the account and calls
	// Poller.Replace with those that it finds.
	OfRegions bool
	// NotOffered reports whether a failed listing says that the cloud does not offer the region to the account. A region
	// that never had an instance is left out then. nil: the configuration names the region, which is never left out.
	NotOffered func(err error) bool
}

// Instance is a watched instance that the configuration names.
type Instance struct {
	ID         string
	Nodes      []string // its shards; nil: those that the cloud lists
	Objectives backup.Objectives
}

// Poller keeps the readings of a set of regions. It is safe for concurrent use.
type Poller struct {
	workers sync.WaitGroup

	mu      sync.Mutex
	opts    Options
	regions []*region
	closed  bool
	// reckonedAt is when the demand was last reckoned; zero: not since the last listing or change of the configuration
	reckonedAt time.Time
	still      still
	pending    []func() // log lines to write once the mutex is free: a log that blocks must not block a scrape
}

// logLater writes a log line at the next unlock.
func (p *Poller) logLater(line func()) { p.pending = append(p.pending, line) }

// unlock frees the mutex and writes the pending log lines.
func (p *Poller) unlock() {
	lines := p.pending
	p.pending = nil
	p.mu.Unlock()
	for _, line := range lines {
		line()
	}
}

// New returns a Poller that knows nothing yet. Close ends the work that refreshes started.
func New(opts Options, regions []Region) *Poller {
	p := &Poller{}
	p.Replace(opts, regions)
	return p
}

// Replace replaces the options and the regions, as after a reload. What is known of the instances that stay is kept, and what
// the catalog knows of those that are new. A
// region whose Source stays goes on as it is, with its work in flight and its failures: nothing about the questions has
// changed. Otherwise the work in flight is cancelled and its answers are dropped, and what had failed is asked at once.
func (p *Poller) Replace(opts Options, regions []Region) {
	p.mu.Lock()
	defer p.unlock()
	former := map[regionKey]*region{}
	for _, r := range p.regions {
		former[r.key()] = r
	}
	p.opts = opts
	p.reckonedAt = time.Time{}
	p.stir()
	p.regions = make([]*region, 0, len(regions))
	for _, conf := range regions {
		old, ok := former[conf.key()]
		if ok && old.conf.Source == conf.Source {
			delete(former, conf.key())
			old.configure(conf)
			p.regions = append(p.regions, old)
			continue
		}
		r := newRegion(conf, &p.opts, &p.workers)
		if ok {
			r.inherit(old)
		} else {
			r.recall()
		}
		p.regions = append(p.regions, r)
	}
	for _, r := range former {
		p.logCollected(r, opts.Now())
		r.cancelFlights()
	}
}

// Refresh starts every question that is due and not in flight already, and waits until all that is in flight has been
// answered or ctx ends, whichever is first. It does not wait for what waits for a rate limit, unless that is asked for the
// first time: what is known is shown meanwhile. The questions go on after Refresh, each until the round timeout: the next
// scrape needs their answers even if this one has given up.
func (p *Poller) Refresh(ctx context.Context) {
	p.wait(ctx, p.start(ctx, ""), "")
}

// RefreshInstance is Refresh for the instance with this id alone, in every region that knows it. Its questions come before
// all others, and are waited for. Instances are also
// discovered where that is due. An id that no region knows is not kept and starts no question, except that regions which
// were never listed are listed when that is due; it waits for those listings.
func (p *Poller) RefreshInstance(ctx context.Context, id string) {
	for range 2 { // the first listings may bring regions, which are listed then
		if !p.Known(id) {
			p.awaitListings(ctx)
		}
	}
	if p.Known(id) {
		p.wait(ctx, p.start(ctx, id), id)
	}
}

// Known reports whether an instance with this id is configured or was discovered.
func (p *Poller) Known(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.regions, func(r *region) bool { return r.instances[id] != nil })
}

// awaitListings lists the regions that were never listed, where that is due, and waits for those listings or the end of
// ctx.
func (p *Poller) awaitListings(ctx context.Context) {
	for _, f := range p.startListings(ctx) {
		f.hurry()
		select {
		case <-ctx.Done():
		case <-f.done:
		}
	}
}

func (p *Poller) startListings(ctx context.Context) []*flight {
	p.mu.Lock()
	defer p.unlock()
	if p.closed {
		return nil
	}
	var flights []*flight
	for _, r := range p.regions {
		if r.heard {
			continue
		}
		if f := p.startListing(ctx, r); f != nil {
			flights = append(flights, f)
		}
	}
	return flights
}

// start starts what is due, and returns all that is in flight: for the instance with the id only, or for all if only is
// empty.
func (p *Poller) start(ctx context.Context, only string) []*flight {
	p.mu.Lock()
	defer p.unlock()
	if p.closed {
		return nil
	}
	if p.opts.Catalog != nil {
		p.opts.Catalog.Trim(p.opts.Now()) // which returns at once but for once an hour
	}
	p.reckon(p.opts.Now())
	var flights []*flight
	for _, r := range p.regions {
		flights = append(flights, p.startRegion(ctx, r, only)...)
	}
	return flights
}

// newsWait is how long a refresh waits for backups of which news are expected, though a rate limit holds up the question.
const newsWait = 2 * time.Second

// wait waits for the flights and their followers: all of those about the instance with the id only, and those that are not
// held up by a rate limit, or not for long.
func (p *Poller) wait(ctx context.Context, flights []*flight, only string) {
	since := moments(flights)
	soon, stop := context.WithTimeout(ctx, newsWait)
	defer stop()
	for len(flights) > 0 && ctx.Err() == nil {
		next := flights[0]
		flights = flights[1:]
		urgent := only != "" && next.about == only
		if urgent {
			next.hurry()
		}
		if next.news {
			next.await(soon, true, since)
		}
		if !next.await(ctx, urgent, since) {
			continue
		}
		for _, f := range next.followers {
			if only == "" || f.about == "" || f.about == only {
				flights = append(flights, f)
			}
		}
	}
}

// moments returns the present moment of each pool that the flights are in.
func moments(flights []*flight) map[*pool]int {
	now := map[*pool]int{}
	for _, f := range flights {
		if q := f.task.pool; now[q] == 0 {
			now[q] = q.now()
		}
	}
	return now
}

// await waits for the end of a flight, of ctx, or, unless it is urgent, until the flight need not be waited for. It reports
// whether the flight has ended.
func (f *flight) await(ctx context.Context, urgent bool, since map[*pool]int) bool {
	for {
		var changed <-chan struct{}
		if !urgent {
			left, next := f.left(since)
			if left {
				return false
			}
			changed = next
		}
		select {
		case <-ctx.Done():
			return false
		case <-f.done:
			return true
		case <-changed:
		}
	}
}

// Close cancels all work in flight and waits for its end. Later refreshes do nothing.
func (p *Poller) Close() {
	p.mu.Lock()
	p.closed = true
	for _, r := range p.regions {
		p.logCollected(r, p.opts.Now())
		r.cancelFlights()
	}
	p.unlock()
	p.workers.Wait()
}
