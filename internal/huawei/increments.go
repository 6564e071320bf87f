package huawei

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// increments are the incremental backups of one instance.
type increments struct {
	sets    []backup.Backup
	readAt  time.Time     // when sets were listed; zero: never
	triedAt time.Time     // when a listing was last tried; zero: never
	again   time.Duration // how long after triedAt it is not tried again
	failed  bool          // the last listing failed, and that was logged
}

// DDS lists incremental backups for one instance at a time, and makes one every few minutes. Only the newest are listed: all of
// them would be up to 288 a day. How far a restore can reach follows from Recovery.
const (
	incrementsFor     = 6 * time.Hour    // one page, with one backup every 5 minutes
	incrementsKept    = time.Hour        // how long a listing is used while newer ones fail
	incrementsRetry   = time.Minute      // how long after a failure that may pass a listing is tried again
	incrementsRefused = 10 * time.Minute // how long after a refusal
)

// Increments lists the newest incremental backups of one instance. A list that was asked for no kind says that they are
// not known. The error is that of a context that has ended.
//
// A failed listing is logged once. Some regions do not know this type of backup: they refuse the parameter, or list full
// backups instead.
func (s *Source) Increments(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error) {
	if err := checkNode(node); err != nil {
		return backup.List{}, err
	}
	s.mu.Lock()
	last := s.increments[in.InstanceID]
	s.mu.Unlock()
	if last.triedAt.IsZero() || !cloudcall.Recent(last.triedAt, s.now(), last.again) {
		var err error
		if last, err = s.listIncrements(ctx, in.InstanceID, since, last); err != nil {
			return backup.List{}, err
		}
	}
	if last.readAt.IsZero() || !cloudcall.Recent(last.readAt, s.now(), incrementsKept) {
		return backup.List{}, nil
	}
	return backup.List{Asked: []backup.Kind{backup.KindIncremental}, Backups: slices.Clone(last.sets)}.Since(since), nil
}

// listIncrements lists the incremental backups and remembers the outcome. An error is that of a context that has ended.
// One whose time is up is a failure of the list, and one that was cancelled is not.
func (s *Source) listIncrements(ctx context.Context, instanceID string, since time.Time, last increments) (increments, error) {
	now := s.now()
	if oldest := now.Add(-incrementsFor); since.Before(oldest) {
		since = oldest
	}
	kind := model.GetListBackupsRequestBackupTypeEnum().INCREMENTAL
	all, err := s.backupsBy(cloudcall.About(ctx, instanceID, ""), model.ListBackupsRequest{InstanceId: &instanceID, BackupType: &kind}, since)
	own := all[instanceID]
	if err == nil {
		err = cmp.Or(onlyIncrements(all), wire.NoneReadable(opListBackups, own.Unread.Count+len(own.Backups), len(own.Backups)))
	}
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return last, err
	case err != nil:
		if !last.failed {
			s.logIncrements(instanceID, err)
		}
		last.triedAt, last.again, last.failed = now, incrementsRetry, true
		if class := backup.ClassOf(err); !class.Retryable() && class != backup.ClassProtocol {
			last.sets, last.readAt, last.again = nil, time.Time{}, incrementsRefused // a refusal will not pass by itself
		}
	default:
		last = increments{sets: own.Backups, readAt: now, triedAt: now}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.increments[instanceID] = last
	return last, nil
}

// onlyIncrements returns an error for a list with full backups: the region does not know the type that was asked for.
func onlyIncrements(byInstance map[string]backup.List) error {
	full := func(b backup.Backup) bool { return b.Kind == backup.KindFull }
	for _, list := range byInstance {
		if slices.ContainsFunc(list.Backups, full) {
			return wire.ProtocolError(opListBackups, "full backups are listed where incremental ones were asked for")
		}
	}
	return nil
}

func (s *Source) logIncrements(instanceID string, err error) {
	_ = level.Warn(s.logger).Log("msg", "cannot list incremental backups; full ones are shown without them; logged once",
		"target", s.target(instanceID), "err", err)
}

// loggerOr returns the logger, or one that drops everything.
func loggerOr(logger log.Logger) log.Logger { return cmp.Or(logger, log.NewNopLogger()) }
