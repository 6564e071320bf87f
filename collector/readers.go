package collector

import (
	"time"

	dto "github.com/prometheus/client_model/go"

	"mongodb_backup_exporter/internal/backup"
)

// target is what families read for one target.
type target struct {
	backups *backup.Reading[backup.List]
	copies  *backup.Reading[backup.Copies]
	checks  *backup.Reading[backup.RestoreChecks]
	removed *backup.Removals
	want    *backup.Objectives
	health  *backup.Health
	labels  []*dto.LabelPair
	now     time.Time
	gone    bool // there is no database whose polls matter
}

// instance is what families read for one instance as a whole.
type instance struct {
	*backup.InstanceState
	targets []target
	cluster backup.ClusterHealth // zero unless each shard is a target
	running backup.Job           // zero when no job is running
	found   []backup.Finding     // about the instance as a whole
	holds   time.Time            // until when the findings hold; zero: for ever
	labels  []*dto.LabelPair
	now     time.Time
}

// newInstance computes the verdict on each target of the instance.
func newInstance(in *backup.InstanceState, pairs labelPairs, now time.Time) instance {
	gone := !in.Instance.Lifecycle.Exists()
	if gone {
		in = bare(in)
	}
	whole := instance{
		InstanceState: in, running: running(in, now), labels: pairs.target(in.Instance.Target.Instance()), now: now,
		targets: make([]target, len(in.Nodes)),
	}
	verdicts := make([]backup.Health, len(in.Nodes))
	for i, node := range in.Nodes {
		state := in.Target(node)
		verdicts[i] = backup.Assess(state, in.Objectives, now)
		known := &in.Nodes[i]
		whole.targets[i] = target{
			&known.Backups, &known.Copies, &known.RestoreChecks, &known.Removals, &in.Objectives, &verdicts[i],
			pairs.target(state.Target), now, gone,
		}
	}
	if in.Sharded() {
		whole.cluster = backup.AssessCluster(verdicts)
	}
	whole.found, whole.holds = in.FindingsUntil(verdicts, now)
	return whole
}

// holdsUntil returns until when the instance shows the same if nothing new is known; zero: for ever. Verdicts and findings hold
// no longer than the lists, jobs, policy and window that they rest on.
func (in *instance) holdsUntil() time.Time {
	first := in.holds
	note := func(t time.Time) {
		if first.IsZero() || !t.IsZero() && t.Before(first) {
			first = t
		}
	}
	note(in.LastRestore.HoldsUntil(in.now))
	for i := range in.targets {
		t := &in.targets[i]
		note(t.health.Until)
		note(t.checks.HoldsUntil(in.now))
		note(t.copies.HoldsUntil(in.now))
		for _, b := range t.copies.Value.Backups { // one that expires is no copy any more
			if b.ExpiresAt.After(in.now) {
				note(b.ExpiresAt)
			}
		}
	}
	return first
}

// bare returns an instance without what is known of its backups. Of one that is being created or deleted, or that was
// released, backups may fail, expire and be refused: nothing of that is a reason to alert.
func bare(in *backup.InstanceState) *backup.InstanceState {
	nodes := make([]backup.NodeState, len(in.Nodes))
	for i := range in.Nodes {
		nodes[i].NodeID = in.Nodes[i].NodeID
	}
	return &backup.InstanceState{Instance: in.Instance, Objectives: in.Objectives, Nodes: nodes}
}

// region is what families read for one account and region.
type region struct {
	backup.Region
	labels []*dto.LabelPair
	now    time.Time
}

// perKind returns a reader that calls read for each type of backup. While the list of backups is not known, there are no
// types.
func perKind(read func(k backup.ByKind, kind string, to samples)) func(*target, samples) {
	return func(t *target, to samples) {
		for kind, k := range t.health.Kinds {
			read(k, backup.Kind(kind).String(), to)
		}
	}
}

// perSuccess returns a reader that calls read with the newest successful backup of each type. It leaves out unknown types,
// because nobody knows whether such a backup can be restored: they show in the family sets only.
func perSuccess(read func(b *backup.Backup, kind string, to samples)) func(*target, samples) {
	return func(t *target, to samples) {
		for _, kind := range []backup.Kind{backup.KindFull, backup.KindIncremental} {
			if last := t.health.Kinds[kind].LastSuccess; last != nil {
				read(last, kind.String(), to)
			}
		}
	}
}

// successDuration adds nothing when the duration is not known or would be negative.
func successDuration(b *backup.Backup, kind string, to samples) {
	if b.StartedAt.IsZero() || b.EndedAt.IsZero() || b.EndedAt.Before(b.StartedAt) {
		return
	}
	to.number(b.EndedAt.Sub(b.StartedAt).Seconds(), kind)
}

// lastAttempt adds nothing when no attempt has finished.
func lastAttempt(t *target, to samples) {
	if last := t.health.Last; last != nil {
		to.flag(last.State == backup.StateSuccess)
	}
}

// sets adds the counts that are not 0. It adds a count of 0 for successes and failures alone, and only of a type that the
// target has and that the exporter asks the cloud for: of another type there may be backups that the list does not show.
func sets(k backup.ByKind, kind string, to samples) {
	has := kind == backup.KindFull.String() || k.Counts != [backup.NumStates]int{}
	for state, n := range k.Counts {
		outcome := state == int(backup.StateSuccess) || state == int(backup.StateFailed)
		if n > 0 || outcome && has && k.Asked {
			to.count(n, kind, backup.State(state).String())
		}
	}
}

// current returns the value of a reading. ok is false when the value is not known, too old, or of an operation that the
// cloud does not offer for the instance.
func current[T any](r *backup.Reading[T], now time.Time) (value T, ok bool) {
	if !r.Known(now) || r.NotOffered {
		return value, false
	}
	return r.Value, true
}

// findings adds a sample for each finding, and none for what is not found.
func findings(all []backup.Finding, to samples) {
	for _, f := range all {
		to.count(1, string(f.Name))
	}
}

// withPolicy returns a reader that calls read while the policy is known.
func withPolicy(read func(p backup.Policy, to samples)) func(*instance, samples) {
	return func(in *instance, to samples) {
		if policy, ok := current(&in.Policy, in.now); ok {
			read(policy, to)
		}
	}
}

// withWindow returns a reader that calls read with the point-in-time window, which is zero when there is none or it is not
// known.
func withWindow(read func(w backup.Window, to samples)) func(*instance, samples) {
	return func(in *instance, to samples) { read(backup.PointInTime(in.Recovery, in.now), to) }
}

// jobs counts the jobs of each state that occurs.
func jobs(in *instance, to samples) {
	list, ok := current(&in.Jobs, in.now)
	if !ok {
		return
	}
	var counts [backup.NumJobStates]int
	for _, job := range list {
		counts[job.State]++
	}
	for state, n := range counts {
		if n > 0 {
			to.count(n, backup.JobState(state).String())
		}
	}
}

// running returns the running job that started last. When the list of jobs shows none, a running backup stands for it;
// its progress is not known.
func running(in *backup.InstanceState, now time.Time) backup.Job {
	var newest backup.Job
	list, _ := current(&in.Jobs, now)
	for _, job := range list {
		if job.State == backup.JobRunning && (newest.State != backup.JobRunning || job.StartedAt.After(newest.StartedAt)) {
			newest = job
		}
	}
	if newest.State == backup.JobRunning {
		return newest
	}
	return runningBackup(in, now)
}

// runningBackup returns a job for the running backup that started last, or else the zero job.
func runningBackup(in *backup.InstanceState, now time.Time) backup.Job {
	var newest backup.Job
	for n := range in.Nodes {
		sets, _ := current(&in.Nodes[n].Backups, now)
		for i := range sets.Backups {
			b := &sets.Backups[i]
			if b.State == backup.StateRunning && b.StartedAt.After(newest.StartedAt) {
				newest = backup.Job{State: backup.JobRunning, StartedAt: b.StartedAt}
			}
		}
	}
	return newest
}

// poll is the part of a reading that does not depend on its value.
type poll struct {
	asked bool      // somebody asks: there was an attempt
	ok    bool      // the newest poll succeeded, and its result is not too old
	at    time.Time // time of the last success; zero: there was none
}

func pollOf[T any](r *backup.Reading[T], now time.Time) poll {
	return poll{!r.TriedAt.IsZero(), r.OK(now), r.At}
}

// and returns the poll of two scopes as one: it succeeded when both did, and is as old as the older one.
func (p poll) and(q poll) poll {
	switch {
	case !p.asked:
		return q
	case !q.asked:
		return p
	case q.at.Before(p.at):
		p.at = q.at
	}
	p.ok = p.ok && q.ok
	return p
}

// poll returns the poll of a scope, shown for the instance as a whole or for a target. Copies and checks of restorability are
// polled per target, and shown for the instance.
func (in *instance) poll(scope backup.Scope) poll {
	switch scope {
	case backup.ScopeJobs:
		return pollOf(&in.Jobs, in.now)
	case backup.ScopePolicy:
		return pollOf(&in.Policy, in.now)
	case backup.ScopeRecovery:
		return pollOf(&in.Recovery, in.now)
	case backup.ScopeRestores:
		return pollOf(&in.LastRestore, in.now)
	case backup.ScopeCopies:
		return in.ofTargets(func(t *target) poll { return pollOf(t.copies, in.now) })
	case backup.ScopeRestoreCheck:
		return in.ofTargets(func(t *target) poll { return pollOf(t.checks, in.now) })
	case backup.ScopeBackups, backup.ScopeDiscovery: // shown per target, and per region
	}
	return poll{}
}

// ofTargets returns the polls of all targets as one.
func (in *instance) ofTargets(read func(*target) poll) poll {
	var all poll
	for i := range in.targets {
		all = all.and(read(&in.targets[i]))
	}
	return all
}

// perPoll returns a reader that calls read for each scope that is shown for the instance. Details are what no verdict rests
// on: they are shown only where somebody asks for them.
func perPoll(read func(p poll, detail bool, scope string, to samples)) func(*instance, samples) {
	return func(in *instance, to samples) {
		if !in.Instance.Lifecycle.Exists() {
			return
		}
		for _, scope := range []backup.Scope{backup.ScopeJobs, backup.ScopePolicy, backup.ScopeRecovery} {
			read(in.poll(scope), false, scope.String(), to)
		}
		for _, scope := range []backup.Scope{backup.ScopeCopies, backup.ScopeRestoreCheck, backup.ScopeRestores} {
			if p := in.poll(scope); p.asked {
				read(p, true, scope.String(), to)
			}
		}
	}
}

// pollSuccess adds whether the newest poll of each scope of the instance succeeded.
func pollSuccess(p poll, _ bool, scope string, to samples) { to.flag(p.ok, scope) }

// pollTime adds when each scope of the instance was read last; of details, only while reading them fails.
func pollTime(p poll, detail bool, scope string, to samples) {
	if !detail || !p.ok {
		to.moment(p.at, scope)
	}
}

// ofBackups returns a reader that calls read with the poll of the list of backups.
func ofBackups(read func(p poll, scope string, to samples)) func(*target, samples) {
	return func(t *target, to samples) {
		if !t.gone {
			read(pollOf(t.backups, t.now), backup.ScopeBackups.String(), to)
		}
	}
}

// newestCopy adds nothing while no copy is known.
func newestCopy(t *target, to samples) {
	if last := backup.NewestCopy(*t.copies, t.now); last != nil {
		to.time(last.Finished(), t.copies.Value.Region)
	}
}

// pollDuration adds the longest round of all regions.
func pollDuration(s *backup.Snapshot, to samples) {
	var longest time.Duration
	for _, r := range s.Regions {
		longest = max(longest, r.Round)
	}
	to.seconds(longest)
}
