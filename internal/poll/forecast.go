package poll

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Forecast is the demand of a region before anything was asked.
type Forecast struct {
	Cloud, Account, Region string

	Instances int             // that would be watched, as far as they are known
	Idle      []backup.Demand // while no news are to be expected of any instance
	Busy      []backup.Demand // while news are to be expected of every instance
}

// Predict returns the demand of each region, given what it lists; no list: only the instances that the configuration names
// are known. It asks nothing: an instance whose policy would tell whether it has a recovery window counts as if it had one.
func Predict(opts Options, regions []Region, listed func(Region) []backup.Instance) []Forecast {
	opts.Catalog = nil
	p := New(opts, regions)
	defer p.Close()
	for _, r := range p.regions {
		if found := listed(r.conf); len(found) > 0 {
			r.learnWhole(found)
		}
		for _, in := range r.sorted {
			in.policyFirst = false
			if in.Topology == "" && len(in.Nodes) > 0 {
				in.Topology = backup.TopologyShardedCluster
			}
		}
	}
	idle, busy := p.predict(opts.IdleInterval+time.Hour), p.predict(0)
	forecasts := make([]Forecast, 0, len(p.regions))
	for i, r := range p.regions {
		forecasts = append(forecasts, Forecast{r.conf.Cloud, r.conf.Account, r.conf.Region, len(r.sorted), idle[i], busy[i]})
	}
	return forecasts
}

// predict returns the demand of each region if every instance were idle for a while from now on.
func (p *Poller) predict(idle time.Duration) [][]backup.Demand {
	now := p.opts.Now()
	for _, r := range p.regions {
		for _, in := range r.sorted {
			in.plan = plan{made: true, idleUntil: now.Add(idle)}
		}
	}
	p.reckonedAt = time.Time{}
	p.reckon(now)
	var all [][]backup.Demand
	for _, r := range p.regions {
		all = append(all, r.demand)
	}
	return all
}
