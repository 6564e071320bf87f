package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// What managed MongoDB elsewhere says, or does not say, is held and judged without a guess.

func endless(b backup.Backup) backup.Backup {
	return with(b, func(b *backup.Backup) { b.EndedAt = time.Time{} })
}

func TestSuccessWhoseEndIsNotTold(t *testing.T) {
	for name, c := range map[string]struct {
		list   []backup.Backup
		state  backup.HealthState
		last   time.Time // when the last success finished
		failed int
	}{
		"it counts":                          {[]backup.Backup{endless(full(at(22, 2, 10)))}, backup.HealthOK, at(22, 2, 10), 0},
		"it ends an earlier failure":         {[]backup.Backup{endless(full(at(22, 2, 10))), failed(at(21, 2, 0))}, backup.HealthOK, at(22, 2, 10), 0},
		"a failure after its start counts":   {[]backup.Backup{failed(at(22, 2, 30)), endless(full(at(22, 2, 10)))}, backup.HealthFailed, at(22, 2, 10), 1},
		"it may lie too far back":            {[]backup.Backup{endless(full(at(20, 2, 10)))}, backup.HealthLate, at(20, 2, 10), 0},
		"its start is not in the future":     {[]backup.Backup{endless(full(at(22, 13, 0)))}, backup.HealthNever, time.Time{}, 0},
		"an earlier one may have taken long": {[]backup.Backup{endless(full(at(22, 2, 10))), with(full(at(21, 2, 0)), func(b *backup.Backup) { b.EndedAt = at(21, 10, 0) })}, backup.HealthOK, at(22, 2, 10), 0},
	} {
		t.Run(name, func(t *testing.T) {
			in, want := verdictCase{now: noon, list: c.list}.input()
			h := backup.Assess(in, want, noon)
			if h.State != c.state || h.ConsecutiveFailures != c.failed {
				t.Errorf("%s with %d failures, want %s with %d: %s", h.State, h.ConsecutiveFailures, c.state, c.failed, h.Reason)
			}
			var last time.Time
			if s := h.NewestSuccess(); s != nil {
				last = s.Finished()
				if took := s.Took(); took != 0 {
					t.Errorf("it took %s, which nobody said", took)
				}
			}
			if !last.Equal(c.last) {
				t.Errorf("the last success finished at %s, want %s", last, c.last)
			}
			for _, f := range h.Findings {
				if f.Name == backup.FindingTookTooLong {
					t.Errorf("took too long: %s", f.Text)
				}
			}
		})
	}
}

// A cloud may back up logs and tell no window: what they let restore is then not known.
func TestLogsWithoutAWindow(t *testing.T) {
	logs := edited(daily(), func(p *backup.Policy) { p.LogBackup = new(true) })
	for name, c := range map[string]struct {
		newest time.Time
		state  backup.HealthState
	}{
		"the backups decide":                   {at(22, 2, 10), backup.HealthOK},
		"no log makes up for one that is late": {at(20, 2, 10), backup.HealthLate},
	} {
		t.Run(name, func(t *testing.T) {
			in, want := verdictCase{now: noon, policy: logs, list: []backup.Backup{full(c.newest)}}.input()
			in.Recovery = backup.Reading[backup.Window]{At: in.Policy.At, TriedAt: in.Policy.At, GoodUntil: in.Policy.GoodUntil, NotOffered: true}
			in.WindowBy = noon.Add(time.Hour)
			h := backup.Assess(in, want, noon)
			if h.State != c.state || !h.RecoveryPoint.Equal(c.newest) {
				t.Errorf("%s with a recovery point of %s, want %s of %s: %s", h.State, h.RecoveryPoint, c.state, c.newest, h.Reason)
			}
			if w := backup.PointInTime(in.Recovery, noon); !w.IsZero() {
				t.Errorf("a window nobody told: %v", w)
			}
			state := backup.InstanceState{Objectives: want, Policy: in.Policy, Recovery: in.Recovery, Nodes: []backup.NodeState{{Backups: in.Backups}}}
			for _, f := range state.Findings([]backup.Health{h}, noon) {
				if f.Name == backup.FindingLogStalled {
					t.Errorf("the end of a log that nobody told: %s", f.Text)
				}
			}
		})
	}
}
