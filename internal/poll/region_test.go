package poll_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

func TestDiscovery(t *testing.T) {
	tagged := func(id string, tags map[string]string) backup.Instance {
		in := backup.Instance{Tags: tags}
		in.InstanceID = id
		return in
	}
	source := &cloud{instances: func(context.Context) ([]backup.Instance, error) {
		return []backup.Instance{
			tagged("plain", nil),
			tagged("prod", map[string]string{"env": "prod"}),
			tagged("both", map[string]string{"env": "prod", "team": "db"}),
		}, nil
	}}
	tests := []struct {
		name        string
		conf        poll.Region
		want        []string
		unmonitored int
	}{
		{"everything", poll.Region{Discover: true}, []string{"both", "plain", "prod"}, 0},
		{"nothing but what is named", poll.Region{Instances: []poll.Instance{{ID: "plain"}}}, []string{"plain"}, 2},
		{"a tag", poll.Region{Discover: true, Tags: map[string]string{"env": "prod"}}, []string{"both", "prod"}, 1},
		{"all tags", poll.Region{Discover: true, Tags: map[string]string{"env": "prod", "team": "db"}}, []string{"both"}, 2},
		{"an exclusion", poll.Region{Discover: true, Exclude: []string{"prod"}}, []string{"both", "plain"}, 0},
		{"an exclusion without discovery", poll.Region{Instances: []poll.Instance{{ID: "both"}}, Exclude: []string{"prod"}}, []string{"both"}, 1},
		{"a named instance needs no tag", poll.Region{
			Instances: []poll.Instance{{ID: "plain"}}, Discover: true, Tags: map[string]string{"team": "db"},
		}, []string{"both", "plain"}, 1},
		{"a named instance that the cloud does not list", poll.Region{Instances: []poll.Instance{{ID: "ghost"}}}, []string{"ghost"}, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test.conf.Source, test.conf.Concurrency = source, 4
				p := newPoller(t, options(log.NewNopLogger()), test.conf)
				p.Refresh(t.Context())
				if diff := cmp.Diff(test.want, ids(p)); diff != "" {
					t.Errorf("watched instances (-want +got):\n%s", diff)
				}
				reading := p.Snapshot().Regions[0].Unmonitored
				if !reading.OK(time.Now()) || reading.Value != test.unmonitored {
					t.Errorf("unmonitored: %+v, want %d", reading, test.unmonitored)
				}
			})
		})
	}
}

func TestNamedInstanceThatTheCloudDoesNotList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("other")}
		logged := &logs{}
		conf := region(source)
		conf.Discover, conf.Instances = false, []poll.Instance{{ID: "ghost", Nodes: []string{"s1", "s2"}}}
		p := newPoller(t, options(logged), conf)
		for range 3 {
			p.Refresh(t.Context())
			time.Sleep(time.Minute)
		}
		if diff := cmp.Diff(map[string]int{"instances": 1}, source.count()); diff != "" {
			t.Errorf("an instance that does not exist was asked about (-want +got):\n%s", diff)
		}
		ghost := find(t, p, "ghost")
		for scope, err := range map[string]error{
			"first shard": ghost.Nodes[0].Backups.Err, "second shard": ghost.Nodes[1].Backups.Err,
			"jobs": ghost.Jobs.Err, "policy": ghost.Policy.Err, "recovery": ghost.Recovery.Err,
		} {
			if backup.ClassOf(err) != backup.ClassNotFound {
				t.Errorf("%s: %v, want not_found", scope, err)
			}
		}
		if got := logged.matching("does not list this instance"); got != 1 {
			t.Errorf("logged %d times, want once:\n%s", got, strings.Join(logged.lines, "\n"))
		}
		if !p.Snapshot().Regions[0].Up {
			t.Error("an unknown instance alone took the account down")
		}
	})
}

func TestVanishedInstanceAndChangedShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "b", "c:x:y")}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		source.instances = lists("a", "c:y:z")
		time.Sleep(10 * time.Minute)
		p.Refresh(t.Context())
		source.count()
		time.Sleep(10 * time.Minute)
		p.Refresh(t.Context())
		if calls := source.count(); calls["backups b"]+calls["backups cx"] != 0 || calls["backups cz"] != 1 {
			t.Errorf("calls %v, want none about b and shard x and one about shard z", calls)
		}
		if diff := cmp.Diff([]string{"a", "c"}, ids(p)); diff != "" {
			t.Errorf("instances after b vanished (-want +got):\n%s", diff)
		}
		var nodes []string
		for _, n := range find(t, p, "c").Nodes {
			nodes = append(nodes, n.NodeID)
			if n.Backups.At.IsZero() {
				t.Errorf("shard %s was not read", n.NodeID)
			}
		}
		if !slices.Equal(nodes, []string{"y", "z"}) {
			t.Errorf("shards are %v, want y and z", nodes)
		}
	})
}

func TestFailedDiscoveryForgetsNoInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a")}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		source.instances = func(context.Context) ([]backup.Instance, error) {
			return nil, &backup.Error{Op: "DescribeDBInstances", Class: backup.ClassPermission}
		}
		time.Sleep(10 * time.Minute)
		source.count()
		p.Refresh(t.Context())
		if got := source.count(); got["backups a"] != 1 || len(ids(p)) != 1 {
			t.Errorf("calls %v, instances %v: the known instance is no longer watched", got, ids(p))
		}
	})
}

func TestPartOfAListingForgetsNoInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "c:x:y")}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		source.instances, source.unread = lists("new", "c:x:z"), 1
		time.Sleep(10 * time.Minute)
		p.Refresh(t.Context())
		if diff := cmp.Diff([]string{"a", "c", "new"}, ids(p)); diff != "" {
			t.Errorf("instances after a listing with an unreadable record (-want +got):\n%s", diff)
		}
		if nodes := find(t, p, "c").Nodes; nodes[1].NodeID != "z" {
			t.Errorf("shards of c: %+v, want what the newest listing says", nodes)
		}
		const want = "DescribeDBInstances: protocol: 1 of the listed instances could not be read"
		if listing := p.Snapshot().Regions[0].Unmonitored; listing.OK(time.Now()) || listing.Err == nil || listing.Err.Error() != want {
			t.Errorf("a part of a listing counts as a whole one, or fails with %v, want %s", listing.Err, want)
		}
	})
}

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

func TestNamedInstancesAreAskedAboutThoughDiscoveryFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: func(context.Context) ([]backup.Instance, error) {
			return nil, &backup.Error{Op: "DescribeDBInstances", Class: backup.ClassPermission}
		}}
		conf := region(source)
		conf.Instances = []poll.Instance{{ID: "c", Nodes: []string{"x", "y"}}}
		p := newPoller(t, options(log.NewNopLogger()), conf)
		if got := find(t, p, "c"); len(got.Nodes) != 2 || got.Nodes[0].Backups.Known(time.Now()) {
			t.Errorf("before the first refresh: %+v, want two unknown shards", got)
		}
		p.Refresh(t.Context())
		if got := source.count(); got["backups cx"] != 1 || got["backups cy"] != 1 {
			t.Errorf("calls %v, want one for each shard", got)
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
		if failed, worked := logged.matching("failed"), logged.matching("works again"); failed != 2 || worked != 2 {
			t.Errorf("%d failures and %d recoveries logged, want 2 and 2:\n%s", failed, worked, strings.Join(logged.lines, "\n"))
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

func TestRefreshInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "b")}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.RefreshInstance(t.Context(), "b")
		want := map[string]int{"instances": 1, "backups b": 1, "jobs b": 1, "policy b": 1, "recovery b": 1}
		if diff := cmp.Diff(want, source.count()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

func TestCloseEndsTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: func(ctx context.Context) ([]backup.Instance, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		p := poll.New(options(log.NewNopLogger()), []poll.Region{region(source)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p.Refresh(ctx)
		p.Close()
		if got := source.inFlight(); got != 0 {
			t.Errorf("%d calls outlive Close", got)
		}
		source.count()
		p.Refresh(t.Context())
		if got := source.total(); got != 0 {
			t.Errorf("a refresh after Close made %d calls", got)
		}
	})
}

func BenchmarkSnapshot(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n, " targets"), func(b *testing.B) {
			found := make([]backup.Instance, n)
			for i := range found {
				found[i].InstanceID = fmt.Sprintf("dds-%010d", i)
			}
			source := &cloud{instances: func(context.Context) ([]backup.Instance, error) { return found, nil }}
			p := poll.New(options(log.NewNopLogger()), []poll.Region{region(source)})
			defer p.Close()
			p.Refresh(b.Context())
			b.ReportAllocs()
			for b.Loop() {
				if got := len(p.Snapshot().Instances); got != n {
					b.Fatalf("%d instances, want %d", got, n)
				}
			}
		})
	}
}
