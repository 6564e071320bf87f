package huawei

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
)

func (s *Source) listInstances(ctx context.Context, _ time.Time) ([]backup.Instance, error) {
	records, err := s.pages(ctx, list{
		name: opListInstances, define: dds.GenReqDefForListInstances, field: "instances",
		request: func(offset, limit *int32) any { return &model.ListInstancesRequest{Offset: offset, Limit: limit} },
	})
	if err != nil {
		return nil, err
	}
	byID := make(map[string]known, len(records))
	var all []backup.Instance
	for _, raw := range records {
		in, ok := convertInstance(raw, s.reject)
		if _, seen := byID[in.InstanceID]; !ok || seen {
			continue
		}
		in.Account, in.Region = s.account, s.region
		byID[in.InstanceID] = in
		all = append(all, in.Instance)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = byID
	maps.DeleteFunc(s.policies, func(id string, _ learnedPolicy) bool { return byID[id].InstanceID == "" })
	maps.DeleteFunc(s.recents, func(id string, _ increments) bool { return byID[id].InstanceID == "" })
	return all, nil
}

// listBackups lists the full backups of the whole project.
func (s *Source) listBackups(ctx context.Context, since time.Time) (map[string][]backup.Backup, error) {
	return s.backupsBy(ctx, model.ListBackupsRequest{}, since)
}

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

func (s *Source) backupsBy(ctx context.Context, ask model.ListBackupsRequest, since time.Time) (map[string][]backup.Backup, error) {
	begin, end := since.UTC().Format(time.DateTime), s.now().Add(time.Minute).UTC().Format(time.DateTime)
	ask.BeginTime, ask.EndTime = &begin, &end
	records, err := s.pages(ctx, list{
		name: opListBackups, define: dds.GenReqDefForListBackups, field: "backups",
		request: func(offset, limit *int32) any {
			page := ask
			page.Offset, page.Limit = offset, limit
			return &page
		},
	})
	if err != nil {
		return nil, err
	}
	return groupBy(records, s.reject, convertBackup, func(b backup.Backup) string { return b.ID }), nil
}

// groupBy converts records and sorts them by their instance. Of those with one id the first one stands: paging over a
// list that grows repeats records.
func groupBy[T any](
	records []json.RawMessage, reject rejecter,
	convert func(json.RawMessage, rejecter) (string, T, bool), id func(T) string,
) map[string][]T {
	groups := map[string][]T{}
	seen := make(map[[2]string]bool, len(records))
	for _, raw := range records {
		instanceID, value, ok := convert(raw, reject)
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
	const layout = "2006-01-02T15:04:05-0700"
	now := s.now().UTC()
	var records []json.RawMessage
	for _, name := range []string{taskPhysical, taskSnapshot} {
		page, err := s.pages(ctx, list{
			name: opListTasks, define: dds.GenReqDefForListTasks, field: "jobs",
			request: func(offset, limit *int32) any {
				return &model.ListTasksRequest{
					StartTime: now.Add(-jobsLookback).Format(layout), EndTime: now.Add(time.Minute).Format(layout),
					Name: &name, Offset: offset, Limit: limit,
				}
			},
		})
		if err != nil {
			return nil, noTaskList(err)
		}
		records = append(records, page...)
	}
	return groupBy(records, s.reject, convertTask, func(j backup.Job) string { return j.ID }), nil
}

// noTaskList tells apart a region whose gateway does not know the path: the list is newer than the rest of the API.
func noTaskList(err error) error {
	failure, ok := errors.AsType[*backup.Error](err)
	if !ok || failure.Code != "APIGW.0101" {
		return err
	}
	unsupported := *failure
	unsupported.Class, unsupported.Hint = backup.ClassUnsupported, ""
	return &unsupported
}
