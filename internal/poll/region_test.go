package poll_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

func TestHangingCloudIsDownSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "b", "c", "d", "e", "f")}
		hangs := false
		ask := func(ctx context.Context) error {
			if !hangs {
				return nil
			}
			select {
			case <-time.After(45 * time.Second): // four attempts of ten seconds, and their pauses
			case <-ctx.Done():
			}
			return &backup.Error{Op: "Op", Class: backup.ClassTimeout}
		}
		source.backups = func(ctx context.Context, _, _ string) (backup.List, error) { return backup.List{}, ask(ctx) }
		source.jobs = func(ctx context.Context, _ string) ([]backup.Job, error) { return nil, ask(ctx) }
		conf := region(source)
		conf.Concurrency = 2
		p := newPoller(t, options(log.NewNopLogger()), conf)
		p.Refresh(t.Context())
		hangs = true
		start := time.Now()
		for p.Snapshot().Regions[0].Up && time.Since(start) < time.Hour {
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			p.Refresh(ctx)
			cancel()
			time.Sleep(5 * time.Second)
		}
		if took := time.Since(start); took > 3*time.Minute {
			t.Errorf("a cloud that answers nothing is up for %v", took)
		}
	})
}

func TestRegionUp(t *testing.T) {
	fails := func(class backup.Class) error { return &backup.Error{Op: "Op", Class: class} }
	tests := []struct {
		name              string
		listing, afterIts error
		want              bool
	}{
		{"all works", nil, nil, true},
		{"credentials refused", fails(backup.ClassAuth), fails(backup.ClassAuth), false},
		{"credentials refused later", nil, fails(backup.ClassAuth), false},
		{"nothing answers", fails(backup.ClassTimeout), fails(backup.ClassNetwork), false},
		{"one call is answered", nil, fails(backup.ClassTimeout), true},
		{"a permission is refused", fails(backup.ClassPermission), fails(backup.ClassPermission), true},
		{"an instance is unknown", nil, fails(backup.ClassNotFound), true},
		{"throttled", fails(backup.ClassThrottled), fails(backup.ClassThrottled), true},
		{"answers are no answers", fails(backup.ClassProtocol), fails(backup.ClassProtocol), false},
		{"not offering what must be there is an answer", fails(backup.ClassTimeout), fails(backup.ClassUnsupported), true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{
					instances: func(ctx context.Context) ([]backup.Instance, error) {
						if test.listing != nil {
							return nil, test.listing
						}
						return lists("a")(ctx)
					},
					backups:  func(context.Context, string, string) (backup.List, error) { return backup.List{}, test.afterIts },
					jobs:     func(context.Context, string) ([]backup.Job, error) { return nil, test.afterIts },
					policy:   func(context.Context, string) (backup.Policy, error) { return backup.Policy{}, test.afterIts },
					recovery: func(context.Context, string) (backup.Window, error) { return backup.Window{}, test.afterIts },
				}
				conf := region(source)
				conf.Instances = []poll.Instance{{ID: "a"}}
				p := newPoller(t, options(log.NewNopLogger()), conf)
				if p.Snapshot().Regions[0].Up || p.Ready() {
					t.Error("up or ready before anything was asked")
				}
				p.Refresh(t.Context())
				state := p.Snapshot().Regions[0]
				if state.Up != test.want || (state.Err == nil) != test.want || !state.Asked || !p.Ready() {
					t.Errorf("region is %+v, ready %v; want up %v and ready", state, p.Ready(), test.want)
				}
			})
		})
	}
}

func TestRegionComesBackUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failure error
		source := &cloud{instances: lists("a")}
		source.backups = func(context.Context, string, string) (backup.List, error) { return backup.List{}, failure }
		source.jobs = func(context.Context, string) ([]backup.Job, error) { return nil, failure }
		logged := &logs{}
		p := newPoller(t, options(logged), region(source))
		var up []bool
		for _, failure = range []error{nil, &backup.Error{Op: "Op", Class: backup.ClassNetwork}, nil} {
			p.Refresh(t.Context())
			up = append(up, p.Snapshot().Regions[0].Up)
			time.Sleep(time.Minute)
		}
		if !slices.Equal(up, []bool{true, false, true}) {
			t.Errorf("up over three rounds: %v, want true false true", up)
		}
		if failed, worked := logged.matching("failed"), logged.matching("works again"); failed != 1 || worked != 2 {
			t.Errorf("%d failures and %d recoveries logged, want one line for the cause, and a recovery for each scope:\n%s", failed, worked, strings.Join(logged.lines, "\n"))
		}
	})
}

func TestRegionStaysUpWhileARoundGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a")}
		failing := false
		source.jobs = func(context.Context, string) ([]backup.Job, error) {
			if failing {
				return nil, &backup.Error{Op: "Op", Class: backup.ClassServer}
			}
			return nil, nil
		}
		source.backups = func(context.Context, string, string) (backup.List, error) {
			time.Sleep(time.Second)
			return backup.List{}, nil
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		failing = true
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		p.Refresh(ctx) // the failure is known, the answer still to come
		if !p.Snapshot().Regions[0].Up {
			t.Error("the first failure of a round took the region down")
		}
	})
}
