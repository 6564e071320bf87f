package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/clocktest"
)

func TestReading(t *testing.T) {
	good := backup.Reading[int]{At: at(22, 11, 0), GoodUntil: noon}
	failing := func(class backup.Class, notOffered bool) backup.Reading[int] {
		r := good
		r.Err, r.NotOffered = &backup.Error{Op: "ListRestoreTimes", Class: class}, notOffered
		return r
	}
	byCloud := func(cloudAt time.Time) backup.Reading[int] {
		r := good
		r.CloudAt = cloudAt
		return r
	}
	for _, c := range []struct {
		name      string
		reading   backup.Reading[int]
		now       time.Time
		known, ok bool
	}{
		{"never asked", backup.Reading[int]{}, noon, false, false},
		{"until the last moment", good, noon.Add(-1), true, true},
		{"too old", good, noon, false, false},
		{"newest attempt failed", failing(backup.ClassServer, false), at(22, 11, 30), true, false},
		{"not offered by the cloud", failing(backup.ClassUnsupported, true), at(22, 11, 30), true, true},
		{"not offered, which is not believed", failing(backup.ClassUnsupported, false), at(22, 11, 30), true, false},
		{"not offered, and the newest attempt failed", failing(backup.ClassServer, true), at(22, 11, 30), true, false},
		{"five minutes from the future", good, at(22, 10, 55), true, true},
		{"more than five minutes from the future", good, at(22, 10, 55).Add(-1), false, false},
		{"the cloud's clock is five minutes ahead", byCloud(at(22, 11, 5)), at(22, 11, 30), true, true},
		{"the cloud's clock is more than five minutes ahead", byCloud(at(22, 11, 5).Add(1)), at(22, 11, 30), false, false},
		{"the cloud's clock is a day behind", byCloud(at(21, 11, 0)), at(22, 11, 30), true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.reading.Known(c.now); got != c.known {
				t.Errorf("Known() = %t, want %t", got, c.known)
			}
			if got := c.reading.OK(c.now); got != c.ok {
				t.Errorf("OK() = %t, want %t", got, c.ok)
			}
		})
	}
}

// taken returns a reading of now that is good for an hour, with the clocks that the poller gives it.
func taken[T any](v T, now time.Time) backup.Reading[T] {
	return backup.Reading[T]{Value: v, At: now.Round(0), TriedAt: now.Round(0), GoodUntil: now.Add(time.Hour)}
}

// Both clocks must say that a reading is current. It does not matter whether the time of the reading has a monotonic
// reading of its own: compared with now, that would hide every step.
func TestReadingWhenTheClockSteps(t *testing.T) {
	for _, c := range []struct {
		name  string
		move  func(*clocktest.Clock)
		known bool
	}{
		{"no step", func(c *clocktest.Clock) { c.Advance(59 * time.Minute) }, true},
		{"a day back", func(c *clocktest.Clock) { c.Step(-24 * time.Hour) }, false},
		{"five minutes back", func(c *clocktest.Clock) { c.Step(-5 * time.Minute) }, true},
		{"more than five minutes back", func(c *clocktest.Clock) { c.Step(-5*time.Minute - 1) }, false},
		{"back by as much as has passed since", func(c *clocktest.Clock) { c.Advance(30 * time.Minute); c.Step(-30 * time.Minute) }, false},
		{"back, so that the reading seems young enough", func(c *clocktest.Clock) { c.Advance(61 * time.Minute); c.Step(-4 * time.Minute) }, false},
		{"a day forward", func(c *clocktest.Clock) { c.Step(24 * time.Hour) }, false},
		{"a day forward and back", func(c *clocktest.Clock) { c.Step(24 * time.Hour); c.Step(-24 * time.Hour) }, true},
		{"suspended for two hours", func(c *clocktest.Clock) { c.Advance(time.Minute); c.Step(2 * time.Hour) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := clocktest.New(noon)
			reading := taken(1, clock.Now())
			unstripped := reading
			unstripped.At = clock.Now()
			c.move(clock)
			if got := reading.Known(clock.Now()); got != c.known {
				t.Errorf("Known() = %t, want %t", got, c.known)
			}
			if got := unstripped.Known(clock.Now()); got != c.known {
				t.Errorf("with a monotonic reading in At, Known() = %t, want %t", got, c.known)
			}
		})
	}
}

func TestVerdictWhenTheClockIsWrong(t *testing.T) {
	const distrust = "the clock cannot be trusted: it says "
	for _, c := range []struct {
		name   string
		cloud  time.Duration // how far the cloud's clock is ahead of ours
		move   func(*clocktest.Clock)
		state  backup.HealthState
		reason string
	}{
		{
			"late", 0, func(*clocktest.Clock) {},
			backup.HealthLate, "newest recovery point is 33h old, objective 26h (default, no policy known)",
		},
		{
			"a day back", 0, func(c *clocktest.Clock) { c.Step(-24 * time.Hour) },
			backup.HealthUnknown, distrust + "2026-11-21 12:00Z, the reading was taken at 2026-11-22 12:00Z",
		},
		{
			"back by what has passed since the reading", 0, func(c *clocktest.Clock) { c.Advance(50 * time.Minute); c.Step(-50 * time.Minute) },
			backup.HealthUnknown, distrust + "2026-11-22 12:00Z, the reading of 2026-11-22 12:00Z is 50m old",
		},
		{
			"a quarter of an hour behind the cloud's", 15 * time.Minute, func(c *clocktest.Clock) { c.Advance(time.Minute) },
			backup.HealthUnknown, distrust + "2026-11-22 12:01Z, the reading was taken at 2026-11-22 12:15Z by the cloud's clock",
		},
		{
			"a little behind the cloud's, and back", 3 * time.Minute, func(c *clocktest.Clock) { c.Advance(50 * time.Minute); c.Step(-4 * time.Minute) },
			backup.HealthUnknown, distrust + "2026-11-22 12:46Z, the reading of 2026-11-22 12:03Z by the cloud's clock is 50m old",
		},
		{
			"a day back, long after the reading", 0, func(c *clocktest.Clock) { c.Advance(3 * time.Hour); c.Step(-24 * time.Hour) },
			backup.HealthUnknown, distrust + "2026-11-21 15:00Z, the reading was taken at 2026-11-22 12:00Z",
		},
		{
			"a day forward", 0, func(c *clocktest.Clock) { c.Step(24 * time.Hour) },
			backup.HealthUnknown, "not read since 2026-11-22 12:00Z",
		},
		{
			"a few minutes forward", 0, func(c *clocktest.Clock) { c.Step(4 * time.Minute) },
			backup.HealthLate, "newest recovery point is 33h 4m old, objective 26h (default, no policy known)",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := clocktest.New(noon)
			in := backup.TargetState{Backups: taken(backup.List{Backups: []backup.Backup{full(at(21, 3, 0))}}, clock.Now())}
			in.Backups.CloudAt = in.Backups.At.Add(c.cloud)
			c.move(clock)
			h := backup.Assess(in, objectives(), clock.Now())
			if h.State != c.state || h.Reason != c.reason {
				t.Errorf("%s: %s\nwant %s: %s", h.State, h.Reason, c.state, c.reason)
			}
			if outlook := in.Outlook(h, objectives(), clock.Now()); h.State == backup.HealthUnknown && outlook != (backup.Outlook{}) {
				t.Errorf("outlook %+v of what is not known", outlook)
			}
		})
	}
}

// The age of a backup is how much would be lost, by the clock that the cloud goes by.
func TestAgesOfBackupsAreByTheWallClock(t *testing.T) {
	clock := clocktest.New(noon)
	want := objectives()
	want.RPO = 30 * time.Minute
	in := backup.TargetState{Backups: taken(backup.List{Backups: []backup.Backup{full(at(22, 12, 2))}}, clock.Now())}
	in.Backups.At = clock.Now()
	in.Backups.Value.Backups[0].EndedAt = at(22, 12, 3)
	clock.Advance(20 * time.Minute)
	clock.Step(20 * time.Minute)
	h := backup.Assess(in, want, clock.Now())
	if want := "newest recovery point is 40m old, objective 30m (configured)"; h.State != backup.HealthLate || h.Reason != want {
		t.Errorf("%s: %s, want late: %s", h.State, h.Reason, want)
	}
}

// A cloud's clock that is a little ahead changes nothing of what is to come.
func TestOutlookUnderClockSkew(t *testing.T) {
	in := backup.TargetState{Backups: taken(backup.List{Backups: []backup.Backup{full(at(21, 3, 0))}}, noon)}
	in.Backups.CloudAt = noon.Add(4 * time.Minute)
	h := backup.Assess(in, objectives(), noon)
	if got, want := in.Outlook(h, objectives(), noon).TurnsAt, at(22, 5, 0).Add(time.Second); !got.Equal(want) {
		t.Errorf("%s since %s, want late since %s", h.State, got, want)
	}
}

// However the wall clock steps while time passes, no verdict gets better but by coming back from unknown to what it was.
func TestNoStepOfTheClockMakesBetter(t *testing.T) {
	steps := []time.Duration{-48 * time.Hour, -24 * time.Hour, -time.Hour, -20 * time.Minute, 0, 0, time.Hour, 24 * time.Hour}
	forSome(t, scenarios()/4, func(t *testing.T, g generator, s scenario, _ backup.Health) {
		clock := clocktest.New(s.now)
		onClock(&s.in.Backups, clock.Now())
		onClock(&s.in.Policy, clock.Now())
		onClock(&s.in.Jobs, clock.Now())
		onClock(&s.in.Recovery, clock.Now())
		truth := backup.Assess(s.in, s.want, clock.Now())
		for range 5 {
			passed := time.Duration(g.IntN(60)) * time.Minute
			clock.Advance(passed)
			clock.Step(pick(g, steps...))
			h := backup.Assess(s.in, s.want, clock.Now())
			if goodness(h.State) > goodness(truth.State) {
				t.Errorf("with the clock at %s, %s after %s: %s", clock.Now(), h.State, truth.State, h.Reason)
			}
		}
	})
}

// onClock gives a reading the clocks that it would have had from the poller.
func onClock[T any](r *backup.Reading[T], now time.Time) {
	if !r.At.IsZero() {
		r.GoodUntil = now.Add(r.GoodUntil.Sub(now))
	}
}

// A window that the clock contradicts might be what keeps a target from being late.
func TestVerdictWhenTheClockContradictsTheWindow(t *testing.T) {
	want := objectives()
	want.RPO = time.Hour
	for _, c := range []struct {
		name   string
		step   time.Duration
		began  time.Time // of the newest backup
		window backup.Window
		state  backup.HealthState
		reason string
	}{
		{
			"the window is what counts", -20 * time.Minute, at(22, 9, 0),
			backup.Window{Start: at(21, 3, 0), End: at(22, 11, 50)},
			backup.HealthUnknown, "the clock cannot be trusted: it says 2026-11-22 11:40Z, the reading was taken at 2026-11-22 12:00Z",
		},
		{
			"no step", 0, at(22, 9, 0),
			backup.Window{Start: at(21, 3, 0), End: at(22, 11, 50)},
			backup.HealthOK, "newest recovery point is 10m old, objective 1h (configured)",
		},
		{
			"the backup suffices", -20 * time.Minute, at(22, 11, 0),
			backup.Window{Start: at(21, 3, 0), End: at(22, 11, 50)},
			backup.HealthOK, "newest recovery point is 40m old, objective 1h (configured)",
		},
		{
			"there is no window", -20 * time.Minute, at(22, 9, 0),
			backup.Window{},
			backup.HealthLate, "newest recovery point is 2h 40m old, objective 1h (configured)",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			clock := clocktest.New(noon)
			in := backup.TargetState{Recovery: taken(c.window, clock.Now())}
			clock.Step(c.step)
			in.Backups = taken(backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: []backup.Backup{full(c.began)}}, clock.Now())
			h := backup.Assess(in, want, clock.Now())
			if h.State != c.state || h.Reason != c.reason {
				t.Errorf("%v, %q; want %v, %q", h.State, h.Reason, c.state, c.reason)
			}
			if h.Known == (c.state == backup.HealthUnknown) {
				t.Errorf("known %v", h.Known)
			}
		})
	}
}
