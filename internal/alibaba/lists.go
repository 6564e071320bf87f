package alibaba

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// listInstances lists the instances of one DBInstanceType.
func (s *Source) listInstances(ctx context.Context, kind string) ([]instanceRecord, error) {
	const op = opDescribeDBInstances
	params := map[string]string{"DBInstanceType": kind}
	list := pageReader[instanceRecord]{op: op, pages: newPages[instanceRecord](), id: func(rec *instanceRecord) string { return rec.DBInstanceID.Text }}
	list.read = func(ctx context.Context, number int) (page[instanceRecord], error) {
		a, err := ask[instancesAnswer](ctx, s.client, operation{name: op, params: numbered(params, number)})
		if err != nil {
			return page[instanceRecord]{}, err
		}
		return page[instanceRecord]{a.DBInstances.Value.DBInstance.Items, a.TotalCount, a.PageSize, a.Extent}, nil
	}
	return list.readAll(ctx)
}

// numbered returns the parameters of a page.
func numbered(params map[string]string, number int) map[string]string {
	page := maps.Clone(params)
	page["PageNumber"], page["PageSize"] = strconv.Itoa(number), strconv.Itoa(pageSize)
	return page
}

// listBackups lists the backups of a target that has a list of its own. What is new since a reading began that took long is
// read at once.
func (s *Source) listBackups(ctx context.Context, l listed, since time.Time) (backup.List, error) {
	entries, until, err := s.backupEntries(ctx, l, since)
	for err == nil && s.now().Sub(until) >= tookLong {
		from := newsOf(entries, until)
		var end []backup.Entry
		if end, until, err = s.backupEntries(ctx, l, from); err == nil {
			entries = append(end, slices.DeleteFunc(entries, func(e backup.Entry) bool { return !began(e).Before(from) })...)
		}
	}
	if err != nil {
		return backup.List{}, err
	}
	return s.sift(opDescribeBackups, entries), nil
}

const (
	tookLong = time.Minute // from which age on a reading is completed by what is new
	lateBy   = time.Hour   // how long after its begin a backup may come into a list
)

// newsOf returns from when on a list, of what began up to some time, is to be read to have all that is new in it.
func newsOf(entries []backup.Entry, until time.Time) time.Time {
	from := until.Add(-lateBy)
	for _, e := range entries {
		ended := e.State == backup.StateSuccess || e.State == backup.StateFailed
		if at := began(e); !ended && !at.IsZero() && at.Before(from) {
			from = at
		}
	}
	return from
}

// began returns the start of a backup, or else its end.
func began(e backup.Entry) time.Time {
	if e.StartedAt.IsZero() {
		return e.EndedAt
	}
	return e.StartedAt
}

// backupEntries reads the records of a target that began at since or later, up to some time. A reading that was cut short goes
// on.
func (s *Source) backupEntries(ctx context.Context, l listed, since time.Time) (entries []backup.Entry, until time.Time, err error) {
	const op = opDescribeBackups
	name := l.name()
	span := s.unfinished.Take(name, since, s.now())
	records, err := inTimeRange(s, span.Since, span.Until, func(params map[string]string) ([]backupRecord, error) {
		maps.Copy(params, s.listingParams(l.in, l.copiedTo))
		if l.node != "" {
			params["NodeId"] = l.node
		}
		list := pageReader[backupRecord]{op: op, pages: span, id: func(rec *backupRecord) string { return rec.BackupID.Text }}
		list.read = func(ctx context.Context, number int) (page[backupRecord], error) {
			a, err := ask[backupsAnswer](ctx, s.client, operation{name: op, params: numbered(params, number)})
			if err != nil {
				return page[backupRecord]{}, err
			}
			return page[backupRecord]{a.Backups.Value.Backup.Items, a.TotalCount, a.PageSize, a.Extent}, nil
		}
		return list.readAll(ctx)
	})
	if err != nil {
		s.unfinished.Keep(name, span, err)
		return nil, time.Time{}, err
	}
	var r wire.Reader
	entries = make([]backup.Entry, len(records))
	for i := range records {
		b, ok := convertBackup(&records[i], &r)
		entries[i] = backup.Entry{Backup: b, Unread: !ok}
	}
	s.rejects.Report(l.in.Target.Node(l.node), r)
	return entries, span.Until, nil
}

// sift returns the list that entries are.
func (s *Source) sift(op string, entries []backup.Entry) backup.List {
	backups, unread := backup.Sift(entries, s.now())
	return backup.List{
		Op: op, Asked: []backup.Kind{backup.KindFull, backup.KindIncremental}, Backups: backups, Unread: unread,
	}
}

// inTimeRange lists what began from since to until, which is now or was a while ago. It is not documented whether EndTime may be in the future. Where the
// cloud refuses that, backups that began in the current minute are left out until the next listing.
func inTimeRange[T any](s *Source, since, until time.Time, list func(params map[string]string) ([]T, error)) ([]T, error) {
	refused := s.futureEndRefused.Load()
	if !refused {
		records, err := list(timeRange(since, until, time.Minute))
		if !refusesEnd(err) {
			return records, err
		}
	}
	records, err := list(timeRange(since, until, 0))
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
