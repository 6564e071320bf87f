package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/turn"
)

// Where the first reading of the policies takes half an hour or more, jobs, which no verdict needs, are asked for when the policies
// are known, and after an hour at the latest. Elsewhere they are asked for at once.
func TestJobsComeAfterLongPolicies(t *testing.T) {
	for _, test := range []struct {
		name     string
		policies time.Duration // what the limit lets them take
		answered time.Duration // when the policies are known
		rpo      time.Duration
		want     time.Duration // when the jobs are asked for
	}{
		{name: "policies of 20 minutes", policies: 20 * time.Minute, answered: 20 * time.Minute, want: 0},
		{name: "of 40 minutes", policies: 40 * time.Minute, answered: 40 * time.Minute, want: 40 * time.Minute},
		{name: "of three hours", policies: 3 * time.Hour, answered: 3 * time.Hour, want: time.Hour},
		{name: "the objectives are configured", policies: 3 * time.Hour, answered: 3 * time.Hour, rpo: 26 * time.Hour, want: 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 20
				source := &cloud{instances: lists(many(n)...)}
				began := time.Now()
				source.policy = func(ctx context.Context, id string) (backup.Policy, error) {
					select {
					case <-time.After(test.answered - time.Since(began)):
					case <-ctx.Done():
					}
					return backup.Policy{}, ctx.Err()
				}
				r := limitedRegion(source, "r", &rate{n / test.policies.Seconds(), true})
				r.Concurrency, r.Objectives = 100, backup.Objectives{RPO: test.rpo, RPODefault: 26 * time.Hour}
				r.Costs = func(scope backup.Scope, _ backup.Instance, _ turn.Fleet) []turn.Cost {
					return []turn.Cost{{Operation: "Ask", Calls: 0.001, Whole: scope == backup.ScopeJobs}}
				}
				opts := options(log.NewNopLogger())
				opts.RoundTimeout, opts.FullReadInterval, opts.IdleInterval = 4*time.Hour, 6*time.Hour, 30*time.Minute
				p := newPoller(t, opts, r)
				defer p.Close()
				asked := time.Duration(-1)
				for asked < 0 && time.Since(began) < 2*time.Hour {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					p.Refresh(ctx)
					cancel()
					if source.count()["jobs set-000"] > 0 {
						asked = time.Since(began)
					}
					time.Sleep(time.Minute - time.Since(began)%time.Minute)
				}
				if late := asked - test.want; late < 0 || late > 2*time.Minute {
					t.Errorf("jobs were asked for after %v, want %v", asked, test.want)
				}
			})
		})
	}
}
