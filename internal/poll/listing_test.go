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

// rounds refreshes once for each listing, and returns the instances that are watched after each.
func rounds(t *testing.T, source *cloud, p *poll.Poller, listings ...string) []string {
	t.Helper()
	var watched []string
	for _, listing := range listings {
		source.unread = strings.Count(listing, "?")
		source.instances = lists(strings.Fields(strings.ReplaceAll(listing, "?", ""))...)
		if listing == "fails" {
			source.instances = func(context.Context) ([]backup.Instance, error) {
				return nil, &backup.Error{Op: "DescribeDBInstances", Class: backup.ClassServer}
			}
		}
		p.Refresh(t.Context())
		watched = append(watched, strings.Join(ids(p), " "))
		time.Sleep(10 * time.Minute)
	}
	return watched
}

// In a listing, "?" is an instance that cannot be read, and "fails" is no listing at all.
func TestInstanceIsForgottenAfterTwoListings(t *testing.T) {
	tests := []struct {
		name     string
		listings []string
		want     []string
	}{
		{"lacks it once: the list moved", []string{"a b", "a", "a b", "a", "a b"}, []string{"a b", "a b", "a b", "a b", "a b"}},
		{"lacks it twice", []string{"a b", "a", "a"}, []string{"a b", "a b", "a"}},
		{"a failure between them proves nothing", []string{"a b", "a", "fails", "fails", "a"}, []string{"a b", "a b", "a b", "a b", "a"}},
		{"nor does a part of a listing", []string{"a b", "a", "a ?", "a ?", "a"}, []string{"a b", "a b", "a b", "a b", "a"}},
		{"a part of a listing that has it starts anew", []string{"a b", "a", "b ?", "a", "a"}, []string{"a b", "a b", "a b", "a b", "a"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{}
				p := newPoller(t, options(log.NewNopLogger()), region(source))
				if diff := cmp.Diff(test.want, rounds(t, source, p, test.listings...)); diff != "" {
					t.Errorf("watched after each listing (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestInstanceIsForgottenWhenTheCloudDoesNotKnowIt(t *testing.T) {
	unknown := &backup.Error{Op: "Op", Class: backup.ClassNotFound}
	tests := []struct {
		name           string
		listings       []string
		jobs, ofShards error
		want           []string
	}{
		{"asked about the instance", []string{"a", "a c:x", "a"}, unknown, nil, []string{"a", "a c", "a"}},
		{"while it is listed", []string{"a", "a c:x", "a c:x"}, unknown, nil, []string{"a", "a c", "a c"}},
		{"asked about a shard, which may be gone alone", []string{"a", "a c:x", "a"}, nil, unknown, []string{"a", "a c", "a c"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{
					jobs: func(_ context.Context, id string) ([]backup.Job, error) {
						time.Sleep(time.Second) // the listing of the same moment ends before
						if id == "c" {
							return nil, test.jobs
						}
						return nil, nil
					},
					backups: func(_ context.Context, _, node string) (backup.List, error) {
						time.Sleep(time.Second)
						if node != "" {
							return backup.List{}, test.ofShards
						}
						return backup.List{}, nil
					},
				}
				p := newPoller(t, options(log.NewNopLogger()), region(source))
				if diff := cmp.Diff(test.want, rounds(t, source, p, test.listings...)); diff != "" {
					t.Errorf("watched after each listing (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Whole listings alone count: the number is held while they fail, and not known before the first.
func TestListedInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{}
		conf := region(source)
		conf.Discover = false
		p := newPoller(t, options(log.NewNopLogger()), conf)
		for _, step := range []struct {
			listing string
			known   bool
			want    int
		}{{"a ?", false, 0}, {"a b", true, 2}, {"fails", true, 2}, {"c ?", true, 2}, {"a", true, 1}} {
			rounds(t, source, p, step.listing)
			listed := p.Snapshot().Regions[0].Listed
			if known := !listed.At.IsZero(); known != step.known || (known && listed.Value != step.want) {
				t.Errorf("after %q: known %v, %d listed; want %v and %d", step.listing, known, listed.Value, step.known, step.want)
			}
		}
	})
}

// A named instance that cannot be read is still asked about.
func TestPartOfAListingDoesNotMakeANamedInstanceMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{}
		conf := region(source)
		conf.Instances = []poll.Instance{{ID: "named"}}
		p := newPoller(t, options(log.NewNopLogger()), conf)
		rounds(t, source, p, "other ?")
		if calls := source.count(); calls["backups named"] != 1 {
			t.Errorf("calls %v, want one about the named instance", calls)
		}
	})
}

func TestInstanceWithoutManagedBackup(t *testing.T) {
	const why = "serverless instances have no managed backup"
	source := &cloud{instances: func(context.Context) ([]backup.Instance, error) {
		found, err := lists("a", "serverless", "named")(t.Context())
		found[1].NoBackup, found[2].NoBackup = why, why
		return found, err
	}}
	synctest.Test(t, func(t *testing.T) {
		logged := &logs{}
		conf := region(source)
		conf.Instances = []poll.Instance{{ID: "named"}}
		p := newPoller(t, options(logged), conf)
		p.Refresh(t.Context())
		time.Sleep(time.Minute)
		p.Refresh(t.Context())
		if calls := source.count(); calls["backups a"] != 2 || calls["backups serverless"]+calls["backups named"] != 0 {
			t.Errorf("calls %v, want none about the others", calls)
		}
		if diff := cmp.Diff([]string{"a", "named"}, ids(p)); diff != "" {
			t.Errorf("watched (-want +got):\n%s", diff)
		}
		state := p.Snapshot().Regions[0]
		if state.Unmonitored.Value != 0 || state.Listed.Value != 3 {
			t.Errorf("%d unmonitored, %d listed; want 0 and 3", state.Unmonitored.Value, state.Listed.Value)
		}
		const want = "discovery: bad_request: serverless instances have no managed backup; remove the instance from the configuration, and look after its backups by other means"
		if err := find(t, p, "named").Nodes[0].Backups.Err; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		time.Sleep(10 * time.Minute)
		p.Refresh(t.Context())
		if calls, got := source.count(), logged.matching(why); calls["instances"] != 1 || got != 1 {
			t.Errorf("logged %d times after %d more listings, want once after one", got, calls["instances"])
		}
	})
}

func TestSnapshotShowsEveryListedInstance(t *testing.T) {
	source := &cloud{instances: func(context.Context) ([]backup.Instance, error) {
		found, err := lists("watched", "excluded", "untagged", "serverless", "named")(t.Context())
		found[0].Tags = map[string]string{"env": "prod"}
		found[3].NoBackup = "it has no managed backup"
		return found, err
	}}
	tests := []struct {
		name        string
		conf        func(*poll.Region)
		want        map[string]string
		unmonitored []string
	}{
		{"discovery by tag", func(r *poll.Region) { r.Tags = map[string]string{"env": "prod"} }, map[string]string{
			"watched": "", "named": "", "excluded": "it is excluded", "serverless": "it has no managed backup",
			"untagged": "it does not have the tags that discovery asks for",
		}, []string{"untagged"}},
		{"no discovery", func(r *poll.Region) { r.Discover = false }, map[string]string{
			"watched": "discovery is off, and the configuration does not name it", "named": "", "excluded": "it is excluded",
			"untagged": "discovery is off, and the configuration does not name it", "serverless": "it has no managed backup",
		}, []string{"untagged", "watched"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				conf := region(source)
				conf.Exclude, conf.Instances = []poll.Exclusion{{ID: "excluded"}}, []poll.Instance{{ID: "named"}}
				test.conf(&conf)
				p := newPoller(t, options(log.NewNopLogger()), conf)
				p.Refresh(t.Context())
				got, shown := map[string]string{}, p.Snapshot().Regions[0]
				var unmonitored []string
				for _, in := range shown.Instances {
					if in.Account != "prod" || in.Name != "name of "+in.InstanceID {
						t.Errorf("instance %+v", in)
					}
					got[in.InstanceID] = in.Unwatched
					if in.Unmonitored {
						unmonitored = append(unmonitored, in.InstanceID)
					}
				}
				if !slices.Equal(unmonitored, test.unmonitored) || shown.Unmonitored.Value != len(unmonitored) || shown.Discovers != conf.Discover {
					t.Errorf("unmonitored: %v, counted %d, want %v; discovers: %t", unmonitored, shown.Unmonitored.Value, test.unmonitored, shown.Discovers)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("why unwatched (-want +got):\n%s", diff)
				}
			})
		})
	}
}
