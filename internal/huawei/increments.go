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

// increments is what is known of the list of incremental backups of one instance.
type increments struct {
	refusedAt time.Time // when the cloud last refused to list them; zero: the newest listing was not refused
	failed    bool      // the newest listing failed, and that was logged
}

// DDS lists incremental backups for one instance at a time, and makes one every few minutes. Only the newest are listed: all of
// them would be up to 288 a day. How far a restore can reach follows from Recovery.
const (
	incrementsFor     = 6 * time.Hour    // one page, with one backup every 5 minutes
	incrementsRefused = 10 * time.Minute // how long after a refusal they are not listed again
)

// Increments lists the newest incremental backups of one instance. A list that was asked for no kind says that they are
// not known: the cloud refuses to list them, or lists full backups instead, as regions do that do not know this type of
// backup. Any other failure is returned.
//
// A failed listing is logged once.
func (s *Source) Increments(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error) {
	if err := checkNode(node); err != nil {
		return backup.List{}, err
	}
	s.mu.Lock()
	known := s.increments[in.InstanceID]
	s.mu.Unlock()
	if !known.refusedAt.IsZero() && cloudcall.Recent(known.refusedAt, s.now(), incrementsRefused) {
		return backup.List{}, nil
	}
	sets, err := s.listIncrements(ctx, in.InstanceID, since)
	switch {
	case err == nil:
		s.noteIncrements(in.InstanceID, increments{})
		return backup.List{Asked: []backup.Kind{backup.KindIncremental}, Backups: sets}.Since(since), nil
	case errors.Is(ctx.Err(), context.Canceled): // nobody waits for it any more: no failure of the list
		return backup.List{}, err
	}
	if !known.failed {
		s.logIncrements(in.InstanceID, err)
	}
	known = increments{failed: true}
	if willNotPass(err) {
		known.refusedAt, err = s.now(), nil
	}
	s.noteIncrements(in.InstanceID, known)
	return backup.List{}, err
}

func (s *Source) noteIncrements(instanceID string, known increments) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.increments[instanceID] = known
}

func (s *Source) listIncrements(ctx context.Context, instanceID string, since time.Time) ([]backup.Backup, error) {
	if oldest := s.now().Add(-incrementsFor); since.Before(oldest) {
		since = oldest
	}
	kind := model.GetListBackupsRequestBackupTypeEnum().INCREMENTAL
	all, err := s.backupsBy(cloudcall.About(ctx, instanceID, ""), model.ListBackupsRequest{InstanceId: &instanceID, BackupType: &kind}, since)
	if err != nil {
		return nil, err
	}
	own := all[instanceID]
	return own.Backups, cmp.Or(onlyIncrements(all), wire.NoneReadable(opListBackups, own.Unread.Count+len(own.Backups), len(own.Backups)))
}

// errOtherKind says that the region does not know the type of backup that was asked for.
var errOtherKind = errors.New("full backups are listed where incremental ones were asked for")

// willNotPass reports whether a failure to list incremental backups will not pass by itself.
func willNotPass(err error) bool {
	class := backup.ClassOf(err)
	return errors.Is(err, errOtherKind) || !class.Retryable() && class != backup.ClassProtocol
}

// onlyIncrements returns an error for a list with full backups: the region does not know the type that was asked for.
func onlyIncrements(byInstance map[string]backup.List) error {
	full := func(b backup.Backup) bool { return b.Kind == backup.KindFull }
	for _, list := range byInstance {
		if slices.ContainsFunc(list.Backups, full) {
			return &backup.Error{Op: opListBackups, Class: backup.ClassProtocol, Err: errOtherKind}
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
