package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// One question fails after some time while another one of the round is still waiting for its answer.
func TestFailureTakesTheRegionDownInALongRoundOnly(t *testing.T) {
	tests := []struct {
		name  string
		after time.Duration
		up    bool
	}{
		{"a second before half a minute", 29 * time.Second, true},
		{"after half a minute", 30 * time.Second, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists("a")}
				p := newPoller(t, options(log.NewNopLogger()), region(source))
				p.Refresh(t.Context())
				time.Sleep(time.Minute)
				source.backups = func(context.Context, string, string) (backup.List, error) {
					time.Sleep(test.after)
					return backup.List{}, &backup.Error{Op: "Op", Class: backup.ClassServer}
				}
				source.jobs = func(ctx context.Context, _ string) ([]backup.Job, error) {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				p.Refresh(ctx)
				if state := p.Snapshot().Regions[0]; state.Up != test.up {
					t.Errorf("up %v (%v), want %v", state.Up, state.Err, test.up)
				}
			})
		})
	}
}

func TestUnsupportedBringsNoRegionUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := &backup.Error{Op: "Op", Class: backup.ClassAuth}
		source := &cloud{
			instances: func(context.Context) ([]backup.Instance, error) { return nil, refused },
			backups:   func(context.Context, string, string) (backup.List, error) { return backup.List{}, refused },
			policy:    func(context.Context, string) (backup.Policy, error) { return backup.Policy{}, refused },
			recovery:  func(context.Context, string) (backup.Window, error) { return backup.Window{}, refused },
			jobs: func(context.Context, string) ([]backup.Job, error) {
				time.Sleep(time.Second) // the refusals come first
				return nil, &backup.Error{Op: "Op", Class: backup.ClassUnsupported}
			},
		}
		conf := region(source)
		conf.Instances = []poll.Instance{{ID: "a"}}
		p := newPoller(t, options(log.NewNopLogger()), conf)
		p.Refresh(t.Context())
		if state := p.Snapshot().Regions[0]; state.Up || backup.ClassOf(state.Err) != backup.ClassAuth {
			t.Errorf("up %v (%v), want down because of refused credentials", state.Up, state.Err)
		}
	})
}

// A round lasts from its first question to its last answer. The second one has a single question.
func TestRoundDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a")}
		var takes time.Duration
		source.backups = func(context.Context, string, string) (backup.List, error) {
			time.Sleep(takes)
			return backup.List{}, nil
		}
		opts := options(log.NewNopLogger())
		opts.JobsInterval = time.Hour
		p := newPoller(t, opts, region(source))
		for _, takes = range []time.Duration{3 * time.Second, 7 * time.Second} {
			p.Refresh(t.Context())
			if got := p.Snapshot().Regions[0].Round; got != takes {
				t.Errorf("the round took %v, want %v", got, takes)
			}
			time.Sleep(time.Minute)
		}
	})
}

// Slow questions overlap for twenty minutes, so that there always is one in flight. A round nevertheless ends after the
// round timeout of five minutes, with the first question that begins later: at 6 and at 12 minutes.
func TestOverlappingQuestionsEndTheRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(takes time.Duration) error {
			time.Sleep(takes)
			return &backup.Error{Op: "Op", Class: backup.ClassTimeout}
		}
		start := time.Now()
		source := &cloud{
			instances: lists("a"),
			backups: func(context.Context, string, string) (backup.List, error) {
				return backup.List{}, slow(4*time.Minute + 10*time.Second)
			},
			jobs: func(context.Context, string) ([]backup.Job, error) { return nil, slow(3*time.Minute + 30*time.Second) },
			policy: func(context.Context, string) (backup.Policy, error) {
				if time.Since(start) < 330*time.Second {
					return backup.Policy{}, &backup.Error{Op: "Op", Class: backup.ClassPermission}
				}
				return backup.Policy{}, nil
			},
		}
		opts, logged := options(log.NewNopLogger()), &logs{}
		opts.Logger, opts.PolicyInterval = logged, time.Minute
		p := newPoller(t, opts, region(source))
		for minute := range 14 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			p.Refresh(ctx)
			cancel()
			if got, want := logged.matching("works again"), min(minute/12, 1); got != want {
				t.Errorf("%d recoveries logged after %d minutes, want %d", got, minute, want)
			}
			time.Sleep(time.Until(start.Add(time.Duration(minute+1) * time.Minute)))
		}
	})
}
