package backup_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// scenario is a random state of a target. Its times fall on full hours in about a week before noon, so that they often
// coincide.
type scenario struct {
	in   backup.TargetState
	want backup.Objectives
	now  time.Time
}

// generator draws scenarios. The same seed draws the same one.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator {
	return generator{rand.New(rand.NewPCG(seed, 0))}
}

func (g generator) oneIn(n int) bool { return g.IntN(n) == 0 }

func (g generator) hours(from, to int) time.Duration {
	return time.Duration(from+g.IntN(to-from+1)) * time.Hour
}

func pick[T any](g generator, from ...T) T { return from[g.IntN(len(from))] }

func (g generator) scenario() scenario {
	s := scenario{now: noon.Add(time.Duration(g.IntN(3)) * time.Minute), want: objectives()}
	s.want.RPO = pick(g, 0, 0, g.hours(1, 100))
	s.want.RPOGrace = pick(g, 0, 2*time.Hour)
	s.in.CreatedAt = pick(g, time.Time{}, noon.Add(-g.hours(-2, 200)), noon.Add(-g.hours(2000, 3000)))
	list := backup.List{Asked: pick(g, nil, []backup.Kind{backup.KindFull}, []backup.Kind{backup.KindFull, backup.KindIncremental})}
	for range g.IntN(8) {
		list.Backups = append(list.Backups, g.backup())
	}
	s.in.Backups = reading(g, list, s.now)
	s.in.Policy = reading(g, g.policy(), s.now)
	end := noon.Add(-g.hours(-1, 100))
	s.in.Recovery = reading(g, pick(g, backup.Window{}, backup.Window{Start: end.Add(-g.hours(0, 100)), End: end}), s.now)
	s.in.Jobs = reading(g, []backup.Job{{
		State: backup.JobState(g.IntN(backup.NumJobStates + 1)), StartedAt: pick(g, time.Time{}, noon.Add(-g.hours(-1, 48))),
	}}, s.now)
	return s
}

func (g generator) backup() backup.Backup {
	b := full(noon.Add(-g.hours(-1, 190)))
	b.Kind = pick(g, backup.KindFull, backup.KindFull, backup.KindIncremental, backup.Kind(g.IntN(4)))
	b.State = pick(g, backup.StateSuccess, backup.StateSuccess, backup.StateFailed, backup.State(g.IntN(backup.NumStates+1)))
	b.EndedAt = b.StartedAt.Add(g.hours(-1, 6))
	b.ExpiresAt = pick(g, time.Time{}, backup.Never, b.StartedAt.Add(g.hours(1, 300)))
	b.SizeBytes = pick(g, nil, new(int64(0)), new(g.Int64N(gib)))
	b.Unusable = pick(g, "", "", "", "", "", "", "", backup.FlaggedUnusable)
	b.Part = pick(g, "", "", "", "", "", "", "", "DBTable")
	if g.oneIn(10) {
		b.StartedAt = time.Time{}
	}
	if g.oneIn(10) {
		b.EndedAt = time.Time{}
	}
	return b
}

func (g generator) policy() backup.Policy {
	p := backup.Policy{
		Automatic: pick(g, new(true), new(true), new(true), new(false), nil), NextAt: pick(g, time.Time{}, noon.Add(-g.hours(-24, 24))),
	}
	for range pick(g, 1, 1, 1, 0, 2, 3) {
		p.Schedules = append(p.Schedules, g.schedule())
	}
	if g.oneIn(3) {
		p.Schedules = append(p.Schedules, backup.Schedule{Interval: g.hours(1, 12), Retention: pick(g, 0, g.hours(12, 100))})
	}
	return p
}

func (g generator) schedule() backup.Schedule {
	s := backup.Schedule{Retention: pick(g, 0, g.hours(24, 200), backup.Forever), StartsAt: g.hours(0, 23), Window: g.hours(0, 2)}
	for d := range time.Weekday(7) {
		if g.oneIn(2) {
			s.Weekdays = append(s.Weekdays, d)
		}
	}
	return s
}

// reading was given some minutes before now, or never, and is good for some hours.
func reading[T any](g generator, v T, now time.Time) backup.Reading[T] {
	if g.oneIn(8) {
		return backup.Reading[T]{}
	}
	at := now.Add(-time.Duration(g.IntN(90)) * time.Minute)
	return backup.Reading[T]{Value: v, At: at, TriedAt: at, GoodUntil: at.Add(g.hours(1, 100))}
}

// goodness orders the verdicts from bad to good; unknown is 0.
func goodness(s backup.HealthState) int {
	return map[backup.HealthState]int{
		backup.HealthNever: 1, backup.HealthLate: 2, backup.HealthMissed: 3, backup.HealthFailed: 4, backup.HealthPending: 5, backup.HealthOK: 6,
	}[s]
}

// scenarios returns how many scenarios a property is tried with. With -short, as the race detector runs, it is a tenth: no code
// of this package runs beside other code.
func scenarios() int {
	if testing.Short() {
		return 2_000
	}
	return 20_000
}

// forAll calls check with many scenarios.
func forAll(t *testing.T, check func(t *testing.T, g generator, s scenario, h backup.Health)) {
	t.Helper()
	forSome(t, scenarios(), check)
}

// forSome calls check with the first n scenarios and requires that they have every verdict, so that a property
// does not hold only because no scenario tests it.
func forSome(t *testing.T, n int, check func(t *testing.T, g generator, s scenario, h backup.Health)) {
	t.Helper()
	var met [backup.NumHealthStates]int
	for seed := range uint64(n) {
		g := newGenerator(seed)
		s := g.scenario()
		h := backup.Assess(s.in, s.want, s.now)
		if h.State >= backup.NumHealthStates {
			t.Fatalf("seed %d: %d is not a verdict", seed, h.State)
		}
		met[h.State]++
		check(t, g, s, h)
		if t.Failed() {
			t.Fatalf("seed %d: %s: %s\n%+v", seed, h.State, h.Reason, s)
		}
	}
	for state, times := range met {
		if times < n/500 {
			t.Errorf("only %d of %d scenarios are %s", times, n, backup.HealthState(state))
		}
	}
}

func TestVerdictAgreesWithItsFacts(t *testing.T) {
	forAll(t, func(t *testing.T, _ generator, s scenario, h backup.Health) {
		rpo, source := backup.RPOInForce(s.in.Policy, s.want, 0)
		runs := strings.Contains(h.Reason, "a backup is running since")
		age := s.now.Sub(h.RecoveryPoint)
		for claim, broken := range map[string]bool{
			"a verdict has a reason":                  h.Reason == "",
			"the objective is the one in force":       h.RPO != rpo && (source != backup.RPOFromPolicy || h.RPO < rpo || h.RPO > rpo+s.want.MaxDuration),
			"unknown is what is not known":            (h.State == backup.HealthUnknown) == h.Known,
			"no facts of what is unknown":             !h.Known && (h.Last != nil || h.Usable != 0 || !h.RecoveryPoint.IsZero()),
			"nothing usable is never or pending":      h.Known && (h.Usable == 0) != (h.State == backup.HealthNever || h.State == backup.HealthPending),
			"usable backups have a recovery point":    h.Usable > 0 && h.RecoveryPoint.IsZero(),
			"the recovery point is not in the future": age < 0,
			"ok is within the objective":              h.State == backup.HealthOK && age > h.RPO && !runs,
			"ok is no failure":                        h.State == backup.HealthOK && h.ConsecutiveFailures > 0,
			"failed is a failure":                     h.State == backup.HealthFailed && (h.Last.State != backup.StateFailed || age > h.RPO && !runs),
			"missed is within the objective":          h.State == backup.HealthMissed && age > h.RPO && !runs,
			"the last failed or none failed since":    h.Last != nil && (h.Last.State == backup.StateFailed) != (h.ConsecutiveFailures > 0),
			"a configured objective binds alone":      s.want.RPO > 0 && h.State == backup.HealthLate && age <= h.RPO,
			"the oldest is not newer than the newest": h.OldestRecoveryPoint.After(h.RecoveryPoint),
		} {
			if broken {
				t.Error(claim)
			}
		}
	})
}

// Whatever a cloud or a configuration says, there is one verdict, with a reason, and no panic.
func TestAssessIsTotal(t *testing.T) {
	spans := []time.Duration{math.MinInt64, -1, 0, 1, time.Hour, backup.Forever}
	moments := []time.Time{{}, time.Unix(math.MinInt64, 0), time.Unix(-1, 0), noon, backup.Never, time.Unix(1<<60, 0)}
	for seed := range uint64(scenarios()) {
		g := newGenerator(seed)
		s := g.scenario()
		s.now = pick(g, moments...)
		s.want = backup.Objectives{RPO: pick(g, spans...), RPODefault: pick(g, spans...), RPOGrace: pick(g, spans...)}
		s.in.CreatedAt = pick(g, moments...)
		s.in.Backups.At, s.in.Backups.GoodUntil = pick(g, moments...), pick(g, moments...)
		p := &s.in.Policy.Value
		for i := range p.Schedules {
			sch := &p.Schedules[i]
			sch.Retention, sch.Interval, sch.Window, sch.StartsAt = pick(g, spans...), pick(g, spans...), pick(g, spans...), pick(g, spans...)
		}
		p.NextAt = pick(g, moments...)
		s.in.Recovery.Value = backup.Window{Start: pick(g, moments...), End: pick(g, moments...)}
		for i := range s.in.Backups.Value.Backups {
			b := &s.in.Backups.Value.Backups[i]
			b.StartedAt, b.EndedAt, b.ExpiresAt = pick(g, moments...), pick(g, moments...), pick(g, moments...)
			b.SizeBytes = pick(g, nil, new(int64(math.MinInt64)), new(int64(math.MaxInt64)))
		}

		h := backup.Assess(s.in, s.want, s.now)

		if h.State >= backup.NumHealthStates || h.Reason == "" {
			t.Fatalf("seed %d: verdict %d, reason %q", seed, h.State, h.Reason)
		}
		s.in.Outlook(h, s.want, s.now) // comes to an end
	}
}

func TestNewerSuccessNeverMakesWorse(t *testing.T) {
	forAll(t, func(t *testing.T, g generator, s scenario, h backup.Health) {
		asked := s.in.Backups.At
		start := asked.Add(-time.Duration(g.IntN(120)) * time.Minute)
		for _, b := range s.in.Backups.Value.Backups { // newer than every other backup, and not older than the instance
			for _, t := range []time.Time{b.StartedAt, b.EndedAt} {
				if t.After(start) && !t.After(asked.Add(5*time.Minute)) {
					start = t
				}
			}
		}
		if s.in.CreatedAt.After(start) && !s.in.CreatedAt.After(asked.Add(5*time.Minute)) {
			start = s.in.CreatedAt
		}
		for _, kind := range []backup.Kind{backup.KindFull, backup.KindIncremental, backup.KindUnknown} {
			newer := with(full(start), func(b *backup.Backup) { b.Kind, b.EndedAt = kind, start.Add(time.Second) })
			if newer.EndedAt.After(asked.Add(5 * time.Minute)) {
				return
			}
			in := s.in
			in.Backups.Value.Backups = append([]backup.Backup{newer}, s.in.Backups.Value.Backups...)

			better := backup.Assess(in, s.want, s.now)

			if goodness(better.State) < goodness(h.State) {
				t.Errorf("worse with a newer success (%s): %s: %s", kind, better.State, better.Reason)
			}
			if better.RecoveryPoint.Before(h.RecoveryPoint) {
				t.Errorf("recovery point went back to %s", better.RecoveryPoint)
			}
			if better.ConsecutiveFailures > h.ConsecutiveFailures || kind == backup.KindFull && h.Known && better.ConsecutiveFailures > 0 {
				t.Errorf("%d failures after a newer success (%s), %d before", better.ConsecutiveFailures, kind, h.ConsecutiveFailures)
			}
		}
	})
}

func TestTimeAloneNeverMakesBetter(t *testing.T) {
	// What each verdict may become when only time passes.
	may := map[backup.HealthState][]backup.HealthState{
		backup.HealthOK:      {backup.HealthOK, backup.HealthMissed, backup.HealthLate, backup.HealthNever, backup.HealthUnknown},
		backup.HealthFailed:  {backup.HealthFailed, backup.HealthMissed, backup.HealthLate, backup.HealthNever, backup.HealthUnknown},
		backup.HealthMissed:  {backup.HealthMissed, backup.HealthLate, backup.HealthNever, backup.HealthUnknown},
		backup.HealthPending: {backup.HealthPending, backup.HealthNever, backup.HealthUnknown},
		backup.HealthLate:    {backup.HealthLate, backup.HealthNever, backup.HealthUnknown},
		backup.HealthNever:   {backup.HealthNever, backup.HealthUnknown},
		backup.HealthUnknown: {backup.HealthUnknown},
	}
	forAll(t, func(t *testing.T, g generator, s scenario, h backup.Health) {
		for range 5 {
			s.now = s.now.Add(time.Duration(g.IntN(60*12)) * time.Minute)
			next := backup.Assess(s.in, s.want, s.now)
			if !slices.Contains(may[h.State], next.State) {
				t.Errorf("after a while, at %s, from %s to %s: %s", s.now, h.State, next.State, next.Reason)
			}
			h = next
		}
	})
}

func TestFailedPollNeverMakesBetter(t *testing.T) {
	failure := &backup.Error{Op: "DescribeBackups", Class: backup.ClassServer}
	damage := map[string]func(*backup.TargetState, time.Time){
		"backups failed":  func(in *backup.TargetState, _ time.Time) { in.Backups.Err = failure },
		"policy failed":   func(in *backup.TargetState, _ time.Time) { in.Policy.Err = failure },
		"jobs failed":     func(in *backup.TargetState, _ time.Time) { in.Jobs.Err = failure },
		"recovery failed": func(in *backup.TargetState, _ time.Time) { in.Recovery.Err = failure },
		"backups aged":    func(in *backup.TargetState, now time.Time) { in.Backups.GoodUntil = now },
		"policy aged":     func(in *backup.TargetState, now time.Time) { in.Policy.GoodUntil = now },
		"jobs aged":       func(in *backup.TargetState, now time.Time) { in.Jobs.GoodUntil = now },
		"recovery aged":   func(in *backup.TargetState, now time.Time) { in.Recovery.GoodUntil = now },
	}
	forAll(t, func(t *testing.T, _ generator, s scenario, h backup.Health) {
		for name, apply := range damage {
			in := s.in
			apply(&in, s.now)
			if got := backup.Assess(in, s.want, s.now); goodness(got.State) > goodness(h.State) {
				t.Errorf("%s: from %s to %s: %s", name, h.State, got.State, got.Reason)
			}
		}
	})
}
