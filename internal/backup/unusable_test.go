package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// A success that cannot be restored, or that holds only a part of the instance, never hides that an earlier one is old.
func TestSuccessesThatAreNoRecoveryPoint(t *testing.T) {
	const never = "no usable backup in the lookback; instance created 2026-01-02"
	logs := func(b *backup.Backup) { b.Unusable = "cannot be restored, its logs are not attached: Failed" }
	part := func(b *backup.Backup) { b.Part = "DBTable" }
	failedPart := with(failed(at(22, 9, 0)), part)
	old := full(at(21, 6, 0))
	runVerdicts(t, []verdictCase{
		{
			name: "no attached logs, none earlier", now: noon, list: []backup.Backup{with(full(at(22, 2, 10)), logs)},
			state: backup.HealthNever, reason: never + "; the last success, 2026-11-22 02:30Z, cannot be restored, its logs are not attached: Failed",
		},
		{
			name: "no attached logs, one earlier", now: noon, list: []backup.Backup{with(full(at(22, 2, 10)), logs), old}, policy: daily(),
			state:  backup.HealthLate,
			reason: "newest recovery point is 30h old, objective 27h 20m (cloud's schedule); the last success, 2026-11-22 02:30Z, cannot be restored, its logs are not attached: Failed",
		},
		{
			name: "a part of the instance, none earlier", now: noon, list: []backup.Backup{with(full(at(22, 9, 0)), part)},
			state: backup.HealthNever, reason: never + "; the last success, 2026-11-22 09:20Z, holds only a part of the instance",
		},
		{
			name: "a part of the instance, one earlier", now: noon, list: []backup.Backup{with(full(at(22, 9, 0)), part), old}, policy: daily(),
			state:  backup.HealthLate,
			reason: "newest recovery point is 30h old, objective 27h 20m (cloud's schedule); no backup was begun in the window of 2026-11-22 02:00Z or since; the last success, 2026-11-22 09:20Z, holds only a part of the instance",
		},
		{
			name: "an older part explains nothing", now: noon, list: []backup.Backup{full(at(22, 2, 10)), with(full(at(21, 9, 0)), part)},
			state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 26h (default, no policy known)",
		},
		{
			name: "a failed part is no failure of the instance", now: noon, list: []backup.Backup{failedPart, full(at(22, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 26h (default, no policy known)",
		},
	})
}

// A part of the instance is counted in the sets and nowhere else.
func TestPartsAreCountedOnly(t *testing.T) {
	part := func(b *backup.Backup) { b.Part, b.SizeBytes = "DBTable", new(int64(85)) }
	h := assess(
		nil, with(full(at(22, 9, 0)), part), full(at(22, 2, 0)), with(full(at(21, 9, 0)), part), with(full(at(21, 8, 0)), part),
		with(full(at(21, 7, 0)), part), with(full(at(21, 6, 0)), part), full(at(21, 2, 0)),
		full(at(20, 2, 0)), with(failed(at(20, 1, 0)), part), full(at(19, 2, 0)),
	)
	kind := h.Kinds[backup.KindFull]
	if kind.Counts[backup.StateSuccess] != 9 || kind.Counts[backup.StateFailed] != 1 {
		t.Errorf("counts %v, want 9 successes and 1 failure", kind.Counts)
	}
	if !kind.LastSuccess.StartedAt.Equal(at(22, 2, 0)) || !kind.LastFailure.IsZero() || h.Usable != 4 {
		t.Errorf("last success %v, last failure %v, %d usable; want 02:00, none and 4", kind.LastSuccess.StartedAt, kind.LastFailure, h.Usable)
	}
	if kind.MedianSize == nil || *kind.MedianSize != *full(at(21, 2, 0)).SizeBytes {
		t.Errorf("median %v, want that of the whole backups", kind.MedianSize)
	}
}

func TestExpiryWithHighFrequencyBackup(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name           string
		interval, kept time.Duration
		daily          time.Duration
		want           time.Time
	}{
		{"off", 0, day, 7 * day, at(29, 2, 0)},
		{"on, kept for a day", 4 * time.Hour, day, 7 * day, at(23, 2, 0)},
		{"on, kept for an unknown time", 4 * time.Hour, 0, 7 * day, at(29, 2, 0)},
		{"on, the others kept for ever", 4 * time.Hour, 2 * day, backup.Forever, at(24, 2, 0)},
		{"on, the others kept for an unknown time", 4 * time.Hour, day, 0, time.Time{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := assess(func(in *backup.TargetState) {
				p := backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Retention: c.daily}}}
				if c.interval > 0 {
					p.Schedules = append(p.Schedules, backup.Schedule{Interval: c.interval, Retention: c.kept})
				}
				in.Policy = read(p, noon)
			}, full(at(22, 2, 0)))
			if !h.LastUsableExpiry.Equal(c.want) {
				t.Errorf("expires %v, want %v", h.LastUsableExpiry, c.want)
			}
		})
	}
}
