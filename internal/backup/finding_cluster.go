package backup

import (
	"fmt"
	"strings"
	"time"
)

// cluster finds what keeps a cluster from being restored as a whole. While the backups of a shard are not known, nothing is.
func (f *finder) cluster(found []Finding) []Finding {
	if !f.in.Sharded() || len(f.nodes) != len(f.in.Nodes) {
		return found
	}
	whole := AssessCluster(f.nodes)
	if !whole.Known {
		return found
	}
	for i := range f.nodes {
		if f.nodes[i].State == HealthPending {
			return found // the cluster is new
		}
	}
	found = f.shardMissing(found)
	found = f.inconsistent(found)
	return f.spread(found, whole)
}

// shardMissing names the shards that are known to have no usable backup.
func (f *finder) shardMissing(found []Finding) []Finding {
	var missing []string
	for i := range f.nodes {
		if f.nodes[i].Usable == 0 && f.nodes[i].State.lateOrNever() {
			missing = append(missing, f.in.Nodes[i].NodeID)
		}
	}
	if len(missing) == 0 {
		return found
	}
	return append(found, Finding{
		Name: FindingShardMissing,
		Text: fmt.Sprintf("%d of %d shards have no usable backup, so that the cluster cannot be restored: %s", len(missing), len(f.nodes), strings.Join(missing, ", ")),
	})
}

// spread finds shards that were not backed up in the same round. In a round one shard is done after the other, so that a
// difference up to the longest duration of a backup is normal. A shard that is behind by more than the RPO missed an earlier
// round: the start of the next one must not end the finding.
func (f *finder) spread(found []Finding, whole ClusterHealth) []Finding {
	var newest time.Time
	for i := range f.nodes {
		newest = later(newest, f.nodes[i].RecoveryPoint)
	}
	limit, oldest := f.in.Objectives.MaxDuration, whole.RecoveryPoint
	apart := newest.Sub(oldest)
	over := f.over(newest, limit) || f.over(oldest, f.rpo())
	if limit <= 0 || oldest.IsZero() || apart <= limit || !over {
		return found
	}
	return append(found, Finding{
		Name: FindingShardsSpread, Since: oldest,
		Text: "the shards were backed up " + Span(apart) + " apart, so that the cluster can be restored to " + minute(oldest) + " only",
	})
}

// rpo returns the longest RPO of the shards.
func (f *finder) rpo() time.Duration {
	var longest time.Duration
	for i := range f.nodes {
		longest = max(longest, f.nodes[i].RPO)
	}
	return longest
}

// inconsistent finds a cluster of which no backup within the RPO restores all shards to one moment, by the cloud's own word.
// Where the cloud never says that, nothing is known.
func (f *finder) inconsistent(found []Finding) []Finding {
	var with, without time.Time // start of the newest backup with its logs, and of the newest one without
	for i := range f.in.Nodes {
		list := &f.in.Nodes[i].Backups
		horizon := horizonOf(list.At)
		for j := range list.Value.Backups {
			b := &list.Value.Backups[j]
			switch {
			case b.State != StateSuccess || b.Kind != KindFull || b.Part != "" || !horizon.allows(b.StartedAt):
			case b.lacksLogs():
				without = later(without, b.StartedAt)
			case b.Unusable == "":
				with = later(with, b.StartedAt)
			}
		}
	}
	if !without.After(with) || !f.over(with, f.rpo()) {
		return found
	}
	finding := Finding{Name: FindingClusterInconsistent, Text: "no backup of the cluster in the list restores all shards to one moment: logs are not attached"}
	if !with.IsZero() {
		finding.Since = with.Add(f.rpo())
		finding.Text = "no backup of the cluster since " + minute(with) + " restores all shards to one moment: logs are not attached"
	}
	return append(found, finding)
}

// lacksLogs reports whether the cloud says that the backup lacks the logs that bring the shards of its cluster to one moment.
func (b *Backup) lacksLogs() bool {
	return strings.HasPrefix(b.Unusable, LogsNotAttached) || strings.HasPrefix(b.Unusable, LogsNotYetAttached)
}
