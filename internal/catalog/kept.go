package catalog

import (
	"context"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Kept returns what memory holds of the past of a target, of sets that began at since or later. It holds what left the list
// within the lookback.
func (c *Catalog) Kept(_ context.Context, t backup.Target, since time.Time) (backup.Kept, error) {
	sets := slices.DeleteFunc(append(c.Left(t), c.Sets(t)...), func(s Set) bool { return began(&s.Backup).Before(since) })
	k := keptOf(sets, nil, c.Known(t).Policies)
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.findNode(t); n != nil {
		k.Watches = watchesOf(n.watches)
	}
	if in := c.find(t); in != nil {
		k.StatusSince = in.listed.status.time()
		if in.listed.gone != 0 {
			k.StatusSince = in.seen().time()
		}
	}
	return k, nil
}

// Gone returns the instances that memory has of those that were there at since or later and are not any more.
func (c *Catalog) Gone(_ context.Context, since time.Time) ([]backup.InstanceState, error) {
	var all []backup.InstanceState
	for _, r := range c.Regions() {
		for _, in := range c.Instances(r) {
			known := c.Known(in.Target)
			if targets := c.Targets(in.Target); !in.GoneAt.IsZero() && !in.Last.Before(since) && len(targets) > 0 {
				all = append(all, in.gone(targets, known.Policies))
			}
		}
	}
	return all, nil
}

// Kept returns what the file has of the past of a target, of sets that began at since or later.
func (h history) Kept(ctx context.Context, t backup.Target, since time.Time) (backup.Kept, error) {
	const ahead = 24 * time.Hour // a cloud's clock may be ahead
	newest, err := h.newest(ctx, t)
	if err != nil {
		return backup.Kept{}, err
	}
	until := newest.Add(ahead)
	sets, err := h.Sets(ctx, t, since, until)
	if err != nil {
		return backup.Kept{}, err
	}
	list, err := h.list(ctx, t)
	if err != nil {
		return backup.Kept{}, err
	}
	list.extend(sets)
	jobs, err := h.Jobs(ctx, t, since, until)
	if err != nil {
		return backup.Kept{}, err
	}
	policies, err := h.Policies(ctx, t)
	if err != nil {
		return backup.Kept{}, err
	}
	k := keptOf(sets, jobs, policies)
	k.Watches = watchesOf(list.watches())
	var status stamp
	err = h.from.QueryRowContext(ctx, `SELECT coalesce(max(CASE WHEN gone_at > 0 THEN last_seen ELSE status_first END), 0) FROM instance WHERE `+targetIs, whose(t.Instance())...).Scan(&status)
	k.StatusSince = status.time()
	return k, err
}

// list returns what the file has of the newest list of a target besides its backups.
func (h history) list(ctx context.Context, t backup.Target) (r listRecord, err error) {
	var value string
	err = h.from.QueryRowContext(ctx, `SELECT coalesce(max(value), '{}') FROM reading WHERE `+targetIs+` AND scope = 'backups'`, whose(t)...).Scan(&value)
	if err == nil {
		err = decode(value, &r)
	}
	return r, err
}

// extend says of the sets that are listed that they were when the whole list was last read. The file does not have that for
// each of them.
func (r *listRecord) extend(sets []Set) {
	for i := range sets {
		if newest := &sets[i].Seen[len(sets[i].Seen)-1]; sets[i].Absence == Listed {
			newest.Last = later(newest.Last, r.Whole.time())
		}
	}
}

// newest returns when the file last learned something of the backups of a target or the jobs of its instance.
func (h history) newest(ctx context.Context, t backup.Target) (time.Time, error) {
	var at stamp
	err := h.from.QueryRowContext(ctx, `SELECT max(coalesce((SELECT max(at) FROM reading WHERE `+targetIs+`), 0),
		coalesce((SELECT max(last_seen) FROM job WHERE `+targetIs+`), 0))`, append(whose(t), whose(t.Instance())...)...).Scan(&at)
	return at.time(), err
}

// Gone returns the instances that the file has of those that were there at since or later and are not any more. Of each, the
// targets are those that its newest listing named.
func (h history) Gone(ctx context.Context, since time.Time) ([]backup.InstanceState, error) {
	instances, err := h.Instances(ctx)
	if err != nil {
		return nil, err
	}
	var all []backup.InstanceState
	for _, in := range instances {
		if in.GoneAt.IsZero() || in.Last.Before(since) {
			continue
		}
		policies, err := h.Policies(ctx, in.Target)
		if err != nil {
			return nil, err
		}
		targets, err := h.watched(ctx, in.Instance)
		if err != nil {
			return nil, err
		}
		if len(targets) > 0 {
			all = append(all, in.gone(targets, policies))
		}
	}
	return all, nil
}

// watched returns the targets of an instance of which the file has a set: its backups were asked for.
func (h history) watched(ctx context.Context, in backup.Instance) ([]backup.Target, error) {
	var all []backup.Target
	for _, t := range in.Targets() {
		n := 0
		err := h.from.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM backup_set WHERE `+targetIs+`) + (SELECT count(*) FROM past_set WHERE `+targetIs+`)`,
			append(whose(t), whose(t)...)...).Scan(&n)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			all = append(all, t)
		}
	}
	return all, nil
}

// gone returns the state of an instance that is gone: as it was when it was last listed.
func (in *Instance) gone(targets []backup.Target, policies Policies) backup.InstanceState {
	state := backup.InstanceState{Instance: in.Instance, PolicyChanges: changesOf(policies)}
	state.Instance.Lifecycle, state.Instance.Status = backup.LifecycleReleased, "gone"
	if n := len(policies); n > 0 {
		state.Policy = backup.Reading[backup.Policy]{Value: policies[n-1].Policy, At: policies[n-1].Last}
	}
	asked := []backup.Kind{backup.KindFull}
	for _, t := range targets {
		state.Nodes = append(state.Nodes, backup.NodeState{
			NodeID: t.NodeID, Backups: backup.Reading[backup.List]{Value: backup.List{Asked: asked}, At: in.Last},
		})
	}
	return state
}

// keptOf returns sets, jobs and policies as the domain has them.
func keptOf(sets []Set, jobs []Job, policies Policies) backup.Kept {
	k := backup.Kept{Changes: changesOf(policies)}
	for i := range sets {
		s := &sets[i]
		for _, seen := range s.Seen {
			k.Reads = append(k.Reads, seen.First, seen.Last)
		}
		k.Sets = append(k.Sets, s.past())
	}
	for _, job := range jobs {
		k.Jobs = append(k.Jobs, job.Job)
	}
	slices.SortFunc(k.Reads, time.Time.Compare)
	k.Reads = slices.CompactFunc(k.Reads, time.Time.Equal)
	return k
}

// past returns the set as the domain has it. That a list did not go back as far says nothing of whether the set was there.
func (s *Set) past() backup.PastSet {
	p := backup.PastSet{Backup: s.Backup, FirstSeen: s.First(), LastSeen: s.Last(), Early: s.Absence == RemovedEarly, Expiry: s.Expiry}
	if s.Absence != OutOfRange {
		p.LeftAt = s.LeftAt
	}
	if n := len(s.Seen); n > 1 && s.State == backup.StateDeleting { // it was there until then
		p.State, p.LastSeen, p.LeftAt = s.Seen[n-2].State, s.Seen[n-2].Last, s.Seen[n-1].First
	}
	return p
}

// changesOf returns the changes between versions of a policy.
func changesOf(versions Policies) []backup.PolicyChange {
	var all []backup.PolicyChange
	for i := 1; i < len(versions); i++ {
		former := versions[i-1]
		all = append(all, backup.PolicyChange{At: versions[i].First, LastAt: former.Last, Former: former.Policy})
	}
	return all
}
