package poll

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/turn"
)

// Budget is the rate limit of a region's calls. Implementations are comparable: regions with the same Budget share it.
type Budget interface {
	// Rate returns the calls a second that are allowed now; limited is false where there is no limit.
	Rate(operation string) (perSecond float64, limited bool)
	// Configured returns the calls a second that are allowed while the cloud does not throttle.
	Configured() float64
	// Together reports whether one rate holds for all operations.
	Together() bool
}

// Costs says which calls a question costs; nil: none.
type Costs func(scope backup.Scope, in backup.Instance, fleet turn.Fleet) []turn.Cost

// Costing is a Source that learns what questions cost.
type Costing interface {
	Costs(scope backup.Scope, in backup.Instance, fleet turn.Fleet) []turn.Cost
}

// reckonEvery is how long a demand counts until it is reckoned anew: intervals and rates move slowly.
const reckonEvery = 30 * time.Second

// atEveryRefresh is how often a question is reckoned to be asked that has no interval.
const atEveryRefresh = 15 * time.Second

// limit is what one rate holds for.
type limit struct {
	budget    Budget
	operation string // "": all
}

// calls are how many calls are asked for.
type calls struct {
	perSecond float64
	once      float64 // to ask everything once
	lists     int     // of incremental backups of idle instances, which take what others leave
}

func (c calls) plus(more calls) calls {
	return calls{c.perSecond + more.perSecond, c.once + more.once, c.lists + more.lists}
}

// reckon reckons the demand, unless that was done just now, and stretches the intervals of what costs more than a rate allows.
func (p *Poller) reckon(now time.Time) {
	if !p.reckonedAt.IsZero() && now.Sub(p.reckonedAt) < reckonEvery {
		return
	}
	p.reckonedAt = now
	asked := map[limit]calls{}
	for _, r := range p.regions {
		for of, n := range r.asks(now) {
			asked[of] = asked[of].plus(n)
		}
	}
	for _, r := range p.regions {
		r.demand = r.demandOf(asked)
		sooner, over := r.leave(asked), r.catchesUp(now)
		if r.stretch(now) || sooner || over {
			p.stir()
		}
	}
}

// limits reports whether the region's calls have a limit of which the costs are known.
func (r *region) limits() bool { return r.conf.Budget != nil && r.conf.Costs != nil }

// limitOf returns the limit of an operation.
func (r *region) limitOf(operation string) limit {
	if r.conf.Budget.Together() {
		operation = ""
	}
	return limit{r.conf.Budget, operation}
}

// tally adds up what questions cost.
type tally struct {
	r     *region
	fleet turn.Fleet
	sums  map[limit]calls
	whole map[wholeQuestion]calls
}

// wholeQuestion is a question whose answer serves the whole region.
type wholeQuestion struct {
	scope     backup.Scope
	operation string
}

func (t *tally) add(scope backup.Scope, in backup.Instance, every time.Duration) {
	if every <= 0 {
		every = atEveryRefresh
	}
	for _, c := range t.r.conf.Costs(scope, in, t.fleet) {
		if t.r.opts.FullReadInterval == 0 { // all there is is read each time
			c.Calls = cmp.Or(c.First, c.Calls)
		}
		n := calls{perSecond: c.Calls / every.Seconds(), once: cmp.Or(c.First, c.Calls)}
		if c.Whole { // as often as it is asked for the most often
			of := wholeQuestion{scope, c.Operation}
			most := t.whole[of]
			t.whole[of] = calls{perSecond: max(most.perSecond, n.perSecond), once: max(most.once, n.once)}
			continue
		}
		t.sum(c.Operation, n)
	}
}

func (t *tally) sum(operation string, n calls) {
	of := t.r.limitOf(operation)
	t.sums[of] = t.sums[of].plus(n)
}

// asks returns the calls that the intervals of a region ask for, before they are stretched.
func (r *region) asks(now time.Time) map[limit]calls {
	if !r.limits() {
		return nil
	}
	t := &tally{r, r.fleet(), map[limit]calls{}, map[wholeQuestion]calls{}}
	t.add(backup.ScopeDiscovery, backup.Instance{}, r.opts.DiscoveryInterval)
	for _, in := range r.sorted {
		if in.missing || in.NoBackup != "" {
			continue
		}
		idle := in.idle(now)
		for scope, n := range in.questions {
			for range n {
				t.add(scope, in.Instance, r.opts.interval(scope, idle))
			}
		}
		t.addIncrements(in, idle)
	}
	for of, n := range t.whole {
		t.sum(of.operation, n)
	}
	return t.sums
}

// questions yields how many questions of each scope are asked about an instance.
func (in *instance) questions(yield func(backup.Scope, int) bool) {
	for _, scope := range backup.Scopes() {
		if n := in.asks(scope); n > 0 && !yield(scope, n) {
			return
		}
	}
}

// asks returns how many questions of a scope are asked about the instance.
func (in *instance) asks(scope backup.Scope) int {
	asked := true
	switch scope {
	case backup.ScopeBackups:
		return len(in.nodes)
	case backup.ScopeCopies:
		if in.wantsCopies() {
			return len(in.nodes)
		}
		return 0
	case backup.ScopeJobs:
		asked = !in.jobs.reading.NotOffered
	case backup.ScopeRecovery:
		asked = !in.recovery.reading.NotOffered && !in.awaitsPolicy() && !(in.policyFirst && in.withoutLogs())
	case backup.ScopeRestoreCheck:
		asked = in.restoreCheck
	case backup.ScopeRestores:
		asked = in.restores
	case backup.ScopeDiscovery:
		asked = false
	case backup.ScopePolicy:
	}
	if asked {
		return 1
	}
	return 0
}

// fleet returns how much the region has, as it was last seen.
func (r *region) fleet() turn.Fleet {
	f := turn.Fleet{Instances: r.listed.count}
	for _, in := range r.sorted {
		for _, n := range in.nodes {
			f.Backups += len(n.backups.reading.Value.Backups)
		}
	}
	return f
}

// demandOf returns the demand for each operation of a region, sorted. Where regions share a rate, it is that of all of them.
func (r *region) demandOf(asked map[limit]calls) []backup.Demand {
	if !r.limits() {
		return nil
	}
	var all []backup.Demand
	for of, n := range asked {
		if of.budget != r.conf.Budget {
			continue
		}
		d := backup.Demand{Operation: of.operation, Asked: n.perSecond, First: n.once}
		if of.operation == "" {
			d.Operation = backup.AllOperations
		}
		var limited bool
		if d.Allowed, limited = r.conf.Budget.Rate(of.operation); limited {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b backup.Demand) int {
		if a.Operation < b.Operation {
			return -1
		}
		return 1
	})
	return all
}

// roundTakes returns how long it takes to ask everything once.
func (r *region) roundTakes() time.Duration {
	var longest float64
	for _, d := range r.demand {
		longest = max(longest, d.First/d.Allowed)
	}
	return time.Duration(min(longest, (24*time.Hour).Seconds()) * float64(time.Second))
}

// stretch stretches the intervals of the region's questions together: of those that cost an operation for which there is more
// demand than its configured rate allows. It reports whether any may have moved. What was read is kept for as much longer.
//
// A rate that throttling has lowered stretches nothing: while a cloud refuses every call, what was read before must not be shown
// for hours.
func (r *region) stretch(now time.Time) (moved bool) {
	over := map[string]float64{}
	for _, d := range r.demand {
		d.Allowed = r.conf.Budget.Configured()
		if ratio := d.Ratio(); ratio > 1 {
			over[d.Operation] = ratio
		}
	}
	fleet := r.fleet()
	r.stretched = r.stretchedBy(over, []backup.Scope{backup.ScopeDiscovery}, backup.Instance{}, fleet)[backup.ScopeDiscovery]
	for _, in := range r.sorted {
		if len(in.stretched) > 0 || len(over) > 0 {
			in.rest = rest{} // the intervals move
			moved = true
		}
		in.stretched = nil
		if len(over) > 0 {
			in.stretched = r.stretchedBy(over, slices.Collect(maps.Keys(maps.Collect(in.questions))), in.Instance, fleet)
		}
		if len(in.stretched) > 0 {
			in.keepInForce(r.opts, now)
		}
	}
	return moved
}

// stretchedBy returns by how much the intervals of scopes are stretched; no factor: they are not.
func (r *region) stretchedBy(over map[string]float64, scopes []backup.Scope, in backup.Instance, fleet turn.Fleet) map[backup.Scope]float64 {
	if len(over) == 0 {
		return nil
	}
	by := map[backup.Scope]float64{}
	for _, scope := range scopes {
		for _, c := range r.conf.Costs(scope, in, fleet) {
			if ratio := max(over[c.Operation], over[backup.AllOperations]); ratio > by[scope] {
				by[scope] = ratio
			}
		}
	}
	return by
}

// stretchedInterval returns an interval that is stretched by a factor; one below 1 does not.
func stretchedInterval(interval time.Duration, by float64) time.Duration {
	if by <= 1 {
		return interval
	}
	return time.Duration(float64(interval) * by).Round(time.Millisecond)
}

// interval returns the interval in force of a scope, while the instance is idle or not.
func (in *instance) interval(opts *Options, scope backup.Scope, idle bool) time.Duration {
	return stretchedInterval(opts.interval(scope, idle), in.stretched[scope])
}

// answersAll reports whether one answer serves all such questions of a region that shares its rate limit with others. It takes
// few calls however many instances there are, while thousands of policies that were never asked take hours: it comes first, and
// cannot hold them up for long.
func (r *region) answersAll(scope backup.Scope, in *instance) bool {
	readsEnds := scope != backup.ScopeBackups || r.opts.FullReadInterval > 0
	if !r.limits() || in == nil || !r.conf.Budget.Together() || !readsEnds {
		return false
	}
	costs := r.conf.Costs(scope, in.Instance, turn.Fleet{})
	return len(costs) > 0 && !slices.ContainsFunc(costs, func(c turn.Cost) bool { return !c.Whole })
}
