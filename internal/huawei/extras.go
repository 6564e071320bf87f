package huawei

import (
	"context"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

// Copies reports that there is no such list: copies in another region are a feature of the console, without an operation.
func (s *Source) Copies(context.Context, backup.Instance, string, string, time.Time) (backup.Copies, error) {
	return backup.Copies{}, cloudcall.Unsupported(opListBackups, "the API of DDS lists no copies in other regions")
}

// CheckRestore reports that there is no such question.
func (s *Source) CheckRestore(context.Context, backup.Instance, string) (backup.RestoreCheck, error) {
	return backup.RestoreCheck{}, cloudcall.Unsupported(opListBackups, "the API of DDS does not check whether a backup can be restored")
}
