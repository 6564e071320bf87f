package evidence

import (
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Replay returns what a scrape would have been made from at moments of the past, had the clouds been asked just then. The moments
// must be asked for in order, the oldest first. A list of backups of which it is not known whether the objective was kept counts as
// not known.
type Replay struct {
	subjects *Subjects
	known    [][]backup.Stretch // by subject and target, those that are not over yet
}

// Replay returns the replay of the subjects.
func (s *Subjects) Replay() *Replay {
	r := &Replay{subjects: s}
	for _, one := range s.instances {
		for _, past := range one.pasts {
			r.known = append(r.known, past.Stretches(s.opts.Since, s.opts.Until))
		}
	}
	return r
}

// At returns the snapshot of a moment. Of the regions it has only that they answered.
func (r *Replay) At(t time.Time) *backup.Snapshot {
	snapshot := &backup.Snapshot{At: t}
	for _, region := range r.subjects.opts.Snapshot.Regions {
		snapshot.Regions = append(snapshot.Regions, backup.Region{
			Cloud: region.Cloud, Account: region.Account, Region: region.Region, OfRegions: region.OfRegions, Asked: true, Up: true,
		})
	}
	next := 0
	for i := range r.subjects.instances {
		one := &r.subjects.instances[i]
		sure := make([]bool, len(one.pasts))
		for k := range one.pasts {
			sure[k] = r.sure(next, t)
			next++
		}
		if in, there := one.at(t, sure); there {
			snapshot.Instances = append(snapshot.Instances, in)
		}
	}
	return snapshot
}

// sure reports whether it is known at t whether a target kept its objective.
func (r *Replay) sure(target int, t time.Time) bool {
	for len(r.known[target]) > 1 && !t.Before(r.known[target][0].Until) {
		r.known[target] = r.known[target][1:]
	}
	return len(r.known[target]) > 0 && r.known[target][0].Standing != backup.StandingUnknown
}

// at returns the instance as it was at t; false: it was not there. sure says of which targets the list is known.
func (one *subject) at(t time.Time, sure []bool) (backup.InstanceState, bool) {
	in := one.state
	if created := in.Instance.CreatedAt; !created.IsZero() && t.Before(created) || len(one.pasts) == 0 {
		return in, false
	}
	for i, past := range one.pasts {
		state := past.At(t, true)
		if i == 0 {
			in.Jobs, in.Policy, in.Recovery, in.PolicyChanges = state.Jobs, state.Policy, state.Recovery, state.PolicyChanges
			in.Instance.Lifecycle, in.Instance.Status = state.Lifecycle, state.Status
			in.Nodes, in.JobsUnmoved, in.ListedUntil = slices.Clone(in.Nodes), nil, time.Time{}
		}
		node := &in.Nodes[i]
		if node.Backups = state.Backups; !sure[i] {
			node.Backups = backup.Reading[backup.List]{TriedAt: t}
		}
		node.RestoreChecks = replayed(node.RestoreChecks, t, state.RestoreChecks)
		copies := node.Copies.Value
		copies.Backups = slices.DeleteFunc(slices.Clone(copies.Backups), func(b backup.Backup) bool { return b.EndedAt.After(t) })
		node.Copies, node.Removals = replayed(node.Copies, t, copies), state.Removals
	}
	if in.LastRestore.Value.After(t) {
		in.LastRestore.Value = time.Time{}
	}
	in.LastRestore = replayed(in.LastRestore, t, in.LastRestore.Value)
	return in, in.Instance.Lifecycle.Exists() || !one.gone
}

// replayed returns a reading that was taken at t, if there ever was one.
func replayed[T any](r backup.Reading[T], t time.Time, value T) backup.Reading[T] {
	if r.At.IsZero() {
		return r
	}
	return backup.Reading[T]{Value: value, At: t, TriedAt: t, GoodUntil: t.Add(time.Second), NotOffered: r.NotOffered}
}
