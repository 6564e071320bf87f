package poll

import (
	"context"
	"sync"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
)

// Options are how often and for how long to ask. All durations are required except intervals, where 0 means at every
// refresh.
type Options struct {
	Now    func() time.Time
	Logger log.Logger

	BackupsInterval   time.Duration
	JobsInterval      time.Duration
	PolicyInterval    time.Duration
	RecoveryInterval  time.Duration
	DiscoveryInterval time.Duration
	RoundTimeout      time.Duration // bounds the work of one refresh of one target
	Lookback          time.Duration // how far back backup lists are read
	StaleAfter        time.Duration // a reading older than this plus its interval is no longer good
}

// interval returns how often a scope is asked.
func (o *Options) interval(scope backup.Scope) time.Duration {
	switch scope {
	case backup.ScopeDiscovery:
		return o.DiscoveryInterval
	case backup.ScopeBackups:
		return o.BackupsInterval
	case backup.ScopeJobs:
		return o.JobsInterval
	case backup.ScopePolicy:
		return o.PolicyInterval
	case backup.ScopeRecovery:
		return o.RecoveryInterval
	}
	return 0
}

// Region is one account in one region, and what is watched there.
type Region struct {
	Cloud, Account, Region string

	Source      Source
	Concurrency int               // questions asked at the same time; at least 1
	Instances   []Instance        // watched whether or not the cloud lists them
	Discover    bool              // watch all that the cloud lists
	Tags        map[string]string // with Discover: only instances that have all of these
	Exclude     []string          // instance ids that need no watching
	Objectives  backup.Objectives // for discovered instances
}

// Instance is an instance that must be watched.
type Instance struct {
	ID         string
	Nodes      []string // its shards; nil: asked from the cloud
	Objectives backup.Objectives
}

// Poller keeps the readings of a set of regions. It is safe for concurrent use.
type Poller struct {
	workers sync.WaitGroup

	mu      sync.Mutex
	opts    Options
	regions []*region
	closed  bool
	pending []func() // log lines to write once the mutex is free: a log that blocks must not block a scrape
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

// New returns a Poller that knows nothing yet. Close it to end the work that refreshes started.
func New(opts Options, regions []Region) *Poller {
	p := &Poller{}
	p.Replace(opts, regions)
	return p
}

// Replace swaps the set of regions, as after a reload. What is known of the instances that stay is kept; work in
// flight for the former set is cancelled and forgotten.
func (p *Poller) Replace(opts Options, regions []Region) {
	p.mu.Lock()
	defer p.mu.Unlock()
	former := map[regionKey]*region{}
	for _, r := range p.regions {
		former[r.key()] = r
		r.cancelFlights()
	}
	p.opts = opts
	p.regions = make([]*region, 0, len(regions))
	for _, conf := range regions {
		r := newRegion(conf, &p.workers)
		if old, ok := former[r.key()]; ok {
			r.inherit(old)
		}
		p.regions = append(p.regions, r)
	}
}

// Refresh starts every question that is due and not in flight already, and waits until all that is in flight has been
// answered or ctx ends, whichever is first. The questions go on after ctx has ended, each bounded by the round
// timeout, so that a scrape's deadline never cuts the work that the next scrape will need.
func (p *Poller) Refresh(ctx context.Context) {
	p.wait(ctx, p.start(ctx, ""))
}

// RefreshInstance is Refresh for the instance with this id alone, in whatever region it is known. Discovery takes part
// only where it is due.
func (p *Poller) RefreshInstance(ctx context.Context, id string) {
	p.wait(ctx, p.start(ctx, id))
}

// start starts what is due, for all instances or for the one named only, and returns all that is in flight there.
func (p *Poller) start(ctx context.Context, only string) []*flight {
	p.mu.Lock()
	defer p.unlock()
	if p.closed {
		return nil
	}
	var flights []*flight
	for _, r := range p.regions {
		flights = append(flights, p.startRegion(ctx, r, only)...)
	}
	return flights
}

// wait waits for the flights and for those that they lead to.
func (p *Poller) wait(ctx context.Context, flights []*flight) {
	for len(flights) > 0 {
		next := flights[0]
		select {
		case <-ctx.Done():
			return
		case <-next.done:
			flights = append(flights[1:], next.followers...)
		}
	}
}

// Close cancels all work in flight and waits for its end. Later refreshes do nothing.
func (p *Poller) Close() {
	p.mu.Lock()
	p.closed = true
	for _, r := range p.regions {
		r.cancelFlights()
	}
	p.mu.Unlock()
	p.workers.Wait()
}
