package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

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
		conf.Objectives, conf.Exclude = long, []string{"out"}
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

func TestRefreshInstanceOfAKnownRegion(t *testing.T) {
	tests := []struct {
		name  string
		after time.Duration
		want  map[string]int
	}{
		{"the listing is not due", time.Minute, map[string]int{"backups b": 1, "jobs b": 1}},
		{"the listing is due", 10 * time.Minute, map[string]int{"instances": 1, "backups b": 1, "jobs b": 1, "recovery b": 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists("a", "b")}
				p := newPoller(t, options(log.NewNopLogger()), region(source))
				p.Refresh(t.Context())
				source.count()
				time.Sleep(test.after)
				p.RefreshInstance(t.Context(), "b")
				if diff := cmp.Diff(test.want, source.count()); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
			})
		})
	}
}
