package backup_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

func runVerdicts(t *testing.T, cases []verdictCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in, want := c.input()
			got := backup.Assess(in, want, c.now)
			if got.State != c.state || got.Reason != c.reason {
				t.Errorf("Assess() = %s: %s\nwant       %s: %s", got.State, got.Reason, c.state, c.reason)
			}
		})
	}
}

var noon = at(22, 12, 0)

func TestVerdictUnknown(t *testing.T) {
	denied := &backup.Error{
		Op: "ListBackups", Class: backup.ClassPermission, Code: "DBS.280032", RequestID: "r-1", Err: errors.New("no right"),
	}
	neverRead := func(err error) func(*backup.TargetState) {
		return func(in *backup.TargetState) { in.Backups = backup.Reading[backup.List]{TriedAt: noon, Err: err} }
	}
	aged := func(err error) func(*backup.TargetState) {
		return func(in *backup.TargetState) {
			in.Backups.At, in.Backups.GoodUntil, in.Backups.Err = at(22, 10, 30), noon, err
		}
	}
	good := []backup.Backup{full(at(22, 2, 10))}
	runVerdicts(t, []verdictCase{
		{
			name: "not asked yet", now: noon, edit: neverRead(nil),
			state: backup.HealthUnknown, reason: "not read yet",
		},
		{
			name: "never read: permission refused", now: noon, edit: neverRead(denied),
			state: backup.HealthUnknown, reason: "never read: ListBackups: permission DBS.280032",
		},
		{
			name: "restart while the cloud is down", now: noon,
			edit:  neverRead(&backup.Error{Op: "DescribeBackups", Class: backup.ClassTimeout}),
			state: backup.HealthUnknown, reason: "never read: DescribeBackups: timeout",
		},
		{
			name: "an error without an operation", now: noon, edit: neverRead(&backup.Error{Class: backup.ClassTimeout}),
			state: backup.HealthUnknown, reason: "never read: timeout",
		},
		{
			name: "an error without a class", now: noon,
			edit:  neverRead(fmt.Errorf("round: %w", errors.New("short\nsecond line"))),
			state: backup.HealthUnknown, reason: "never read: round: short",
		},
		{
			name: "a permission lost long ago, wrapped", now: noon, list: good, edit: aged(fmt.Errorf("backups: %w", denied)),
			state: backup.HealthUnknown, reason: "not read since 2026-11-22 10:30Z: ListBackups: permission DBS.280032",
		},
		{
			name: "too old, and no newer attempt", now: noon, list: good, edit: aged(nil),
			state: backup.HealthUnknown, reason: "not read since 2026-11-22 10:30Z",
		},
		{
			name: "a failed poll, the last answer still good", now: noon, list: good,
			edit:  func(in *backup.TargetState) { in.Backups.Err = denied },
			state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 26h (default, no policy known)",
		},
		{
			name: "a failed poll does not excuse a late target", now: noon, list: []backup.Backup{full(at(20, 2, 10))},
			edit:  func(in *backup.TargetState) { in.Backups.Err = denied },
			state: backup.HealthLate, reason: "newest recovery point is 2d 9h old, objective 26h (default, no policy known)",
		},
	})
}

func TestVerdictWithoutUsableBackup(t *testing.T) {
	spoiled := func(edit func(*backup.Backup)) []backup.Backup {
		return []backup.Backup{with(full(at(22, 2, 10)), edit)}
	}
	const never = "no usable backup in the lookback; instance created 2026-01-02"
	runVerdicts(t, []verdictCase{
		{
			name: "never backed up", now: noon,
			state: backup.HealthNever, reason: never,
		},
		{
			name: "never backed up, creation time unknown", now: noon, created: &time.Time{},
			state: backup.HealthNever, reason: "no usable backup in the lookback; creation time unknown",
		},
		{
			name: "every attempt failed", now: noon, list: []backup.Backup{failed(at(22, 2, 10)), failed(at(21, 2, 5))},
			state: backup.HealthNever, reason: never + "; the last 2 attempts failed, the newest at 2026-11-22 02:30Z",
		},
		{
			name: "zero-sized success", now: noon, list: []backup.Backup{sized(at(22, 2, 10), 0)},
			state: backup.HealthNever, reason: never + "; the last success, 2026-11-22 02:30Z, is zero-sized",
		},
		{
			name: "flagged unavailable", now: noon, list: spoiled(func(b *backup.Backup) { b.Unusable = backup.FlaggedUnusable }),
			state: backup.HealthNever, reason: never + "; the last success, 2026-11-22 02:30Z, is flagged as not restorable by the cloud",
		},
		{
			name: "expired", now: noon, list: spoiled(func(b *backup.Backup) { b.ExpiresAt = noon }),
			state: backup.HealthNever, reason: never + "; the last success, 2026-11-22 02:30Z, has expired",
		},
		{
			name: "being deleted", now: noon, list: spoiled(func(b *backup.Backup) { b.State = backup.StateDeleting }),
			state: backup.HealthNever, reason: never,
		},
		{
			name: "of an unknown status", now: noon, list: spoiled(func(b *backup.Backup) { b.State = backup.StateUnknown }),
			state: backup.HealthNever, reason: never,
		},
		{
			name: "of an unknown type", now: noon, list: spoiled(func(b *backup.Backup) { b.Kind = backup.KindUnknown }),
			state: backup.HealthNever, reason: never + "; the last success, 2026-11-22 02:30Z, is of an unknown type",
		},
		{
			name: "success without a start", now: noon, list: spoiled(func(b *backup.Backup) { b.StartedAt = time.Time{} }),
			state: backup.HealthNever, reason: never + "; the last success, 2026-11-22 02:30Z, has no believable start and end",
		},
		{
			name: "success without an end", now: noon, list: spoiled(func(b *backup.Backup) { b.EndedAt = time.Time{} }),
			state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 26h (default, no policy known)",
		},
		{
			name: "success with an end in the future", now: noon, list: spoiled(func(b *backup.Backup) { b.EndedAt = at(22, 13, 0) }),
			state: backup.HealthNever, reason: never,
		},
		{
			name: "incremental without its full backup", now: noon, list: []backup.Backup{incremental(at(22, 11, 0))},
			state: backup.HealthNever, reason: never + "; the last success, 2026-11-22 11:20Z, has no usable full backup before it",
		},
		{
			name: "point-in-time window without any backup in the lookback", now: noon,
			window: &backup.Window{Start: at(15, 0, 0), End: at(22, 11, 55)},
			state:  backup.HealthNever, reason: never + "; the point-in-time window still reaches 2026-11-22 11:55Z",
		},
		{
			name: "retention shorter than the gap", now: noon, policy: on(time.Friday),
			list:  []backup.Backup{expiring(at(20, 2, 10), at(21, 2, 10))},
			state: backup.HealthNever, reason: never + "; the last success, 2026-11-20 02:30Z, has expired",
		},
		{
			name: "first backup still running", now: noon, list: []backup.Backup{running(at(22, 11, 0))},
			state: backup.HealthNever, reason: never,
		},
	})
}

func TestVerdictOfNewInstance(t *testing.T) {
	runVerdicts(t, []verdictCase{
		{
			name: "three hours old", now: noon, created: new(at(22, 9, 0)),
			state: backup.HealthPending, reason: "no usable backup yet; instance created 3h ago, objective 26h (default, no policy known)",
		},
		{
			name: "as old as its objective", now: noon, created: new(at(21, 10, 0)),
			state: backup.HealthPending, reason: "no usable backup yet; instance created 26h ago, objective 26h (default, no policy known)",
		},
		{
			name: "a minute older than its objective", now: noon, created: new(at(21, 9, 59)),
			state: backup.HealthNever, reason: "no usable backup in the lookback; instance created 2026-11-21",
		},
		{
			name: "weekly schedule gives it a week", now: noon, created: new(at(17, 12, 0)), policy: on(time.Monday),
			state: backup.HealthPending, reason: "no usable backup yet; instance created 5d ago, objective 7d 3h (cloud's schedule)",
		},
		{
			name: "first attempt failed", now: noon, created: new(at(22, 1, 0)), list: []backup.Backup{failed(at(22, 2, 10))},
			state:  backup.HealthPending,
			reason: "no usable backup yet; instance created 11h ago, objective 26h (default, no policy known); the last attempt failed at 2026-11-22 02:30Z",
		},
		{
			name: "first success is zero-sized", now: noon, created: new(at(22, 1, 0)), list: []backup.Backup{sized(at(22, 2, 10), 0)},
			state:  backup.HealthPending,
			reason: "no usable backup yet; instance created 11h ago, objective 26h (default, no policy known); the last success, 2026-11-22 02:30Z, is zero-sized",
		},
		{
			name: "its only backup has expired already", now: noon, created: new(at(22, 1, 0)),
			list:  []backup.Backup{expiring(at(22, 2, 10), at(22, 11, 0))},
			state: backup.HealthNever, reason: "no usable backup in the lookback; instance created 2026-11-22; the last success, 2026-11-22 02:30Z, has expired",
		},
		{
			name: "created four minutes ahead of our clock", now: noon, created: new(at(22, 12, 3)),
			state: backup.HealthPending, reason: "no usable backup yet; instance created 0m ago, objective 26h (default, no policy known)",
		},
		{
			name: "a creation time in the far future counts as unknown", now: noon, created: new(at(23, 12, 0)),
			state: backup.HealthNever, reason: "no usable backup in the lookback; instance created 2026-11-23",
		},
		{
			name: "the window of its first day passed", now: at(22, 6, 0), created: new(at(21, 20, 0)), policy: daily(),
			list:  []backup.Backup{manual(at(22, 0, 0))},
			state: backup.HealthMissed, reason: "no backup was begun in the window of 2026-11-22 02:00Z or since; newest recovery point is 6h old, objective 27h 20m (cloud's schedule)",
		},
	})
}

func TestVerdictUnderClockSkew(t *testing.T) {
	runVerdicts(t, []verdictCase{
		{
			name: "cloud's clock four minutes ahead", now: noon,
			list:  []backup.Backup{with(full(at(22, 12, 2)), func(b *backup.Backup) { b.EndedAt = at(22, 12, 4) })},
			state: backup.HealthOK, reason: "newest recovery point is 1m old, objective 26h (default, no policy known)",
		},
		{
			name: "end five minutes after the answer", now: noon,
			list:  []backup.Backup{with(full(at(22, 11, 0)), func(b *backup.Backup) { b.EndedAt = at(22, 12, 4) })},
			state: backup.HealthOK, reason: "newest recovery point is 1h old, objective 26h (default, no policy known)",
		},
		{
			name: "end more than five minutes after the answer", now: noon,
			list:  []backup.Backup{with(full(at(22, 11, 0)), func(b *backup.Backup) { b.EndedAt = at(22, 12, 5) })},
			state: backup.HealthNever, reason: "no usable backup in the lookback; instance created 2026-01-02",
		},
		{
			name: "far future does not hide that it is late", now: noon,
			list:  []backup.Backup{full(at(30, 0, 0)), full(at(20, 2, 10))},
			state: backup.HealthLate, reason: "newest recovery point is 2d 9h old, objective 26h (default, no policy known)",
		},
		{
			name: "far future of the answer, even when it has come", now: at(22, 12, 40), list: []backup.Backup{full(at(22, 12, 10))},
			edit:  func(in *backup.TargetState) { in.Backups.At = noon },
			state: backup.HealthNever, reason: "no usable backup in the lookback; instance created 2026-01-02",
		},
		{
			name: "far future start of a failure does not count", now: noon, list: []backup.Backup{failed(at(30, 0, 0)), full(at(22, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 26h (default, no policy known)",
		},
		{
			name: "point-in-time window ends ahead of our clock", now: noon, rpo: time.Hour, list: []backup.Backup{full(at(20, 2, 10))},
			window: &backup.Window{Start: at(20, 2, 30), End: at(22, 12, 3)},
			state:  backup.HealthOK, reason: "newest recovery point is 1m old, objective 1h (configured)",
		},
		{
			name: "point-in-time window ends in the far future", now: noon, rpo: time.Hour, list: []backup.Backup{full(at(20, 2, 10))},
			window: &backup.Window{Start: at(20, 2, 30), End: at(22, 13, 0)},
			state:  backup.HealthLate, reason: "newest recovery point is 2d 9h old, objective 1h (configured)",
		},
	})
}
