package backup_test

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// at returns a moment of November 2026, in UTC. The 22nd is a Sunday.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, time.November, day, hour, minute, 0, 0, time.UTC)
}

const gib = 1 << 30

// full returns a successful automatic backup that took 20 minutes.
func full(start time.Time) backup.Backup {
	return backup.Backup{
		Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateSuccess,
		StartedAt: start, EndedAt: start.Add(20 * time.Minute), SizeBytes: new(int64(gib)),
	}
}

func with(b backup.Backup, edit func(*backup.Backup)) backup.Backup {
	edit(&b)
	return b
}

func incremental(start time.Time) backup.Backup {
	return with(full(start), func(b *backup.Backup) { b.Kind = backup.KindIncremental })
}

func manual(start time.Time) backup.Backup {
	return with(full(start), func(b *backup.Backup) { b.Trigger = backup.TriggerManual })
}

func failed(start time.Time) backup.Backup {
	return with(full(start), func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateFailed, nil })
}

func failedIncremental(start time.Time) backup.Backup {
	return with(failed(start), func(b *backup.Backup) { b.Kind = backup.KindIncremental })
}

func unknownKind(b backup.Backup) backup.Backup {
	b.Kind = backup.KindUnknown
	return b
}

func running(start time.Time) backup.Backup {
	return with(full(start), func(b *backup.Backup) {
		b.State, b.SizeBytes, b.EndedAt = backup.StateRunning, nil, time.Time{}
	})
}

func sized(start time.Time, bytes int64) backup.Backup {
	return with(full(start), func(b *backup.Backup) { b.SizeBytes = &bytes })
}

func expiring(start, expiry time.Time) backup.Backup {
	return with(full(start), func(b *backup.Backup) { b.ExpiresAt = expiry })
}

// The schedules of the tables. Their windows are one hour long.
func daily() *backup.Policy {
	return on(time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday)
}

func monWedFri() *backup.Policy { return on(time.Monday, time.Wednesday, time.Friday) }

func on(days ...time.Weekday) *backup.Policy {
	return &backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Retention: 7 * 24 * time.Hour, Weekdays: days, StartsAt: 2 * time.Hour, Window: time.Hour}}}
}

func every4h() *backup.Policy {
	return &backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Window: time.Hour}, {Interval: 4 * time.Hour}}}
}

// often adds high-frequency backups to a policy.
func often(interval time.Duration) func(*backup.Policy) {
	return func(p *backup.Policy) { p.Schedules = append(p.Schedules, backup.Schedule{Interval: interval}) }
}

func edited(p *backup.Policy, edit func(*backup.Policy)) *backup.Policy {
	edit(p)
	return p
}

func objectives() backup.Objectives {
	return backup.Objectives{
		RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour,
		MinRetention: 168 * time.Hour, MaxDuration: 6 * time.Hour, MinSizeRatio: 0.5,
	}
}

// read returns a value that was read a minute before now and may be shown for an hour.
func read[T any](v T, now time.Time) backup.Reading[T] {
	at := now.Add(-time.Minute)
	return backup.Reading[T]{Value: v, At: at, TriedAt: at, GoodUntil: now.Add(time.Hour)}
}

// verdictCase is one row of a table of verdicts. Fields that are not set are unknown, except that the instance was
// created on 2 January 2026.
type verdictCase struct {
	name    string
	now     time.Time
	created *time.Time // a pointer to the zero time: unknown
	rpo     time.Duration
	policy  *backup.Policy
	list    []backup.Backup
	jobs    []backup.Job
	window  *backup.Window
	edit    func(*backup.TargetState)

	state  backup.HealthState
	reason string
}

func (c verdictCase) input() (backup.TargetState, backup.Objectives) {
	in := backup.TargetState{
		CreatedAt: time.Date(2026, time.January, 2, 0, 0, 0, 0, time.UTC),
		Backups:   read(backup.List{Backups: c.list, Asked: []backup.Kind{backup.KindFull, backup.KindIncremental}}, c.now),
		Jobs:      read(c.jobs, c.now),
	}
	if c.created != nil {
		in.CreatedAt = *c.created
	}
	if c.policy != nil {
		in.Policy = read(*c.policy, c.now)
	}
	if c.window != nil {
		in.Recovery = read(*c.window, c.now)
	}
	if c.edit != nil {
		c.edit(&in)
	}
	want := objectives()
	want.RPO = c.rpo
	return in, want
}
