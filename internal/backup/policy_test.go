package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

func TestLongestGap(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name   string
		policy backup.Policy
		want   time.Duration
		ok     bool
	}{
		{"nothing said", backup.Policy{}, 0, false},
		{"every day", *daily(), day, true},
		{"every day but Sunday", *on(time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday), 2 * day, true},
		{"Mon/Wed/Fri: over the weekend", *monWedFri(), 3 * day, true},
		{"Tue/Thu/Sat: around the week's end", *on(time.Tuesday, time.Thursday, time.Saturday), 3 * day, true},
		{"Mon/Tue", *on(time.Monday, time.Tuesday), 6 * day, true},
		{"Sunday only", *on(time.Sunday), 7 * day, true},
		{"Saturday only", *on(time.Saturday), 7 * day, true},
		{"a day named twice, in any order", *on(time.Friday, time.Monday, time.Friday), 4 * day, true},
		{"days that do not exist", *on(7, -1), 0, false},
		{"an interval", backup.Policy{Schedules: []backup.Schedule{{}, {Interval: 4 * time.Hour}}}, 4 * time.Hour, true},
		{"an interval shorter than the days", backup.Policy{Schedules: []backup.Schedule{{Weekdays: daily().Schedules[0].Weekdays}, {Interval: 4 * time.Hour}}}, 4 * time.Hour, true},
		{"an interval longer than the days", backup.Policy{Schedules: []backup.Schedule{{Weekdays: daily().Schedules[0].Weekdays}, {Interval: 36 * time.Hour}}}, day, true},
		{"a negative interval", backup.Policy{Schedules: []backup.Schedule{{Weekdays: daily().Schedules[0].Weekdays}, {Interval: -time.Minute}}}, day, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := c.policy.LongestGap()
			if got != c.want || ok != c.ok {
				t.Errorf("LongestGap() = %s, %t, want %s, %t", got, ok, c.want, c.ok)
			}
		})
	}
}

func TestRPOInForce(t *testing.T) {
	known := func(p *backup.Policy) backup.Reading[backup.Policy] { return read(*p, noon) }
	aged := known(daily())
	aged.GoodUntil = at(1, 0, 0)
	aged.Err = &backup.Error{Op: "ShowBackupPolicy", Class: backup.ClassPermission}
	for _, c := range []struct {
		name   string
		policy backup.Reading[backup.Policy]
		rpo    time.Duration
		grace  time.Duration
		want   time.Duration
		source backup.RPOSource
	}{
		{"configured", known(daily()), 4 * time.Hour, 2 * time.Hour, 4 * time.Hour, backup.RPOConfigured},
		{"daily", known(daily()), 0, 2 * time.Hour, 27 * time.Hour, backup.RPOFromPolicy},
		{"daily without grace", known(daily()), 0, 0, 25 * time.Hour, backup.RPOFromPolicy},
		{"Mon/Wed/Fri", known(monWedFri()), 0, 2 * time.Hour, 75 * time.Hour, backup.RPOFromPolicy},
		{"every 4 hours", known(every4h()), 0, 2 * time.Hour, 6 * time.Hour, backup.RPOFromPolicy},
		{"weekly", known(on(time.Monday)), 0, 2 * time.Hour, 171 * time.Hour, backup.RPOFromPolicy},
		{"read long ago", aged, 0, 2 * time.Hour, 27 * time.Hour, backup.RPOFromPolicy},
		{"never read", backup.Reading[backup.Policy]{Value: *daily()}, 0, 2 * time.Hour, 26 * time.Hour, backup.RPONoPolicy},
		{"switched off", known(edited(daily(), func(p *backup.Policy) { p.Automatic = new(false) })), 0, 2 * time.Hour, 26 * time.Hour, backup.RPOPolicyOff},
		{"no schedule", known(&backup.Policy{Automatic: new(true)}), 0, 2 * time.Hour, 26 * time.Hour, backup.RPONoSchedule},
		{"not said whether there is a schedule", known(&backup.Policy{Schedules: []backup.Schedule{{Retention: 7 * 24 * time.Hour, Window: time.Hour}}}), 0, 2 * time.Hour, 26 * time.Hour, backup.RPONotSaid},
		{"not said, but there are days", known(edited(daily(), func(p *backup.Policy) { p.Automatic = nil })), 0, 2 * time.Hour, 27 * time.Hour, backup.RPOFromPolicy},
		{"a window that is negative", known(edited(daily(), func(p *backup.Policy) { p.Schedules[0].Window = -time.Hour })), 0, 2 * time.Hour, 26 * time.Hour, backup.RPOFromPolicy},
		{"a sum that is too long", known(daily()), 0, backup.Forever, backup.Forever, backup.RPOFromPolicy},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := objectives()
			want.RPO, want.RPOGrace = c.rpo, c.grace
			got, source := backup.RPOInForce(c.policy, want, 0)
			if got != c.want || source != c.source {
				t.Errorf("RPOInForce() = %s, %q, want %s, %q", got, source, c.want, c.source)
			}
		})
	}
}
