package huawei

import (
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/turn"
)

// listEnd is how many pages the end of the list of backups has, on average, where all of it is read each six hours.
const listEnd = 1.2

// Costs returns which calls a question about an instance costs when it is asked again and again; nil: none. It leaves out what
// is asked once an hour or less.
func Costs(scope backup.Scope, in backup.Instance, fleet turn.Fleet) []turn.Cost {
	switch scope {
	case backup.ScopeDiscovery:
		return []turn.Cost{{Operation: opListInstances, Calls: turn.Pages(fleet.Instances, pageSize), Whole: true}}
	case backup.ScopeBackups:
		return []turn.Cost{{Operation: opListBackups, Calls: listEnd, First: turn.Pages(fleet.Backups, pageSize), Whole: true}}
	case backup.ScopeJobs: // a list of each name, of two days
		names := float64(2)
		return []turn.Cost{{Operation: opListTasks, Calls: names, First: names - 1 + turn.Pages(2*fleet.Instances, pageSize), Whole: true}}
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
