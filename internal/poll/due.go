package poll

import (
	"reflect"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// An instance is idle while no news about its backups are to be expected. Its lists of backups, its jobs and its restorable
// window are asked for less often then. That changes nothing of how soon the backup of a schedule is seen, and costs a
// fraction of the calls.

// interval returns how often a scope is asked, while an instance is idle or not.
func (o *Options) interval(scope backup.Scope, idle bool) time.Duration {
	busy := o.busyInterval(scope)
	if idle && paced(scope) {
		return max(busy, min(o.IdleInterval, maxIdleFactor*busy))
	}
	return busy
}

// maxIdleFactor bounds IdleInterval for whoever asks often.
const maxIdleFactor = 30

// paced reports whether a scope is asked less often while an instance is idle.
func paced(scope backup.Scope) bool {
	switch scope {
	case backup.ScopeBackups, backup.ScopeJobs, backup.ScopeRecovery:
		return true
	case backup.ScopeDiscovery, backup.ScopePolicy, backup.ScopeCopies, backup.ScopeRestoreCheck, backup.ScopeRestores:
	}
	return false
}

// plan is when an instance is idle. It is made anew after each answer about the instance.
type plan struct {
	made      bool
	idleUntil time.Time // zero: it is not idle
}

// basis is what a plan rests on beside the answers about the instance.
type basis struct {
	listed       backup.Instance
	objectives   backup.Objectives
	missing      bool
	restoreCheck bool
	restores     bool
}

// planFor drops the plan if what the region lists of the instance has changed, or what is asked of it.
func (in *instance) planFor() {
	now := basis{in.Instance, in.objectives, in.missing, in.restoreCheck, in.restores}
	if in.basis == nil || !reflect.DeepEqual(*in.basis, now) {
		in.plan.made, in.basis = false, &now
	}
}

// idle reports whether no news about the backups of the instance are to be expected at now.
func (in *instance) idle(now time.Time) bool { return now.Before(in.plan.idleUntil) }

// lookAhead makes the plan, if an answer came since it was made.
func (in *instance) lookAhead(opts *Options, now time.Time) {
	if in.plan.made {
		return
	}
	in.plan = plan{made: true, idleUntil: backup.Never}
	state := in.state(opts, now)
	in.lookForFrequent(&state, opts)
	if news := state.NewsFrom(now); !news.IsZero() && news.Before(in.plan.idleUntil) {
		in.plan.idleUntil = news
	}
	if !in.idle(now) {
		return
	}
	in.keepInForce(opts, now)
}

// keepInForce lets what was read be shown for as long as the interval in force says, where that is longer than before.
func (in *instance) keepInForce(opts *Options, now time.Time) {
	span := func(scope backup.Scope) time.Duration {
		return in.interval(opts, scope, in.idle(now)) + opts.StaleAfter
	}
	for _, n := range in.nodes {
		n.backups.keepFor(span(backup.ScopeBackups))
		n.increments.keepFor(increments{&n.increments, in, n}.interval(opts, in.idle(now)) + opts.StaleAfter)
		n.copies.keepFor(span(backup.ScopeCopies))
		n.checks.keepFor(span(backup.ScopeRestoreCheck))
	}
	in.jobs.keepFor(span(backup.ScopeJobs))
	in.policy.keepFor(span(backup.ScopePolicy))
	in.recovery.keepFor(span(backup.ScopeRecovery))
	in.lastRestore.keepFor(span(backup.ScopeRestores))
}

// lookForFrequent notes whether a list has high-frequency backups.
func (in *instance) lookForFrequent(state *backup.InstanceState, opts *Options) {
	if in.listsFrequent {
		return
	}
	for _, n := range state.Nodes {
		in.listsFrequent = in.listsFrequent || state.Target(n).ListsFrequent(in.objectives)
	}
	if in.listsFrequent && opts.Catalog != nil {
		opts.Catalog.LearnFrequentListed(in.Target)
	}
}

// keepFor lets a good reading be shown for as long, counted from when it was taken, if that is longer than it is shown anyway.
func (c *cell[T]) keepFor(span time.Duration) {
	until := c.takenAt.Add(span)
	if !c.takenAt.IsZero() && !c.reading.NotOffered && until.After(c.reading.GoodUntil) {
		c.reading.GoodUntil = until
	}
}
