package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

func TestVerdictOfAttempts(t *testing.T) {
	list := func(b ...backup.Backup) []backup.Backup { return b }
	runVerdicts(t, []verdictCase{
		{
			name: "failure after success", now: noon, list: list(failed(at(22, 2, 10)), full(at(21, 14, 0))),
			state: backup.HealthFailed, reason: "the last attempt failed at 2026-11-22 02:30Z; recovery point 22h old is within 26h (default, no policy known)",
		},
		{
			name: "success after failure", now: noon, list: list(full(at(22, 2, 10)), failed(at(21, 2, 10))),
			state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 26h (default, no policy known)",
		},
		{
			name: "two failures and one running", now: noon, rpo: 72 * time.Hour,
			list:  list(running(at(22, 11, 0)), failed(at(22, 2, 10)), failed(at(21, 2, 10)), full(at(20, 2, 10))),
			state: backup.HealthFailed, reason: "the last 2 attempts failed, the newest at 2026-11-22 02:30Z; recovery point 2d 9h old is within 3d (configured)",
		},
		{
			name: "failures until it is late", now: noon,
			list:   list(failed(at(22, 2, 10)), failed(at(21, 2, 10)), full(at(20, 2, 10))),
			state:  backup.HealthLate,
			reason: "newest recovery point is 2d 9h old, objective 26h (default, no policy known); the last 2 attempts failed, the newest at 2026-11-22 02:30Z",
		},
		{
			name: "full backup failed, incremental ones go on", now: noon, policy: daily(),
			list:   list(incremental(at(22, 11, 30)), failed(at(22, 2, 10)), full(at(21, 2, 10))),
			state:  backup.HealthFailed,
			reason: "an attempt failed at 2026-11-22 02:30Z, and no full backup has succeeded since; recovery point 30m old is within 27h 20m (cloud's schedule)",
		},
		{
			name: "full backups fail for six nights, incremental ones go on", now: noon, policy: daily(),
			list: list(incremental(at(22, 11, 30)), failed(at(22, 2, 10)), failed(at(21, 2, 10)), failed(at(20, 2, 10)),
				failed(at(19, 2, 10)), failed(at(18, 2, 10)), failed(at(17, 2, 10)), full(at(16, 2, 10))),
			state:  backup.HealthFailed,
			reason: "6 attempts failed, the newest at 2026-11-22 02:30Z, and no full backup has succeeded since; recovery point 30m old is within 27h 20m (cloud's schedule)",
		},
		{
			name: "full and incremental backups failed, one between them succeeded; a list in no order", now: noon,
			list:   list(failed(at(22, 2, 10)), full(at(21, 14, 0)), incremental(at(22, 3, 0)), failedIncremental(at(22, 4, 0))),
			state:  backup.HealthFailed,
			reason: "2 attempts failed, the newest at 2026-11-22 04:20Z, and no full backup has succeeded since; recovery point 9h old is within 26h (default, no policy known)",
		},
		{
			name: "incremental backups fail after the full one", now: noon,
			list:   list(failedIncremental(at(22, 11, 0)), failedIncremental(at(22, 10, 0)), incremental(at(22, 9, 0)), full(at(22, 2, 10))),
			state:  backup.HealthFailed,
			reason: "the last 2 attempts failed, the newest at 2026-11-22 11:20Z; recovery point 3h old is within 26h (default, no policy known)",
		},
		{
			name: "failure and success ended in the same second", now: noon, list: list(full(at(22, 2, 10)), failed(at(22, 2, 10))),
			state: backup.HealthFailed, reason: "the last attempt failed at 2026-11-22 02:30Z; recovery point 9h 50m old is within 26h (default, no policy known)",
		},
		{
			name: "failure without an end", now: noon,
			list:  list(with(failed(at(22, 2, 10)), func(b *backup.Backup) { b.EndedAt = time.Time{} }), full(at(21, 14, 0))),
			state: backup.HealthFailed, reason: "the last attempt failed at 2026-11-22 02:10Z; recovery point 22h old is within 26h (default, no policy known)",
		},
		{
			name: "a list in no order", now: noon, list: list(full(at(21, 14, 0)), failed(at(20, 2, 10)), failed(at(22, 2, 10))),
			state: backup.HealthFailed, reason: "the last attempt failed at 2026-11-22 02:30Z; recovery point 22h old is within 26h (default, no policy known)",
		},
		{
			name: "zero-sized newest success, a good one within the objective", now: noon,
			list:  list(sized(at(22, 2, 10), 0), full(at(21, 12, 0))),
			state: backup.HealthOK, reason: "newest recovery point is 24h old, objective 26h (default, no policy known); the last success, 2026-11-22 02:30Z, is zero-sized",
		},
		{
			name: "zero-sized newest success, the good one too old", now: noon,
			list:  list(sized(at(22, 2, 10), 0), full(at(21, 2, 10))),
			state: backup.HealthLate, reason: "newest recovery point is 33h 50m old, objective 26h (default, no policy known); the last success, 2026-11-22 02:30Z, is zero-sized",
		},
		{
			name: "size unknown", now: noon,
			list:  list(with(full(at(22, 2, 10)), func(b *backup.Backup) { b.SizeBytes = nil })),
			state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 26h (default, no policy known)",
		},
		{
			name: "late although kept forever", now: noon, list: list(expiring(at(20, 2, 10), backup.Never)),
			state: backup.HealthLate, reason: "newest recovery point is 2d 9h old, objective 26h (default, no policy known)",
		},
		{
			name: "cluster set that is incomplete, the one before complete", now: noon,
			list:  list(with(full(at(22, 2, 10)), func(b *backup.Backup) { b.Unusable = backup.FlaggedUnusable }), full(at(21, 2, 10))),
			state: backup.HealthLate, reason: "newest recovery point is 33h 50m old, objective 26h (default, no policy known); the last success, 2026-11-22 02:30Z, is flagged as not restorable by the cloud",
		},
		{
			name: "incremental after its full backup", now: noon, list: list(incremental(at(22, 11, 0)), full(at(20, 2, 10))),
			state: backup.HealthOK, reason: "newest recovery point is 1h old, objective 26h (default, no policy known)",
		},
		{
			name: "incremental older than every full backup", now: noon, rpo: 4 * time.Hour,
			list:  list(full(at(22, 7, 0)), incremental(at(22, 6, 0))),
			state: backup.HealthLate, reason: "newest recovery point is 5h old, objective 4h (configured)",
		},
		{
			name: "incremental where full ones were not asked for", now: noon, list: list(incremental(at(22, 11, 0))),
			edit:  func(in *backup.TargetState) { in.Backups.Value.Asked = []backup.Kind{backup.KindIncremental} },
			state: backup.HealthOK, reason: "newest recovery point is 1h old, objective 26h (default, no policy known)",
		},
		{
			name: "end before start: the earlier counts", now: noon,
			list:  list(with(full(at(22, 2, 10)), func(b *backup.Backup) { b.EndedAt = at(22, 2, 0) })),
			state: backup.HealthOK, reason: "newest recovery point is 10h old, objective 26h (default, no policy known)",
		},
	})
}
