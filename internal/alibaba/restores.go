package alibaba

import (
	"context"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// restoresFor is how far back the cloud tells of restores.
const restoresFor = 7 * 24 * time.Hour

// LastRestore returns when the newest instance was made from backups of in during the last seven days. Instances that were
// deleted since count too, as the cloud lists them.
func (s *Source) LastRestore(ctx context.Context, in backup.Instance) (time.Time, error) {
	const op = opDescribeRestores
	if in.Lifecycle == backup.LifecycleReleased {
		return time.Time{}, cloudcall.Unsupported(op, "the cloud does not list restores of a released instance")
	}
	params := map[string]string{
		"DBInstanceId": in.InstanceID, "CreationTimeAfter": restoresAfter(s.now()),
	}
	list := pageReader[instanceRecord]{op: op, pages: newPages[instanceRecord](), id: func(rec *instanceRecord) string { return rec.DBInstanceID.Text }}
	list.read = func(ctx context.Context, number int) (page[instanceRecord], error) {
		a, err := ask[instancesAnswer](ctx, s.client, operation{name: op, params: numbered(params, number)})
		if err != nil {
			return page[instanceRecord]{}, err
		}
		return page[instanceRecord]{records: a.DBInstances.Value.DBInstance.Items, size: a.PageSize, extent: a.Extent}, nil // the documented example has a wrong total
	}
	records, err := list.readAll(ctx)
	if err != nil {
		return time.Time{}, err
	}
	var r wire.Reader
	newest := newestCreation(records, s.now(), &r)
	s.rejects.Report(in.Target, r)
	return newest, nil
}

// restoresAfter returns the earliest CreationTimeAfter that the cloud takes: a full hour, not more than seven days ago.
func restoresAfter(now time.Time) string {
	from := now.UTC().Add(-restoresFor)
	hour := from.Truncate(time.Hour)
	if hour.Before(from) {
		hour = hour.Add(time.Hour)
	}
	return hour.Format(time.RFC3339)
}

// newestCreation returns the newest CreationTime that is believed; the zero time when there is none.
func newestCreation(records []instanceRecord, now time.Time, r *wire.Reader) time.Time {
	var newest time.Time
	for i := range records {
		created, ok := timeOf(r, "CreationTime", records[i].CreationTime)
		if ok && created.After(newest) && !created.After(now.Add(backup.MaxSkew)) {
			newest = created
		}
	}
	return newest
}
