package backup_test

import (
	"slices"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// A window counts by the policy that was in force when it opened, and a shorter RPO from the first window on that could
// keep it.
func TestVerdictWhenThePolicyChanged(t *testing.T) {
	changed := func(when time.Time, former *backup.Policy) func(*backup.TargetState) {
		return func(in *backup.TargetState) {
			in.PolicyChanges = append(in.PolicyChanges, backup.PolicyChange{At: when, Former: *former})
		}
	}
	opensAt := func(hour int) *backup.Policy {
		return edited(daily(), func(p *backup.Policy) { p.Schedules[0].StartsAt = time.Duration(hour) * time.Hour })
	}
	off := edited(daily(), func(p *backup.Policy) { p.Automatic = new(false) })
	runVerdicts(t, []verdictCase{
		{
			name: "the window was moved to an hour that has passed", now: at(22, 14, 0), policy: opensAt(8), edit: changed(noon, daily()),
			list:  []backup.Backup{full(at(22, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 11h 50m old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "the first window after it was moved", now: at(23, 11, 0), policy: opensAt(8), edit: changed(noon, daily()),
			list:   []backup.Backup{manual(at(22, 8, 0))},
			state:  backup.HealthMissed,
			reason: "no backup was begun in the window of 2026-11-23 08:00Z or since; newest recovery point is 27h old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "a window that was missed before the change stays missed", now: at(22, 14, 0), policy: opensAt(20), edit: changed(noon, daily()),
			list:   []backup.Backup{manual(at(21, 14, 0))},
			state:  backup.HealthMissed,
			reason: "no backup was begun in the window of 2026-11-22 02:00Z or since; newest recovery point is 24h old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "the window of the former policy that opened when it no longer was in force", now: at(23, 6, 0), policy: opensAt(20), edit: changed(at(22, 19, 0), daily()),
			list:  []backup.Backup{full(at(22, 20, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "moved before the window, and seen after it opened", now: at(22, 6, 0), policy: opensAt(8),
			edit: func(in *backup.TargetState) {
				in.PolicyChanges = []backup.PolicyChange{{At: at(22, 2, 30), LastAt: at(22, 1, 30), Former: *daily()}}
			},
			list:  []backup.Backup{full(at(21, 2, 40))},
			state: backup.HealthOK, reason: "newest recovery point is 27h 20m old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "weekly was made daily, without hours, while the next backup is planned for tomorrow each day", now: at(24, 18, 0),
			policy: edited(daily(), func(p *backup.Policy) { p.Schedules[0].Window, p.NextAt = 0, at(25, 2, 0) }), edit: changed(noon, on(time.Monday)),
			list:  []backup.Backup{full(at(18, 2, 10))},
			state: backup.HealthLate, reason: "newest recovery point is 6d 15h old, objective 26h 20m (cloud's schedule)",
		},
		{
			name: "automatic backup was switched on after today's window", now: at(22, 14, 0), policy: daily(), edit: changed(noon, off),
			list:  []backup.Backup{manual(at(21, 20, 0))},
			state: backup.HealthOK, reason: "newest recovery point is 18h old, objective 27h 20m (cloud's schedule)",
		},
		{
			name: "weekly was made daily", now: at(22, 14, 0), policy: daily(), edit: changed(noon, on(time.Monday)),
			list:  []backup.Backup{full(at(16, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 6d 11h old, objective 7d 3h (cloud's schedule until it changed)",
		},
		{
			name: "weekly was made daily, and the first daily window is over", now: at(23, 5, 0), policy: daily(), edit: changed(noon, on(time.Monday)),
			list:   []backup.Backup{full(at(16, 2, 10))},
			state:  backup.HealthLate,
			reason: "newest recovery point is 7d 2h old, objective 27h 20m (cloud's schedule); no backup was begun in the window of 2026-11-23 02:00Z or since",
		},
		{
			name: "daily was made every four hours", now: at(22, 18, 19), policy: every4h(), edit: changed(noon, daily()),
			list:  []backup.Backup{full(at(22, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 16h 9m old, objective 27h 20m (cloud's schedule until it changed)",
		},
		{
			name: "daily was made every four hours, and the first is overdue", now: at(22, 18, 20), policy: every4h(), edit: changed(noon, daily()),
			list:  []backup.Backup{full(at(22, 2, 10))},
			state: backup.HealthLate, reason: "newest recovery point is 16h 10m old, objective 6h 20m (cloud's schedule)",
		},
		{
			name: "weekly was switched off", now: at(22, 14, 0), policy: off, edit: changed(noon, on(time.Monday)),
			list:  []backup.Backup{full(at(18, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 4d 11h old, objective 7d 3h (cloud's schedule until it changed)",
		},
		{
			name: "changed twice", now: at(22, 14, 0), policy: daily(),
			edit: func(in *backup.TargetState) {
				changed(at(22, 11, 0), on(time.Monday))(in)
				changed(noon, monWedFri())(in)
			},
			list:  []backup.Backup{full(at(16, 2, 10))},
			state: backup.HealthOK, reason: "newest recovery point is 6d 11h old, objective 7d 3h (cloud's schedule until it changed)",
		},
	})
}

func TestVerdictWaitsForTheFirstPolicy(t *testing.T) {
	waits := func(err error) func(*backup.TargetState) {
		return func(in *backup.TargetState) { in.Policy.Err, in.PolicyBy = err, at(22, 13, 0) }
	}
	old := []backup.Backup{full(at(21, 2, 10))}
	runVerdicts(t, []verdictCase{
		{name: "not asked yet", now: noon, list: old, edit: waits(nil), state: backup.HealthUnknown, reason: "the schedule is not read yet"},
		{
			name: "it cannot be read", now: noon, list: old, edit: waits(&backup.Error{Op: "DescribeBackupPolicy", Class: backup.ClassTimeout}),
			state: backup.HealthUnknown, reason: "the schedule is not read yet: DescribeBackupPolicy: timeout",
		},
		{
			name: "the wait is over", now: at(22, 13, 0), list: old, edit: waits(nil),
			state: backup.HealthLate, reason: "newest recovery point is 34h 50m old, objective 26h (default, no policy known)",
		},
		{
			name: "a configured objective needs no policy", now: noon, list: old, rpo: time.Hour, edit: waits(nil),
			state: backup.HealthLate, reason: "newest recovery point is 33h 50m old, objective 1h (configured)",
		},
		{name: "no list either", now: noon, edit: func(in *backup.TargetState) {
			waits(nil)(in)
			in.Backups = backup.Reading[backup.List]{}
		}, state: backup.HealthUnknown, reason: "not read yet"},
	})
}

// Where a log may be the recovery point, a window that cannot be read does not make a target late at once.
func TestVerdictWaitsForTheWindow(t *testing.T) {
	logs := edited(daily(), func(p *backup.Policy) { p.LogBackup = new(true) })
	old := []backup.Backup{full(at(20, 2, 10))}
	waits := func(r backup.Reading[backup.Window]) func(*backup.TargetState) {
		return func(in *backup.TargetState) { in.Recovery, in.WindowBy = r, at(22, 13, 0) }
	}
	failure := &backup.Error{Op: "DescribeInstanceRecoverTime", Class: backup.ClassServer}
	aged := read(backup.Window{Start: at(15, 0, 0), End: at(22, 10, 0)}, noon)
	aged.At, aged.GoodUntil, aged.Err = at(22, 10, 0), at(22, 11, 0), failure
	const late = "newest recovery point is 2d 9h old, objective 27h 20m (cloud's schedule)"
	const waiting, missed = late + "; the point-in-time window, which may be newer, is not read yet", late + "; no backup was begun in the window of 2026-11-22 02:00Z or since"
	runVerdicts(t, []verdictCase{
		{name: "never read", now: noon, policy: logs, list: old, edit: waits(backup.Reading[backup.Window]{}), state: backup.HealthUnknown, reason: waiting},
		{
			name: "too old", now: noon, policy: logs, list: old, edit: waits(aged),
			state: backup.HealthUnknown, reason: waiting + ": DescribeInstanceRecoverTime: server",
		},
		{name: "the wait is over", now: at(22, 13, 0), policy: logs, list: old, edit: waits(aged), state: backup.HealthLate, reason: "newest recovery point is 2d 10h old, objective 27h 20m (cloud's schedule); no backup was begun in the window of 2026-11-22 02:00Z or since"},
		{
			name: "the cloud offers none", now: noon, policy: logs, list: old, edit: waits(backup.Reading[backup.Window]{At: noon, NotOffered: true}),
			state: backup.HealthLate, reason: missed,
		},
		{name: "no logs are backed up", now: noon, policy: daily(), list: old, edit: waits(aged), state: backup.HealthLate, reason: missed},
		{name: "within the objective", now: noon, policy: logs, list: []backup.Backup{full(at(22, 2, 10))}, edit: waits(aged), state: backup.HealthOK, reason: "newest recovery point is 9h 50m old, objective 27h 20m (cloud's schedule)"},
		{
			name: "it is read", now: noon, policy: logs, list: old, edit: waits(read(backup.Window{Start: at(15, 0, 0), End: at(22, 11, 50)}, noon)),
			state: backup.HealthMissed, reason: "no backup was begun in the window of 2026-11-22 02:00Z or since; newest recovery point is 10m old, objective 27h 20m (cloud's schedule)",
		},
	})
}

// Whatever a policy becomes, a target is not blamed at that moment for what the former one allowed.
func TestChangedPolicyIsNeverLateForThePast(t *testing.T) {
	met := 0
	forAll(t, func(t *testing.T, g generator, s scenario, h backup.Health) {
		if h.State.Bad() || s.in.Policy.At.IsZero() || h.State == backup.HealthUnknown {
			return
		}
		met++
		in := s.in
		in.PolicyChanges = []backup.PolicyChange{{At: s.now, Former: in.Policy.Value}}
		in.Policy.Value = g.policy()
		in.Policy.Value.NextAt = time.Time{}
		if got := backup.Assess(in, s.want, s.now); got.State.Bad() {
			t.Errorf("%s became %s: %s", h.State, got.State, got.Reason)
		}
	})
	if met < scenarios()/50 {
		t.Errorf("only %d scenarios", met)
	}
}

// outspoken is a policy that says all that one can say.
func outspoken() *backup.Policy {
	return edited(daily(), func(p *backup.Policy) {
		p.LogBackup, p.KeptAfterDeletion = new(false), new(true)
		p.Schedules = append(p.Schedules, backup.Schedule{Interval: time.Hour, Retention: 48 * time.Hour})
	})
}

func TestPolicyDiffers(t *testing.T) {
	for name, edit := range map[string]func(*backup.Policy){
		"automatic":    func(p *backup.Policy) { p.Automatic = new(false) },
		"retention":    func(p *backup.Policy) { p.Schedules[0].Retention++ },
		"days":         func(p *backup.Policy) { p.Schedules[0].Weekdays = p.Schedules[0].Weekdays[1:] },
		"start":        func(p *backup.Policy) { p.Schedules[0].StartsAt++ },
		"window":       func(p *backup.Policy) { p.Schedules[0].Window++ },
		"interval":     func(p *backup.Policy) { p.Schedules[1].Interval++ },
		"interval off": func(p *backup.Policy) { p.Schedules = p.Schedules[:1] },
		"a schedule more": func(p *backup.Policy) {
			p.Schedules = append(p.Schedules, backup.Schedule{Weekdays: []time.Weekday{time.Sunday}, Retention: 400 * time.Hour})
		},
		"logs":           func(p *backup.Policy) { p.LogBackup = new(true) },
		"interval kept":  func(p *backup.Policy) { p.Schedules[1].Retention++ },
		"copies":         func(p *backup.Policy) { p.CopyRegion = "r" },
		"after deletion": func(p *backup.Policy) { p.KeptAfterDeletion = new(false) },
	} {
		if p := *outspoken(); !edited(outspoken(), edit).Differs(p) || !p.Differs(*edited(outspoken(), edit)) {
			t.Errorf("%s: does not differ", name)
		}
	}
	for name, edit := range map[string]func(*backup.Policy){
		"the plan for the next backup": func(p *backup.Policy) { p.NextAt = noon },
		"no schedule":                  func(p *backup.Policy) { p.Schedules = nil },
		"what one does not say": func(p *backup.Policy) {
			p.Automatic, p.Schedules, p.LogBackup, p.KeptAfterDeletion = nil, []backup.Schedule{{}}, nil, nil
		},
	} {
		p, q := *daily(), *edited(daily(), edit)
		if p.Differs(q) || q.Differs(p) {
			t.Errorf("%s is no change of the policy", name)
		}
		if q = q.Filled(p); p.Differs(q) || !slices.Equal(p.Schedules[0].Weekdays, q.Schedules[0].Weekdays) || q.Automatic == nil || q.Schedules[0].Window != p.Schedules[0].Window || q.Schedules[0].Retention != p.Schedules[0].Retention {
			t.Errorf("%s is not filled in: %+v", name, q)
		}
	}
}

// A change of something else than the windows hides none that was missed before it was seen.
func TestChangeThatLeavesTheWindows(t *testing.T) {
	for name, change := range map[string]struct {
		former func(*backup.Policy)
		want   backup.HealthState
	}{
		"retention": {func(p *backup.Policy) { p.Schedules[0].Retention = 30 * 24 * time.Hour }, backup.HealthMissed},
		"hours":     {func(p *backup.Policy) { p.Schedules[0].StartsAt += time.Minute }, backup.HealthOK},
	} {
		t.Run(name, func(t *testing.T) {
			in, want := verdictCase{now: at(22, 5, 10), policy: daily(), list: []backup.Backup{full(at(21, 2, 10))}}.input()
			in.PolicyChanges = []backup.PolicyChange{{At: at(22, 5, 5), LastAt: at(22, 1, 0), Former: *edited(daily(), change.former)}}
			if h := backup.Assess(in, want, at(22, 5, 10)); h.State != change.want {
				t.Errorf("%s: %s, want %s", h.State, h.Reason, change.want)
			}
		})
	}
}
