package faultmatrix

import (
	"slices"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// The scopes of polls, as in the label scope; discovery has a metric of its own.
const (
	discovery = "discovery"
	backups   = "backups"
	jobs      = "jobs"
	policy    = "policy"
	recovery  = "recovery"
)

// victim is an operation of a cloud, and which of its calls fail: those of the faulty region, or of one instance there.
type victim struct {
	name     string // unique in its cloud
	cloud    string
	op       string        // the cloud's own name; "": every operation
	instance string        // name of the instance; "": all of them
	node     string        // id of the shard; "": all of them
	scopes   []string      // what cannot be polled while the operation fails
	cached   time.Duration // how long an answer is used; 0: not longer than the interval
	list     bool          // the answer is a list that must be complete
	partly   bool          // the poll goes on without it: only the samples of incremental backups are missing
	regions  bool          // it lists the regions of the account, and so is about none of them
}

// place returns the region that a victim is about: as the label region has it, and as its calls name it.
func (v victim) place() (label, called string) {
	if v.regions {
		return allRegions, ""
	}
	region, _ := regionsOf(v.cloud)
	return region, region
}

// region reports whether the fault concerns the region as a whole.
func (v victim) region() bool { return slices.Contains(v.scopes, discovery) }

// mayBeMissing reports whether the operation is one that a cloud need not offer for a scope.
func (v victim) mayBeMissing(scope string) bool {
	return isOptional(scope) && (v.op == "" || slices.Equal(v.scopes, []string{scope}))
}

func isOptional(scope string) bool { return scope == jobs || scope == recovery }

// fault returns the fault with the calls that it hits.
func (v victim) fault(f cloudsim.Fault) cloudsim.Fault {
	f.Cloud, f.Operation, f.NodeID = v.cloud, v.op, v.node
	_, f.Region = v.place()
	f.AccessKeyID = newAccount(v.cloud, mainAccount).AccessKeyID
	if v.instance != "" {
		f.InstanceID = idOf(v.cloud, v.instance)
	}
	return f
}

// every is the name of the victim that is every operation of a region.
const every = "every operation"

// victims returns the victims in one cloud. One instance of many stands for the operations that ask about instances.
func victims(cloud string) []victim {
	all := []string{discovery, backups, jobs, policy, recovery}
	if cloud == fleet.Huawei {
		return []victim{
			{name: every, cloud: cloud, scopes: all},
			{name: "ListInstances", cloud: cloud, op: "ListInstances", scopes: []string{discovery}, list: true},
			{name: "ListBackups", cloud: cloud, op: "ListBackups", scopes: []string{backups}, list: true},
			{name: "ListBackups of one", cloud: cloud, op: "ListBackups", instance: busy, scopes: []string{backups}, cached: 10 * time.Minute, partly: true},
			{name: "ListTasks", cloud: cloud, op: "ListTasks", scopes: []string{jobs}},
			{name: "ShowBackupPolicy", cloud: cloud, op: "ShowBackupPolicy", instance: busy, scopes: []string{policy}},
			{name: "ListRestoreTimes", cloud: cloud, op: "ListRestoreTimes", instance: busy, scopes: []string{recovery}},
			{name: "KeystoneListProjects", cloud: cloud, op: "KeystoneListProjects", scopes: all, cached: forever},
		}
	}
	return []victim{
		{name: every, cloud: cloud, scopes: all},
		{name: "DescribeRegions", cloud: cloud, op: "DescribeRegions", scopes: []string{discovery}, list: true, regions: true},
		{name: "DescribeDBInstances", cloud: cloud, op: "DescribeDBInstances", scopes: []string{discovery}, list: true},
		{name: "DescribeDBInstanceAttribute", cloud: cloud, op: "DescribeDBInstanceAttribute", instance: inSets, scopes: []string{backups, recovery}, cached: time.Hour},
		{name: "DescribeBackups", cloud: cloud, op: "DescribeBackups", instance: busy, scopes: []string{backups}, list: true},
		{name: "DescribeBackups of all", cloud: cloud, op: "DescribeBackups", scopes: []string{backups}, list: true},
		{name: "DescribeBackups of a shard", cloud: cloud, op: "DescribeBackups", instance: inParts, node: "d-parts1", scopes: []string{backups}, list: true},
		{name: "DescribeClusterBackups", cloud: cloud, op: "DescribeClusterBackups", instance: inSets, scopes: []string{backups}, list: true},
		{name: "DescribeBackupTasks", cloud: cloud, op: "DescribeBackupTasks", instance: busy, scopes: []string{jobs}},
		{name: "DescribeHistoryTasks", cloud: cloud, op: "DescribeHistoryTasks", cached: 10 * time.Minute},
		{name: "DescribeBackupPolicy", cloud: cloud, op: "DescribeBackupPolicy", instance: busy, scopes: []string{policy}},
		{name: "DescribeInstanceRecoverTime", cloud: cloud, op: "DescribeInstanceRecoverTime", instance: busy, scopes: []string{recovery}},
		{name: "DescribeClusterRecoverTime", cloud: cloud, op: "DescribeClusterRecoverTime", instance: inSets, scopes: []string{recovery}},
	}
}

// forever is how long an answer is used that is never asked for again.
const forever = time.Duration(-1)

// hits reports whether the fault concerns the target of a sample: an instance, one of its shards, or the region.
func (v victim) hits(s sample) bool {
	region, _ := v.place()
	of := s.labels
	switch {
	case of["cloud"] != v.cloud || of["account"] != mainAccount || of["region"] != region:
		return false
	case of["instance_id"] == "": // a series of the region
		return v.region()
	case v.instance != "" && of["instance_id"] != idOf(v.cloud, v.instance):
		return false
	case v.op == "DescribeBackups" && of["instance_id"] == idOf(v.cloud, inSets): // its backups are sets
		return false
	}
	return v.node == "" || of["node_id"] == v.node || of["node_id"] == ""
}

// familiesOf returns the families whose samples depend on the polls of a scope.
func familiesOf(scope string) []string {
	shared := map[string][]string{
		backups: {
			"health", "recovery_point_timestamp_seconds", "oldest_recovery_point_timestamp_seconds", "last_usable_expiry_timestamp_seconds",
			"cluster_recovery_point_timestamp_seconds", "cluster_nodes_missing", "job_start_timestamp_seconds", "job_progress_percent", "rpo_seconds",
			"finding",
		},
		discovery: {"listed_instances"}, // held while listings fail
		jobs:      {"job_start_timestamp_seconds", "job_progress_percent", "finding"},
		policy:    {"rpo_seconds", "health", "finding"},
		recovery: {
			"health", "recovery_point_timestamp_seconds", "oldest_recovery_point_timestamp_seconds", "cluster_recovery_point_timestamp_seconds",
			"finding",
		},
	}
	return slices.Concat(ownFamilies(scope), shared[scope])
}

// ownFamilies returns the families that have no samples while the polls of a scope do not work and the last good value
// is too old.
func ownFamilies(scope string) []string {
	return map[string][]string{
		discovery: {"unmonitored_instances"},
		backups: {
			"last_success_timestamp_seconds", "last_success_size_bytes", "last_success_duration_seconds", "median_size_bytes",
			"last_failure_timestamp_seconds", "last_attempt_success", "consecutive_failures", "sets",
		},
		jobs: {"jobs"},
		policy: {
			"policy_enabled", "policy_retention_seconds", "policy_interval_seconds", "policy_log_backup_enabled",
			"policy_kept_after_deletion", "policy_next_backup_timestamp_seconds",
		},
		recovery: {"pitr_start_timestamp_seconds", "pitr_end_timestamp_seconds"},
	}[scope]
}
