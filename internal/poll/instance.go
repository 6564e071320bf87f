package poll

import (
	"context"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
)

// instance is what is known of one instance.
type instance struct {
	backup.Instance
	objectives backup.Objectives
	shards     []string // as the cloud lists them; the configuration may name others
	missing    bool     // the cloud does not list it although the configuration names it

	restoreCheck bool // ask whether backups could be restored
	restores     bool // ask when backups were last restored
	policyFirst  bool // ask for the recovery window once the policy is known
	recalled     bool // what the catalog knows was taken over

	jobs        cell[[]backup.Job]
	moves       moves // of jobs
	policy      cell[backup.Policy]
	recovery    cell[backup.Window]
	lastRestore cell[time.Time]
	policies    policyHistory
	plan        plan
	basis       *basis // of plan; nil: there is none
	rest        rest
	stretched   map[backup.Scope]float64 // by how much intervals are stretched; none: they are not
	// incrementsEvery is how often the lists of incremental backups are read while the instance is idle; 0: not reckoned
	incrementsEvery time.Duration
	// listsFrequent: a list had high-frequency backups once. Those that are there now may have expired.
	listsFrequent bool
	nodes         []*node // by id; never empty
	entries       []entry // every cell of the instance and its nodes
	onPolicy      []entry // those of entries that are asked where the policy says so
	increments    []increments
}

// node is what is known of one target of an instance.
type node struct {
	id         string
	recalled   bool // what the catalog knows was taken over
	backups    cell[backup.List]
	wholeAt    time.Time // when all of the list was asked for last; zero: never
	doubts     doubts
	older      cell[backup.Older]
	lacking    time.Time         // since when the list has no usable backup; zero: it has one, or is not known
	increments cell[backup.List] // what backups leaves out
	copies     cell[backup.Copies]
	checks     cell[backup.RestoreChecks]
}

// entry is one cell of an instance with its question, for any type of reading.
type entry interface {
	launch(ctx context.Context, p *Poller, r *region, in *instance) *flight
	// dueIn returns in which time launch would ask if no answer came and nobody set the clock: never more than that, and
	// forever where it would not. It is called when launch had nothing to ask at now and nothing is in flight.
	dueIn(opts *Options, in *instance, now time.Time) time.Duration
	asked() bool
	retry()
	fail(err error, now time.Time)
}

// call holds the arguments of a question about an instance. They are taken when the question is launched, because the
// instance may change while the question waits for its turn.
type call struct {
	Source
	in    backup.Instance
	since time.Time // backups that started before it are not asked for
	to    string    // the region of the copies; "": there are none
}

// entryOf is an entry whose reading holds a T.
type entryOf[T any] struct {
	*cell[T]
	about subject
	ask   func(context.Context, call) (T, error)
	keep  func(*catalog.Catalog, backup.Target, catalog.Times, T) // tells the catalog of a new value
}

func (e *entryOf[T]) launch(ctx context.Context, p *Poller, r *region, in *instance) *flight {
	now := p.opts.Now()
	if !e.due(now, in.interval(&p.opts, e.about.scope, in.idle(now) && !e.useless(now))) {
		return e.flight
	}
	asked := call{
		Source: r.conf.Source, in: in.Instance, since: now.Add(-p.opts.Lookback), to: in.policy.reading.Value.CopyRegion,
	}
	if e.about.scope == backup.ScopePolicy && in.policies.askedAt.IsZero() {
		in.policies.askedAt = p.opts.Now()
	}
	return launch(ctx, p, r, e.cell, question[T]{
		scope: e.about.scope,
		in:    in,
		ask:   func(ctx context.Context) (T, error) { return e.ask(ctx, asked) },
		keep: func(to *catalog.Catalog) {
			e.keep(to, e.about.target, catalog.TimesOf(e.reading), e.reading.Value)
		},
		learn: func(ctx context.Context) []*flight {
			p.learnOutcome(r, e.about, e.reading.Err, e.reading.NotOffered)
			return p.startFollowers(ctx, r, in, e.about)
		},
	})
}

func (e *entryOf[T]) dueIn(opts *Options, in *instance, now time.Time) time.Duration {
	return e.dueFor(in, opts, e.about.scope, now)
}

// conditional is an entry that is asked, and can fail, only while it is needed.
type conditional struct {
	entry
	needed func() bool
}

func (c conditional) launch(ctx context.Context, p *Poller, r *region, in *instance) *flight {
	if !c.needed() {
		return nil
	}
	return c.entry.launch(ctx, p, r, in)
}

func (c conditional) dueIn(opts *Options, in *instance, now time.Time) time.Duration {
	if !c.needed() {
		return forever
	}
	return c.entry.dueIn(opts, in, now)
}

func (c conditional) fail(err error, now time.Time) {
	if c.needed() {
		c.entry.fail(err, now)
	}
}

// afterPolicy is an entry that is asked, where Region.PolicyFirst is set, once the first question about the policy was answered,
// be it with a failure. A policy that the catalog knows will do, unless by it there is nothing to ask for: that may have changed.
type afterPolicy struct {
	entry
	in *instance
}

func (a afterPolicy) launch(ctx context.Context, p *Poller, r *region, in *instance) *flight {
	if a.in.awaitsPolicy() {
		return nil
	}
	return a.entry.launch(ctx, p, r, in)
}

func (a afterPolicy) dueIn(opts *Options, in *instance, now time.Time) time.Duration {
	if a.in.awaitsPolicy() {
		return forever
	}
	return a.entry.dueIn(opts, in, now)
}

// awaitsPolicy reports whether the recovery window is asked for only when the policy was read.
func (in *instance) awaitsPolicy() bool {
	if !in.policyFirst {
		return false
	}
	policy := &in.policy
	asking := policy.askedAt.IsZero() || policy.flight != nil && policy.flight.first
	return policy.reading.TriedAt.IsZero() || asking && in.withoutLogs()
}

// withoutLogs reports whether the policy that is known makes no incremental backups.
func (in *instance) withoutLogs() bool {
	on := in.policy.reading.Value.LogBackup
	return on != nil && !*on
}

func newInstance(t backup.Target) *instance {
	return &instance{Instance: backup.Instance{Target: t}}
}

// arrange brings the nodes in line with the shards, and lists all cells.
func (in *instance) arrange() {
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
	in.arrangeEntries()
}

// arrangeEntries lists the cells. A new scope is a row here.
func (in *instance) arrangeEntries() {
	in.entries, in.onPolicy, in.increments = nil, nil, nil
	for _, n := range in.nodes {
		in.entries = append(in.entries, backupList{&n.backups, in, n})
		in.onPolicy = append(in.onPolicy, conditional{&entryOf[backup.Copies]{
			&n.copies,
			subject{in.Node(n.id), backup.ScopeCopies},
			func(ctx context.Context, c call) (backup.Copies, error) {
				return c.Copies(ctx, c.in, n.id, c.to, c.since)
			},
			(*catalog.Catalog).LearnCopies,
		}, in.wantsCopies})
		in.increments = append(in.increments, increments{&n.increments, in, n})
	}
	for _, e := range in.increments {
		in.onPolicy = append(in.onPolicy, e)
	}
	for _, n := range in.nodes {
		in.entries = append(in.entries, older{&n.older, in, n})
	}
	in.entries = append(
		in.entries,
		afterPolicies{&entryOf[[]backup.Job]{
			&in.jobs,
			subject{in.Target, backup.ScopeJobs},
			func(ctx context.Context, c call) ([]backup.Job, error) { return c.Jobs(ctx, c.in) },
			(*catalog.Catalog).LearnJobs,
		}},
		&entryOf[backup.Policy]{
			&in.policy,
			subject{in.Target, backup.ScopePolicy},
			func(ctx context.Context, c call) (backup.Policy, error) { return c.Policy(ctx, c.in) },
			in.keepPolicy,
		},
	)
	in.onPolicy = append(in.onPolicy, afterPolicy{&entryOf[backup.Window]{
		&in.recovery,
		subject{in.Target, backup.ScopeRecovery},
		func(ctx context.Context, c call) (backup.Window, error) { return c.Recovery(ctx, c.in) },
		(*catalog.Catalog).LearnRecovery,
	}, in})
	in.entries = append(in.entries, lastRestore{&in.lastRestore, in})
	in.entries = append(in.entries, in.onPolicy...)
	for _, n := range in.nodes {
		in.entries = append(in.entries, restoreCheck{&n.checks, in, n})
	}
}

// jobsKnown returns what is known of the jobs: where the cloud offers no list of them, those that the lists of backups tell, with
// the times of the list that was read first. A list that tells none, of any target, leaves them unknown.
func (in *instance) jobsKnown() backup.Reading[[]backup.Job] {
	if !in.jobs.reading.NotOffered {
		return in.jobs.reading
	}
	var told backup.Reading[[]backup.Job]
	for _, n := range in.nodes {
		list := &n.backups.reading
		if list.At.IsZero() || list.Value.Jobs == nil {
			return in.jobs.reading
		}
		jobs := slices.Concat(told.Value, list.Value.Jobs)
		if told.At.IsZero() || list.At.Before(told.At) {
			told = backup.Reading[[]backup.Job]{At: list.At, CloudAt: list.CloudAt, TriedAt: list.TriedAt, GoodUntil: list.GoodUntil, Err: list.Err}
		}
		told.Value = jobs
	}
	return told
}

// keepPolicy tells the catalog of a policy, and with it whether a list had its high-frequency backups: those may have expired
// when the process begins again.
func (in *instance) keepPolicy(to *catalog.Catalog, t backup.Target, times catalog.Times, p backup.Policy) {
	p.MayBeUnlisted = p.MayBeUnlisted && !in.listsFrequent
	to.LearnPolicy(t, times, p)
}

// wantsCopies reports whether the policy asks for copies in another region.
func (in *instance) wantsCopies() bool { return in.policy.reading.Value.CopyRegion != "" }

// state returns the instance as a snapshot shows it, without removals.
func (in *instance) state(opts *Options, now time.Time) backup.InstanceState {
	state := backup.InstanceState{
		Instance:   in.Instance,
		Objectives: in.objectives,
		Jobs:       in.jobsKnown(),
		Policy:     in.policy.reading,
		Recovery:   in.recovery.reading,
		Nodes:      make([]backup.NodeState, 0, len(in.nodes)),

		PolicyChanges: in.policies.changes,
		PolicyBy:      in.policies.awaitedUntil(in.policy.reading, opts.PolicyInterval, now),
		WindowBy:      in.recovery.awaitedUntil(in.policies.firstAsked(now), opts.StaleAfter),
		JobsUnmoved:   in.moves.of(in.jobsKnown()),
		RecoveryEvery: in.interval(opts, backup.ScopeRecovery, in.idle(now)),
	}
	if in.listsFrequent {
		state.Policy.Value.MayBeUnlisted = false
	}
	if in.restores {
		state.LastRestore = in.lastRestore.reading
	}
	for _, n := range in.nodes {
		list := increments{&n.increments, in, n}.joined(now)
		list.Value.Older = older{&n.older, in, n}.shown(opts.StaleAfter)
		state.Nodes = append(state.Nodes, backup.NodeState{
			NodeID: n.id, Backups: list, Copies: n.copiesIn(in.policy.reading.Value.CopyRegion),
			RestoreChecks: restoreCheck{&n.checks, in, n}.shown(),
		})
	}
	return state
}

// addRemovals adds to what a snapshot shows which backups vanished before their expiry.
func (in *instance) addRemovals(state *backup.InstanceState, removed map[backup.Target]backup.Removals) {
	if len(removed) == 0 {
		return
	}
	state.Nodes = slices.Clone(state.Nodes) // other snapshots may have the same
	for i, n := range in.nodes {
		state.Nodes[i].Removals = removed[in.Node(n.id)]
	}
}

// busy reports whether a question about the instance is in flight.
func (in *instance) busy() bool {
	for _, n := range in.nodes {
		if n.backups.flight != nil || n.increments.flight != nil || n.older.flight != nil || n.copies.flight != nil || n.checks.flight != nil {
			return true
		}
	}
	return in.jobs.flight != nil || in.policy.flight != nil || in.recovery.flight != nil || in.lastRestore.flight != nil
}

// copiesIn returns what is known of the copies in a region: nothing where the policy asks for none, or now asks for them in
// another region.
func (n *node) copiesIn(region string) backup.Reading[backup.Copies] {
	r := n.copies.reading
	if region == "" || (r.Value.Region != "" && r.Value.Region != region) {
		return backup.Reading[backup.Copies]{}
	}
	return r
}
