package poll

import (
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
)

// The catalog learns each answer that a reading takes over, and each listing, while the poller is locked. A region, an
// instance and a shard that are new to the poller begin with what the catalog knows of them.
//
// What it does not keep is not known after a start: that the cloud does not offer an operation is then believed at once, and
// records without a time count as new.

// keepListing tells the catalog of a listing that is whole or has a part of the instances.
func (p *Poller) keepListing(r *region, listing backup.Listing) {
	known := p.opts.Catalog
	if known == nil || r.conf.OfRegions {
		return
	}
	times := catalog.TimesOf(r.listing.reading)
	if listing.Err() != nil { // the reading is of an earlier one
		times = catalog.Times{At: r.listing.reading.TriedAt}
	}
	known.LearnListing(r.target(""), times, listing)
}

// recall takes over what the catalog knows of a region that is new. Its listing is due all the same.
func (r *region) recall() {
	known, here := r.opts.Catalog, r.target("")
	if known == nil || r.conf.OfRegions {
		return
	}
	r.listed.lacking = map[string]bool{}
	for _, in := range known.Instances(here) {
		r.inhabited = true
		if !in.GoneAt.IsZero() {
			continue
		}
		r.listed.instances = append(r.listed.instances, in.Instance)
		if in.Lacking {
			r.listed.lacking[in.InstanceID] = true
		}
	}
	listing := known.Listed(here)
	r.listed.count = listing.Value
	r.listing.recall(backup.Reading[[]backup.Instance]{At: listing.At, CloudAt: listing.CloudAt}, r.opts, backup.ScopeDiscovery)
	r.watch()
}

// recall takes over what the catalog knows of an instance and of its shards, as far as they are new.
func (in *instance) recall(opts *Options) {
	if opts.Catalog == nil {
		return
	}
	began := false
	if !in.recalled {
		in.recalled, began = true, true
		known := opts.Catalog.Known(in.Target)
		in.jobs.recall(known.Jobs, opts, backup.ScopeJobs)
		in.policy.recall(known.Policy, opts, backup.ScopePolicy)
		in.policies.recall(known.Policies, known.Policy)
		in.listsFrequent = slices.ContainsFunc(known.Policies, func(v catalog.PolicyVersion) bool {
			return v.Policy.Thins() && !v.Policy.MayBeUnlisted
		})
		in.recovery.recall(known.Recovery, opts, backup.ScopeRecovery)
		in.lastRestore.recall(known.LastRestore, opts, backup.ScopeRestores)
	}
	for _, n := range in.nodes {
		if !n.recalled {
			n.recalled, began = true, true
			n.recall(opts.Catalog.Known(in.Node(n.id)), opts)
		}
	}
	if !began {
		return
	}
	state := in.state(opts, opts.Now())
	in.lookForFrequent(&state, opts)
	if !in.wasIdle(opts) {
		in.keepAsBusy(opts)
	}
}

// wasIdle reports whether the instance was idle when the newest of its lists was read.
func (in *instance) wasIdle(opts *Options) bool {
	var read time.Time
	for _, n := range in.nodes {
		if at := n.backups.reading.At; at.After(read) {
			read = at
		}
	}
	if read.IsZero() {
		return false
	}
	news := in.state(opts, read).NewsFrom(read)
	return news.IsZero() || news.After(read)
}

// keepAsBusy withdraws what was recalled as early as that of an instance that is not idle.
func (in *instance) keepAsBusy(opts *Options) {
	for _, n := range in.nodes {
		n.backups.keepOnly(opts.busyInterval(backup.ScopeBackups) + opts.StaleAfter)
		n.increments.keepOnly(opts.busyInterval(backup.ScopeBackups) + opts.StaleAfter)
	}
	in.jobs.keepOnly(opts.busyInterval(backup.ScopeJobs) + opts.StaleAfter)
	in.recovery.keepOnly(opts.busyInterval(backup.ScopeRecovery) + opts.StaleAfter)
}

func (c *cell[T]) keepOnly(span time.Duration) {
	if !c.takenAt.IsZero() && !c.reading.NotOffered {
		c.reading.GoodUntil = c.takenAt.Add(span)
	}
}

func (n *node) recall(known catalog.Known, opts *Options) {
	apart := incrementsOf(known.Backups)
	if !known.ApartAt.IsZero() { // by an older version, nobody noted when they were read
		apart.At, apart.CloudAt = known.ApartAt, time.Time{}
		known.Backups.Value = withoutIncrements(known.Backups.Value)
	}
	n.increments.recall(apart, opts, backup.ScopeBackups)
	n.backups.recall(known.Backups, opts, backup.ScopeBackups)
	n.copies.recall(known.Copies, opts, backup.ScopeCopies)
	n.checks.recall(known.RestoreChecks, opts, backup.ScopeRestoreCheck)
	if list := &n.backups.reading; !list.At.IsZero() && list.Value.LacksUsable(list.At, opts.Now().Round(0)) {
		n.lacking = opts.Now() // a verdict must not say that there is nothing while nobody has looked further back
	}
	if found := known.Older.Value; found != nil {
		n.older.reading = backup.Reading[backup.Older]{Value: *found, At: known.Older.At, TriedAt: known.Older.At}
	}
}

// incrementsOf returns the incremental backups of a list that has them, for when the next list leaves them out.
func incrementsOf(list backup.Reading[backup.List]) backup.Reading[backup.List] {
	if !slices.Contains(list.Value.Asked, backup.KindIncremental) {
		return backup.Reading[backup.List]{}
	}
	list.Value = backup.List{
		Op: list.Value.Op, Asked: []backup.Kind{backup.KindIncremental},
		Backups: slices.DeleteFunc(slices.Clone(list.Value.Backups), func(b backup.Backup) bool { return b.Kind != backup.KindIncremental }),
	}
	return list
}

// withoutIncrements returns a list as a cloud gives it that leaves incremental backups out.
func withoutIncrements(list backup.List) backup.List {
	list.Asked = slices.DeleteFunc(slices.Clone(list.Asked), func(k backup.Kind) bool { return k == backup.KindIncremental })
	list.Backups = slices.DeleteFunc(slices.Clone(list.Backups), func(b backup.Backup) bool { return b.Kind == backup.KindIncremental })
	return list
}

// recall takes over a reading of the catalog, with the time at which it would have been too old had the process gone on. Its
// question is due at once.
func (c *cell[T]) recall(known backup.Reading[T], opts *Options, scope backup.Scope) {
	if known.At.IsZero() {
		return
	}
	interval := opts.interval(scope, true)
	if known.NotOffered {
		interval = max(interval, unsupportedFor)
	}
	now := opts.Now()
	left := known.At.Add(interval + opts.StaleAfter).Sub(now.Round(0))
	known.GoodUntil = now.Add(left) // by the monotonic clock too, as far as it has run
	c.reading, c.takenAt = known, now.Add(known.At.Sub(now.Round(0)))
}

// removals returns what is known of backups of the region that vanished before their expiry, by target.
func (r *region) removals() map[backup.Target]backup.Removals {
	if r.opts.Catalog == nil {
		return nil
	}
	return r.opts.Catalog.Removals(r.target(""))
}
