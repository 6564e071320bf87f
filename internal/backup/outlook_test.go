package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// outlook returns the verdict on a case and its outlook.
func (c verdictCase) outlook() (backup.Health, backup.Outlook) {
	in, want := c.input()
	h := backup.Assess(in, want, c.now)
	return h, in.Outlook(h, want, c.now)
}

func TestOutlookOfTheVerdict(t *testing.T) {
	list := func(b ...backup.Backup) []backup.Backup { return b }
	tests := []struct {
		verdictCase
		want time.Time
	}{
		{verdictCase{
			name: "late by the objective, missed before that", now: at(21, 15, 0), state: backup.HealthOK,
			policy: daily(), list: list(manual(at(21, 14, 0)), full(at(21, 2, 10))),
		}, at(22, 17, 20).Add(time.Second)},
		{verdictCase{
			name: "without a policy the objective counts alone, to the second", now: noon, state: backup.HealthOK,
			list: list(full(at(22, 2, 10))),
		}, at(23, 4, 10).Add(time.Second)},
		{verdictCase{
			name: "under a configured objective no window counts", now: at(21, 15, 0), rpo: 27 * time.Hour, state: backup.HealthOK,
			policy: daily(), list: list(manual(at(21, 14, 0))),
		}, at(22, 17, 0).Add(time.Second)},
		{verdictCase{
			name: "with automatic backup off no window counts", now: at(21, 15, 0), state: backup.HealthOK,
			policy: edited(daily(), func(p *backup.Policy) { p.Automatic = new(false) }), list: list(manual(at(21, 14, 0))),
		}, at(22, 16, 0).Add(time.Second)},
		{verdictCase{
			name: "an attempt after the window gives until the objective", now: at(22, 3, 30), state: backup.HealthOK,
			policy: daily(), list: list(running(at(22, 2, 10)), manual(at(21, 14, 0))),
		}, at(22, 17, 20).Add(time.Second)},
		{verdictCase{
			name: "a running attempt puts it off for as long as it may run", now: at(22, 5, 0), state: backup.HealthOK,
			policy: daily(), list: list(running(at(22, 2, 10)), full(at(21, 2, 0))),
		}, at(22, 8, 10).Add(time.Second)},
		{verdictCase{
			name: "the weekend has no window", now: at(20, 12, 0), state: backup.HealthOK,
			policy: monWedFri(), list: list(full(at(20, 2, 10))),
		}, at(23, 5, 30).Add(time.Second)},
		{verdictCase{
			name: "the planned backup of a high-frequency policy does not matter", now: noon, state: backup.HealthOK,
			policy: edited(every4h(), func(p *backup.Policy) { p.NextAt = at(22, 12, 30) }), list: list(full(at(22, 10, 0))),
		}, at(22, 16, 20).Add(time.Second)},
		{verdictCase{
			name: "an expiry leaves nothing", now: noon, state: backup.HealthOK,
			list: list(expiring(at(22, 2, 10), at(22, 20, 0))),
		}, at(22, 20, 0)},
		{verdictCase{
			name: "an expiry leaves an older backup", now: noon, state: backup.HealthOK,
			list: list(expiring(at(22, 2, 10), at(22, 20, 0)), full(at(21, 14, 0))),
		}, at(22, 20, 0)},
		{verdictCase{
			name: "a failure does not put it off", now: noon, state: backup.HealthFailed,
			list: list(failed(at(22, 2, 10)), full(at(21, 14, 0))),
		}, at(22, 16, 0).Add(time.Second)},
		{verdictCase{
			name: "point-in-time recovery puts the objective off", now: noon, state: backup.HealthOK,
			policy: daily(), list: list(full(at(22, 2, 10))), window: &backup.Window{Start: at(20, 0, 0), End: at(22, 11, 55)},
		}, at(23, 15, 15).Add(time.Second)},
		{verdictCase{
			name: "a pending instance turns at the age of its objective", now: noon, created: new(at(22, 9, 0)), state: backup.HealthPending,
		}, at(23, 11, 0).Add(time.Second)},
		{verdictCase{
			name: "a pending instance turns when its first window is over", now: at(22, 4, 0), created: new(at(22, 1, 0)), state: backup.HealthPending,
			policy: daily(),
		}, at(22, 5, 0)},
		{verdictCase{
			name: "a pending instance whose first backup is running", now: at(22, 5, 0), created: new(at(22, 1, 0)), state: backup.HealthPending,
			policy: daily(), list: list(running(at(22, 2, 30))),
		}, at(22, 8, 30).Add(time.Second)},
		{verdictCase{
			name: "the schedule is not read yet", now: noon, state: backup.HealthUnknown, list: list(full(at(21, 2, 10))),
			edit: func(in *backup.TargetState) { in.PolicyBy = at(22, 13, 0) },
		}, at(22, 13, 0)},
		{verdictCase{
			name: "a young instance with a high-frequency policy", now: noon, created: new(at(22, 4, 0)), state: backup.HealthOK,
			policy: edited(daily(), often(4*time.Hour)), list: list(manual(at(22, 11, 0))),
		}, at(22, 17, 20).Add(time.Second)},
		{verdictCase{
			name: "weekly, six days to go", now: at(16, 12, 0), state: backup.HealthOK,
			policy: monWedFri(), list: list(full(at(16, 1, 57))),
		}, at(19, 5, 17).Add(time.Second)},
		{verdictCase{
			name: "of incremental backups it is not known how long full ones take", now: at(23, 0, 30), created: new(at(22, 20, 0)), state: backup.HealthOK,
			policy: edited(daily(), often(4*time.Hour)), list: list(incremental(at(23, 0, 0))),
			edit: func(in *backup.TargetState) { in.Backups.Value.Asked = []backup.Kind{backup.KindIncremental} },
		}, at(23, 6, 0).Add(time.Second)},
		{verdictCase{
			name: "a job that was read too long ago is no attempt", now: at(22, 4, 0), state: backup.HealthOK,
			policy: daily(), list: list(manual(at(21, 14, 0))), jobs: []backup.Job{{State: backup.JobRunning, StartedAt: at(22, 2, 10)}},
			edit: func(in *backup.TargetState) { in.Jobs.GoodUntil = at(22, 4, 0) },
		}, at(22, 17, 20).Add(time.Second)},
		{verdictCase{
			name: "the first backup of a pending instance counts once its end is believed", now: noon, created: new(at(22, 10, 0)), state: backup.HealthPending,
			list: list(with(full(at(22, 9, 30)), func(b *backup.Backup) { b.EndedAt = at(22, 13, 0) })),
		}, at(23, 11, 30).Add(time.Second)},
		{verdictCase{
			name: "the first backup of a pending instance is late when its end is believed", now: noon, created: new(at(22, 10, 0)), state: backup.HealthPending,
			rpo: 3 * time.Hour, list: list(with(full(at(22, 9, 30)), func(b *backup.Backup) { b.EndedAt = at(22, 13, 0) })),
		}, at(22, 12, 55)},
		{verdictCase{
			name: "missed, and late when the objective is", now: noon, state: backup.HealthMissed,
			policy: daily(), list: list(manual(at(21, 14, 0))),
		}, at(22, 17, 20).Add(time.Second)},
		{verdictCase{
			name: "late since the objective was missed, a failure later", now: noon, state: backup.HealthLate,
			list: list(failed(at(22, 2, 10)), full(at(20, 2, 10))),
		}, at(21, 4, 10).Add(time.Second)},
		{verdictCase{
			name: "late since the objective, whatever was missed", now: noon, state: backup.HealthLate,
			policy: daily(), list: list(full(at(18, 2, 10))),
		}, at(19, 5, 30).Add(time.Second)},
		{verdictCase{
			name: "late again since the last good backup", now: at(22, 18, 0), state: backup.HealthLate,
			policy: daily(), list: list(manual(at(21, 14, 0)), full(at(18, 2, 10))),
		}, at(22, 17, 20).Add(time.Second)},
		{verdictCase{
			name: "missed while point-in-time recovery goes on", now: noon, state: backup.HealthMissed,
			policy: daily(), list: list(failed(at(21, 2, 10)), full(at(18, 2, 10))), window: &backup.Window{Start: at(15, 0, 0), End: at(22, 11, 55)},
		}, at(23, 15, 15).Add(time.Second)},
		{verdictCase{
			name: "never since the expiry of what was good until then", now: noon, state: backup.HealthNever,
			list: list(expiring(at(22, 2, 10), at(22, 8, 0))),
		}, at(22, 8, 0)},
		{verdictCase{
			name: "never since it was late, before the expiry", now: noon, state: backup.HealthNever,
			list: list(expiring(at(20, 2, 10), at(22, 8, 0))),
		}, at(21, 4, 10).Add(time.Second)},
		{verdictCase{name: "never, and the list does not show since when", now: noon, state: backup.HealthNever, list: list(failed(at(22, 2, 10)))}, time.Time{}},
		{verdictCase{
			name: "an objective without an end never turns", now: noon, rpo: backup.Forever, state: backup.HealthOK, list: list(full(at(22, 2, 10))),
		}, time.Time{}},
		{verdictCase{
			name: "an instance that is being deleted never turns", now: noon, state: backup.HealthPending, list: list(full(at(22, 2, 10))),
			edit: func(in *backup.TargetState) { in.Lifecycle = backup.LifecycleDeleting },
		}, time.Time{}},
		{verdictCase{
			name: "an unknown verdict has no outlook", now: noon, state: backup.HealthUnknown, list: list(full(at(22, 2, 10))),
			edit: func(in *backup.TargetState) { in.Backups.GoodUntil = noon },
		}, time.Time{}},
		{verdictCase{
			name: "a policy without hours has no window", now: at(21, 15, 0), state: backup.HealthOK,
			policy: edited(daily(), func(p *backup.Policy) { p.Schedules[0].Window = 0 }), list: list(manual(at(21, 14, 0))),
		}, at(22, 16, 20).Add(time.Second)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h, o := test.outlook()
			if h.State != test.state {
				t.Fatalf("verdict %s (%s), want %s", h.State, h.Reason, test.state)
			}
			if !o.TurnsAt.Equal(test.want) {
				t.Errorf("turns at %s, want %s", o.TurnsAt, test.want)
			}
		})
	}
}

func TestOutlookOfTheNewestSuccess(t *testing.T) {
	list := func(b ...backup.Backup) []backup.Backup { return b }
	tests := []struct {
		verdictCase
		want time.Time // its end
	}{
		{verdictCase{name: "of any kind", list: list(full(at(22, 2, 10)), incremental(at(22, 9, 0)), unknownKind(full(at(22, 8, 0))))}, at(22, 9, 20)},
		{verdictCase{name: "by its end, in a list in no order", list: list(full(at(21, 2, 10)), full(at(22, 2, 10)), full(at(20, 2, 10)))}, at(22, 2, 30)},
		{verdictCase{name: "no failure", list: list(failed(at(22, 9, 0)), full(at(22, 2, 10)))}, at(22, 2, 30)},
		{verdictCase{name: "usable or not", list: list(sized(at(22, 9, 0), 0), full(at(22, 2, 10)))}, at(22, 9, 20)},
		{verdictCase{name: "none", list: list(running(at(22, 9, 0)))}, time.Time{}},
		{verdictCase{
			name: "not of a list that is too old", list: list(full(at(22, 2, 10))),
			edit: func(in *backup.TargetState) { in.Backups.GoodUntil = noon },
		}, time.Time{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.now = noon
			var got time.Time
			if _, o := test.outlook(); o.LastSuccess != nil {
				got = o.LastSuccess.EndedAt
			}
			if !got.Equal(test.want) {
				t.Errorf("the newest success ended %s, want %s", got, test.want)
			}
		})
	}
}

func TestOutlookOfRunningBackups(t *testing.T) {
	half := 50.0
	job := func(state backup.JobState) []backup.Job {
		return []backup.Job{{State: backup.JobFinished}, {State: state, Progress: &half}}
	}
	outdated := func(in *backup.TargetState) { in.Jobs.GoodUntil = noon }
	tests := []struct {
		verdictCase
		running  bool
		progress *float64
	}{
		{verdictCase{name: "nothing"}, false, nil},
		{verdictCase{name: "a job", jobs: job(backup.JobRunning)}, true, &half},
		{verdictCase{name: "a job and a backup", jobs: job(backup.JobRunning), list: []backup.Backup{running(at(22, 11, 0))}}, true, &half},
		{verdictCase{name: "a planned job", jobs: job(backup.JobScheduled)}, false, nil},
		{verdictCase{name: "a job that was read too long ago", jobs: job(backup.JobRunning), edit: outdated}, false, nil},
		{verdictCase{name: "a backup", list: []backup.Backup{full(at(22, 2, 10)), running(at(22, 11, 0))}}, true, nil},
		{verdictCase{name: "a backup that ended", list: []backup.Backup{full(at(22, 2, 10))}}, false, nil},
		{verdictCase{
			name: "a backup of a list that is too old", list: []backup.Backup{running(at(22, 11, 0))},
			edit: func(in *backup.TargetState) { in.Backups.GoodUntil = noon },
		}, false, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.now = noon
			if _, o := test.outlook(); o.Running != test.running || o.Progress != test.progress {
				t.Errorf("running %v, progress %v; want %v, %v", o.Running, o.Progress, test.running, test.progress)
			}
		})
	}
}
