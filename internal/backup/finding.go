package backup

import (
	"slices"
	"time"
)

// FindingName is the name of a finding, as the label finding shows it. The zero value is no finding.
type FindingName string

// The findings.
const (
	FindingSizeDropped         FindingName = "size_dropped"         // the last full backup is much smaller than those before it
	FindingTookTooLong         FindingName = "took_too_long"        // the last backup took longer than MaxDuration
	FindingRunningTooLong      FindingName = "running_too_long"     // a backup has been running for longer than MaxDuration
	FindingStuck               FindingName = "stuck"                // a job does not move, or does not begin
	FindingCreationStuck       FindingName = "creation_stuck"       // the instance has been in creation for longer than its RPO
	FindingRetentionShort      FindingName = "retention_short"      // the policy does not keep backups for long enough
	FindingAutomaticOff        FindingName = "automatic_off"        // the policy is off
	FindingLastUsableExpiring  FindingName = "last_usable_expiring" // the last usable backup expires, and none replaces it
	FindingLogStalled          FindingName = "log_stalled"          // logs should be backed up, and are not
	FindingShardsSpread        FindingName = "shards_spread"        // a shard is behind the others
	FindingShardMissing        FindingName = "shard_missing"        // a shard has no usable backup
	FindingClusterInconsistent FindingName = "cluster_inconsistent" // no set of the cluster restores all shards to one moment
	FindingRemovedEarly        FindingName = "removed_early"        // backups vanished before their expiry
)

// FindingNames returns every name once, in the order in which people are shown them.
func FindingNames() []FindingName {
	return []FindingName{
		FindingLastUsableExpiring, FindingShardMissing, FindingClusterInconsistent, FindingShardsSpread, FindingRemovedEarly,
		FindingSizeDropped, FindingStuck, FindingRunningTooLong, FindingTookTooLong, FindingLogStalled,
		FindingAutomaticOff, FindingRetentionShort, FindingCreationStuck,
	}
}

// Critical reports whether the alert about the finding needs a person now. Every other one is a warning.
func (n FindingName) Critical() bool {
	return n == FindingLastUsableExpiring || n == FindingShardMissing
}

// Finding is something that somebody should know about a target or an instance, whatever the verdict is. There is none
// while what it rests on is not known. docs/health.md has a table of them.
type Finding struct {
	Name  FindingName
	Since time.Time // when it began, as far as that is known; zero: not known
	Text  string    // what is the matter, in words for a person
}

// SortFindings brings findings into the order of FindingNames.
func SortFindings(all []Finding) {
	names := FindingNames()
	slices.SortStableFunc(all, func(a, b Finding) int { return slices.Index(names, a.Name) - slices.Index(names, b.Name) })
}

// Findings returns what is found about the instance as a whole: its jobs, its policy, its logs, its shards. nodes are what
// Assess returned for its targets, in the order of Nodes; what is found about one of them is there. Of an instance that has
// no database, only that its creation is stuck is found.
func (in InstanceState) Findings(nodes []Health, now time.Time) []Finding {
	found, _ := in.FindingsUntil(nodes, now)
	return found
}

// FindingsUntil is Findings, and until when they hold, but for their texts, if nothing new is known and the verdicts on the
// targets hold; zero: for ever.
func (in InstanceState) FindingsUntil(nodes []Health, now time.Time) ([]Finding, time.Time) {
	f := finder{in: &in, nodes: nodes, clock: now, instant: instant{now: now.Round(0)}}
	found := f.all()
	return found, f.until
}

// all finds everything.
func (f *finder) all() []Finding {
	in := f.in
	if !in.Instance.Lifecycle.Exists() {
		return f.creation(nil)
	}
	for _, until := range []time.Time{in.Jobs.HoldsUntil(f.clock), in.Policy.HoldsUntil(f.clock), in.Recovery.HoldsUntil(f.clock)} {
		f.heeds(until)
	}
	for i := range in.Nodes {
		f.heeds(in.Nodes[i].Backups.HoldsUntil(f.clock))
	}
	found := f.cluster(nil)
	found = f.jobs(found)
	found = f.logs(found)
	return f.policy(found)
}

// finder is the state of one call of InstanceState.Findings.
type finder struct {
	in    *InstanceState
	nodes []Health
	clock time.Time // now with its monotonic reading, for the ages of readings
	instant
}

// creation finds an instance that is not created.
func (f *finder) creation(found []Finding) []Finding {
	in := &f.in.Instance
	what := "the instance is being created since "
	switch in.Lifecycle {
	case LifecycleCreating:
	case LifecycleCreateFailed:
		what = "the instance could not be created; that was begun at "
	case LifecycleRunning, LifecycleImpaired, LifecycleFrozen, LifecycleDeleting, LifecycleReleased:
		return found
	}
	if listed := f.in.ListedUntil; !listed.IsZero() && f.reached(f.now.Add(listed.Sub(f.clock))) {
		return found // it may have been created since
	}
	rpo, _ := RPOInForce(Reading[Policy]{}, f.in.Objectives, 0)
	if in.CreatedAt.IsZero() || !f.over(in.CreatedAt, rpo) {
		return found
	}
	return append(found, Finding{
		Name: FindingCreationStuck, Since: in.CreatedAt.Add(rpo),
		Text: what + minute(in.CreatedAt) + ", longer ago than its RPO of " + Span(rpo) + ": " + in.Status,
	})
}

// minute returns a time for a text, in UTC to the minute.
func minute(t time.Time) string { return t.UTC().Format(MinuteLayout) }
