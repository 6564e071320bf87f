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
