package huawei

import (
	"context"
	"strings"
	"time"

	dds "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dds/v3/model"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// recoveryDays is how many days back a window is looked for. A renamed collection, collMod, a new role or a changed
// password stop incremental backup until the next full backup, and full backups are at most a week apart.
const recoveryDays = 8

// pastWindow is the newest window of the days before yesterday.
type pastWindow struct {
	window  backup.Window // zero: none
	foundOn time.Time     // the day on which it was looked for
}

// Recovery returns the newest span in which any moment can be restored: of today, or else of yesterday, or else of the
// days before while the policy makes incremental backups, which have then stopped. DDS lists spans day by day, so that a
// span starts at midnight at the earliest. Where the policy makes no incremental backups there is none, and DDS is not asked: it
// deletes them when they are switched off. Class unsupported for single nodes, and for clusters before version 4.0.
func (s *Source) Recovery(ctx context.Context, in backup.Instance) (backup.Window, error) {
	if err := checkID(opListRestoreTimes, in.InstanceID); err != nil {
		return backup.Window{}, err
	}
	if !restorable(in) {
		return backup.Window{}, cloudcall.Unsupported(opListRestoreTimes, "point-in-time recovery is for replica sets, and for clusters from version 4.0")
	}
	if wire.IsFalse(s.makesIncrements(in.InstanceID)) {
		return backup.Window{}, nil
	}
	today := s.now().UTC().Truncate(24 * time.Hour)
	window, err := s.recoverySince(ctx, in.Target, today, today.AddDate(0, 0, -1))
	if err != nil || !window.IsZero() {
		return window, err
	}
	return s.pastRecovery(ctx, in, today)
}

// pastRecovery returns the newest span of the days before yesterday, for an instance whose policy makes incremental
// backups. The past does not change, so that it looks once a day.
func (s *Source) pastRecovery(ctx context.Context, in backup.Instance, today time.Time) (backup.Window, error) {
	if !wire.IsTrue(s.makesIncrements(in.InstanceID)) {
		return backup.Window{}, nil
	}
	s.mu.Lock()
	past, ok := s.past[in.InstanceID]
	s.mu.Unlock()
	if ok && past.foundOn.Equal(today) {
		return past.window, nil
	}
	first := today.AddDate(0, 0, -recoveryDays)
	if created := in.CreatedAt.UTC().Truncate(24 * time.Hour); created.After(first) {
		first = created
	}
	window, err := s.recoverySince(ctx, in.Target, today.AddDate(0, 0, -2), first)
	if err != nil {
		return backup.Window{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past[in.InstanceID] = pastWindow{window, today}
	return window, nil
}

// recoverySince returns the newest span of the days from last back to first; the zero Window when there is none.
func (s *Source) recoverySince(ctx context.Context, target backup.Target, last, first time.Time) (backup.Window, error) {
	for day := last; !day.Before(first); day = day.AddDate(0, 0, -1) {
		window, err := s.recoveryOn(ctx, target, day)
		if err != nil || !window.IsZero() {
			return window, err
		}
	}
	return backup.Window{}, nil
}

// recoveryOn returns the newest span of one day; the zero Window when there is none.
func (s *Source) recoveryOn(ctx context.Context, target backup.Target, day time.Time) (backup.Window, error) {
	a, err := ask[restoreTimesAnswer](cloudcall.About(ctx, target.InstanceID, ""), s.client, operation{
		name: opListRestoreTimes, define: dds.GenReqDefForListRestoreTimes,
		request: &model.ListRestoreTimesRequest{InstanceId: target.InstanceID, Date: day.Format(time.DateOnly)},
	})
	if err != nil {
		return backup.Window{}, err
	}
	var r wire.Reader
	window, ok := convertRanges(a.Ranges.Items, s.now(), &r)
	s.rejects.Report(target, r)
	if !ok {
		return backup.Window{}, wire.Incomplete(opListRestoreTimes, "restore_time")
	}
	return window, nil
}

// restorable reports whether DDS has point-in-time recovery for an instance.
func restorable(in backup.Instance) bool {
	switch in.Topology {
	case backup.TopologyStandalone:
		return false
	case backup.TopologyShardedCluster:
		return !strings.HasPrefix(in.Version, "3.") && !strings.HasPrefix(in.Version, "2.")
	}
	return true
}
