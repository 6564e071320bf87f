package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// turnsAt returns the moment at which the verdict on a case turns, or has turned.
func (c verdictCase) turnsAt() time.Time {
	in, want := c.input()
	return in.Outlook(backup.Assess(in, want, c.now), want, c.now).TurnsAt
}

func TestOutlookTurnsWithTheVerdict(t *testing.T) {
	list := func(b ...backup.Backup) []backup.Backup { return b }
	tests := []struct {
		verdictCase
		want time.Time
	}{
		{verdictCase{
			name: "a manual backup of 14:00 does not stand in for the window of the next night", now: at(21, 15, 0),
			policy: daily(), list: list(manual(at(21, 14, 0)), full(at(21, 2, 10))),
		}, at(22, 5, 0)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.turnsAt(); !got.Equal(test.want) {
				t.Errorf("turns at %s, want %s", got, test.want)
			}
		})
	}
}

// reread returns what is known at a later moment when the cloud gives the same answers then.
func reread(in backup.TargetState, from, at time.Time) backup.TargetState {
	in.Backups, in.Jobs, in.Recovery = again(in.Backups, from, at), again(in.Jobs, from, at), again(in.Recovery, from, at)
	return in
}

func again[T any](r backup.Reading[T], from, at time.Time) backup.Reading[T] {
	if r.Known(from) {
		r.At, r.TriedAt, r.GoodUntil = at, at, at.Add(time.Hour)
	}
	return r
}

func TestOutlookNeverContradictsTheVerdict(t *testing.T) {
	broken := func(s backup.HealthState) bool { return s == backup.HealthLate || s == backup.HealthNever }
	forAll(t, func(t *testing.T, _ generator, s scenario, h backup.Health) {
		turnsAt := s.in.Outlook(h, s.want, s.now).TurnsAt
		if !h.Known || broken(h.State) {
			return
		}
		for minute := s.now.Add(time.Minute); minute.Before(s.now.Add(10 * 24 * time.Hour)); minute = minute.Add(time.Minute) {
			in := reread(s.in, s.now, minute)
			later := backup.Assess(in, s.want, minute)
			due := !turnsAt.IsZero() && !minute.Before(turnsAt)
			if broken(later.State) != due {
				t.Errorf("at %s: %s %s, the outlook of %s was %s", minute, later.State, later.Reason, s.now, turnsAt)
				return
			}
			if due {
				if since := in.Outlook(later, s.want, minute).TurnsAt; !since.Equal(turnsAt) && !(turnsAt.Equal(s.now.Add(time.Second)) && since.Before(turnsAt)) {
					t.Errorf("since %s, outlook %s", since, turnsAt)
				}
				return
			}
		}
	})
}
