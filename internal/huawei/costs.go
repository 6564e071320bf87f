package huawei

import (
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/turn"
)

// Costs returns which calls a question about an instance costs when it is asked again and again; nil: none. It leaves out what
// is asked once an hour or less.
func Costs(scope backup.Scope, in backup.Instance, fleet turn.Fleet) []turn.Cost {
	switch scope {
	case backup.ScopeDiscovery:
		return []turn.Cost{{Operation: opListInstances, Calls: turn.Pages(fleet.Instances, pageSize), Whole: true}}
	case backup.ScopeBackups:
		return []turn.Cost{{Operation: opListBackups, Calls: turn.Pages(fleet.Backups, pageSize), Whole: true}}
	case backup.ScopeJobs: // a list of each name, of two days
		return []turn.Cost{{Operation: opListTasks, Calls: 1 + turn.Pages(2*fleet.Instances, pageSize), Whole: true}}
	case backup.ScopePolicy:
		return []turn.Cost{{Operation: opShowBackupPolicy, Calls: 1}}
	case backup.ScopeRecovery:
		if restorable(in) {
			return []turn.Cost{{Operation: opListRestoreTimes, Calls: 1}}
		}
	case backup.ScopeRestores:
		return []turn.Cost{{Operation: opListTasks, Calls: float64(len(restoreTasks())), Whole: true}}
	case backup.ScopeCopies, backup.ScopeRestoreCheck: // the cloud has neither
	}
	return nil
}
