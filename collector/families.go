package collector

import (
	"slices"

	"mongodb_backup_exporter/internal/backup"
)

// family is one metric family: a name, what it means, and where its samples come from. All of them are gauges.
//
// To add a metric, add a row below, a case that shows it under testdata, and a line in docs/metrics.md; the tests
// name whatever is still missing. A family has a reader for each level at which it has samples.
type family struct {
	name   string   // after mongodb_backup_
	help   string   // one sentence, and when there is no sample
	labels []string // besides those of its level

	target   func(*target, samples)          // once for each target
	instance func(*instance, samples)        // once for each instance as a whole, with node_id=""
	region   func(*region, samples)          // once for each account and region
	exporter func(*backup.Snapshot, samples) // once
}

// levelLabels returns the labels that every sample of the family's level carries.
func (f family) levelLabels() []string {
	switch {
	case f.exporter != nil:
		return nil
	case f.region != nil:
		return []string{"cloud", "account", "region"}
	}
	return []string{"cloud", "account", "region", "instance_id", "node_id"}
}

func families() []family {
	return slices.Concat(
		healthFamilies(), recoveryFamilies(), backupFamilies(), objectiveFamilies(),
		jobFamilies(), policyFamilies(), instanceFamilies(), pollFamilies(), accountFamilies(),
	)
}

func healthFamilies() []family {
	return []family{{
		name:   "health",
		labels: []string{"state"},
		help:   "Verdict on the target: exactly one state is 1, always.",
		target: func(t *target, to samples) {
			for state := range backup.HealthState(backup.NumHealthStates) {
				to.yes(state == t.health.State, state.String())
			}
		},
	}}
}

func recoveryFamilies() []family {
	return []family{{
		name:   "recovery_point_timestamp_seconds",
		help:   "Newest moment that can be restored. Absent when there is none.",
		target: func(t *target, to samples) { to.time(t.health.RecoveryPoint) },
	}, {
		name:   "oldest_recovery_point_timestamp_seconds",
		help:   "Oldest moment known to be restorable, within the lookback or the point-in-time window. Absent when there is none.",
		target: func(t *target, to samples) { to.time(t.health.OldestRecoveryPoint) },
	}, {
		name:   "last_usable_expiry_timestamp_seconds",
		help:   "When the last usable backup expires if no new one is made, +Inf for never. Absent when it is not known.",
		target: func(t *target, to samples) { to.time(t.health.LastUsableExpiry) },
	}, {
		name: "cluster_recovery_point_timestamp_seconds",
		help: "Newest moment for which every shard has a usable backup. Absent when there is none, or when the instance has no shards of its own.",
		instance: func(in *instance, to samples) {
			to.time(in.cluster.RecoveryPoint)
		},
	}, {
		name: "cluster_nodes_missing",
		help: "Shards without a usable backup. Absent unless the list of every shard is known, or when the instance has no shards of its own.",
		instance: func(in *instance, to samples) {
			if in.cluster.Known {
				to.count(in.cluster.NodesMissing)
			}
		},
	}}
}

func backupFamilies() []family {
	return []family{{
		name:   "last_success_timestamp_seconds",
		labels: []string{"type"},
		help:   "End of the newest successful backup. Absent when none is known.",
		target: perSuccess(func(b *backup.Backup, kind string, to samples) { to.time(b.EndedAt, kind) }),
	}, {
		name:   "last_success_size_bytes",
		labels: []string{"type"},
		help:   "Size of the newest successful backup. Absent when the cloud does not say.",
		target: perSuccess(func(b *backup.Backup, kind string, to samples) { to.bytes(b.SizeBytes, kind) }),
	}, {
		name:   "last_success_duration_seconds",
		labels: []string{"type"},
		help:   "Time from start to end of the newest successful backup. Absent when either is not known or the end lies before the start.",
		target: perSuccess(successDuration),
	}, {
		name:   "median_size_bytes",
		labels: []string{"type"},
		help:   "Median size of the successful backups before the newest one. Absent with fewer than three of them.",
		target: perKind(func(k backup.ByKind, kind string, to samples) { to.bytes(k.MedianSize, kind) }),
	}, {
		name:   "last_failure_timestamp_seconds",
		labels: []string{"type"},
		help:   "End, or else start, of the newest failed attempt in the lookback. Absent when there is none.",
		target: perKind(func(k backup.ByKind, kind string, to samples) { to.time(k.LastFailure, kind) }),
	}, {
		name:   "last_attempt_success",
		help:   "Whether no failed attempt counts in consecutive_failures. Absent when no attempt has finished.",
		target: lastAttempt,
	}, {
		name: "consecutive_failures",
		help: "Failed attempts since the last success of their type or of a full backup. Absent when the list of backups is not known.",
		target: func(t *target, to samples) {
			if t.health.Known {
				to.count(t.health.ConsecutiveFailures)
			}
		},
	}, {
		name:   "sets",
		labels: []string{"type", "status"},
		help:   "Backups in the lookback. Absent for a type that the cloud was not asked for.",
		target: perKind(sets),
	}}
}

func objectiveFamilies() []family {
	return []family{{
		name:   "rpo_seconds",
		help:   "How old the newest recovery point may be.",
		target: func(t *target, to samples) { to.seconds(t.health.RPO) },
	}, {
		name:   "min_retention_seconds",
		help:   "How long backups must be kept. Absent without such an objective.",
		target: func(t *target, to samples) { to.seconds(t.want.MinRetention) },
	}, {
		name:   "max_duration_seconds",
		help:   "How long a backup may run. Absent without such an objective.",
		target: func(t *target, to samples) { to.seconds(t.want.MaxDuration) },
	}, {
		name: "min_size_ratio",
		help: "Smallest acceptable size of a backup against the median of earlier ones. Absent without such an objective.",
		target: func(t *target, to samples) {
			if t.want.MinSizeRatio > 0 {
				to.number(t.want.MinSizeRatio)
			}
		},
	}}
}

func jobFamilies() []family {
	return []family{{
		name:     "job_progress_percent",
		help:     "Progress of the running backup job, 0 to 100. Absent when none runs or the cloud does not say.",
		instance: func(in *instance, to samples) { to.percent(in.running.Progress) },
	}, {
		name:     "job_start_timestamp_seconds",
		help:     "Start of the running backup job. Absent when none runs.",
		instance: func(in *instance, to samples) { to.time(in.running.StartedAt) },
	}, {
		name:     "jobs",
		labels:   []string{"status"},
		help:     "Backup jobs that the cloud lists. Absent when it lists none for this kind of instance.",
		instance: jobs,
	}}
}

func policyFamilies() []family {
	return []family{{
		name:     "policy_enabled",
		help:     "Whether automatic backup is on.",
		instance: withPolicy(func(p backup.Policy, to samples) { to.yes(p.Enabled) }),
	}, {
		name:     "policy_retention_seconds",
		help:     "How long an automatic backup is kept, +Inf for ever. Absent when the cloud does not say.",
		instance: withPolicy(func(p backup.Policy, to samples) { to.seconds(p.Retention) }),
	}, {
		name: "policy_interval_seconds",
		help: "Longest time between the starts of two scheduled backups. Absent when the cloud does not say.",
		instance: withPolicy(func(p backup.Policy, to samples) {
			if gap, ok := p.LongestGap(); ok {
				to.seconds(gap)
			}
		}),
	}, {
		name: "policy_log_backup_enabled",
		help: "Whether logs are backed up for point-in-time recovery. Absent when the cloud does not say.",
		instance: withPolicy(func(p backup.Policy, to samples) {
			if p.LogBackup != nil {
				to.yes(*p.LogBackup)
			}
		}),
	}, {
		name:     "policy_next_backup_timestamp_seconds",
		help:     "When the cloud plans the next automatic backup. Absent when it does not say.",
		instance: withPolicy(func(p backup.Policy, to samples) { to.time(p.NextAt) }),
	}}
}

func instanceFamilies() []family {
	return []family{{
		name:   "instance_info",
		labels: []string{"instance_name", "engine_version", "topology", "storage"},
		help:   "Always 1: what the cloud says of the instance, to join with other series. Labels are empty for what it does not say.",
		instance: func(in *instance, to samples) {
			about := in.Instance
			to.count(1, about.Name, about.Version, about.Topology, about.Storage)
		},
	}}
}

func pollFamilies() []family {
	return []family{{
		name:   "poll_success",
		labels: []string{"scope"},
		help:   "Whether the newest poll worked and what it found is still shown. An operation that the cloud does not offer for the instance counts as worked.",
		target: func(t *target, to samples) { to.yes(t.backups.OK(t.now), "backups") },
		instance: func(in *instance, to samples) {
			to.yes(in.Jobs.OK(in.now), "jobs")
			to.yes(in.Policy.OK(in.now), "policy")
			to.yes(in.Recovery.OK(in.now), "recovery")
		},
	}, {
		name:   "poll_success_timestamp_seconds",
		labels: []string{"scope"},
		help:   "When a poll last worked. Absent when none has.",
		target: func(t *target, to samples) { to.time(t.backups.At, "backups") },
		instance: func(in *instance, to samples) {
			to.time(in.Jobs.At, "jobs")
			to.time(in.Policy.At, "policy")
			to.time(in.Recovery.At, "recovery")
		},
	}}
}

func accountFamilies() []family {
	return []family{{
		name:   "account_up",
		help:   "Whether the cloud accepts the credentials and answers.",
		region: func(r *region, to samples) { to.yes(r.Up) },
	}, {
		name:   "discovery_success",
		help:   "Whether the newest listing of the region's instances worked. Without it new instances are not seen and vanished ones not forgotten.",
		region: func(r *region, to samples) { to.yes(r.Unmonitored.OK(r.now)) },
	}, {
		name: "unmonitored_instances",
		help: "Instances that the cloud lists and the configuration neither names nor excludes. Absent when the list is not known.",
		region: func(r *region, to samples) {
			if r.Unmonitored.Known(r.now) {
				to.count(r.Unmonitored.Value)
			}
		},
	}, {
		name:     "exporter_poll_duration_seconds",
		help:     "How long the last round of polling took, in the region where it took longest. Absent before the first round has ended.",
		exporter: pollDuration,
	}}
}
