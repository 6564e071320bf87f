package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Never is said only when nothing that is older can be restored either.
func TestVerdictLooksFurtherBack(t *testing.T) {
	older := func(o backup.Older) func(*backup.TargetState) {
		return func(in *backup.TargetState) { in.Backups.Value.Older = &o }
	}
	october := at(0, 2, 10)
	runVerdicts(t, []verdictCase{
		{
			name: "not asked yet", now: noon, edit: older(backup.Older{By: at(22, 13, 0)}),
			state: backup.HealthUnknown, reason: "no usable backup in the lookback; looking further back",
		},
		{
			name: "it cannot be asked", now: noon, edit: older(backup.Older{By: at(22, 13, 0), Err: &backup.Error{Op: "ListBackups", Class: backup.ClassTimeout}}),
			state: backup.HealthUnknown, reason: "no usable backup in the lookback; looking further back: ListBackups: timeout",
		},
		{
			name: "it could not be asked", now: at(22, 13, 0), edit: older(backup.Older{By: at(22, 13, 0), Err: &backup.Error{Op: "ListBackups", Class: backup.ClassTimeout}}),
			state: backup.HealthNever, reason: "no usable backup in the lookback, and older ones could not be asked for: ListBackups: timeout; instance created 2026-01-02",
		},
		{
			name: "there is none", now: noon, edit: older(backup.Older{At: noon}),
			state: backup.HealthNever, reason: "no usable backup; instance created 2026-01-02",
		},
		{
			name: "one that is kept", now: noon, edit: older(backup.Older{At: noon, Backups: []backup.Backup{expiring(october, backup.Never)}}),
			state: backup.HealthLate, reason: "newest recovery point is 22d 9h old, objective 26h (default, no policy known)",
		},
		{
			name: "one that has expired", now: noon, edit: older(backup.Older{At: noon, Backups: []backup.Backup{expiring(october, at(22, 11, 0))}}),
			state: backup.HealthNever, reason: "no usable backup; instance created 2026-01-02",
		},
		{
			name: "failures since", now: noon, list: []backup.Backup{failed(at(22, 2, 10))},
			edit:   older(backup.Older{At: noon, Backups: []backup.Backup{expiring(october, backup.Never)}}),
			state:  backup.HealthLate,
			reason: "newest recovery point is 22d 9h old, objective 26h (default, no policy known); the last attempt failed at 2026-11-22 02:30Z",
		},
		{
			name: "a young instance needs no look", now: noon, created: new(at(22, 10, 0)), edit: older(backup.Older{}),
			state: backup.HealthPending, reason: "no usable backup yet; instance created 2h ago, objective 26h (default, no policy known)",
		},
		{
			name: "a usable backup in the list needs none either", now: noon, list: []backup.Backup{full(at(22, 2, 10))}, edit: older(backup.Older{}),
			state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 26h (default, no policy known)",
		},
	})
}

func TestFactsFromBeforeTheList(t *testing.T) {
	c := verdictCase{now: noon, list: []backup.Backup{failed(at(22, 2, 10))}}
	in, want := c.input()
	kept := expiring(at(0, 2, 10), backup.Never)
	in.Backups.Value.Older = &backup.Older{At: noon, Backups: []backup.Backup{kept}}
	h := backup.Assess(in, want, noon)
	last := h.Kinds[backup.KindFull].LastSuccess
	if last == nil || !last.StartedAt.Equal(kept.StartedAt) || h.Usable != 1 || !h.LastUsableExpiry.Equal(backup.Never) {
		t.Errorf("%+v", h)
	}
	if n := h.Kinds[backup.KindFull].Counts[backup.StateSuccess]; n != 0 {
		t.Errorf("%d successes in the lookback", n)
	}
}

func TestOlderThan(t *testing.T) {
	list := backup.List{Backups: []backup.Backup{full(at(22, 2, 0)), full(at(9, 2, 0)), failed(at(8, 2, 0)), incremental(at(8, 3, 0)), full(at(10, 2, 0))}}
	for range 40 {
		list.Backups = append(list.Backups, full(at(1, 2, 0)))
	}
	got := list.OlderThan(at(14, 0, 0), noon)
	if n := len(got.Backups); n != 20 || !got.Backups[0].StartedAt.Equal(at(10, 2, 0)) || !got.Backups[1].StartedAt.Equal(at(9, 2, 0)) {
		t.Errorf("%d backups, the first of %v", n, got.Backups[0].StartedAt)
	}
	if !got.At.Equal(noon) {
		t.Errorf("asked at %v", got.At)
	}
	if none := (backup.List{}).OlderThan(time.Time{}, noon); len(none.Backups) != 0 || none.At.IsZero() {
		t.Errorf("%+v", none)
	}
}
