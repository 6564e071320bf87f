package alibaba

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

func (s *Source) listInstances(ctx context.Context, kind string) ([]instanceRecord, error) {
	const op = opDescribeDBInstances
	decode := decoder[instancesAnswer](op)
	q := query{"DBInstanceType": kind, "PageSize": strconv.Itoa(pageSize)}
	return readPages(op, func(number int) (page[instanceRecord], error) {
		q["PageNumber"] = strconv.Itoa(number)
		a, err := ask(ctx, s.client, op, q, decode)
		if err != nil {
			return page[instanceRecord]{}, err
		}
		return page[instanceRecord]{a.DBInstances.DBInstance, a.TotalCount, a.PageSize}, nil
	}, func(rec *instanceRecord) string { return rec.DBInstanceID.Text })
}

// listBackups lists the backups of a target that has a list of its own.
func (s *Source) listBackups(ctx context.Context, of backup.Target, since time.Time) ([]backup.Backup, error) {
	const op = opDescribeBackups
	decode := decoder[backupsAnswer](op)
	records, err := inTime(s, since, func(q query) ([]backupRecord, error) {
		q["DBInstanceId"], q["PageSize"] = of.InstanceID, strconv.Itoa(pageSize)
		if of.NodeID != "" {
			q["NodeId"] = of.NodeID
		}
		return readPages(op, func(number int) (page[backupRecord], error) {
			q["PageNumber"] = strconv.Itoa(number)
			a, err := ask(ctx, s.client, op, q, decode)
			if err != nil {
				return page[backupRecord]{}, err
			}
			return page[backupRecord]{a.Backups.Backup, a.TotalCount, a.PageSize}, nil
		}, func(rec *backupRecord) string { return rec.BackupID.Text })
	})
	if err != nil {
		return nil, err
	}
	var r wire.Reader
	backups := make([]backup.Backup, 0, len(records))
	for i := range records {
		if b, ok := convertBackup(&records[i], &r); ok {
			backups = append(backups, b)
		}
	}
	s.rejects.Report(of, r)
	return backups, nil
}

// inTime lists what began at since or later. The API takes whole minutes. Whether the end may lie in the future is not
// documented; where it may not, what began in the current minute is left for the next time.
func inTime[T any](s *Source, since time.Time, list func(q query) ([]T, error)) ([]T, error) {
	past := s.endsInPast.Load()
	records, err := list(timeRange(since, s.now(), past))
	if past || !refusesEnd(err) {
		return records, err
	}
	records, err = list(timeRange(since, s.now(), true))
	if err == nil {
		s.endsInPast.Store(true)
	}
	return records, err
}

func timeRange(since, now time.Time, past bool) query {
	const layout = "2006-01-02T15:04Z"
	start, end := since.UTC().Truncate(time.Minute), now.UTC().Truncate(time.Minute)
	if !past {
		end = end.Add(time.Minute)
	}
	if !end.After(start) {
		end = start.Add(time.Minute)
	}
	return query{"StartTime": start.Format(layout), "EndTime": end.Format(layout)}
}

func refusesEnd(err error) bool {
	failure, ok := errors.AsType[*backup.Error](err)
	return ok && strings.EqualFold(failure.Code, "InvalidEndTime.Malformed")
}
