package backup_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// unsure is a policy of high-frequency backups of which nobody knows whether the cloud lists them.
func unsure() *backup.Policy {
	return edited(daily(), func(p *backup.Policy) { often(4 * time.Hour)(p); p.MayBeUnlisted = true })
}

func TestHighFrequencyBackupsThatMayBeUnlisted(t *testing.T) {
	const doubt = "newest recovery point is 9h 50m old, objective 6h 20m (cloud's schedule); high-frequency backups may be missing in the cloud's list, which has daily ones only"
	const late = "newest recovery point is 9h 50m old, objective 6h 20m (cloud's schedule)"
	yesterday, today := full(at(21, 2, 10)), full(at(22, 2, 10))
	for _, tt := range []verdictCase{
		{name: "daily ones only", list: []backup.Backup{today, yesterday}, state: backup.HealthUnknown, reason: doubt},
		{name: "the cloud is known to list them", list: []backup.Backup{today, yesterday}, state: backup.HealthLate, reason: late, edit: func(in *backup.TargetState) { in.Policy.Value.MayBeUnlisted = false }},
		{name: "one between the windows", list: []backup.Backup{today, full(at(21, 14, 0)), yesterday}, state: backup.HealthLate, reason: late},
		{name: "one that failed between the windows", list: []backup.Backup{today, failed(at(21, 14, 0)), yesterday}, state: backup.HealthLate, reason: late},
		{name: "one by hand between the windows", list: []backup.Backup{today, manual(at(21, 14, 0)), yesterday}, state: backup.HealthUnknown, reason: doubt},
		{name: "one, of an old instance", list: []backup.Backup{today}, state: backup.HealthLate, reason: late},
		{name: "one, of a young instance", created: new(at(21, 16, 0)), list: []backup.Backup{today}, state: backup.HealthUnknown, reason: doubt},
		{name: "two in one window", list: []backup.Backup{today, full(at(22, 2, 20))}, state: backup.HealthLate, reason: "newest recovery point is 9h 40m old, objective 6h 20m (cloud's schedule)"},
		{name: "only by hand", list: []backup.Backup{manual(at(22, 2, 10))}, state: backup.HealthLate, reason: late},
		{
			name: "in the window of a former policy", list: []backup.Backup{today, full(at(20, 14, 10))}, state: backup.HealthUnknown, reason: doubt,
			edit: func(in *backup.TargetState) {
				former := in.Policy.Value
				former.Schedules = slices.Clone(former.Schedules)
				former.Schedules[0].StartsAt = 14 * time.Hour
				in.PolicyChanges = []backup.PolicyChange{{At: at(21, 0, 0), Former: former}}
			},
		},
		{
			name: "in the window of a policy that is not read yet", list: []backup.Backup{full(at(22, 4, 10)), yesterday, full(at(20, 2, 10))},
			state: backup.HealthUnknown, reason: strings.ReplaceAll(doubt, "9h 50m", "7h 50m"),
			edit: func(in *backup.TargetState) { in.Policy.At = at(22, 4, 0) },
		},
		{
			name: "the daily one is missing too", now: at(23, 8, 0), list: []backup.Backup{today, yesterday},
			state: backup.HealthLate, reason: "newest recovery point is 29h 50m old, objective 6h 20m (cloud's schedule)",
		},
		{name: "within the objective", now: at(22, 8, 0), list: []backup.Backup{today, yesterday}, state: backup.HealthOK, reason: "newest recovery point is 5h 50m old, objective 6h 20m (cloud's schedule)"},
		{name: "an objective of one's own", rpo: 5 * time.Hour, list: []backup.Backup{today, yesterday}, state: backup.HealthLate, reason: "newest recovery point is 9h 50m old, objective 5h (configured)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.now.IsZero() {
				tt.now = noon
			}
			tt.policy = unsure()
			in, want := tt.input()
			h := backup.Assess(in, want, tt.now)
			if h.State != tt.state || h.Reason != tt.reason {
				t.Errorf("%s: %s\nwant %s: %s", h.State, h.Reason, tt.state, tt.reason)
			}
			if !h.Known {
				t.Error("the facts are hidden")
			}
			if h.State == backup.HealthUnknown && in.ListsFrequent(want) {
				t.Error("they are said to be listed")
			}
		})
	}
}

// The doubt is announced to end when a daily backup is late.
func TestOutlookOfUnlistedBackups(t *testing.T) {
	in, want := verdictCase{now: noon, policy: unsure(), list: []backup.Backup{full(at(22, 2, 10)), full(at(21, 2, 10))}}.input()
	due := at(23, 5, 30).Add(time.Second)
	if got := in.Outlook(backup.Assess(in, want, noon), want, noon).TurnsAt; !got.Equal(due) {
		t.Errorf("turns at %s, want %s", got, due)
	}
}

// That the list may lack backups makes late unknown, and nothing else. Then only time makes it worse again: no failed poll and
// no success that proves the list complete makes it ok.
func TestDoubtTouchesLateOnly(t *testing.T) {
	doubted := 0
	forAll(t, func(t *testing.T, g generator, s scenario, _ backup.Health) {
		p := &s.in.Policy.Value
		if len(p.Schedules) == 0 {
			return
		}
		for i := range s.in.Backups.Value.Backups {
			b := &s.in.Backups.Value.Backups[i]
			b.StartedAt = s.now.Truncate(24*time.Hour).AddDate(0, 0, -i-g.IntN(2)).Add(p.Schedules[0].StartsAt)
			b.EndedAt = b.StartedAt.Add(10 * time.Minute)
		}
		h := backup.Assess(s.in, s.want, s.now)
		p.MayBeUnlisted = true
		doubt := backup.Assess(s.in, s.want, s.now)
		if doubt.State == h.State {
			return
		}
		doubted++
		if h.State != backup.HealthLate || doubt.State != backup.HealthUnknown || !strings.Contains(doubt.Reason, "may be missing in the cloud's list") {
			t.Errorf("from %s to %s: %s", h.State, doubt.State, doubt.Reason)
		}
		next := backup.Assess(s.in, s.want, s.now.Add(time.Duration(g.IntN(60*48))*time.Minute))
		if next.State != backup.HealthUnknown && !lateOrNever(next.State) {
			t.Errorf("after a while %s: %s", next.State, next.Reason)
		}
	})
	if doubted < scenarios()/400 {
		t.Errorf("only %d scenarios are in doubt", doubted)
	}
}
