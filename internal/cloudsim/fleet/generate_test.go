package fleet

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestGenerateIsDeterministic(t *testing.T) {
	one, same, other := Generate(7, start, 30), Generate(7, start, 30), Generate(8, start, 30)
	if !reflect.DeepEqual(one, same) {
		t.Error("the same seed gives two fleets")
	}
	if reflect.DeepEqual(one, other) {
		t.Error("another seed gives the same fleet")
	}
}

func TestGenerateIsPlausible(t *testing.T) {
	fleet := Generate(1, start, 300)
	seen := make(map[string]int)
	ids := make(map[string]bool)
	for _, account := range fleet.Accounts {
		for _, in := range account.Instances {
			if ids[in.ID] {
				t.Errorf("%s twice", in.ID)
			}
			ids[in.ID] = true
			seen[account.Cloud]++
			seen[in.Topology]++
			if in.Policy.Interval > 0 {
				seen["every few hours"]++
			}
			if len(in.Policy.Weekdays) == 1 {
				seen["weekly"]++
			}
			checkHistory(t, in, seen)
		}
	}
	if seen[Alibaba] != 200 || seen[Huawei] != 100 {
		t.Errorf("%d instances at Alibaba, %d at Huawei", seen[Alibaba], seen[Huawei])
	}
	for _, kind := range []string{Standalone, ReplicaSet, ShardedCluster, "every few hours", "weekly", "manual", "success"} {
		if seen[kind] < 5 {
			t.Errorf("%d of %s", seen[kind], kind)
		}
	}
	if share := float64(seen["failed"]) / float64(seen["success"]); share < 0.01 || share > 0.05 {
		t.Errorf("%.1f %% of the backups failed", 100*share)
	}
}

// checkHistory checks the backups of one instance and counts their kinds in seen.
func checkHistory(t *testing.T, in Instance, seen map[string]int) {
	t.Helper()
	if len(in.Backups) == 0 && in.Policy.RetentionDays >= 7 && len(in.Policy.Weekdays) == 7 {
		t.Errorf("%s has no backups", in.ID)
	}
	ids := make(map[string]bool)
	last := make(map[string]time.Time) // by shard
	for _, b := range slices.Backward(in.Backups) {
		key := b.Node + " " + b.ID
		if ids[key] {
			t.Errorf("%s: %q twice", in.ID, key)
		}
		ids[key] = true
		seen[b.Status]++
		if b.Manual {
			seen["manual"]++
		}
		sharded := len(in.Shards) > 0 && !in.ofHuawei()
		switch {
		case b.Start.Before(in.CreatedAt), b.Start.After(start), b.End.After(start):
			t.Errorf("%s: %s runs from %s to %s", in.ID, b.ID, b.Start, b.End)
		case b.Start.Before(last[b.Node]):
			t.Errorf("%s: %s starts at %s, before the end of the one before", in.ID, b.ID, b.Start)
		case b.Status == StatusSuccess && (!b.End.After(b.Start) || b.SizeBytes < mebibyte):
			t.Errorf("%s: %s succeeded with %d bytes at %s", in.ID, b.ID, b.SizeBytes, b.End)
		case sharded != (b.Node != ""), sharded && !slices.Contains(in.Shards, b.Node):
			t.Errorf("%s: %s is of shard %q", in.ID, b.ID, b.Node)
		case !b.Manual && !inWindow(in.Policy, b.Start):
			t.Errorf("%s: %s starts at %s, outside %+v", in.ID, b.ID, b.Start, in.Policy)
		}
		last[b.Node] = later(b.End, b.Start)
	}
}

func inWindow(p Policy, at time.Time) bool {
	opens := p.nextWindow(at.Add(-p.Window))
	return !opens.IsZero() && !opens.After(at)
}
