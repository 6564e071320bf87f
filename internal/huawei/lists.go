package huawei

import (
	"context"
	"maps"
	"time"

	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// listInstances lists the instances of the whole project.
func (s *Source) listInstances(ctx context.Context, _ time.Time) (backup.Listing, error) {
	var r wire.Reader
	records, err := s.instanceRecords(ctx, model.ListInstancesRequest{}, &r)
	if err != nil {
		return backup.Listing{}, err
	}
	byID := make(map[string]listedInstance, len(records))
	listing := backup.Listing{Op: opListInstances}
	for i := range records {
		in, ok := convertInstance(&records[i], s.owner, &r)
		if !ok {
			listing.Unread++
			continue
		}
		if _, seen := byID[in.InstanceID]; !seen {
			byID[in.InstanceID] = in
			listing.Instances = append(listing.Instances, in.Instance)
		}
	}
	s.rejects.Report(s.owner, r)
	s.remember(byID, listing.Unread == 0)
	return listing, nil
}

// remember keeps what a listing says. After a complete one it forgets all other instances, and after two in a row what was
// read of them: an instance that one listing lacks may be there. After any other, an instance that is not in it may still
// exist.
func (s *Source) remember(byID map[string]listedInstance, complete bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.whole = complete
	if !complete {
		maps.Copy(s.listed, byID)
		return
	}
	before := s.listed
	s.listed, s.byID = byID, map[string]*cloudcall.Shared[bool]{}
	gone := func(id string) bool { return byID[id].InstanceID == "" && before[id].InstanceID == "" }
	maps.DeleteFunc(s.logBackup, func(id string, _ *bool) bool { return gone(id) })
	maps.DeleteFunc(s.past, func(id string, _ pastWindow) bool { return gone(id) })
	maps.DeleteFunc(s.increments, func(id string, _ increments) bool { return gone(id) })
}

// instanceRecords lists the instances that fit a request.
func (s *Source) instanceRecords(ctx context.Context, request model.ListInstancesRequest, r *wire.Reader) ([]instanceRecord, error) {
	const op = opListInstances
	read := func(ctx context.Context, offset int32) (page[instanceRecord], error) {
		part := request
		part.Offset, part.Limit = &offset, new(int32(pageSize))
		a, err := ask[instancesAnswer](ctx, s.client, operation{name: op, define: dds.GenReqDefForListInstances, request: &part})
		if err != nil {
			return page[instanceRecord]{}, err
		}
		return page[instanceRecord]{a.Instances.Items, a.TotalCount, a.Extent}, nil
	}
	id := func(rec *instanceRecord) string { return rec.ID.Text }
	list := pageReader[instanceRecord]{op: op, r: r, pages: newPages[instanceRecord](), read: read, id: id}
	return list.readAll(ctx)
}

// listBackups lists the full backups of the whole project, by instance id.
func (s *Source) listBackups(ctx context.Context, since time.Time) (map[string]backup.List, error) {
	groups, err := s.ofProject.backups.get(ctx, since, s.fullRead, s.now, func(ctx context.Context, since time.Time) (reading[backupEntry], error) {
		return s.readBackups(ctx, model.ListBackupsRequest{}, since)
	})
	if err != nil {
		return nil, err
	}
	return s.sift(groups), nil
}

// backupsBy lists the backups that fit a request, by instance id.
func (s *Source) backupsBy(ctx context.Context, request model.ListBackupsRequest, since time.Time) (map[string]backup.List, error) {
	list, err := s.readBackups(ctx, request, since)
	if err != nil {
		return nil, err
	}
	return s.sift(list.groups), nil
}

// sift makes lists of records.
func (s *Source) sift(groups map[string][]backupEntry) map[string]backup.List {
	lists := make(map[string]backup.List, len(groups))
	for id, group := range groups {
		entries := make([]backup.Entry, len(group))
		for i := range group {
			entries[i] = group[i].Entry
		}
		backups, unread := backup.Sift(entries, s.now())
		lists[id] = backup.List{Op: opListBackups, Backups: backups, Unread: unread}
	}
	return lists
}

// readBackups reads the records of the backups that fit a request, by instance id. A record whose instance id cannot be read is
// nobody's: it is reported and belongs to no list. A reading that was cut short goes on.
func (s *Source) readBackups(ctx context.Context, request model.ListBackupsRequest, since time.Time) (reading[backupEntry], error) {
	const op = opListBackups
	name := nameOf(request)
	pages := s.unfinished.Take(name, since, s.now())
	request.BeginTime = new(pages.Since.UTC().Format(time.DateTime))
	request.EndTime = new(pages.Until.Add(time.Minute).UTC().Format(time.DateTime))
	read := func(ctx context.Context, offset int32) (page[backupRecord], error) {
		part := request
		part.Offset, part.Limit = &offset, new(int32(pageSize))
		a, err := ask[backupsAnswer](ctx, s.client, operation{name: op, define: dds.GenReqDefForListBackups, request: &part})
		if err != nil {
			return page[backupRecord]{}, err
		}
		return page[backupRecord]{a.Backups.Items, a.TotalCount, a.Extent}, nil
	}
	var r wire.Reader
	list := pageReader[backupRecord]{op: op, r: &r, pages: pages, read: read, id: func(rec *backupRecord) string { return rec.ID.Text }}
	records, err := list.readAll(ctx)
	if err != nil {
		s.unfinished.Keep(name, pages, err)
		return reading[backupEntry]{}, err
	}
	flawed := false
	groups := groupBy(records, &r, func(rec *backupRecord, r *wire.Reader) (instanceID string, e backupEntry) {
		instanceID, b, ok := convertBackup(rec, r)
		e = backupEntry{backup.Entry{Backup: b, Unread: !ok}}
		flawed = flawed || instanceID == "" || !ok && e.began().IsZero()
		return instanceID, e
	}, func(e backupEntry) string { return e.ID })
	s.rejects.Report(s.owner, r)
	return reading[backupEntry]{groups, pages.Until, flawed}, wire.NoneReadable(op, len(records), len(groups))
}

// nameOf returns what a list of backups is of, for the pages of one that was cut short.
func nameOf(request model.ListBackupsRequest) string {
	switch {
	case request.InstanceId == nil:
		return ""
	case request.BackupType == nil:
		return *request.InstanceId
	}
	return *request.InstanceId + " " + request.BackupType.Value()
}

// groupBy converts records and groups the values by instance id. Those without one are left out. Of values with the same
// id, the first one counts: a list that grows while it is read repeats records.
func groupBy[R, T any](
	records []R, r *wire.Reader,
	convert func(*R, *wire.Reader) (instanceID string, value T), id func(T) string,
) map[string][]T {
	groups := map[string][]T{}
	seen := make(map[[2]string]bool, len(records))
	for i := range records {
		instanceID, value := convert(&records[i], r)
		key := [2]string{instanceID, id(value)}
		if instanceID == "" || (key[1] != "" && seen[key]) {
			continue
		}
		seen[key] = true
		groups[instanceID] = append(groups[instanceID], value)
	}
	return groups
}

// Names of the tasks that make backups.
const (
	taskPhysical = "MongodbSnapshotBackup"
	taskSnapshot = "MongodbSnapshotEBackup"
)

// jobsLookback is how far back tasks are listed: far enough to see one that has been stuck since yesterday.
const jobsLookback = 48 * time.Hour

// listTasks lists the backup tasks of the whole project, by instance id.
func (s *Source) listTasks(ctx context.Context, _ time.Time) (map[string]jobList, error) {
	groups, err := s.ofProject.jobs.get(ctx, s.now().Add(-jobsLookback), s.fullRead, s.now, s.readTasks)
	if err != nil {
		return nil, orUnsupported(err)
	}
	lists := readable(groups)
	s.logFailures(lists)
	return lists, nil
}

// readTasks reads the backup tasks that began at since or later.
func (s *Source) readTasks(ctx context.Context, since time.Time) (reading[jobEntry], error) {
	now := s.now()
	var r wire.Reader
	var records []jobRecord
	for _, name := range []string{taskPhysical, taskSnapshot} {
		named, err := s.tasksNamed(ctx, taskQuery{name: name, from: since.UTC(), to: now.UTC().Add(time.Minute)}, &r)
		if err != nil {
			return reading[jobEntry]{}, err
		}
		records = append(records, named...)
	}
	groups, flawed := jobsOf(records, &r)
	s.rejects.Report(s.owner, r)
	return reading[jobEntry]{groups, now, flawed}, wire.NoneReadable(opListTasks, len(records), len(groups))
}

// jobsOf converts the records of tasks, by instance id. flawed is as in reading.
func jobsOf(records []jobRecord, r *wire.Reader) (groups map[string][]jobEntry, flawed bool) {
	groups = groupBy(records, r, func(rec *jobRecord, r *wire.Reader) (instanceID string, e jobEntry) {
		instanceID, job, ok := convertJob(rec, r)
		flawed = flawed || instanceID == "" || !ok && job.StartedAt.IsZero()
		return instanceID, jobEntry{job, !ok}
	}, func(e jobEntry) string { return e.ID })
	return groups, flawed
}

// jobList is the tasks of one instance.
type jobList struct {
	jobs  []backup.Job
	total int // of the records, of which some could not be read
}

// readable returns the tasks that could be read, by instance id.
func readable(groups map[string][]jobEntry) map[string]jobList {
	lists := make(map[string]jobList, len(groups))
	for id, group := range groups {
		list := jobList{jobs: make([]backup.Job, 0, len(group)), total: len(group)}
		for _, e := range group {
			if !e.unread {
				list.jobs = append(list.jobs, e.Job)
			}
		}
		lists[id] = list
	}
	return lists
}

// taskQuery is which tasks are listed. An empty status means all.
type taskQuery struct {
	name, status string
	from, to     time.Time // of the begin
}

func (s *Source) tasksNamed(ctx context.Context, q taskQuery, r *wire.Reader) ([]jobRecord, error) {
	const op, layout = opListTasks, "2006-01-02T15:04:05-0700"
	read := func(ctx context.Context, offset int32) (page[jobRecord], error) {
		request := &model.ListTasksRequest{
			StartTime: q.from.Format(layout), EndTime: q.to.Format(layout), Name: &q.name, Offset: &offset, Limit: new(int32(pageSize)),
		}
		if q.status != "" {
			request.Status = &q.status
		}
		a, err := ask[tasksAnswer](ctx, s.client, operation{name: op, define: dds.GenReqDefForListTasks, request: request})
		if err != nil {
			return page[jobRecord]{}, err
		}
		return page[jobRecord]{records: a.Jobs.Items, extent: a.Extent}, nil
	}
	list := pageReader[jobRecord]{
		op: op, r: r, pages: newPages[jobRecord](), read: read, id: func(rec *jobRecord) string { return rec.ID.Text },
	}
	return list.readAll(ctx)
}
