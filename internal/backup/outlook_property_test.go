package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// outlooks returns the number of scenarios that are followed minute by minute.
func outlooks() int { return scenarios() / 10 }

func lateOrNever(s backup.HealthState) bool { return s == backup.HealthLate || s == backup.HealthNever }

// again returns what is known at a later moment when the cloud gives the same answers then.
func (s scenario) again(at time.Time) backup.TargetState {
	in := s.in
	in.Backups, in.Jobs, in.Recovery = again(in.Backups, s.now, at), again(in.Jobs, s.now, at), again(in.Recovery, s.now, at)
	return in
}

func again[T any](r backup.Reading[T], now, at time.Time) backup.Reading[T] {
	if r.Known(now) {
		r.At, r.TriedAt, r.GoodUntil = at, at, at.Add(time.Hour)
	}
	return r
}

// scattered moves the backups of half of the scenarios off the full hours.
func (g generator) scattered(s scenario) scenario {
	if g.oneIn(2) {
		return s
	}
	for i := range s.in.Backups.Value.Backups {
		b := &s.in.Backups.Value.Backups[i]
		for _, t := range []*time.Time{&b.StartedAt, &b.EndedAt, &b.ExpiresAt} {
			if !t.IsZero() && t.Before(s.now) {
				*t = t.Add(-time.Duration(g.IntN(60)) * time.Minute)
			}
		}
	}
	return s
}

// The clock moves minute by minute, and the cloud gives the same answers each minute. The verdict turns in the first
// minute that is not before the announced moment, and Outlook then gives that same moment as the beginning.
func TestOutlookNeverContradictsTheVerdict(t *testing.T) {
	turned := 0
	forSome(t, outlooks(), func(t *testing.T, g generator, s scenario, _ backup.Health) {
		s = g.scattered(s)
		h := backup.Assess(s.in, s.want, s.now)
		announced := s.in.Outlook(h, s.want, s.now).TurnsAt
		if !h.Known || lateOrNever(h.State) {
			return
		}
		if !announced.IsZero() && !announced.After(s.now) {
			t.Errorf("the verdict is %s, but turned at %s", h.State, announced)
		}
		for n := range 10 * 24 * 60 {
			minute := s.now.Add(time.Duration(n+1) * time.Minute)
			in := s.again(minute)
			later := backup.Assess(in, s.want, minute)
			due := !announced.IsZero() && !minute.Before(announced)
			if lateOrNever(later.State) != due {
				t.Errorf("at %s %s (%s), announced for %s", minute, later.State, later.Reason, announced)
				return
			}
			if !due {
				continue
			}
			turned++
			since := in.Outlook(later, s.want, minute).TurnsAt
			// A list from before the end of a window did not show yet that the window was missed.
			missed := announced.Equal(s.now.Add(time.Second)) && since.Before(announced)
			// A list without any backup that was usable once does not show when it turned.
			unknown := later.State == backup.HealthNever && since.IsZero()
			if !since.Equal(announced) && !missed && !unknown {
				t.Errorf("%s since %s, announced for %s", later.State, since, announced)
			}
			return
		}
	})
	if turned < outlooks()/10 {
		t.Errorf("only %d of %d scenarios turn", turned, outlooks())
	}
}

// A verdict of late or never began at the moment that Outlook returns. When it returns none, the list shows no usable
// backup before.
func TestOutlookKnowsWhenLatenessBegan(t *testing.T) {
	known := 0
	forSome(t, outlooks(), func(t *testing.T, g generator, s scenario, _ backup.Health) {
		s = g.scattered(s)
		h := backup.Assess(s.in, s.want, s.now)
		since := s.in.Outlook(h, s.want, s.now).TurnsAt
		if !lateOrNever(h.State) {
			return
		}
		moments := []time.Time{since, since.Add(-time.Second)}
		if since.IsZero() {
			moments = nil
		} else {
			known++
		}
		for n := range 8 * 24 * 6 {
			if moment := s.now.Add(-time.Duration(n) * 10 * time.Minute); moment.After(since) {
				moments = append(moments, moment)
			}
		}
		for _, moment := range moments {
			was := backup.Assess(s.earlier(moment), s.want, moment)
			hadNone := since.IsZero() && was.State == backup.HealthPending
			if lateOrNever(was.State) == moment.Before(since) && !hadNone {
				t.Errorf("at %s %s (%s), began at %s", moment, was.State, was.Reason, since)
				return
			}
		}
	})
	if known < outlooks()/10 {
		t.Errorf("only %d of %d scenarios have a beginning", known, outlooks())
	}
}

// earlier returns what was known at an earlier moment, as far as the present answers show it.
func (s scenario) earlier(at time.Time) backup.TargetState {
	in := s.in
	if w := &in.Recovery.Value; !at.Before(w.Start) && w.End.After(at) && !w.End.After(in.Recovery.At.Add(5*time.Minute)) {
		w.End = at
	}
	in.Backups, in.Jobs, in.Recovery = earlier(in.Backups, s.now, at), earlier(in.Jobs, s.now, at), earlier(in.Recovery, s.now, at)
	return in
}

func earlier[T any](r backup.Reading[T], now, at time.Time) backup.Reading[T] {
	if !r.Known(now) {
		return backup.Reading[T]{}
	}
	if r.At.After(at) {
		r.At = at
	}
	return r
}
