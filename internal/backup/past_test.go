package backup_test

import (
	"slices"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// TestPastPolicyStaysInForce: the replay judges by a policy that is too old to be shown, as the verdict does. A report ends at a
// whole second, so that its last verdict is replayed, too.
func TestPastPolicyStaysInForce(t *testing.T) {
	const cut = time.Second / 2
	tests := []struct {
		verdictCase
		want string // the standings since the 22nd, 01:00
	}{
		{
			// The default of 26 h would make it kept.
			verdictCase{
				name: "a short objective", policy: edited(every4h(), func(p *backup.Policy) { p.Schedules[0].Retention = 7 * 24 * time.Hour }),
				list: []backup.Backup{full(at(22, 2, 0)), full(at(21, 22, 0))}, state: backup.HealthLate,
			},
			"22.01:00 kept, 22.08:20 broken",
		},
		{
			// The default of 26 h would make it broken.
			verdictCase{
				name: "a long objective", policy: edited(on(time.Wednesday), func(p *backup.Policy) { p.Schedules[0].Retention = 60 * 24 * time.Hour }),
				list: []backup.Backup{full(at(18, 2, 10)), full(at(11, 2, 10))}, state: backup.HealthOK,
			},
			"22.01:00 kept",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.now = at(22, 12, 0).Add(cut)
			in, want := tt.input()
			in.Policy.At, in.Policy.TriedAt, in.Policy.GoodUntil = at(19, 12, 0), at(22, 11, 0), at(19, 13, 0)
			in.Backups.At = in.Backups.At.Add(-cut)
			e := backup.NewPast(in, want, backup.Kept{}, tt.now).Evidence(at(22, 1, 0), at(22, 12, 0))
			live := backup.Assess(in, want, at(22, 12, 0))
			if live.State != tt.state {
				t.Errorf("the verdict is %s, want %s", live.State, tt.state)
			}
			if e.Health.State != live.State || e.Health.RPO != live.RPO || e.Health.Reason != live.Reason {
				t.Errorf("the report ends with %s (%s), and the verdict is %s (%s)", e.Health.State, e.Health.Reason, live.State, live.Reason)
			}
			if got := stretched(e.Stretches); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			replayed := backup.NewPast(in, want, backup.Kept{}, tt.now).At(at(22, 6, 0), true)
			if replayed.Policy.Known(at(22, 6, 0)) {
				t.Error("a policy that is too old is shown as current")
			}
		})
	}
}

// TestRetentionRaised: the listed backups expire after seven days, although the policy keeps them for thirty since yesterday. What
// was deleted cannot show a gap.
func TestRetentionRaised(t *testing.T) {
	c := verdictCase{now: at(22, 12, 0), policy: edited(daily(), func(p *backup.Policy) { p.Schedules[0].Retention = 30 * 24 * time.Hour })}
	keptFor := func(days int) []backup.Backup {
		var list []backup.Backup
		for _, b := range weekOf(16, 17, 18, 19, 20, 21, 22) {
			b.ExpiresAt = b.StartedAt.AddDate(0, 0, days)
			list = append(list, b)
		}
		return list
	}
	tests := []struct {
		name      string
		list      []backup.Backup
		stretches string
		schedule  backup.Adherence
	}{
		{"for seven days", keptFor(7), "6.12:00 unknown, 16.02:30 kept", backup.Adherence{Expected: 7, Made: 7, Unknown: 9}},
		{"for thirty days", keptFor(30), "6.12:00 broken, 16.02:30 kept", backup.Adherence{Expected: 16, Made: 7, Missed: 9}},
		{"no expiry is known", weekOf(16, 17, 18, 19, 20, 21, 22), "6.12:00 broken, 16.02:30 kept", backup.Adherence{Expected: 16, Made: 7, Missed: 9}},
		{"only one by hand is kept for shorter", append(keptFor(30), with(manual(at(20, 12, 0)), func(b *backup.Backup) {
			b.ID, b.ExpiresAt = "by hand", at(23, 0, 0)
		})), "6.12:00 broken, 16.02:30 kept", backup.Adherence{Expected: 16, Made: 7, Missed: 9}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c.list = tt.list
			e := c.past(backup.Kept{}).Evidence(at(6, 12, 0), c.now)
			if got := stretched(e.Stretches); got != tt.stretches {
				t.Errorf("got  %s\nwant %s", got, tt.stretches)
			}
			if e.Schedule != tt.schedule {
				t.Errorf("%+v, want %+v", e.Schedule, tt.schedule)
			}
		})
	}
}

// TestReportAgreesWithVerdict: a report that ends a moment ago has the verdict of that moment. Only what a list says of a time to
// come is replayed as what was still running.
func TestReportAgreesWithVerdict(t *testing.T) {
	forSome(t, 5_000, func(t *testing.T, _ generator, s scenario, h backup.Health) {
		t.Helper()
		e := backup.NewPast(s.in, s.want, backup.Kept{}, s.now.Add(time.Millisecond)).Evidence(s.now.Add(-time.Hour), s.now)
		ahead := slices.ContainsFunc(s.in.Backups.Value.Backups, func(b backup.Backup) bool { return b.EndedAt.After(s.now) })
		if e.Health.RPO != h.RPO || e.Health.State != h.State && !ahead {
			t.Errorf("the report has %s (%s), and the verdict is %s (%s)", e.Health.State, e.Health.Reason, h.State, h.Reason)
		}
	})
}
