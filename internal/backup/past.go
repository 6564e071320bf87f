package backup

import (
	"slices"
	"time"
)

// Past is what is known of one target over time: what was kept of earlier answers besides the newest ones. Make it with
// [NewPast].
type Past struct {
	State TargetState // by the newest answers
	Want  Objectives
	Kept  Kept
	Also

	now    time.Time
	sets   []PastSet   // by when they began, the oldest first
	reads  []time.Time // when the list was read, as far as that is known, the oldest first
	read   time.Time   // until when the list tells; zero: it was never read
	keeps  time.Duration
	shown  bool // the cloud shows what is running
	inside bool // an incremental backup is among the sets
}

// Also is what is known of the target besides what its verdict is drawn from.
type Also struct {
	Copies         Reading[Copies]    // of the target in another region
	LastRestore    Reading[time.Time] // when an instance was last made from backups of this one; zero: that was not seen
	ChecksRestores bool               // the cloud is asked whether backups can be restored
}

// Kept is what was kept of earlier answers about a target. The zero value is nothing: then the newest answers alone tell.
type Kept struct {
	Sets    []PastSet      // those of the newest list may be among them
	Jobs    []Job          // of the instance
	Changes []PolicyChange // of the policy, the oldest first; fewer than State has are not used
	Reads   []time.Time    // when a list is known to have been read before the newest one, in any order
	Watches []Watch        // when lists were read again and again, in any order
	// StatusSince is when the instance was first seen with its status; zero: not known.
	StatusSince time.Time
	// Lookback is how far back a verdict looks: its list has nothing that began before; 0: no limit.
	Lookback time.Duration
	// Reach is how far back the lists go that were read; 0: no limit.
	Reach time.Duration
}

// PastSet is a backup, and until when the cloud listed it.
type PastSet struct {
	Backup              // as it was last listed
	FirstSeen time.Time // when a list first had it
	LastSeen  time.Time // when a list last had it; not used where the newest list has it
	LeftAt    time.Time // when a list first lacked it that goes back as far; zero: none did
	Early     bool      // it vanished before its expiry, although its instance was there
	Expiry    time.Time // with Early: when it would have expired at the earliest
}

// NewPast returns the past of a target as it is known at now.
func NewPast(state TargetState, want Objectives, kept Kept, now time.Time) *Past {
	p := &Past{State: state, Want: want, Kept: kept, now: now.Round(0)}
	if len(kept.Changes) > len(state.PolicyChanges) {
		p.State.PolicyChanges = kept.Changes
	}
	p.gather()
	p.read = state.Backups.At
	if state.Backups.Known(now) {
		p.read = later(p.read, p.now)
	}
	p.reads = slices.SortedFunc(slices.Values(append(slices.Clone(kept.Reads), p.read)), time.Time.Compare)
	p.reads = slices.DeleteFunc(p.reads, time.Time.IsZero)
	p.keeps = p.shortestKept()
	p.shown = !state.Jobs.NotOffered && !state.Jobs.At.IsZero()
	return p
}

// gather brings all backups together. Of one that is listed, the newest record counts.
func (p *Past) gather() {
	listed := map[string]bool{}
	add := func(set PastSet) {
		if !set.began().IsZero() {
			p.sets = append(p.sets, set)
			p.inside = p.inside || set.Kind == KindIncremental
		}
	}
	list := &p.State.Backups.Value
	for _, b := range list.Backups {
		listed[b.ID] = b.ID != ""
		add(PastSet{Backup: b})
	}
	if list.Older != nil {
		for _, b := range list.Older.Backups {
			if !listed[b.ID] {
				listed[b.ID] = b.ID != ""
				add(PastSet{Backup: b})
			}
		}
	}
	for _, set := range p.Kept.Sets {
		if !listed[set.ID] {
			listed[set.ID] = set.ID != ""
			set.LastSeen = later(set.LastSeen, set.began()) // it was seen, whenever that was
			add(set)
		}
	}
	slices.SortStableFunc(p.sets, func(a, b PastSet) int { return a.began().Compare(b.began()) })
}

// shortestKept returns how long a scheduled backup was kept at least: by every policy that was seen, or else as old as the
// oldest one is that the newest list has; and by what the cloud says of each backup, which may be of a policy that nobody saw.
func (p *Past) shortestKept() time.Duration {
	c := assessment{in: p.State, horizon: horizonOf(p.State.Backups.At)}
	return min(p.keptByPolicy(&c), p.keptByExpiry(&c))
}

// keptByExpiry returns the shortest time from the start of a scheduled backup to its expiry.
func (p *Past) keptByExpiry(c *assessment) time.Duration {
	shortest := Forever
	for i := range p.sets {
		b := &p.sets[i].Backup
		if kept := b.ExpiresAt.Sub(b.began()); b.State == StateSuccess && c.scheduledFull(b) && !b.ExpiresAt.IsZero() && kept > 0 {
			shortest = min(shortest, kept)
		}
	}
	return shortest
}

// keptByPolicy is shortestKept without what the cloud says of each backup.
func (p *Past) keptByPolicy(c *assessment) time.Duration {
	shortest, known := Forever, true
	for e := range c.eras {
		kept := e.policy.ShortestRetention()
		shortest, known = min(shortest, kept), known && kept > 0
	}
	if known && !p.State.Policy.At.IsZero() {
		return shortest
	}
	var oldest time.Time
	for i := range p.State.Backups.Value.Backups {
		if b := &p.State.Backups.Value.Backups[i]; b.State == StateSuccess && c.scheduledFull(b) {
			oldest = earlier(oldest, b.began())
		}
	}
	if oldest.IsZero() {
		return 0
	}
	return max(0, p.State.Backups.At.Sub(oldest))
}

// reach returns how long after a scheduled backup began a list still has it at least.
func (p *Past) reach() time.Duration {
	if p.Kept.Reach <= 0 {
		return p.keeps
	}
	return min(p.keeps, p.Kept.Reach)
}

// At returns the state of the target as it would have been read at t: what began later is not there, what was not over was
// running, and what has left since is there. A backup of which it is not known whether it was still there, because no list was
// read before one lacked it, is there only where it is hoped for.
func (p *Past) At(t time.Time, hopeful bool) TargetState {
	in := p.State
	in.Backups, in.Policy = p.replayed(t), p.policyRead(t)
	in.Jobs, in.Recovery = replayed(in.Jobs, p.now, t), replayed(in.Recovery, p.now, t)
	if !in.Backups.At.IsZero() {
		in.Backups.Value = p.listAt(t, hopeful)
	}
	if !in.Jobs.At.IsZero() {
		in.Jobs.Value = p.jobsAt(t, in.Backups.Value)
	}
	in.windowAt(t, p.State.Recovery.At, p.now)
	in.policyAt(t)
	if t.Before(p.State.Policy.At) {
		in.Policy.Value.NextAt = time.Time{} // what is planned now was not planned then
	}
	if p.ranAt(t) {
		in.Lifecycle, in.Status = LifecycleRunning, ""
	}
	in.RestoreChecks = slices.DeleteFunc(slices.Clone(in.RestoreChecks), func(check RestoreCheck) bool { return check.At.After(t) })
	in.Removals = p.removalsAt(t)
	return in
}

// replayed returns the reading of the list as it would have been at t. What could not be read is not known of the past.
func (p *Past) replayed(t time.Time) Reading[List] {
	r := replayed(p.State.Backups, p.now, t)
	r.Err = nil
	return r
}

// policyRead returns the reading of the policy as it would have been at t. A policy once read stays in force, also when it is too
// old to be shown as current: RPOInForce needs its value.
func (p *Past) policyRead(t time.Time) Reading[Policy] {
	r := replayed(p.State.Policy, p.now, t)
	r.Value = p.State.Policy.Value
	return r
}

// replayed returns a reading as it would have been at t: as if the cloud had been asked then. After the newest answer it is
// known only as long as that is.
func replayed[T any](r Reading[T], now, t time.Time) Reading[T] {
	switch {
	case r.At.IsZero():
		return r
	case t.After(r.At) && !r.Known(now): // no more is left of it than that the cloud has told it once
		return Reading[T]{At: r.At, NotOffered: r.NotOffered}
	case t.Before(r.At), t.After(now):
		r.At = t
	}
	r.TriedAt, r.CloudAt, r.GoodUntil, r.Err = r.At, time.Time{}, t.Add(time.Second), nil
	return r
}

// listAt returns the list as it would have been at t.
func (p *Past) listAt(t time.Time, hopeful bool) List {
	list := List{Op: p.State.Backups.Value.Op, Asked: p.State.Backups.Value.Asked}
	first := 0
	if p.Kept.Lookback > 0 {
		first = p.firstSince(t.Add(-p.Kept.Lookback))
	}
	for i := p.firstSince(t.Add(1)) - 1; i >= first; i-- {
		if b, ok := p.setAt(&p.sets[i], t, hopeful); ok {
			list.Backups = append(list.Backups, b)
		}
	}
	if first > 0 && list.LacksUsable(t, t) {
		list.Older = p.olderAt(p.sets[:first], t, hopeful)
	}
	return list
}

// olderAt returns what somebody would have found at t who looked further back than the list.
func (p *Past) olderAt(sets []PastSet, t time.Time, hopeful bool) *Older {
	var all List
	for i := range sets {
		if b, ok := p.setAt(&sets[i], t, hopeful); ok {
			all.Backups = append(all.Backups, b)
		}
	}
	return all.OlderThan(t, t)
}

// setAt returns a backup as it would have been listed at t; false: it would not.
func (p *Past) setAt(set *PastSet, t time.Time, hopeful bool) (Backup, bool) {
	b := set.Backup
	switch {
	case b.began().After(t):
		return b, false
	case set.LastSeen.IsZero(): // it is listed
	case hopeful && !set.LeftAt.IsZero() && !t.Before(set.LeftAt), !hopeful && t.After(set.LastSeen):
		return b, false
	}
	if b.EndedAt.After(t) {
		if !p.shown || b.StartedAt.IsZero() {
			return b, false
		}
		b.State, b.EndedAt, b.ExpiresAt, b.SizeBytes, b.Unusable = StateRunning, time.Time{}, time.Time{}, nil, ""
	}
	return b, true
}

// jobsSeen is how long a job is part of the past after it began. Clouds list those of the last days.
const jobsSeen = 8 * day

// jobsAt returns the jobs as they would have been listed at t. One that has ended since was running while its backup was.
func (p *Past) jobsAt(t time.Time, list List) []Job {
	var all []Job
	present := !t.Before(p.State.Jobs.At)
	for _, job := range p.jobs() {
		began := job.StartedAt
		switch {
		case present && began.IsZero():
		case began.IsZero(), began.After(t), t.Sub(began) > jobsSeen, !present && job.State == JobScheduled:
			continue
		case (job.State == JobFinished || job.State == JobFailed) && list.runsFrom(began):
			job.State, job.Progress, job.Reason = JobRunning, nil, ""
		}
		all = append(all, job)
	}
	return all
}

// runsFrom reports whether a backup of the list is running that began at about a moment.
func (l *List) runsFrom(t time.Time) bool {
	return slices.ContainsFunc(l.Backups, func(b Backup) bool {
		return b.State == StateRunning && b.StartedAt.Sub(t).Abs() <= sameAttempt
	})
}

// jobs returns every job that is known, each once.
func (p *Past) jobs() []Job {
	all := slices.Clone(p.State.Jobs.Value)
	for _, job := range p.Kept.Jobs {
		if !slices.ContainsFunc(p.State.Jobs.Value, func(j Job) bool { return j.ID == job.ID && j.StartedAt.Equal(job.StartedAt) }) {
			all = append(all, job)
		}
	}
	return all
}

// removalsAt returns the early removals that were known at t.
func (p *Past) removalsAt(t time.Time) Removals {
	var found Removals
	for _, r := range p.removals() {
		if !r.LeftAt.After(t) {
			found.Sets = append(found.Sets, r)
			found.Last = later(found.Last, r.LeftAt)
		}
	}
	return found
}

// removals returns every early removal that is known, the newest LeftAt first.
func (p *Past) removals() []Removal {
	all := slices.Clone(p.State.Removals.Sets)
	for i := range p.sets {
		set := &p.sets[i]
		if set.Early && !slices.ContainsFunc(p.State.Removals.Sets, func(r Removal) bool { return r.ID == set.ID }) {
			all = append(all, Removal{Backup: set.Backup, LeftAt: set.LeftAt, Expiry: set.Expiry})
		}
	}
	slices.SortStableFunc(all, func(a, b Removal) int { return b.LeftAt.Compare(a.LeftAt) })
	return all
}

// windowAt lets the point-in-time window end at t where it reached further later on: it reached t then. asked is when the
// cloud told it.
func (in *TargetState) windowAt(t, asked, now time.Time) {
	if w := &in.Recovery.Value; t.Before(now) && horizonOf(asked).allows(w.End) && !t.Before(w.Start) {
		w.End = earlier(w.End, t)
	}
}

// policyAt puts the policy in force that was in force at t.
func (in *TargetState) policyAt(t time.Time) {
	for n := len(in.PolicyChanges); n > 0 && t.Before(in.PolicyChanges[n-1].At); n-- {
		in.Policy.Value, in.PolicyChanges = in.PolicyChanges[n-1].Former, in.PolicyChanges[:n-1]
	}
}
