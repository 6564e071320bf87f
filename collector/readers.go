package collector

import (
	"time"

	dto "github.com/prometheus/client_model/go"

	"mongodb_backup_exporter/internal/backup"
)

// target is what the readers of one target see.
type target struct {
	backups *backup.Reading[backup.List]
	want    *backup.Objectives
	health  *backup.Health
	labels  []*dto.LabelPair
	now     time.Time
}

// instance is what the readers of one instance as a whole see.
type instance struct {
	*backup.InstanceState
	targets []target
	cluster backup.ClusterHealth // zero unless the instance has shards of its own
	running backup.Job           // zero when none runs
	labels  []*dto.LabelPair
	now     time.Time
}

func newInstance(in *backup.InstanceState, pairs labelPairs, now time.Time) instance {
	whole := instance{
		InstanceState: in, running: running(in, now), labels: pairs.target(in.Instance.Target.Instance()), now: now,
		targets: make([]target, len(in.Nodes)),
	}
	verdicts := make([]backup.Health, len(in.Nodes))
	for i, node := range in.Nodes {
		state := in.Target(node)
		verdicts[i] = backup.Assess(state, in.Objectives, now)
		whole.targets[i] = target{&in.Nodes[i].Backups, &in.Objectives, &verdicts[i], pairs.target(state.Target), now}
	}
	if in.Sharded() {
		whole.cluster = backup.AssessCluster(verdicts)
	}
	return whole
}

// region is what the readers of one account and region see.
type region struct {
	backup.Region
	labels []*dto.LabelPair
	now    time.Time
}

// perKind reads what the list says of each type of backup, which is nothing while it is not known.
func perKind(read func(k backup.ByKind, kind string, to samples)) func(*target, samples) {
	return func(t *target, to samples) {
		for kind, k := range t.health.Kinds {
			read(k, backup.Kind(kind).String(), to)
		}
	}
}

// perSuccess reads the newest success of each type that can be restored from; a success of an unknown type is not
// known to be one of these, and shows in the family sets only.
func perSuccess(read func(b *backup.Backup, kind string, to samples)) func(*target, samples) {
	return func(t *target, to samples) {
		for _, kind := range []backup.Kind{backup.KindFull, backup.KindIncremental} {
			if last := t.health.Kinds[kind].LastSuccess; last != nil {
				read(last, kind.String(), to)
			}
		}
	}
}

func successDuration(b *backup.Backup, kind string, to samples) {
	if b.StartedAt.IsZero() || b.EndedAt.IsZero() || b.EndedAt.Before(b.StartedAt) {
		return
	}
	to.number(b.EndedAt.Sub(b.StartedAt).Seconds(), kind)
}

func lastAttempt(t *target, to samples) {
	if last := t.health.Last; last != nil {
		to.yes(last.State == backup.StateSuccess)
	}
}

// sets shows a count of zero only for a type that the cloud was asked for: for others zero is not a fact.
func sets(k backup.ByKind, kind string, to samples) {
	for state, n := range k.Counts {
		if k.Asked || n > 0 {
			to.count(n, kind, backup.State(state).String())
		}
	}
}

// current returns the value of a reading that may be shown. The value of an operation that the cloud does not offer
// for the instance is not one.
func current[T any](r backup.Reading[T], now time.Time) (value T, ok bool) {
	if !r.Known(now) || backup.ClassOf(r.Err) == backup.ClassUnsupported {
		return value, false
	}
	return r.Value, true
}

func withPolicy(read func(p backup.Policy, to samples)) func(*instance, samples) {
	return func(in *instance, to samples) {
		if policy, ok := current(in.Policy, in.now); ok {
			read(policy, to)
		}
	}
}

func jobs(in *instance, to samples) {
	list, ok := current(in.Jobs, in.now)
	if !ok {
		return
	}
	var counts [backup.NumJobStates]int
	for _, job := range list {
		counts[job.State]++
	}
	for state, n := range counts {
		to.count(n, backup.JobState(state).String())
	}
}

// running returns the job with the newest start among those that run. Where no job is listed, the work in progress
// may still show in the list of backups, which does not tell its progress.
func running(in *backup.InstanceState, now time.Time) backup.Job {
	var newest backup.Job
	list, _ := current(in.Jobs, now)
	for _, job := range list {
		if job.State == backup.JobRunning && (newest.State != backup.JobRunning || job.StartedAt.After(newest.StartedAt)) {
			newest = job
		}
	}
	if newest.State == backup.JobRunning {
		return newest
	}
	for _, node := range in.Nodes {
		sets, _ := current(node.Backups, now)
		for _, b := range sets.Backups {
			if b.State == backup.StateRunning && b.StartedAt.After(newest.StartedAt) {
				newest = backup.Job{State: backup.JobRunning, StartedAt: b.StartedAt}
			}
		}
	}
	return newest
}

func pollDuration(s *backup.Snapshot, to samples) {
	var longest time.Duration
	for _, r := range s.Regions {
		longest = max(longest, r.Round)
	}
	to.seconds(longest)
}
