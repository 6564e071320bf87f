package huawei

import (
	"context"
	"maps"
	"time"

	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

func (s *Source) listInstances(ctx context.Context, _ time.Time) (backup.Listing, error) {
	var r wire.Reader
	records, err := s.instanceRecords(ctx, &r)
	if err != nil {
		return backup.Listing{}, err
	}
	byID := make(map[string]known, len(records))
	listing := backup.Listing{Op: opListInstances}
	for i := range records {
		in, ok := convertInstance(&records[i], s.whose, &r)
		if !ok {
			listing.Unread++
			continue
		}
		if _, seen := byID[in.InstanceID]; !seen {
			byID[in.InstanceID] = in
			listing.Instances = append(listing.Instances, in.Instance)
		}
	}
	s.rejects.Report(s.whose, r)
	s.mu.Lock()
	defer s.mu.Unlock()
	if listing.Unread > 0 { // an instance that is not among them may still exist
		maps.Copy(s.known, byID)
		return listing, nil
	}
	s.known = byID
	maps.DeleteFunc(s.policies, func(id string, _ *policy) bool { return byID[id].InstanceID == "" })
	maps.DeleteFunc(s.recents, func(id string, _ increments) bool { return byID[id].InstanceID == "" })
	return listing, nil
}

func (s *Source) instanceRecords(ctx context.Context, r *wire.Reader) ([]instanceRecord, error) {
	const op = opListInstances
	decode := decoder[instancesAnswer](op)
	return readPages(op, r, func(offset int32) (page[instanceRecord], error) {
		a, err := ask(ctx, s.client, operation{
			name: op, define: dds.GenReqDefForListInstances,
			request: &model.ListInstancesRequest{Offset: &offset, Limit: new(int32(pageSize))},
		}, decode)
		if err != nil {
			return page[instanceRecord]{}, err
		}
		return page[instanceRecord]{a.Instances, a.TotalCount}, nil
	}, func(rec *instanceRecord) string { return rec.ID.Text })
}

// listBackups lists the full backups of the whole project.
func (s *Source) listBackups(ctx context.Context, since time.Time) (map[string][]backup.Backup, error) {
	return s.backupsBy(ctx, model.ListBackupsRequest{}, since)
}

// increments are the incremental backups of an instance, as listed at a moment.
type increments struct {
	sets []backup.Backup
	at   time.Time
}

// DDS lists incremental backups for one instance at a time, and makes one every few minutes: a call per instance and
// minute would use up what a user may call. So the newest are listed, and not more often than they are worth; how far a
// restore reaches is Recovery's to say.
const (
	incrementsFor   = 6 * time.Hour    // one page, at one every 5 minutes
	incrementsEvery = 10 * time.Minute // how long a listing of them holds
)

// incrementals lists the newest incremental backups of one instance, which DDS does not do for a project.
func (s *Source) incrementals(ctx context.Context, instanceID string, since time.Time) ([]backup.Backup, error) {
	now := s.now()
	s.mu.Lock()
	held, ok := s.recents[instanceID]
	s.mu.Unlock()
	if ok && now.Sub(held.at) < incrementsEvery {
		return held.sets, nil
	}
	if newest := now.Add(-incrementsFor); since.Before(newest) {
		since = newest
	}
	kind := model.GetListBackupsRequestBackupTypeEnum().INCREMENTAL
	all, err := s.backupsBy(ctx, model.ListBackupsRequest{InstanceId: &instanceID, BackupType: &kind}, since)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recents[instanceID] = increments{all[instanceID], now}
	return all[instanceID], nil
}

func (s *Source) backupsBy(ctx context.Context, q model.ListBackupsRequest, since time.Time) (map[string][]backup.Backup, error) {
	const op = opListBackups
	decode := decoder[backupsAnswer](op)
	q.BeginTime = new(since.UTC().Format(time.DateTime))
	q.EndTime = new(s.now().Add(time.Minute).UTC().Format(time.DateTime))
	var r wire.Reader
	records, err := readPages(op, &r, func(offset int32) (page[backupRecord], error) {
		part := q
		part.Offset, part.Limit = &offset, new(int32(pageSize))
		a, err := ask(ctx, s.client, operation{name: op, define: dds.GenReqDefForListBackups, request: &part}, decode)
		if err != nil {
			return page[backupRecord]{}, err
		}
		return page[backupRecord]{a.Backups, a.TotalCount}, nil
	}, func(rec *backupRecord) string { return rec.ID.Text })
	if err != nil {
		return nil, err
	}
	groups := groupBy(records, &r, convertBackup, func(b backup.Backup) string { return b.ID })
	s.rejects.Report(s.whose, r)
	return groups, nil
}

// groupBy converts records and sorts them by their instance. Of those with one id the first one stands: paging over a
// list that grows repeats records.
func groupBy[R, T any](
	records []R, r *wire.Reader,
	convert func(*R, *wire.Reader) (instanceID string, value T, ok bool), id func(T) string,
) map[string][]T {
	groups := map[string][]T{}
	seen := make(map[[2]string]bool, len(records))
	for i := range records {
		instanceID, value, ok := convert(&records[i], r)
		if key := [2]string{instanceID, id(value)}; ok && !seen[key] {
			seen[key] = true
			groups[instanceID] = append(groups[instanceID], value)
		}
	}
	return groups
}

// Names of the tasks that make backups: physical ones and snapshots.
const (
	taskPhysical = "MongodbSnapshotBackup"
	taskSnapshot = "MongodbSnapshotEBackup"
)

// jobsLookback is how far back tasks are listed: far enough to see one that hangs since yesterday.
const jobsLookback = 48 * time.Hour

func (s *Source) listTasks(ctx context.Context, _ time.Time) (map[string][]backup.Job, error) {
	now := s.now().UTC()
	var r wire.Reader
	var records []jobRecord
	for _, name := range []string{taskPhysical, taskSnapshot} {
		named, err := s.tasksNamed(ctx, name, now, &r)
		if err != nil {
			return nil, orUnsupported(err)
		}
		records = append(records, named...)
	}
	groups := groupBy(records, &r, convertJob, func(j backup.Job) string { return j.ID })
	s.rejects.Report(s.whose, r)
	return groups, nil
}

func (s *Source) tasksNamed(ctx context.Context, name string, now time.Time, r *wire.Reader) ([]jobRecord, error) {
	const op, layout = opListTasks, "2006-01-02T15:04:05-0700"
	decode := decoder[tasksAnswer](op)
	return readPages(op, r, func(offset int32) (page[jobRecord], error) {
		a, err := ask(ctx, s.client, operation{
			name: op, define: dds.GenReqDefForListTasks,
			request: &model.ListTasksRequest{
				StartTime: now.Add(-jobsLookback).Format(layout), EndTime: now.Add(time.Minute).Format(layout),
				Name: &name, Offset: &offset, Limit: new(int32(pageSize)),
			},
		}, decode)
		if err != nil {
			return page[jobRecord]{}, err
		}
		return page[jobRecord]{a.Jobs, a.TotalCount}, nil
	}, func(rec *jobRecord) string { return rec.ID.Text })
}
