package poll_test

import (
	"context"
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
		{"an exclusion", poll.Region{Discover: true, Exclude: []poll.Exclusion{{ID: "prod"}}}, []string{"both", "plain"}, 0},
		{"an exclusion without discovery", poll.Region{Instances: []poll.Instance{{ID: "both"}}, Exclude: []poll.Exclusion{{ID: "prod"}}}, []string{"both"}, 1},
		{"an exclusion by tag of what no other tag chooses", poll.Region{
			Discover: true, Tags: map[string]string{"team": "db"}, Exclude: []poll.Exclusion{{Tags: map[string]string{"env": "prod"}}},
		}, []string{}, 1},
		{"a named instance needs no tag", poll.Region{
			Instances: []poll.Instance{{ID: "plain"}}, Discover: true, Tags: map[string]string{"team": "db"},
		}, []string{"both", "plain"}, 1},
		{"a named instance is watched in spite of an exclusion by tag", poll.Region{
			Instances: []poll.Instance{{ID: "prod"}}, Discover: true, Exclude: []poll.Exclusion{{Tags: map[string]string{"env": "prod"}}},
		}, []string{"plain", "prod"}, 0},
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
		for range 2 {
			time.Sleep(10 * time.Minute)
			p.Refresh(t.Context())
		}
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

func TestDiscoveryByTagValue(t *testing.T) {
	tagged := func(id string, tags map[string]string) backup.Instance {
		return backup.Instance{Target: backup.Target{InstanceID: id}, Tags: tags}
	}
	tests := []struct {
		name string
		tags map[string]string
		want []string
	}{
		{"the value of the tag", map[string]string{"env": "prod"}, []string{"prod"}},
		{"a tag without a value", map[string]string{"env": ""}, []string{"empty"}},
		{"a tag that no instance has", map[string]string{"team": ""}, []string{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: func(context.Context) ([]backup.Instance, error) {
					return []backup.Instance{
						tagged("none", nil), tagged("empty", map[string]string{"env": ""}),
						tagged("prod", map[string]string{"env": "prod"}), tagged("test", map[string]string{"env": "test"}),
					}, nil
				}}
				conf := region(source)
				conf.Tags = test.tags
				p := newPoller(t, options(log.NewNopLogger()), conf)
				p.Refresh(t.Context())
				if diff := cmp.Diff(test.want, ids(p)); diff != "" {
					t.Errorf("watched instances (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// What the configuration says of an instance applies at the start, after a listing and after a reload.
func TestWatchedInstanceFollowsTheConfiguration(t *testing.T) {
	short, long := backup.Objectives{RPO: time.Hour}, backup.Objectives{RPO: 2 * time.Hour}
	type instance struct {
		Target     backup.Target
		Nodes      []string
		Objectives backup.Objectives
	}
	whole := func(id string) backup.Target {
		return backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "r1", InstanceID: id}
	}
	check := func(p *poll.Poller, when string, want ...instance) {
		var got []instance
		for _, in := range p.Snapshot().Instances {
			got = append(got, instance{in.Instance.Target, in.Instance.Nodes, in.Objectives})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a:x:y", "b:x:y", "found:x:y", "out")}
		conf := region(source)
		conf.Objectives, conf.Exclude = long, []poll.Exclusion{{ID: "out"}}
		conf.Instances = []poll.Instance{{ID: "a", Objectives: short}, {ID: "b", Nodes: []string{"z"}, Objectives: short}}
		p := newPoller(t, options(log.NewNopLogger()), conf)
		check(p, "at the start", instance{whole("a"), nil, short}, instance{whole("b"), []string{"z"}, short})
		p.Refresh(t.Context())
		check(
			p, "after a listing", instance{whole("a"), []string{"x", "y"}, short}, instance{whole("b"), []string{"z"}, short},
			instance{whole("found"), []string{"x", "y"}, long},
		)
		conf.Instances, conf.Objectives, conf.Exclude = nil, short, nil
		p.Replace(options(log.NewNopLogger()), []poll.Region{conf})
		check(
			p, "after a reload", instance{whole("a"), []string{"x", "y"}, short}, instance{whole("b"), []string{"x", "y"}, short},
			instance{whole("found"), []string{"x", "y"}, short}, instance{whole("out"), []string{}, short},
		)
	})
}
