package backup_test

import (
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
