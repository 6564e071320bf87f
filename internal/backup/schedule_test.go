package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

func TestVerdictAgainstSchedule(t *testing.T) {
	atHour23 := func(p *backup.Policy) { p.Schedules[0].StartsAt = 23*time.Hour + 30*time.Minute }
	runVerdicts(t, []verdictCase{
		{
			name: "daily, last night's backup", now: noon, policy: daily(), list: []backup.Backup{full(at(22, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "daily, the last minute of the grace", now: at(22, 4, 59), policy: daily(), list: []backup.Backup{full(at(21, 2, 0))},
			state: backup.HealthOK, reason: "newest recovery point is 26h 59m old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "daily, the grace is over", now: at(22, 5, 0), policy: daily(), list: []backup.Backup{full(at(21, 2, 0))},
			state: backup.HealthMissed, reason: "no backup was begun in the window of 2026-11-22 02:00Z or since; newest recovery point is 27h old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "daily, the attempt is still running", now: at(22, 8, 10), policy: daily(),
			list:  []backup.Backup{running(at(22, 2, 10)), full(at(21, 2, 0))},
			state: backup.HealthOK, reason: "newest recovery point is 30h 10m old, objective 27h 20m (cloud's schedule); a backup is running since 2026-11-22 02:10Z",
		},
		{
			name: "daily, the attempt runs for too long", now: at(22, 8, 11), policy: daily(),
			list:  []backup.Backup{running(at(22, 2, 10)), full(at(21, 2, 0))},
			state: backup.HealthLate, reason: "newest recovery point is 30h 11m old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "daily, one that never ends beside one that is running", now: at(22, 7, 0), policy: daily(),
			list:  []backup.Backup{running(at(22, 2, 10)), running(at(17, 2, 10)), full(at(21, 2, 0))},
			state: backup.HealthOK, reason: "newest recovery point is 29h old, objective 27h 20m (cloud's schedule); a backup is running since 2026-11-22 02:10Z",
		},
		{
			name: "daily, a job is running", now: at(22, 7, 0), policy: daily(), list: []backup.Backup{full(at(21, 2, 0))},
			jobs:  []backup.Job{{State: backup.JobRunning, StartedAt: at(22, 2, 10)}},
			state: backup.HealthOK, reason: "newest recovery point is 29h old, objective 27h 20m (cloud's schedule); a backup is running since 2026-11-22 02:10Z",
		},
		{
			name: "daily, an attempt that began when it was late ends nothing", now: at(22, 6, 0), policy: daily(),
			list:   []backup.Backup{running(at(22, 5, 21)), full(at(21, 2, 0))},
			state:  backup.HealthLate,
			reason: "newest recovery point is 28h old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "an attempt puts off no configured objective", now: at(22, 6, 0), policy: daily(), rpo: 27 * time.Hour,
			list:  []backup.Backup{running(at(22, 2, 10)), full(at(21, 2, 0))},
			state: backup.HealthLate, reason: "newest recovery point is 28h old, objective 27h (configured)",
		},
		{
			name: "backups that take four hours", now: at(22, 6, 30), policy: daily(),
			list: []backup.Backup{
				running(at(22, 2, 30)),
				with(full(at(21, 2, 10)), func(b *backup.Backup) { b.EndedAt = at(21, 6, 10) }),
				with(full(at(20, 2, 10)), func(b *backup.Backup) { b.EndedAt = at(20, 6, 20) }),
			},
			state: backup.HealthOK, reason: "newest recovery point is 28h 20m old, objective 31h 10m (cloud's schedule)",
		},
		{
			name: "backups that took longer than they may", now: at(22, 6, 30), policy: daily(),
			list:  []backup.Backup{with(full(at(21, 2, 10)), func(b *backup.Backup) { b.EndedAt = at(21, 22, 10) }), failed(at(22, 2, 10))},
			state: backup.HealthFailed, reason: "the last attempt failed at 2026-11-22 02:30Z; recovery point 28h 20m old is within 33h (cloud's schedule)",
		},
		{
			name: "daily across the day's end, within the window", now: at(22, 2, 29), policy: edited(daily(), atHour23),
			list:  []backup.Backup{full(at(20, 23, 45))},
			state: backup.HealthOK, reason: "newest recovery point is 26h 44m old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "daily across the day's end, the grace is over", now: at(22, 2, 30), policy: edited(daily(), atHour23),
			list:  []backup.Backup{full(at(20, 23, 45))},
			state: backup.HealthMissed, reason: "no backup was begun in the window of 2026-11-21 23:30Z or since; newest recovery point is 26h 45m old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "daily across the day's end, begun after midnight", now: at(22, 2, 30), policy: edited(daily(), atHour23),
			list:  []backup.Backup{full(at(22, 0, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 2h 20m old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "Mon/Wed/Fri over the weekend", now: noon, policy: monWedFri(), list: []backup.Backup{full(at(20, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 2d 9h old, objective 3d 3h (cloud's schedule)",
		},
		{
			name: "Mon/Wed/Fri, Monday's window not yet over", now: at(23, 4, 59), policy: monWedFri(), list: []backup.Backup{full(at(20, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 3d 2h old, objective 3d 3h (cloud's schedule)",
		},
		{
			name: "Mon/Wed/Fri, Monday missed", now: at(23, 5, 0), policy: monWedFri(), list: []backup.Backup{full(at(20, 2, 10))},
			state: backup.HealthMissed, reason: "no backup was begun in the window of 2026-11-23 02:00Z or since; newest recovery point is 3d 2h old, objective 3d 3h (cloud's schedule)",
		},
		{
			name: "Mon/Wed/Fri, Wednesday missed is late on Wednesday", now: at(18, 5, 0), policy: monWedFri(), list: []backup.Backup{full(at(16, 2, 10))},
			state: backup.HealthMissed, reason: "no backup was begun in the window of 2026-11-18 02:00Z or since; newest recovery point is 2d 2h old, objective 3d 3h (cloud's schedule)",
		},
		{
			name: "Mon/Wed/Fri, Wednesday's attempt failed", now: at(18, 5, 0), policy: monWedFri(),
			list:  []backup.Backup{failed(at(18, 2, 10)), full(at(16, 2, 10))},
			state: backup.HealthFailed, reason: "the last attempt failed at 2026-11-18 02:30Z; recovery point 2d 2h old is within 3d 3h (cloud's schedule)",
		},
		{
			name: "weekly, six days after", now: at(22, 2, 0), policy: on(time.Monday), list: []backup.Backup{full(at(16, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 5d 23h old, objective 7d 3h (cloud's schedule)",
		},
		{
			name: "weekly, a week and its window after", now: at(23, 5, 0), policy: on(time.Monday), list: []backup.Backup{full(at(16, 2, 10))},
			state: backup.HealthMissed, reason: "no backup was begun in the window of 2026-11-23 02:00Z or since; newest recovery point is 7d 2h old, objective 7d 3h (cloud's schedule)",
		},
		{
			name: "weekly, last week's window missed and this week's still to come", now: at(22, 12, 0), list: []backup.Backup{manual(at(15, 12, 0))},
			policy: edited(on(time.Sunday), func(p *backup.Policy) { p.Schedules[0].StartsAt = 20 * time.Hour }),
			state:  backup.HealthMissed, reason: "no backup was begun in the window of 2026-11-15 20:00Z or since; newest recovery point is 7d old, objective 7d 3h (cloud's schedule)",
		},
		{
			name: "every 4 hours, one missed within the grace", now: noon, policy: every4h(), list: []backup.Backup{full(at(22, 5, 40))},
			state: backup.HealthOK, reason: "newest recovery point is 6h 20m old, objective 6h 20m (cloud's schedule)",
		},
		{
			name: "every 4 hours, a minute more", now: noon, policy: every4h(), list: []backup.Backup{full(at(22, 5, 39))},
			state: backup.HealthLate, reason: "newest recovery point is 6h 21m old, objective 6h 20m (cloud's schedule)",
		},
		{
			name: "every 4 hours across the day's end", now: at(22, 4, 0), policy: every4h(), list: []backup.Backup{full(at(21, 22, 0))},
			state: backup.HealthOK, reason: "newest recovery point is 6h old, objective 6h 20m (cloud's schedule)",
		},
		{
			name: "every 4 hours beside a daily window: the closer counts", now: noon, list: []backup.Backup{full(at(22, 4, 0))},
			policy: edited(daily(), often(4*time.Hour)),
			state:  backup.HealthLate, reason: "newest recovery point is 8h old, objective 6h 20m (cloud's schedule)",
		},
		{
			name: "policy switched off", now: noon, list: []backup.Backup{full(at(21, 2, 10))},
			policy: edited(on(time.Monday), func(p *backup.Policy) { p.Automatic = new(false) }),
			state:  backup.HealthLate, reason: "newest recovery point is 33h 50m old, objective 26h (default, automatic backup is off)",
		},
		{
			name: "policy names no schedule", now: noon, policy: &backup.Policy{Automatic: new(true)}, list: []backup.Backup{full(at(22, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 26h (default, the policy names no schedule)",
		},
		{
			name: "policy read long ago stays in force", now: noon, policy: every4h(), list: []backup.Backup{full(at(22, 2, 10))},
			edit: func(in *backup.TargetState) {
				in.Policy.At, in.Policy.GoodUntil = at(20, 0, 0), at(20, 2, 0)
				in.Policy.Err = &backup.Error{Op: "DescribeBackupPolicy", Class: backup.ClassServer}
			},
			state: backup.HealthLate, reason: "newest recovery point is 9h 50m old, objective 6h 20m (cloud's schedule)",
		},
		{
			name: "configured objective is stricter than the policy", now: noon, rpo: 4 * time.Hour, policy: daily(), list: []backup.Backup{full(at(22, 2, 10))},
			state: backup.HealthLate, reason: "newest recovery point is 9h 50m old, objective 4h (configured)",
		},
		{
			name: "under a configured objective a missed window does not count", now: noon, rpo: 72 * time.Hour, policy: daily(), list: []backup.Backup{full(at(21, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 33h 50m old, objective 3d (configured)",
		},
	})
}

// The schedule is Mon/Wed/Fri, and it is Wednesday, three hours after the window began; Monday's backup is good for
// another day.
func TestVerdictOfMissedWindow(t *testing.T) {
	const (
		missed = "no backup was begun in the window of 2026-11-18 02:00Z or since; newest recovery point is 2d 2h old, objective 3d 3h (cloud's schedule)"
		monday = "newest recovery point is 2d 2h old, objective 3d 3h (cloud's schedule)"
	)
	job := func(state backup.JobState, start time.Time) []backup.Job {
		return []backup.Job{{State: state, StartedAt: start}}
	}
	list := func(b ...backup.Backup) []backup.Backup { return append(b, full(at(16, 2, 10))) }
	listedAt := func(t time.Time) func(*backup.TargetState) {
		return func(in *backup.TargetState) { in.Backups.At = t }
	}
	cases := []verdictCase{
		{name: "no attempt", list: list(), state: backup.HealthMissed, reason: missed},
		{name: "a running backup", list: list(running(at(18, 2, 50))), state: backup.HealthOK, reason: monday},
		{name: "a running job", jobs: job(backup.JobRunning, at(18, 2, 50)), list: list(), state: backup.HealthOK, reason: monday},
		{name: "a job that checks", jobs: job(backup.JobChecking, at(18, 2, 50)), list: list(), state: backup.HealthOK, reason: monday},
		{name: "a job that failed", jobs: job(backup.JobFailed, at(18, 2, 50)), list: list(), state: backup.HealthOK, reason: monday},
		{name: "a manual job that failed", jobs: []backup.Job{{ID: "1", State: backup.JobFailed, Trigger: backup.TriggerManual, StartedAt: at(18, 2, 50)}}, list: list(), state: backup.HealthMissed, reason: missed},
		{name: "a job that is only planned", jobs: job(backup.JobScheduled, at(18, 2, 50)), list: list(), state: backup.HealthMissed, reason: missed},
		{name: "a job of an unknown state", jobs: job(backup.JobUnknown, at(18, 2, 50)), list: list(), state: backup.HealthMissed, reason: missed},
		{name: "a job of Monday's window that runs for too long", jobs: job(backup.JobRunning, at(16, 2, 50)), list: list(), state: backup.HealthMissed, reason: missed},
		{name: "a job that is running since before the window", jobs: job(backup.JobRunning, at(17, 23, 30)), list: list(), state: backup.HealthOK, reason: monday},
		{name: "a job of Monday's window", jobs: job(backup.JobFinished, at(16, 2, 50)), list: list(), state: backup.HealthMissed, reason: missed},
		{
			name: "a running job after one of Monday's", state: backup.HealthOK, reason: monday, list: list(),
			jobs: append(job(backup.JobFinished, at(16, 2, 10)), job(backup.JobRunning, at(18, 2, 50))...),
		},
		{name: "a job without a start", jobs: job(backup.JobRunning, time.Time{}), list: list(), state: backup.HealthMissed, reason: missed},
		{
			name: "a job that was read too long ago", jobs: job(backup.JobRunning, at(18, 2, 50)), list: list(),
			edit:  func(in *backup.TargetState) { in.Jobs.GoodUntil = at(18, 4, 0) },
			state: backup.HealthMissed, reason: missed,
		},
		{name: "a list from before the window's end", list: list(), edit: listedAt(at(18, 2, 59)), state: backup.HealthOK, reason: monday},
		{name: "a list of the window's end", list: list(), edit: listedAt(at(18, 3, 0)), state: backup.HealthMissed, reason: missed},
		{
			name: "a list from before the window's end that shows that Monday was missed",
			list: []backup.Backup{manual(at(15, 12, 0))}, edit: listedAt(at(18, 2, 59)), state: backup.HealthMissed,
			reason: "no backup was begun in the window of 2026-11-16 02:00Z or since; newest recovery point is 2d 17h old, objective 3d 3h (cloud's schedule)",
		},
		{name: "an attempt five minutes early", list: list(running(at(18, 1, 55))), state: backup.HealthOK, reason: monday},
		{
			name: "an attempt six minutes early", state: backup.HealthMissed, reason: missed + "; the last attempt failed at 2026-11-18 01:59Z",
			list: list(with(failed(at(18, 1, 54)), func(b *backup.Backup) { b.EndedAt = at(18, 1, 59) })),
		},
		{
			name: "a manual backup that was under way when the window opened", state: backup.HealthOK,
			list:   list(with(manual(at(18, 1, 0)), func(b *backup.Backup) { b.EndedAt = at(18, 2, 1) })),
			reason: "newest recovery point is 4h old, objective 3d 4h (cloud's schedule)",
		},
		{name: "a backup that began before the window and is still running", list: list(running(at(18, 1, 0))), state: backup.HealthOK, reason: monday},
		{
			name: "a backup of a state that nobody documented", state: backup.HealthMissed, reason: missed,
			list: list(with(full(at(18, 2, 10)), func(b *backup.Backup) { b.State = backup.StateUnknown })),
		},
		{
			name: "where what runs is not shown, a backup may take as long as it did before", list: list(), state: backup.HealthOK, reason: monday,
			edit: func(in *backup.TargetState) {
				in.Jobs = read([]backup.Job(nil), at(18, 5, 0))
				in.Jobs.NotOffered = true
			},
		},
		{
			name: "where what runs is not shown, and it took two hours before", state: backup.HealthMissed,
			list: []backup.Backup{with(full(at(16, 0, 30)), func(b *backup.Backup) { b.EndedAt = at(16, 2, 30) })},
			edit: func(in *backup.TargetState) {
				in.Jobs.NotOffered = true
				in.Policy.Value.Schedules[0].StartsAt, in.Backups.At = 0, at(18, 5, 0)
			},
			reason: "no backup was begun in the window of 2026-11-18 00:00Z or since; newest recovery point is 2d 4h old, objective 3d 5h (cloud's schedule)",
		},
		{
			name: "an attempt of which only the end is known", state: backup.HealthOK, reason: monday,
			list: list(with(full(at(18, 2, 10)), func(b *backup.Backup) { b.StartedAt = time.Time{} })),
		},
		{
			name: "an attempt that is being deleted", state: backup.HealthOK, reason: monday,
			list: list(with(full(at(18, 2, 10)), func(b *backup.Backup) { b.State = backup.StateDeleting })),
		},
		{name: "an attempt dated in the far future", list: list(full(at(19, 2, 0))), state: backup.HealthMissed, reason: missed},
		{
			name: "a manual backup before the window", list: list(manual(at(17, 12, 0))), state: backup.HealthMissed,
			reason: "no backup was begun in the window of 2026-11-18 02:00Z or since; newest recovery point is 17h old, objective 3d 3h (cloud's schedule)",
		},
		{
			name: "a manual backup after the window", list: list(manual(at(18, 4, 0))), state: backup.HealthOK,
			reason: "newest recovery point is 1h old, objective 3d 3h (cloud's schedule)",
		},
		{
			name: "incremental backups go on", list: list(incremental(at(18, 4, 30))), state: backup.HealthMissed,
			reason: "no backup was begun in the window of 2026-11-18 02:00Z or since; newest recovery point is 30m old, objective 3d 3h (cloud's schedule)",
		},
		{
			name: "point-in-time recovery goes on", list: list(), window: &backup.Window{Start: at(11, 0, 0), End: at(18, 4, 55)}, state: backup.HealthMissed,
			reason: "no backup was begun in the window of 2026-11-18 02:00Z or since; newest recovery point is 5m old, objective 3d 3h (cloud's schedule)",
		},
		{
			name: "an instance created after the window", created: new(at(18, 2, 30)), list: []backup.Backup{manual(at(18, 2, 40))}, state: backup.HealthOK,
			reason: "newest recovery point is 2h 20m old, objective 3d 3h (cloud's schedule)",
		},
		{name: "an instance created in the far future", created: new(at(25, 0, 0)), list: list(), state: backup.HealthMissed, reason: missed},
		{
			name: "a window at midnight", list: list(), policy: edited(monWedFri(), func(p *backup.Policy) { p.Schedules[0].StartsAt = 0 }), state: backup.HealthMissed,
			reason: "no backup was begun in the window of 2026-11-18 00:00Z or since; newest recovery point is 2d 2h old, objective 3d 3h (cloud's schedule)",
		},
		{
			name: "a window that starts after its day", list: list(), policy: edited(monWedFri(), func(p *backup.Policy) { p.Schedules[0].StartsAt = 24 * time.Hour }),
			state: backup.HealthOK, reason: monday,
		},
		{
			name: "a window that starts before its day", list: list(), policy: edited(monWedFri(), func(p *backup.Policy) { p.Schedules[0].StartsAt = -time.Hour }),
			state: backup.HealthOK, reason: monday,
		},
		{
			name: "the policy does not give the hours", list: list(), policy: edited(monWedFri(), func(p *backup.Policy) { p.Schedules[0].Window = 0 }),
			state: backup.HealthOK, reason: "newest recovery point is 2d 2h old, objective 3d 2h (cloud's schedule)",
		},
	}
	for i := range cases {
		cases[i].now = at(18, 5, 0)
		if cases[i].policy == nil {
			cases[i].policy = monWedFri()
		}
	}
	runVerdicts(t, cases)
}

func TestVerdictAgainstPlannedBackup(t *testing.T) {
	planned := func(t time.Time) *backup.Policy {
		return edited(on(time.Monday), func(p *backup.Policy) { p.NextAt = t })
	}
	dailyPlanned := func(t time.Time) *backup.Policy {
		return edited(daily(), func(p *backup.Policy) { p.NextAt = t })
	}
	runVerdicts(t, []verdictCase{
		{
			name: "the planned backup did not come", now: noon, policy: planned(at(22, 9, 0)), list: []backup.Backup{full(at(22, 6, 0))},
			state: backup.HealthMissed, reason: "no backup was begun in the window of 2026-11-22 09:00Z or since; newest recovery point is 6h old, objective 7d 3h (cloud's schedule)",
		},
		{
			name: "the planned backup may still come", now: noon, policy: planned(at(22, 9, 1)), list: []backup.Backup{full(at(22, 6, 0))},
			state: backup.HealthOK, reason: "newest recovery point is 6h old, objective 7d 3h (cloud's schedule)",
		},
		{
			name: "a list from before the end of the planned backup's window", now: noon, policy: planned(at(22, 9, 0)), list: []backup.Backup{full(at(22, 6, 0))},
			edit:  func(in *backup.TargetState) { in.Backups.At = at(22, 9, 59) },
			state: backup.HealthOK, reason: "newest recovery point is 6h old, objective 7d 3h (cloud's schedule)",
		},
		{
			name: "the planned backup came", now: noon, policy: planned(at(22, 9, 0)), list: []backup.Backup{running(at(22, 9, 1)), full(at(22, 6, 0))},
			state: backup.HealthOK, reason: "newest recovery point is 6h old, objective 7d 3h (cloud's schedule)",
		},
		{
			name: "begun in the window, before the planned minute", now: noon, policy: dailyPlanned(at(22, 2, 40)), list: []backup.Backup{full(at(22, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "planned outside of the window", now: noon, policy: dailyPlanned(at(22, 9, 0)), list: []backup.Backup{full(at(22, 2, 10))},
			state: backup.HealthMissed, reason: "no backup was begun in the window of 2026-11-22 09:00Z or since; newest recovery point is 9h 50m old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "an old plan does not hide a newer window", now: noon, policy: dailyPlanned(at(20, 2, 40)), list: []backup.Backup{full(at(21, 11, 0))},
			state: backup.HealthMissed, reason: "no backup was begun in the window of 2026-11-22 02:00Z or since; newest recovery point is 25h old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "created after the window, with a history from before", now: noon, created: new(at(22, 4, 0)),
			policy: edited(daily(), often(4*time.Hour)),
			list:   []backup.Backup{full(at(22, 1, 0))}, window: &backup.Window{Start: at(22, 4, 0), End: at(22, 11, 50)},
			state: backup.HealthOK, reason: "newest recovery point is 10m old, objective 6h 20m (cloud's schedule)",
		},
	})
}
