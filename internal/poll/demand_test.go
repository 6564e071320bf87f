package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
	"mongodb_backup_exporter/internal/turn"
)

// rate is a Budget: calls a second for each operation.
type rate struct {
	perSecond float64
	together  bool
}

func (r *rate) Rate(string) (float64, bool) { return r.perSecond, r.perSecond > 0 }
func (r *rate) Configured() float64         { return r.perSecond }
func (r *rate) Together() bool              { return r.together }

// costs is what questions cost in these tests: a page of ten instances, a list for all, and a call for the rest.
func costs(scope backup.Scope, in backup.Instance, fleet turn.Fleet) []turn.Cost {
	switch scope {
	case backup.ScopeDiscovery:
		return []turn.Cost{{Operation: "Instances", Calls: turn.Pages(fleet.Instances, 10), Whole: true}}
	case backup.ScopeJobs:
		return []turn.Cost{{Operation: "Jobs", Calls: turn.Pages(fleet.Backups, 10), Whole: true}}
	case backup.ScopeBackups:
		return []turn.Cost{{Operation: "Backups", Calls: 1 / float64(max(1, len(in.Nodes)))}}
	case backup.ScopePolicy:
		return []turn.Cost{{Operation: "Policy", Calls: 1}}
	default:
		return nil
	}
}

// demandOf returns the calls a minute that are asked for, by operation.
func demandOf(p *poll.Poller, region int) map[string]float64 {
	perMinute := map[string]float64{}
	for _, d := range p.Snapshot().Regions[region].Demand {
		perMinute[d.Operation] = d.Asked * 60
	}
	return perMinute
}

func limitedRegion(source poll.Source, name string, budget poll.Budget) poll.Region {
	r := region(source)
	r.Region, r.Budget, r.Costs = name, budget, costs
	return r
}

func again(t *testing.T, p *poll.Poller) {
	t.Helper()
	p.Refresh(t.Context())
	time.Sleep(time.Minute)
	p.Refresh(t.Context())
	synctest.Wait()
}

func TestDemand(t *testing.T) {
	about := cmpopts.EquateApprox(0, 1e-9)
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "set:x:y:z:z2")}
		source.backups = func(context.Context, string, string) (backup.List, error) {
			return backup.List{Backups: []backup.Backup{{ID: "1"}, {ID: "2"}}}, nil
		}
		p := newPoller(t, options(log.NewNopLogger()), limitedRegion(source, "each", &rate{10, false}), limitedRegion(source, "none", &rate{}))
		again(t, p)
		// Eleven instances every ten minutes, 28 backups a minute, eleven lists a minute and policies an hour.
		want := map[string]float64{"Instances": 2.0 / 10, "Jobs": 3, "Backups": 11, "Policy": 11.0 / 60}
		if diff := cmp.Diff(want, demandOf(p, 0), about); diff != "" {
			t.Errorf("calls a minute (-want +got):\n%s", diff)
		}
		if got := demandOf(p, 1); len(got) > 0 {
			t.Errorf("without a limit: %v, want nothing", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		both := &rate{10, true}
		p := newPoller(t, options(log.NewNopLogger()),
			limitedRegion(&cloud{instances: lists("a", "b")}, "one", both), limitedRegion(&cloud{instances: lists("c")}, "other", both))
		again(t, p)
		want := map[string]float64{"all": 2*1.0/10 + 2*1 + 3 + 3.0/60}
		for i := range 2 {
			if diff := cmp.Diff(want, demandOf(p, i), about); diff != "" {
				t.Errorf("calls a minute of both (-want +got):\n%s", diff)
			}
		}
	})
}

// Windows that the policy says are not there are no demand, nor are those that wait for it.
func TestDemandForWindows(t *testing.T) {
	for _, test := range []struct {
		name        string
		policyFirst bool
		logs        *bool
		want        float64 // windows a minute
	}{
		{"the policy makes incremental backups", true, new(true), 0.2},
		{"it does not say", true, nil, 0.2},
		{"it makes none", true, new(false), 0},
		{"it makes none, but need not be read first", false, new(false), 0.2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists("a", "b")}
				source.policy = func(context.Context, string) (backup.Policy, error) { return backup.Policy{LogBackup: test.logs}, nil }
				r := limitedRegion(source, "r", &rate{10, false})
				r.PolicyFirst = test.policyFirst
				r.Costs = func(scope backup.Scope, _ backup.Instance, _ turn.Fleet) []turn.Cost {
					if scope == backup.ScopeRecovery {
						return []turn.Cost{{Operation: "Windows", Calls: 1}}
					}
					return nil
				}
				p := newPoller(t, options(log.NewNopLogger()), r)
				again(t, p)
				if got := demandOf(p, 0)["Windows"]; got != test.want {
					t.Errorf("%v windows a minute, want %v", got, test.want)
				}
			})
		})
	}
}

// Beforehand nobody knows which instances have a window: each counts as if it had one.
func TestForecastHasAllWindows(t *testing.T) {
	r := limitedRegion(&cloud{instances: lists("a", "b")}, "r", &rate{10, false})
	r.PolicyFirst = true
	r.Costs = func(scope backup.Scope, _ backup.Instance, _ turn.Fleet) []turn.Cost {
		if scope == backup.ScopeRecovery {
			return []turn.Cost{{Operation: "Windows", Calls: 1}}
		}
		return nil
	}
	listed := []backup.Instance{{Target: backup.Target{InstanceID: "a"}}, {Target: backup.Target{InstanceID: "b"}}}
	forecasts := poll.Predict(options(log.NewNopLogger()), []poll.Region{r}, func(poll.Region) []backup.Instance { return listed })
	if len(forecasts) != 1 || len(forecasts[0].Busy) != 1 || forecasts[0].Busy[0].First != 2 {
		t.Errorf("%+v, want two windows", forecasts)
	}
}

// While the first reading of the policies takes long, and no verdict is known before, lists that serve all take few calls.
func TestPoliciesAreReadFirst(t *testing.T) {
	for _, test := range []struct {
		name      string
		instances int
		rpo       time.Duration
		known     bool // the policies
		lists     int  // in 20 minutes
	}{
		{"policies of ten minutes", 600, 0, false, 2},
		{"of two minutes", 120, 0, false, 20},
		{"the objectives are configured", 600, 26 * time.Hour, false, 20},
		{"the policies are known", 600, 0, true, 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			if slowedDown && test.instances > 200 {
				t.Skip("takes four seconds with the race detector; what runs beside what is the same in a small fleet")
			}
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists(many(test.instances)...)}
				source.policy = func(ctx context.Context, _ string) (backup.Policy, error) {
					if test.known {
						return backup.Policy{}, nil
					}
					<-ctx.Done()
					return backup.Policy{}, ctx.Err()
				}
				r := limitedRegion(source, "r", &rate{1, true})
				r.Concurrency, r.Objectives = 2000, backup.Objectives{RPO: test.rpo, RPODefault: 26 * time.Hour}
				r.Costs = func(scope backup.Scope, _ backup.Instance, _ turn.Fleet) []turn.Cost {
					switch scope {
					case backup.ScopePolicy:
						return []turn.Cost{{Operation: "Policy", Calls: 0.01}}
					case backup.ScopeBackups:
						return []turn.Cost{{Operation: "Backups", Calls: 1, Whole: true}}
					default:
						return nil
					}
				}
				opts := options(log.NewNopLogger())
				opts.RoundTimeout, opts.FullReadInterval = 2*time.Hour, 6*time.Hour
				p := newPoller(t, opts, r)
				for range 20 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					p.Refresh(ctx)
					cancel()
					time.Sleep(time.Minute - time.Second)
				}
				asked := source.count()
				if n := asked["backups set-000"]; n < test.lists-1 || n > test.lists+1 {
					t.Errorf("%d lists in 20 minutes, want %d", n, test.lists)
				}
				if once := asked["instances"] == 1; once != (test.lists == 2) {
					t.Errorf("the instances were listed %d times", asked["instances"])
				}
				p.Close()
			})
		})
	}
}

// What costs more than its rate allows is asked less often, and its readings are shown for as much longer. Nothing else is.
func TestIntervalsAreStretched(t *testing.T) {
	for _, test := range []struct {
		name      string
		perSecond float64
		want      int // lists of backups of an instance in an hour
	}{
		{"demand 0.5", 20.0 / 60, 60},
		{"demand 1", 10.0 / 60, 60},
		{"demand 4", 2.5 / 60, 15},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists(many(10)...)}
				p := newPoller(t, options(log.NewNopLogger()), limitedRegion(source, "r", &rate{test.perSecond, false}))
				again(t, p)
				source.count()
				for range 240 {
					p.Refresh(t.Context())
					time.Sleep(15 * time.Second)
				}
				asked := source.count()
				if n := asked["backups set-000"]; n < test.want-1 || n > test.want+1 {
					t.Errorf("%d lists of backups in an hour, want %d", n, test.want)
				}
				if n := asked["jobs set-000"]; n < 59 || n > 61 {
					t.Errorf("%d lists of jobs in an hour, want 60: there is no demand above their rate", n)
				}
				list := find(t, p, "set-000").Nodes[0].Backups
				if shown := list.GoodUntil.Sub(list.At); shown != time.Hour+time.Hour/time.Duration(test.want) {
					t.Errorf("a list is shown for %v, want an hour and the interval in force", shown)
				}
			})
		})
	}
}

// While the cloud throttles, the rate is lower and the demand above it: what was read before counts for longer at once.
func TestStretchedReadingsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		budget := &rate{10, false}
		p := newPoller(t, options(log.NewNopLogger()), limitedRegion(&cloud{instances: lists(many(10)...)}, "r", budget))
		again(t, p)
		budget.perSecond = 10.0 / 60 / 90
		time.Sleep(time.Minute)
		p.Refresh(t.Context())
		list := find(t, p, "set-000").Nodes[0].Backups
		if shown := list.GoodUntil.Sub(list.At); shown != 90*time.Minute+time.Hour {
			t.Errorf("a list is shown for %v, want the interval of 90 minutes and an hour", shown)
		}
	})
}

// However much intervals are stretched, an instance of which no news are expected stays idle until it is asked again.
func TestStretchedInstancesStayIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 40
		source := healthy()
		source.instances = lists(many(n)...)
		opts := options(log.NewNopLogger())
		opts.IdleInterval = 30 * time.Minute
		opts.DiscoveryInterval = 24 * time.Hour
		conf := limitedRegion(source, "r", &rate{n * 3.5 / (30 * 60.0) / 6, true})
		conf.Costs = func(scope backup.Scope, _ backup.Instance, _ turn.Fleet) []turn.Cost {
			return []turn.Cost{{Operation: "Ask", Calls: 1, Whole: scope == backup.ScopeDiscovery}}
		}
		conf.Objectives = backup.Objectives{RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
		p := newPoller(t, opts, conf)
		time.Sleep(4 * time.Hour)
		hours := 20
		if slowedDown {
			hours = 4
		}
		for range hours * 60 {
			p.Refresh(t.Context())
			time.Sleep(time.Minute)
			for _, d := range p.Snapshot().Regions[0].Demand {
				if d.Ratio() > 6.1 {
					t.Fatalf("%s: demand %.1f times the rate, want 6", time.Now().Format("15:04"), d.Ratio())
				}
			}
		}
	})
}
