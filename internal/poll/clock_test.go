package poll_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/clocktest"
	"mongodb_backup_exporter/internal/poll"
)

// steppable returns a poller of one instance on a clock that can step.
func steppable(t *testing.T, source *cloud) (*poll.Poller, *clocktest.Clock) {
	t.Helper()
	clock := clocktest.New(time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC))
	opts := options(log.NewNopLogger())
	opts.Now = clock.Now
	source.instances = lists("a")
	return newPoller(t, opts, region(source)), clock
}

func TestReadingsWhenTheClockSteps(t *testing.T) {
	for _, test := range []struct {
		name  string
		move  func(*clocktest.Clock)
		known bool
	}{
		{"no step", func(c *clocktest.Clock) { c.Advance(time.Hour) }, true},
		{"too old", func(c *clocktest.Clock) { c.Advance(time.Hour + time.Minute) }, false},
		{"too old by the monotonic clock", func(c *clocktest.Clock) { c.Advance(time.Hour + time.Minute); c.Step(-4 * time.Minute) }, false},
		{"a day back", func(c *clocktest.Clock) { c.Step(-24 * time.Hour) }, false},
		{"a day forward", func(c *clocktest.Clock) { c.Step(24 * time.Hour) }, false},
		{"there and back", func(c *clocktest.Clock) { c.Step(24 * time.Hour); c.Step(-24 * time.Hour) }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, clock := steppable(t, &cloud{})
			p.Refresh(t.Context())
			test.move(clock)
			in, now := find(t, p, "a"), clock.Now()
			for scope, known := range map[string]bool{
				"backups": in.Nodes[0].Backups.Known(now), "jobs": in.Jobs.Known(now),
			} {
				if known != test.known {
					t.Errorf("%s: known %v, want %v", scope, known, test.known)
				}
			}
		})
	}
}

// What a reading is compared with tells which clocks its times need.
func TestClocksOfAReading(t *testing.T) {
	p, _ := steppable(t, &cloud{skew: new(time.Minute)})
	p.Refresh(t.Context())
	r := find(t, p, "a").Nodes[0].Backups
	for name, moment := range map[string]time.Time{"At": r.At, "TriedAt": r.TriedAt, "CloudAt": r.CloudAt} {
		if moment != moment.Round(0) {
			t.Errorf("%s has a monotonic reading", name)
		}
	}
	if monotonic := r.GoodUntil != r.GoodUntil.Round(0); !monotonic {
		t.Error("GoodUntil has no monotonic reading")
	}
}

func TestReadingsHaveTheTimeOfTheCloud(t *testing.T) {
	for _, test := range []struct {
		name  string
		skew  *time.Duration
		known bool
	}{
		{"not told", nil, true},
		{"ahead", new(4 * time.Minute), true},
		{"far ahead", new(6 * time.Minute), false},
		{"far behind", new(-6 * time.Minute), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, clock := steppable(t, &cloud{skew: test.skew})
			p.Refresh(t.Context())
			shown, unmonitored := p.Snapshot().Regions[0].Skew, p.Snapshot().Regions[0].Unmonitored
			if (shown == nil) != (test.skew == nil) || shown != nil && *shown != *test.skew {
				t.Errorf("the region's skew is %v, want %v", shown, test.skew)
			}
			r := find(t, p, "a").Nodes[0].Backups
			want := time.Time{}
			if test.skew != nil {
				want = r.At.Add(*test.skew)
			}
			if !r.CloudAt.Equal(want) || !unmonitored.CloudAt.Equal(want) {
				t.Errorf("backups were read at %s, the listing at %s, want %s", r.CloudAt, unmonitored.CloudAt, want)
			}
			if now := clock.Now(); r.Known(now) != test.known || unmonitored.Known(now) != test.known {
				t.Errorf("known %v and %v, want %v", r.Known(now), unmonitored.Known(now), test.known)
			}
		})
	}
}

// An answer that comes after the wall clock went back is not older than its question.
func TestStepWhileAQuestionIsUnderWay(t *testing.T) {
	source := &cloud{}
	p, clock := steppable(t, source)
	asked := clock.Now().Round(0)
	source.backups = func(context.Context, string, string) (backup.List, error) {
		clock.Advance(time.Second)
		clock.Step(-24 * time.Hour)
		return one("x"), nil
	}
	p.Refresh(t.Context())
	r := find(t, p, "a").Nodes[0].Backups
	if want := asked.Add(time.Second); !r.At.Equal(want) || r.Known(clock.Now()) {
		t.Errorf("read at %s, known %v; want %s and not known", r.At, r.Known(clock.Now()), want)
	}
}

// Questions are due by the monotonic clock. After a jump of the wall clock, what is known may be of no use, and is asked
// for again soon.
func TestWhenAQuestionIsDueAfterAStep(t *testing.T) {
	for _, test := range []struct {
		name            string
		move            func(*clocktest.Clock)
		backups, policy bool
	}{
		{"no step", func(c *clocktest.Clock) { c.Advance(time.Minute) }, true, false},
		{"a day back", func(c *clocktest.Clock) { c.Step(-24 * time.Hour); c.Advance(time.Minute) }, true, true},
		{"a day forward, at once", func(c *clocktest.Clock) { c.Step(24 * time.Hour) }, false, false},
		{"a day forward", func(c *clocktest.Clock) { c.Step(24 * time.Hour); c.Advance(time.Minute) }, true, true},
		{"a small step", func(c *clocktest.Clock) { c.Step(5 * time.Minute); c.Advance(time.Minute) }, true, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := &cloud{}
			p, clock := steppable(t, source)
			p.Refresh(t.Context())
			source.count()
			test.move(clock)
			p.Refresh(t.Context())
			calls := source.count()
			if backups, policy := calls["backups a"] == 1, calls["policy a"] == 1; backups != test.backups || policy != test.policy {
				t.Errorf("asked %v; want backups %v, policy %v", calls, test.backups, test.policy)
			}
		})
	}
}

func TestNotOfferedIsKnownAgainAfterAStep(t *testing.T) {
	source := &cloud{jobs: func(context.Context, string) ([]backup.Job, error) { return nil, unsupported }}
	p, clock := steppable(t, source)
	p.Refresh(t.Context())
	clock.Step(24 * time.Hour)
	for _, want := range []bool{false, true} {
		if jobs := find(t, p, "a").Jobs; jobs.OK(clock.Now()) != want {
			t.Errorf("at %s: ok %v, want %v", clock.Now(), !want, want)
		}
		clock.Advance(time.Minute)
		p.Refresh(t.Context())
	}
}
