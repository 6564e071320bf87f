package poll_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// named returns the instance x of a name and tags.
func named(name string, tags map[string]string) backup.Instance {
	return backup.Instance{Target: backup.Target{InstanceID: "x"}, Name: name, Tags: tags}
}

func TestExclusions(t *testing.T) {
	dev := map[string]string{"env": "dev"}
	tests := []struct {
		name     string
		exclude  poll.Exclusion
		instance backup.Instance
		want     bool
	}{
		{"id", poll.Exclusion{ID: "x"}, named("a", nil), true},
		{"another id", poll.Exclusion{ID: "y"}, named("a", nil), false},
		{"name", poll.Exclusion{Name: "tmp-*"}, named("tmp-1", nil), true},
		{"name with a slash", poll.Exclusion{Name: "tmp*"}, named("tmp/a/b", nil), true},
		{"slash in both", poll.Exclusion{Name: "tmp/?"}, named("tmp/a", nil), true},
		{"the whole name counts", poll.Exclusion{Name: "tmp"}, named("tmp-1", nil), false},
		{"case counts", poll.Exclusion{Name: "TMP-*"}, named("tmp-1", nil), false},
		{"name that is not known", poll.Exclusion{Name: "*"}, named("", nil), false},
		{"tag", poll.Exclusion{Tags: dev}, named("", map[string]string{"env": "dev", "team": "a"}), true},
		{"other value of the tag", poll.Exclusion{Tags: dev}, named("", map[string]string{"env": "prod"}), false},
		{"no such tag", poll.Exclusion{Tags: map[string]string{"env": ""}}, named("", nil), false},
		{"name and tag", poll.Exclusion{Name: "tmp-*", Tags: dev}, named("tmp-1", dev), true},
		{"name without the tag", poll.Exclusion{Name: "tmp-*", Tags: dev}, named("tmp-1", nil), false},
		{"tag without the name", poll.Exclusion{Name: "tmp-*", Tags: dev}, named("orders", dev), false},
		{"tag without the id", poll.Exclusion{ID: "y", Tags: dev}, named("orders", dev), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conf := region(&cloud{instances: func(context.Context) ([]backup.Instance, error) { return []backup.Instance{test.instance}, nil }})
				conf.Exclude = []poll.Exclusion{{ID: "another"}, test.exclude}
				p := newPoller(t, options(log.NewNopLogger()), conf)
				p.Refresh(t.Context())
				if watched := slices.Contains(ids(p), "x"); watched == test.want {
					t.Errorf("watched: %t", watched)
				}
				conf.Discover = false
				p.Replace(options(log.NewNopLogger()), []poll.Region{conf})
				want := 1
				if test.want {
					want = 0
				}
				if got := p.Snapshot().Regions[0].Unmonitored.Value; got != want {
					t.Errorf("%d unmonitored without discovery, want %d", got, want)
				}
			})
		})
	}
}

// TestTagThatFiltersIsNoBacklog is the case of a region in which a tag chooses what is watched. What another tag
// excludes is not reported; what has neither tag is.
func TestTagThatFiltersIsNoBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := func(id, env string) backup.Instance {
			in := backup.Instance{Target: backup.Target{InstanceID: id}}
			if env != "" {
				in.Tags = map[string]string{"env": env}
			}
			return in
		}
		listed := []backup.Instance{of("prod", "prod"), of("dev-1", "dev"), of("dev-2", "dev"), of("dev-3", "dev")}
		conf := region(&cloud{instances: func(context.Context) ([]backup.Instance, error) { return listed, nil }})
		conf.Tags = map[string]string{"env": "prod"}
		for _, step := range []struct {
			name    string
			exclude []poll.Exclusion
			add     []backup.Instance
			want    int
		}{
			{"without an exclusion", nil, nil, 3},
			{"with an exclusion", []poll.Exclusion{{Tags: map[string]string{"env": "dev"}}}, nil, 0},
			{"a new instance without a tag", []poll.Exclusion{{Tags: map[string]string{"env": "dev"}}}, []backup.Instance{of("new", "")}, 1},
		} {
			listed = append(listed, step.add...)
			conf.Exclude = step.exclude
			p := newPoller(t, options(log.NewNopLogger()), conf)
			p.Refresh(t.Context())
			if got := p.Snapshot().Regions[0].Unmonitored.Value; got != step.want {
				t.Errorf("%s: %d unmonitored, want %d", step.name, got, step.want)
			}
			if got := ids(p); !slices.Equal(got, []string{"prod"}) {
				t.Errorf("%s: watched %v", step.name, got)
			}
		}
	})
}

// TestOwner states that the owner follows the configuration at once, also after a reload.
func TestOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tagged := named("a", map[string]string{"team": "payments", "squad": "red"})
		conf := region(&cloud{instances: func(context.Context) ([]backup.Instance, error) { return []backup.Instance{tagged}, nil }})
		p := newPoller(t, options(log.NewNopLogger()), conf)
		p.Refresh(t.Context())
		for _, step := range []struct{ tag, want string }{{"", ""}, {"team", "payments"}, {"squad", "red"}, {"absent", ""}} {
			conf.OwnerTag = step.tag
			p.Replace(options(log.NewNopLogger()), []poll.Region{conf})
			if got := p.Snapshot().Instances[0].Instance.Owner; got != step.want {
				t.Errorf("owner_tag %q: owner %q, want %q", step.tag, got, step.want)
			}
		}
	})
}
