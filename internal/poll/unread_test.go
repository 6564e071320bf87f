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
)

// A list with a record that may be a failure is no good answer: what was known before stays.
func TestListWithADoubtfulRecordIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := one("first")
		source := &cloud{
			instances: lists("a"),
			backups:   func(context.Context, string, string) (backup.List, error) { return list, nil },
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		list = one("second")
		list.Op, list.Unread = "DescribeBackups", backup.Unread{Count: 1, Dated: time.Now()}
		time.Sleep(10 * time.Minute)
		p.Refresh(t.Context())
		got := find(t, p, "a").Nodes[0].Backups
		if got.Value.Backups[0].ID != "first" || backup.ClassOf(got.Err) != backup.ClassProtocol {
			t.Errorf("the list of %s, and %v; want the first one, and an error of class protocol", got.Value.Backups[0].ID, got.Err)
		}
	})
}

// A cluster whose shards are missing in a listing has those that were listed before.
func TestListingWithoutShards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		var got []string
		for _, shards := range []string{"s1 s2", "", "s1"} {
			source.instances = func(context.Context) ([]backup.Instance, error) {
				return []backup.Instance{{
					Target: backup.Target{InstanceID: "a"}, Topology: backup.TopologyShardedCluster, Nodes: strings.Fields(shards),
				}}, nil
			}
			p.Refresh(t.Context())
			var nodes []string
			for _, n := range find(t, p, "a").Nodes {
				nodes = append(nodes, n.NodeID)
			}
			got = append(got, strings.Join(nodes, " "))
			time.Sleep(10 * time.Minute)
		}
		if diff := cmp.Diff([]string{"s1 s2", "s1 s2", "s1"}, got); diff != "" {
			t.Errorf("shards (-want +got):\n%s", diff)
		}
	})
}

// A record that may be a failure and does not say when is overcome by a success that began after it was seen first.
func TestDoubtEndsWithALaterSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sets []backup.Entry
		source := &cloud{
			instances: lists("a"),
			backups: func(context.Context, string, string) (backup.List, error) {
				list := backup.List{Op: "DescribeBackups"}
				list.Backups, list.Unread = backup.Sift(sets, time.Now())
				return list, nil
			},
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		lost := backup.Entry{Unread: true}
		begun := time.Now().Add(-time.Hour)
		for _, step := range []struct {
			name    string
			success bool // a new one since the last reading
			lost    int
			ok      bool
		}{
			{"at first sight", false, 1, false},
			{"without a success since", false, 1, false},
			{"with a success since", true, 1, true},
			{"still", false, 1, true},
			{"with one more of them", false, 2, false},
			{"with a success since the second", true, 2, true},
			{"with fewer", false, 1, true},
		} {
			time.Sleep(time.Hour)
			if step.success {
				begun = time.Now().Add(-time.Minute)
			}
			sets = append([]backup.Entry{{Backup: usable("good", begun)}}, slices.Repeat([]backup.Entry{lost}, step.lost)...)
			p.Refresh(t.Context())
			if err := find(t, p, "a").Nodes[0].Backups.Err; (err == nil) != step.ok {
				t.Errorf("%s: %v, want ok %v", step.name, err, step.ok)
			}
		}
	})
}
