package catalog

import (
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// LearnJobs learns the backup jobs of an instance.
func (c *Catalog) LearnJobs(t backup.Target, times Times, jobs []backup.Job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := c.instance(t)
	if !in.jobs.known() || !slices.EqualFunc(in.jobs.value, jobs, func(a, b backup.Job) bool { return sameJob(&a, &b) }) {
		in.jobsUntil, in.jobsDirty = stampOf(in.jobs.At), true
	}
	in.jobs.learn(times, jobs)
	c.changed(in)
}

// sameJob reports whether two jobs say the same.
func sameJob(a, b *backup.Job) bool {
	return a.ID == b.ID && a.State == b.State && a.Trigger == b.Trigger && a.StartedAt.Equal(b.StartedAt) &&
		sameNumber(a.Progress, b.Progress) && a.Reason == b.Reason
}

// LearnPolicy learns the policy of an instance. The first one counts as always in force.
func (c *Catalog) LearnPolicy(t backup.Target, times Times, policy backup.Policy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := c.instance(t)
	if !times.NotOffered {
		in.policies.learn(policy, times.At.Round(0), in.policy.At)
	}
	in.policy.learn(times, policy)
	for _, n := range in.nodes {
		if n.watched > 0 && !times.NotOffered {
			n.sawEvidence(sawPolicy, stampOf(times.At))
		}
	}
	c.changed(in)
}

// LearnFrequentListed learns that a list of an instance had high-frequency backups.
func (c *Catalog) LearnFrequentListed(t backup.Target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := c.instance(t)
	last := len(in.policies.versions) - 1
	if last < 0 {
		return
	}
	in.policy.value.MayBeUnlisted, in.policy.dirty = false, true
	in.policies.versions = slices.Clone(in.policies.versions) // what was returned is not changed
	in.policies.versions[last].Policy.MayBeUnlisted = false
	in.policies.written = min(in.policies.written, last)
	c.changed(in)
}

// LearnRecovery learns the span in which any moment can be restored.
func (c *Catalog) LearnRecovery(t backup.Target, times Times, window backup.Window) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := c.instance(t)
	in.recovery.learn(times, window)
	c.changed(in)
}

// LearnLastRestore learns when an instance was last made from backups of this one.
func (c *Catalog) LearnLastRestore(t backup.Target, times Times, restored time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := c.instance(t)
	in.lastRestore.learn(times, restored)
	c.changed(in)
}

// LearnCopies learns the copies of a target's backups in another region.
func (c *Catalog) LearnCopies(t backup.Target, times Times, copies backup.Copies) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.node(t)
	n.copies.learn(times, copies)
	c.changed(n.in)
}

// LearnOlder learns what a target has of backups that began before its list does. nil: the list has a usable backup, so that
// nobody needs to know, and what was known does not count any more.
func (c *Catalog) LearnOlder(t backup.Target, times Times, older *backup.Older) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.node(t)
	n.older.learn(times, older)
	c.changed(n.in)
}

// LearnRestoreChecks learns what the cloud says of single backups of a target.
func (c *Catalog) LearnRestoreChecks(t backup.Target, times Times, checks backup.RestoreChecks) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.node(t)
	n.checks.learn(times, checks)
	c.changed(n.in)
}

// Known is what is known of one target and its instance. Its readings have the times at which the clouds gave them. Their
// GoodUntil is zero, so that they count as too old until the caller, who knows the intervals, sets it.
type Known struct {
	Backups       backup.Reading[backup.List]
	Since         time.Time                     // nothing that began before it belongs to the list of backups; zero: no limit, or no list
	WholeAt       time.Time                     // when a whole list was last learned; zero: never
	ApartAt       time.Time                     // when those incremental backups were read that the cloud's list leaves out; zero: it has them
	Older         backup.Reading[*backup.Older] // nil: nobody needs to know
	Copies        backup.Reading[backup.Copies]
	RestoreChecks backup.Reading[backup.RestoreChecks]

	Jobs        backup.Reading[[]backup.Job]
	Policy      backup.Reading[backup.Policy] // the newest, as it was read
	Policies    Policies                      // its versions; only the newest policyCap
	Recovery    backup.Reading[backup.Window]
	LastRestore backup.Reading[time.Time]
}

// Known returns what is known of a target. What belongs to the instance as a whole is known of each of its targets.
func (c *Catalog) Known(t backup.Target) Known {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := c.find(t)
	if in == nil {
		return Known{}
	}
	k := Known{
		Jobs: in.jobs.reading(), Policy: in.policy.reading(), Policies: in.versions(),
		Recovery: in.recovery.reading(), LastRestore: in.lastRestore.reading(),
	}
	if n := c.findNode(t); n != nil {
		k.Backups, k.Copies, k.RestoreChecks = n.backups.reading(), n.copies.reading(), n.checks.reading()
		k.Older, k.Since, k.WholeAt, k.ApartAt = n.older.reading(), n.since.time(), n.whole.time(), n.apart.time()
	}
	return k
}

// versions returns the versions of the policy, the newest with when it was last read.
func (in *instance) versions() Policies {
	return slices.Clip(in.policies.versions)
}

// Targets returns the targets of an instance about whose backups the cloud has answered.
func (c *Catalog) Targets(t backup.Target) []backup.Target {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := c.find(t)
	if in == nil {
		return nil
	}
	var all []backup.Target
	for _, n := range in.nodes {
		if !n.backups.At.IsZero() {
			all = append(all, n.key)
		}
	}
	return all
}

// Sets returns the sets in the newest list of a target, in its order, with the states that they were seen in.
func (c *Catalog) Sets(t backup.Target) []Set {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.findNode(t)
	if n == nil {
		return nil
	}
	sets := make([]Set, 0, len(n.tracks))
	for i := range n.tracks {
		b, tr := n.backups.value.Backups[i], &n.tracks[i]
		sets = append(sets, Set{Backup: b, Seen: tr.states(b.State, n.lastSeen(tr))})
	}
	return sets
}

// Left returns the sets that left the list of a target within the lookback, those that left last first. At most leftCap are
// held; the file has all.
func (c *Catalog) Left(t backup.Target) []Set {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.findNode(t)
	if n == nil {
		return nil
	}
	sets := make([]Set, 0, len(n.left))
	for i := range n.left {
		sets = append(sets, n.left[i].Set)
	}
	return sets
}
