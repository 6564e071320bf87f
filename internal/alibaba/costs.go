package alibaba

import (
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/turn"
)

// Costs is the function of the same name, by what the source has learnt: the shards of a cluster on cloud disks may be listed
// one by one.
func (s *Source) Costs(scope backup.Scope, in backup.Instance, fleet turn.Fleet) []turn.Cost {
	if (scope == backup.ScopeBackups || scope == backup.ScopeCopies) && inSets(in) && s.listsShards(in.InstanceID) {
		return []turn.Cost{{Operation: opDescribeBackups, Calls: 1}}
	}
	return Costs(scope, in, fleet)
}

// listsShards reports whether a cluster is known not to be in cluster-backup mode.
func (s *Source) listsShards(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.clusters[id]
	return ok && !c.readAt.IsZero() && !c.inSets
}

// Costs returns which calls a question about an instance costs when it is asked again and again; nil: none. It leaves out what
// is asked once an hour or less. A cluster on cloud disks counts as one in cluster-backup mode.
func Costs(scope backup.Scope, in backup.Instance, fleet turn.Fleet) []turn.Cost {
	released := in.Lifecycle == backup.LifecycleReleased
	switch scope {
	case backup.ScopeDiscovery:
		types := float64(len(instanceTypes()) - 1) // besides the pages, a page of each other type
		return []turn.Cost{{Operation: opDescribeDBInstances, Calls: types + turn.Pages(fleet.Instances, pageSize), Whole: true}}
	case backup.ScopeBackups, backup.ScopeCopies:
		if inSets(in) {
			return []turn.Cost{{Operation: opDescribeClusterBackups, Calls: 1 / float64(max(1, len(in.Nodes)))}}
		}
		return []turn.Cost{{Operation: opDescribeBackups, Calls: 1}}
	case backup.ScopeJobs:
		if released || onLocalDisk(in) {
			return nil
		}
		return []turn.Cost{{Operation: opDescribeBackupTasks, Calls: 1}}
	case backup.ScopePolicy:
		return []turn.Cost{{Operation: opDescribeBackupPolicy, Calls: 1}}
	case backup.ScopeRecovery:
		switch {
		case released, onLocalDisk(in), in.Topology == backup.TopologyStandalone:
			return nil
		case in.Topology == backup.TopologyShardedCluster:
			return []turn.Cost{{Operation: opDescribeClusterRecoverTime, Calls: 1}}
		}
		return []turn.Cost{{Operation: opDescribeInstanceRecoverTime, Calls: 1}}
	case backup.ScopeRestoreCheck:
		return []turn.Cost{{Operation: opCheckRecoveryCondition, Calls: 1}}
	case backup.ScopeRestores:
		return []turn.Cost{{Operation: opDescribeRestores, Calls: 1}}
	}
	return nil
}

// inSets reports whether one listing serves all shards of a cluster: it is then in cluster-backup mode, as those on cloud
// disks are.
func inSets(in backup.Instance) bool {
	return in.Topology == backup.TopologyShardedCluster && !onLocalDisk(in)
}
