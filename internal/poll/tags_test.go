package poll_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// lacking returns the instance x with tags beside which others could not be read.
func lacking(tags map[string]string) backup.Instance {
	in := named("orders", tags)
	in.TagsLack = true
	return in
}

// Tags that cannot be read change nothing about an instance that is known, and make a new one that they decide about one
// that could not be read.
func TestTagsThatCannotBeRead(t *testing.T) {
	prod, dev := map[string]string{"env": "prod"}, map[string]string{"env": "dev"}
	asked := func(r *poll.Region) { r.Tags = prod }
	excluded := func(r *poll.Region) { r.Exclude = []poll.Exclusion{{Tags: dev}} }
	tests := []struct {
		name     string
		conf     func(*poll.Region)
		listings []backup.Instance
		want     string // of each listing: w watched, - not; ! the listing is partial
	}{
		{"watched before", asked, []backup.Instance{named("orders", prod), lacking(nil), lacking(nil), lacking(nil), named("orders", prod)}, "w w w w w"},
		{"until they can be read again", asked, []backup.Instance{named("orders", prod), lacking(nil), named("orders", dev)}, "w w -"},
		{"not watched before", asked, []backup.Instance{named("orders", dev), lacking(nil), named("orders", prod)}, "- - w"},
		{"new", asked, []backup.Instance{lacking(nil), lacking(nil), named("orders", prod), lacking(nil)}, "-! -! w w"},
		{"new, and what counts can be read", asked, []backup.Instance{lacking(prod)}, "w"},
		{"new, and what can be read decides", asked, []backup.Instance{lacking(dev)}, "-"},
		{"a change that can be read counts", asked, []backup.Instance{named("orders", prod), lacking(dev)}, "w -"},
		{"excluded before", excluded, []backup.Instance{named("orders", dev), lacking(nil), named("orders", prod)}, "- - w"},
		{"not excluded before", excluded, []backup.Instance{named("orders", prod), lacking(nil)}, "w w"},
		{"new where tags exclude", excluded, []backup.Instance{lacking(nil), named("orders", dev)}, "-! -"},
		{"excluded by its name", func(r *poll.Region) { r.Tags, r.Exclude = prod, []poll.Exclusion{{Name: "orders"}} }, []backup.Instance{lacking(nil)}, "-"},
		{"tags that exclude others", func(r *poll.Region) { r.Exclude = []poll.Exclusion{{Name: "tmp-*", Tags: dev}} }, []backup.Instance{lacking(nil)}, "w"},
		{"no tags matter", func(*poll.Region) {}, []backup.Instance{lacking(nil)}, "w"},
		{"named by its id", func(r *poll.Region) { r.Tags, r.Instances = prod, []poll.Instance{{ID: "x"}} }, []backup.Instance{lacking(nil)}, "w"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{}
				conf := region(source)
				test.conf(&conf)
				p := newPoller(t, options(&logs{}), conf)
				var got []string
				for _, in := range test.listings {
					source.instances = func(context.Context) ([]backup.Instance, error) { return []backup.Instance{in}, nil }
					p.Refresh(t.Context())
					state := "-"
					if slices.Contains(ids(p), "x") {
						state = "w"
					}
					if p.Snapshot().Regions[0].Listed.Err != nil {
						state += "!"
					}
					got = append(got, state)
					time.Sleep(10 * time.Minute)
				}
				if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
					t.Errorf("after each listing (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// The log says that an instance is left out, and the owner stays.
func TestTagsThatCannotBeReadAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := lacking(nil)
		source := &cloud{instances: func(context.Context) ([]backup.Instance, error) { return []backup.Instance{in}, nil }}
		conf, log := region(source), &logs{}
		conf.Tags, conf.OwnerTag = map[string]string{"env": "prod"}, "team"
		p := newPoller(t, options(log), conf)
		p.Refresh(t.Context())
		if log.matching("1 of the listed instances could not be read") != 1 {
			t.Errorf("log: %q", log.lines)
		}
		in = named("orders", map[string]string{"env": "prod", "team": "shop"})
		for range 2 {
			time.Sleep(10 * time.Minute)
			p.Refresh(t.Context())
			if owner := find(t, p, "x").Instance.Owner; owner != "shop" {
				t.Errorf("owner %q, want shop", owner)
			}
			in = lacking(nil)
		}
	})
}
