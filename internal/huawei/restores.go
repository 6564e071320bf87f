package huawei

import (
	"context"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

const (
	restoresFor   = 30*24*time.Hour - time.Hour // the cloud lists at most 30 days
	shareRestores = time.Hour                   // they are asked for once a day
)

// restoreTasks returns the names of the tasks that restore an instance as a whole. That of single tables is left out.
func restoreTasks() []string {
	return []string{
		"RestoreMongoDB", "RestoreMongoDB_Replica", "RestoreMongoDB_Replica_Single", "RestoreMongoDB_Replica_PITR",
		"MongodbRestoreData2CurrentInstance", "MongodbRestoreData2NewInstance", "MongodbPitr2CurrentInstance", "MongodbPitr2NewInstance",
	}
}

// LastRestore returns when backups of in were last restored, in the last 30 days.
//
// It is not documented whether the task of a restore to a new instance names the instance whose backup it was or the new
// one. The new one begins with the task. So a task counts for an instance that is known to be older.
func (s *Source) LastRestore(ctx context.Context, in backup.Instance) (time.Time, error) {
	all, err := s.restores.Get(ctx, in.InstanceID, time.Time{})
	if err != nil {
		return time.Time{}, err
	}
	if err := s.ownerExists(ctx, opListTasks, in.InstanceID, len(all[in.InstanceID].jobs)); err != nil {
		return time.Time{}, err
	}
	var newest time.Time
	for _, job := range all[in.InstanceID].jobs {
		at := job.StartedAt
		older := !in.CreatedAt.IsZero() && in.CreatedAt.Before(at.Add(-backup.MaxSkew))
		if job.State == backup.JobFinished && older && at.After(newest) && !at.After(s.now().Add(backup.MaxSkew)) {
			newest = at
		}
	}
	return newest, nil
}

// listRestores lists the finished restores of the whole project, by the instance that their tasks name.
func (s *Source) listRestores(ctx context.Context, _ time.Time) (map[string]jobList, error) {
	now := s.now().UTC()
	var r wire.Reader
	var records []jobRecord
	for _, name := range restoreTasks() {
		named, err := s.tasksNamed(ctx, taskQuery{name: name, status: "Completed", from: now.Add(-restoresFor), to: now.Add(time.Minute)}, &r)
		if err != nil {
			return nil, orUnsupported(err)
		}
		records = append(records, named...)
	}
	groups, _ := jobsOf(records, &r)
	lists := readable(groups)
	s.rejects.Report(s.owner, r)
	return lists, wire.NoneReadable(opListTasks, len(records), len(lists))
}
