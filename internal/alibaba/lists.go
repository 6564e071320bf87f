package alibaba

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// listInstances lists the instances of one DBInstanceType.
func (s *Source) listInstances(ctx context.Context, kind string) ([]instanceRecord, error) {
	const op = opDescribeDBInstances
	params := map[string]string{"DBInstanceType": kind, "PageSize": strconv.Itoa(pageSize)}
	return readPages(op, func(number int) (page[instanceRecord], error) {
		params["PageNumber"] = strconv.Itoa(number)
		a, err := ask[instancesAnswer](ctx, s.client, operation{name: op, params: params})
		if err != nil {
			return page[instanceRecord]{}, err
		}
		return page[instanceRecord]{a.DBInstances.Value.DBInstance.Items, a.TotalCount, a.PageSize, a.Extent}, nil
	}, func(rec *instanceRecord) string { return rec.DBInstanceID.Text })
}

// listBackups lists the backups of a target that has a list of its own.
func (s *Source) listBackups(ctx context.Context, l listed, since time.Time) (backup.List, error) {
	const op = opDescribeBackups
	records, err := inTimeRange(s, since, func(params map[string]string) ([]backupRecord, error) {
		maps.Copy(params, s.listingParams(l.in, l.copiedTo))
		params["PageSize"] = strconv.Itoa(pageSize)
		if l.node != "" {
			params["NodeId"] = l.node
		}
		return readPages(op, func(number int) (page[backupRecord], error) {
			params["PageNumber"] = strconv.Itoa(number)
			a, err := ask[backupsAnswer](ctx, s.client, operation{name: op, params: params})
			if err != nil {
				return page[backupRecord]{}, err
			}
			return page[backupRecord]{a.Backups.Value.Backup.Items, a.TotalCount, a.PageSize, a.Extent}, nil
		}, func(rec *backupRecord) string { return rec.BackupID.Text })
	})
	if err != nil {
		return backup.List{}, err
	}
	var r wire.Reader
	entries := make([]backup.Entry, len(records))
	for i := range records {
		b, ok := convertBackup(&records[i], &r)
		entries[i] = backup.Entry{Backup: b, Unread: !ok}
	}
	s.rejects.Report(l.in.Target.Node(l.node), r)
	return s.sift(op, entries), nil
}

// sift returns the list that entries are.
func (s *Source) sift(op string, entries []backup.Entry) backup.List {
	backups, unread := backup.Sift(entries, s.now())
	return backup.List{
		Op: op, Asked: []backup.Kind{backup.KindFull, backup.KindIncremental}, Backups: backups, Unread: unread,
	}
}

// inTimeRange lists what began at since or later. It is not documented whether EndTime may be in the future. Where the
// cloud refuses that, backups that began in the current minute are left out until the next listing.
func inTimeRange[T any](s *Source, since time.Time, list func(params map[string]string) ([]T, error)) ([]T, error) {
	refused := s.futureEndRefused.Load()
	if !refused {
		records, err := list(timeRange(since, s.now(), time.Minute))
		if !refusesEnd(err) {
			return records, err
		}
	}
	records, err := list(timeRange(since, s.now(), 0))
	if err == nil && !refused {
		s.futureEndRefused.Store(true)
	}
	return records, err
}

// timeRange returns the parameters for the time from since to now plus ahead. The API takes whole minutes, and no empty
// range.
func timeRange(since, now time.Time, ahead time.Duration) map[string]string {
	const layout = "2006-01-02T15:04Z"
	start, end := since.UTC().Truncate(time.Minute), now.UTC().Truncate(time.Minute).Add(ahead)
	if !end.After(start) {
		end = start.Add(time.Minute)
	}
	return map[string]string{"StartTime": start.Format(layout), "EndTime": end.Format(layout)}
}

// refusesEnd reports whether the cloud refused EndTime.
func refusesEnd(err error) bool {
	failure, ok := errors.AsType[*backup.Error](err)
	return ok && strings.EqualFold(failure.Code, "InvalidEndTime.Malformed")
}
