package poll_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

func TestReplace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "b")}
		hung := make(chan struct{})
		source.backups = func(ctx context.Context, id, _ string) (backup.List, error) {
			if id == "b" {
				<-ctx.Done()
				close(hung)
				return backup.List{}, ctx.Err()
			}
			return one(id), nil
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p.Refresh(ctx)

		fresh := &cloud{instances: lists("a", "b")}
		kept := region(fresh)
		kept.Exclude = []poll.Exclusion{{ID: "b"}}
		added := region(fresh)
		added.Region = "r2"
		p.Replace(options(log.NewNopLogger()), []poll.Region{kept, added})
		replaced := time.Now()
		<-hung
		if took := time.Since(replaced); took > 0 {
			t.Errorf("work for the former regions went on for %v", took)
		}

		if diff := cmp.Diff([]string{"a"}, ids(p)); diff != "" {
			t.Errorf("instances after the reload (-want +got):\n%s", diff)
		}
		if got := find(t, p, "a").Nodes[0].Backups.Value.Backups; !cmp.Equal(got, one("a").Backups) {
			t.Errorf("the reload lost what was known of a: %v", got)
		}
		if up := []bool{p.Snapshot().Regions[0].Up, p.Snapshot().Regions[1].Up}; !slices.Equal(up, []bool{true, false}) {
			t.Errorf("up after the reload: %v, want true for the region that stayed only", up)
		}
		source.count()
		p.Refresh(t.Context())
		if got := source.total(); got != 0 {
			t.Errorf("the former source was called %d times after the reload", got)
		}
	})
}

// slowly answers after three seconds, unless ctx ends first.
func slowly(ctx context.Context) error {
	select {
	case <-time.After(3 * time.Second):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestReplaceAsksAgainWhatWasInFlight(t *testing.T) {
	tests := []struct {
		name   string
		source *cloud
	}{
		{"the first listing", &cloud{instances: func(ctx context.Context) ([]backup.Instance, error) {
			if err := slowly(ctx); err != nil {
				return nil, err
			}
			return lists("a")(ctx)
		}}},
		{"a policy", &cloud{instances: lists("a"), policy: func(ctx context.Context, _ string) (backup.Policy, error) {
			return backup.Policy{Automatic: new(true)}, slowly(ctx)
		}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPoller(t, options(log.NewNopLogger()), region(test.source))
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				p.Refresh(ctx)
				other := &cloud{instances: test.source.instances, policy: test.source.policy}
				p.Replace(options(log.NewNopLogger()), []poll.Region{region(other)})
				p.Refresh(t.Context())
				if in := find(t, p, "a"); in.Policy.At.IsZero() {
					t.Errorf("after the reload and a refresh the policy is not known: %+v", in)
				}
			})
		})
	}
}

func TestReplaceForgetsAnswersToTheFormerSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a"), policy: func(ctx context.Context, _ string) (backup.Policy, error) {
			return backup.Policy{}, slowly(ctx)
		}}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p.Refresh(ctx)
		p.Replace(options(log.NewNopLogger()), []poll.Region{region(&cloud{instances: lists("a")})})
		time.Sleep(time.Minute) // the question has ended
		if policy := find(t, p, "a").Policy; policy.Err != nil || !policy.TriedAt.IsZero() {
			t.Errorf("the answer to a question of the former set was kept: %+v", policy)
		}
	})
}

func TestReplaceAsksAgainWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wrong := &cloud{instances: func(context.Context) ([]backup.Instance, error) {
			return nil, &backup.Error{Op: "Op", Class: backup.ClassUnsupported}
		}}
		p := newPoller(t, options(log.NewNopLogger()), region(wrong))
		p.Refresh(t.Context())
		p.Replace(options(log.NewNopLogger()), []poll.Region{region(&cloud{instances: lists("a")})})
		p.Refresh(t.Context())
		if diff := cmp.Diff([]string{"a"}, ids(p)); diff != "" {
			t.Errorf("instances after the endpoint was corrected (-want +got):\n%s", diff)
		}
	})
}

func TestReplaceWithoutAListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: func(context.Context) ([]backup.Instance, error) {
			return nil, &backup.Error{Op: "Op", Class: backup.ClassPermission}
		}}
		conf := region(source)
		conf.Discover, conf.Instances = false, []poll.Instance{{ID: "a", Nodes: []string{"n1"}}, {ID: "gone"}}
		p := newPoller(t, options(log.NewNopLogger()), conf)
		p.Refresh(t.Context())
		conf.Instances = []poll.Instance{{ID: "a"}}
		p.Replace(options(log.NewNopLogger()), []poll.Region{conf})
		if diff := cmp.Diff([]string{"a"}, ids(p)); diff != "" {
			t.Errorf("watched after the reload (-want +got):\n%s", diff)
		}
		in := find(t, p, "a")
		if len(in.Nodes) != 1 || in.Nodes[0].NodeID != "" {
			t.Errorf("nodes after the reload: %+v, want the instance as a whole", in.Nodes)
		}
		if in.Jobs.At.IsZero() || in.Jobs.Err != nil {
			t.Errorf("jobs after the reload: %+v, want those from before", in.Jobs)
		}
		time.Sleep(time.Minute)
		p.Refresh(t.Context())
		if in := find(t, p, "a"); in.Jobs.Err != nil {
			t.Errorf("without a listing an instance counts as not listed: %v", in.Jobs.Err)
		}
	})
}

func TestReplaceKeepsWhatWasLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failure error = &backup.Error{Op: "Op", Class: backup.ClassServer}
		source := &cloud{instances: lists("a"), policy: func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{}, failure
		}}
		logged := &logs{}
		p := newPoller(t, options(logged), region(source))
		reload := func() {
			p.Replace(options(logged), []poll.Region{region(&cloud{instances: source.instances, policy: source.policy})})
			p.Refresh(t.Context())
			synctest.Wait() // lines are written after the answer is stored
		}
		p.Refresh(t.Context())
		reload()
		if got := logged.matching("failed"); got != 1 {
			t.Errorf("a failure that outlasts a reload was logged %d times, want once", got)
		}
		failure = nil
		reload()
		if got := logged.matching("works again"); got != 1 {
			t.Errorf("%d recoveries were logged after a reload, want 1", got)
		}
	})
}

func TestReplaceAsksNothingAgainThatIsGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "c:x:y")}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		source.count()
		p.Replace(options(log.NewNopLogger()), []poll.Region{region(source)})
		p.Refresh(t.Context())
		if calls := source.count(); len(calls) != 0 {
			t.Errorf("calls after the reload: %v, want none", calls)
		}
	})
}

// A question that waits for its turn when the region is replaced is still sent for the former region, and cancelled.
func TestReplaceAsksAgainWhatWaitedForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		former := &cloud{instances: lists("a")}
		former.backups = func(ctx context.Context, _, _ string) (backup.List, error) {
			<-ctx.Done()
			return backup.List{}, ctx.Err()
		}
		conf := region(former)
		conf.Concurrency = 1
		p := newPoller(t, options(log.NewNopLogger()), conf)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p.Refresh(ctx)
		source := &cloud{instances: lists("a")}
		p.Replace(options(log.NewNopLogger()), []poll.Region{region(source)})
		synctest.Wait() // the former region's questions have ended
		p.Refresh(t.Context())
		want := map[string]int{"backups a": 1, "jobs a": 1, "policy a": 1, "recovery a": 1}
		if diff := cmp.Diff(want, source.count()); diff != "" {
			t.Errorf("calls after the reload (-want +got):\n%s", diff)
		}
	})
}

// A reload every second must not keep a fleet from being read: what did not change goes on.
func TestReplaceGoesOnWithTheSameSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "b"), policy: func(ctx context.Context, _ string) (backup.Policy, error) {
			return backup.Policy{Automatic: new(true)}, slowly(ctx)
		}}
		source.jobs = func(context.Context, string) ([]backup.Job, error) {
			return nil, &backup.Error{Op: "Op", Class: backup.ClassAuth}
		}
		conf := region(source)
		p := newPoller(t, options(log.NewNopLogger()), conf)
		for i := range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			p.Refresh(ctx)
			cancel()
			conf.Concurrency = 1 + i
			conf.Instances = []poll.Instance{{ID: "a", Objectives: backup.Objectives{RPO: time.Duration(i) * time.Hour}}}
			p.Replace(options(log.NewNopLogger()), []poll.Region{conf})
		}
		in := find(t, p, "a")
		if in.Policy.Value.Automatic == nil || in.Objectives.RPO != 9*time.Hour {
			t.Errorf("policy %+v, objectives %+v; want the answer that took 3 s, and the newest objectives", in.Policy, in.Objectives)
		}
		calls := source.count()
		for _, call := range []string{"instances", "policy a", "policy b", "jobs a", "jobs b"} {
			if calls[call] != 1 {
				t.Errorf("%s was asked %d times in 10 s of reloads, want once", call, calls[call])
			}
		}
		conf.Discover = false
		p.Replace(options(log.NewNopLogger()), []poll.Region{conf})
		if diff := cmp.Diff([]string{"a"}, ids(p)); diff != "" {
			t.Errorf("without discovery (-want +got):\n%s", diff)
		}
	})
}
