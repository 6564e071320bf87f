package collector

import (
	"slices"

	"mongodb_backup_exporter/internal/backup"
)

// family is one metric family: its name, its meaning, and the functions that add its samples. All are gauges.
//
// A family has samples for targets, instances or both, or for regions, or for the exporter, and a function for each.
// CONTRIBUTING.md says how to add a family; the tests name the places that are still missing.
type family struct {
	name   string   // after mongodb_backup_
	help   string   // what it means, and when it is absent
	labels []string // in addition to those of levelLabels

	target   func(*target, samples)          // called for each target
	instance func(*instance, samples)        // called for each instance as a whole: node_id is ""
	region   func(*region, samples)          // called for each account and region
	exporter func(*backup.Snapshot, samples) // called once
}

// levelLabels returns the labels that say which target, instance or region a sample is about.
func (f family) levelLabels() []string {
	switch {
	case f.exporter != nil:
		return nil
	case f.region != nil:
		return []string{"cloud", "account", "region"}
	}
	return []string{"cloud", "account", "region", "instance_id", "node_id"}
}

// families returns every family.
func families() []family {
	return slices.Concat(
		healthFamilies(), recoveryFamilies(), backupFamilies(), keepingFamilies(), objectiveFamilies(),
		jobFamilies(), policyFamilies(), instanceFamilies(), pollFamilies(), accountFamilies(),
	)
}

func healthFamilies() []family {
	states := backup.HealthStates() // once, because each call allocates
	return []family{{
		name:   "health",
		labels: []string{"state"},
		help:   "Verdict on the target. Exactly one state is 1 at any time.",
		target: func(t *target, to samples) {
			for _, state := range states {
				to.flag(state == t.health.State, state.String())
			}
		},
	}, {
		name:     "finding",
		labels:   []string{"finding"},
		help:     "1 while something is found about the target or the instance, whatever the verdict is. Absent otherwise, and while what it rests on is not known.",
		target:   func(t *target, to samples) { findings(t.health.Findings, to) },
		instance: func(in *instance, to samples) { findings(in.found, to) },
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
		help:   "When the last usable backup expires if no new one is made, +Inf for never. Absent when there is no usable backup or its expiry is not known.",
		target: func(t *target, to samples) { to.time(t.health.LastUsableExpiry) },
	}, {
		name:     "pitr_start_timestamp_seconds",
		help:     "Oldest moment of the newest point-in-time window. Absent when there is no window.",
		instance: withWindow(func(w backup.Window, to samples) { to.time(w.Start) }),
	}, {
		name:     "pitr_end_timestamp_seconds",
		help:     "Newest moment of the point-in-time window. Absent when there is no window.",
		instance: withWindow(func(w backup.Window, to samples) { to.time(w.End) }),
	}, {
		name: "cluster_recovery_point_timestamp_seconds",
		help: "Newest moment for which every shard has a usable backup. Absent when a shard has none or is not known, and for instances whose shards are not targets.",
		instance: func(in *instance, to samples) {
			to.time(in.cluster.RecoveryPoint)
		},
	}, {
		name: "cluster_nodes_missing",
		help: "Shards without a usable backup. Absent when the backups of a shard are not known, and for instances whose shards are not targets.",
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
		help:   "End of the newest successful backup, or its start where the cloud does not tell the end. Absent when none is known.",
		target: perSuccess(func(b *backup.Backup, kind string, to samples) { to.time(b.Finished(), kind) }),
	}, {
		name:   "last_success_size_bytes",
		labels: []string{"type"},
		help:   "Size of the newest successful backup. Absent when the cloud does not report it.",
		target: perSuccess(func(b *backup.Backup, kind string, to samples) { to.bytes(b.SizeBytes, kind) }),
	}, {
		name:   "last_success_duration_seconds",
		labels: []string{"type"},
		help:   "Time from start to end of the newest successful backup. Absent when either is not known or the end is before the start.",
		target: perSuccess(successDuration),
	}, {
		name:   "median_size_bytes",
		labels: []string{"type"},
		help:   "Median size of the successful backups before the newest one. Absent with fewer than three of them.",
		target: perKind(func(k backup.ByKind, kind string, to samples) { to.bytes(k.MedianSize, kind) }),
	}, {
		name:   "last_failure_timestamp_seconds",
		labels: []string{"type"},
		help:   "End of the newest failed attempt in the lookback, or its start when the end is not known. Absent when there is none.",
		target: perKind(func(k backup.ByKind, kind string, to samples) { to.time(k.LastFailure, kind) }),
	}, {
		name:   "last_attempt_success",
		help:   "1 while consecutive_failures is 0, else 0. Absent when no attempt has finished.",
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
		help:   "Backups in the lookback. A count of 0 is shown only for successes and failures of a type that the target has.",
		target: perKind(sets),
	}}
}

// keepingFamilies tell what became of backups: copies, and those that vanished.
func keepingFamilies() []family {
	return []family{{
		name:   "copy_last_success_timestamp_seconds",
		labels: []string{"destination_region"},
		help:   "End of the newest usable copy in another region. Absent when the policy asks for no copies, and when none is known.",
		target: newestCopy,
	}, {
		name:   "last_early_removal_timestamp_seconds",
		help:   "When a backup was last found to have vanished before its expiry, although its instance was there. Absent when none was.",
		target: func(t *target, to samples) { to.moment(t.removed.Last) },
	}, {
		name: "early_removals",
		help: "Backups that vanished before their expiry in the last 7 days. Absent when there are none.",
		target: func(t *target, to samples) {
			if n := len(t.removed.Recent(t.now)); n > 0 {
				to.count(n)
			}
		},
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
		help: "Smallest acceptable size of a backup, as a ratio to the median of earlier ones. Absent without such an objective.",
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
		help:     "Progress of the running backup job, 0 to 100. Absent when none runs or the cloud does not report it.",
		instance: func(in *instance, to samples) { to.percent(in.running.Progress) },
	}, {
		name:     "job_start_timestamp_seconds",
		help:     "Start of the running backup job. Absent when none runs.",
		instance: func(in *instance, to samples) { to.time(in.running.StartedAt) },
	}, {
		name:     "jobs",
		labels:   []string{"status"},
		help:     "Backup jobs that the cloud lists. Absent for a status that no job has, and when the list is not known.",
		instance: jobs,
	}}
}

func policyFamilies() []family {
	return []family{{
		name:     "policy_enabled",
		help:     "Whether automatic backup is on. Absent when the policy is not known or does not say.",
		instance: withPolicy(func(p backup.Policy, to samples) { to.answer(p.Automatic) }),
	}, {
		name:     "policy_retention_seconds",
		help:     "How long an automatic backup is kept, +Inf for ever. Absent when the cloud does not report it.",
		instance: withPolicy(func(p backup.Policy, to samples) { to.seconds(p.Retention()) }),
	}, {
		name: "policy_interval_seconds",
		help: "Longest time between the starts of two scheduled backups. Absent when the policy names no schedule.",
		instance: withPolicy(func(p backup.Policy, to samples) {
			gap, _ := p.LongestGap() // 0, which adds nothing, when there is no schedule
			to.seconds(gap)
		}),
	}, {
		name:     "policy_log_backup_enabled",
		help:     "Whether logs are backed up for point-in-time recovery. Absent when the cloud does not report it.",
		instance: withPolicy(func(p backup.Policy, to samples) { to.answer(p.LogBackup) }),
	}, {
		name:     "policy_kept_after_deletion",
		help:     "Whether backups outlive the instance, one of them at least. Absent when the cloud does not report it.",
		instance: withPolicy(func(p backup.Policy, to samples) { to.answer(p.KeptAfterDeletion) }),
	}, {
		name:     "policy_next_backup_timestamp_seconds",
		help:     "When the cloud plans the next automatic backup. Absent when it does not report it.",
		instance: withPolicy(func(p backup.Policy, to samples) { to.time(p.NextAt) }),
	}, {
		name: "policy_changed_timestamp_seconds",
		help: "When the policy was first seen to differ from what it was before. Absent when no change was seen.",
		instance: func(in *instance, to samples) {
			if n := len(in.PolicyChanges); n > 0 {
				to.moment(in.PolicyChanges[n-1].At)
			}
		},
	}}
}

func instanceFamilies() []family {
	return []family{{
		name:   "instance_info",
		labels: []string{"instance_name", "engine_version", "topology", "storage", "status", "owner"},
		help:   "Always 1. Labels describe the instance, for joins with other series. A label is empty when its value is not known.",
		instance: func(in *instance, to samples) {
			about := in.Instance
			to.count(1, about.Name, about.Version, about.Topology, about.Storage, about.Status, about.Owner)
		},
	}}
}

func pollFamilies() []family {
	return []family{{
		name:     "poll_success",
		labels:   []string{"scope"},
		help:     "Whether the newest poll succeeded and its result is not too old to be shown. A poll for what the cloud does not offer for the instance counts as a success.",
		target:   ofBackups(func(p poll, scope string, to samples) { to.flag(p.ok, scope) }),
		instance: perPoll(pollSuccess),
	}, {
		name:     "poll_success_timestamp_seconds",
		labels:   []string{"scope"},
		help:     "Time of the last successful poll. Absent before the first one, and for scopes copies, restore_check and restores while poll_success is 1.",
		target:   ofBackups(func(p poll, scope string, to samples) { to.moment(p.at, scope) }),
		instance: perPoll(pollTime),
	}}
}

func accountFamilies() []family {
	return []family{{
		name:   "account_up",
		help:   "Whether the cloud accepts the credentials and answers.",
		region: func(r *region, to samples) { to.flag(r.Up) },
	}, {
		name:   "discovery_success",
		help:   "Whether the newest listing of the region's instances succeeded. While it is 0, new instances are not seen and deleted ones are kept. With region=\"all\" the same of the account's regions.",
		region: func(r *region, to samples) { to.flag(r.Unmonitored.OK(r.now)) },
	}, {
		name: "listed_instances",
		help: "Instances that the cloud lists, before tags and exclusions. From the newest whole listing, however old. Absent before the first one, and without --storage.path after a start.",
		region: func(r *region, to samples) {
			if n, ok := r.ListedInstances(); ok {
				to.count(n)
			}
		},
	}, {
		name: "unmonitored_instances",
		help: "Instances that the cloud lists and the configuration neither names, discovers nor excludes. Without those that have no managed backup. Absent when the list is not known.",
		region: func(r *region, to samples) {
			if !r.OfRegions && r.Unmonitored.Known(r.now) {
				to.count(r.Unmonitored.Value)
			}
		},
	}, {
		name: "exporter_clock_skew_seconds",
		help: "How far the cloud's clock is ahead of the exporter's, negative when it is behind. Absent before the cloud's first answer.",
		region: func(r *region, to samples) {
			if r.Skew != nil {
				to.number(r.Skew.Seconds())
			}
		},
	}, {
		name:   "exporter_api_demand_ratio",
		labels: []string{"operation"},
		help:   "Calls that the intervals ask for, as a ratio to those that the rate allows. Above 1 intervals are stretched by it, and readings grow older than asked. Absent without a rate limit, and before the first scrape.",
		region: func(r *region, to samples) {
			for _, d := range r.Demand {
				to.number(d.Ratio(), d.Operation)
			}
		},
	}, {
		name:     "exporter_poll_duration_seconds",
		help:     "Duration of the last round of polling, in the region where it took longest. Absent before the first round has ended.",
		exporter: pollDuration,
	}}
}
