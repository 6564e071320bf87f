package fleet

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
)

// start is the moment at which the tests' clocks begin: a Thursday.
var start = time.Date(2026, 8, 6, 12, 0, 0, 0, time.UTC)

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

// checkHistory checks one instance's backups, and counts what is in them.
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

func TestSizesGrow(t *testing.T) {
	in := scene{id: "dds-bp1x", name: "x", change: daily}.instance(start)
	list := in.BackupsAt(start)
	slices.SortFunc(list, func(a, b Backup) int { return a.Start.Compare(b.Start) })
	first, last := list[0], list[len(list)-1]
	grown := float64(last.SizeBytes) / float64(first.SizeBytes)
	if grown < 1.0 || grown > 1.2 {
		t.Errorf("from %d to %d bytes in two weeks", first.SizeBytes, last.SizeBytes)
	}
	for i, b := range list[1:] {
		if step := float64(b.SizeBytes) / float64(list[i].SizeBytes); step < 0.93 || step > 1.08 {
			t.Errorf("from %d to %d bytes in a day", list[i].SizeBytes, b.SizeBytes)
		}
	}
}

func TestWindows(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	mwf := []time.Weekday{time.Monday, time.Wednesday, time.Friday}
	for name, tc := range map[string]struct {
		policy      Policy
		after, want string
	}{
		"today":             {Policy{Weekdays: everyDay(), StartsAt: 13 * time.Hour}, "2026-08-06 12:00", "2026-08-06 13:00"},
		"tomorrow":          {Policy{Weekdays: everyDay(), StartsAt: 12 * time.Hour}, "2026-08-06 12:00", "2026-08-07 12:00"},
		"next week":         {Policy{Weekdays: []time.Weekday{time.Thursday}, StartsAt: 12 * time.Hour}, "2026-08-06 12:00", "2026-08-13 12:00"},
		"over the weekend":  {Policy{Weekdays: mwf, StartsAt: 23 * time.Hour}, "2026-08-07 23:30", "2026-08-10 23:00"},
		"every four hours":  {Policy{Interval: 4 * time.Hour, StartsAt: time.Hour}, "2026-08-06 12:00", "2026-08-06 13:00"},
		"in the next hours": {Policy{Interval: 4 * time.Hour, StartsAt: time.Hour}, "2026-08-06 13:00", "2026-08-06 17:00"},
	} {
		if got := tc.policy.nextWindow(at(tc.after)); !got.Equal(at(tc.want)) {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
	for name, p := range map[string]Policy{"switched off": {Disabled: true, Weekdays: everyDay()}, "no days": {}} {
		if got := p.nextWindow(start); !got.IsZero() {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// shown is what the demo shows of an instance at one moment.
type shown struct {
	in      *Instance
	backups []Backup // newest first
}

func (f *Fleet) shown(t *testing.T, name string, now time.Time) shown {
	t.Helper()
	for _, account := range f.Accounts {
		for i := range account.Instances {
			if in := &account.Instances[i]; in.Name == name {
				backups := in.BackupsAt(now)
				SortNewestFirst(backups)
				return shown{in, backups}
			}
		}
	}
	t.Fatalf("no %s", name)
	return shown{}
}

// newest returns the newest success, of one shard or of any.
func (s shown) newest(node string) Backup {
	for _, b := range s.backups {
		if b.Status == StatusSuccess && (node == "" || b.Node == node) {
			return b
		}
	}
	return Backup{}
}

// TestDemoAtAnyTime goes through a day: whenever the demo starts, each situation is there.
func TestDemoAtAnyTime(t *testing.T) {
	for hour := range 24 {
		now := start.Add(time.Duration(hour)*61*time.Minute + 29*time.Second)
		t.Run(now.Format("15:04"), func(t *testing.T) { checkDemo(t, now) })
	}
}

func checkDemo(t *testing.T, now time.Time) {
	fleet := Demo(now)
	age := func(b Backup) time.Duration { return now.Sub(b.Start) }
	for _, name := range []string{"orders-prod", "scratch-dev", "reports-prod", "search-prod", "crm-prod", "iot-prod", "games-prod"} {
		if got := age(fleet.shown(t, name, now).newest("")); got > 25*time.Hour {
			t.Errorf("%s: newest success %s old", name, got)
		}
	}
	if got := age(fleet.shown(t, "payments-prod", now).newest("")); got > 5*time.Hour {
		t.Errorf("payments-prod: newest success %s old", got)
	}
	for _, name := range []string{"events-prod", "ledger-prod", "clicks-prod"} {
		s := fleet.shown(t, name, now)
		for i, node := range s.in.Shards {
			stopped := name == "clicks-prod" && i == 2
			if got := age(s.newest(node)); (got > 25*time.Hour) != stopped || got > 5*day+time.Hour {
				t.Errorf("%s: newest success of shard %d %s old", name, i, got)
			}
		}
	}
	for _, name := range []string{"billing-prod", "mail-prod"} {
		if got := age(fleet.shown(t, name, now).newest("")); got < 3*day || got > 4*day+time.Hour {
			t.Errorf("%s: newest success %s old", name, got)
		}
	}
	for _, name := range []string{"users-prod", "chat-prod"} {
		s := fleet.shown(t, name, now)
		statuses := []string{s.backups[0].Status, s.backups[1].Status, s.backups[2].Status}
		if d := diff.Diff([]string{"failed", "failed", "success"}, statuses); d != "" || age(s.backups[2]) > 3*day || s.backups[0].Reason == "" {
			t.Errorf("%s, success %s old (-want +got):\n%s", name, age(s.backups[2]), d)
		}
	}
	for _, name := range []string{"search-prod", "games-prod"} {
		s := fleet.shown(t, name, now)
		manual := s.backups[slices.IndexFunc(s.backups, func(b Backup) bool { return b.Manual })]
		if got := progress(manual.Start, manual.Length, now); manual.Status != StatusRunning || got != "37%" {
			t.Errorf("%s: %s, %s", name, manual.Status, got)
		}
	}
	for _, name := range []string{"audit-prod", "wiki-prod", "newcomer-prod"} {
		if n := len(fleet.shown(t, name, now).backups); n != 0 {
			t.Errorf("%s: %d backups", name, n)
		}
	}
	if got := now.Sub(fleet.shown(t, "newcomer-prod", now).in.CreatedAt); got != 40*time.Minute {
		t.Errorf("newcomer-prod is %s old", got)
	}
	if off := fleet.shown(t, "archive-prod", now); !off.in.Policy.Disabled || age(off.newest("")) < 5*day {
		t.Errorf("archive-prod: %+v", off.in.Policy)
	}
	checkSizeAndExpiry(t, &fleet, now)
}

func checkSizeAndExpiry(t *testing.T, fleet *Fleet, now time.Time) {
	t.Helper()
	var sizes []int64
	catalog := fleet.shown(t, "catalog-prod", now)
	for _, b := range catalog.backups {
		if b.Status == StatusSuccess {
			sizes = append(sizes, b.SizeBytes)
		}
	}
	last := sizes[0]
	slices.SortFunc(sizes, cmp.Compare)
	if ratio := float64(last) / float64(sizes[len(sizes)/2]); ratio < 0.15 || ratio > 0.25 {
		t.Errorf("catalog-prod: the last success is %.2f of the median", ratio)
	}
	media := fleet.shown(t, "media-prod", now)
	if left := media.newest("").ExpiresAt.Sub(now); len(media.backups) != 1 || left < 16*time.Hour || left > 19*time.Hour {
		t.Errorf("media-prod: %d backups, the newest expires in %s", len(media.backups), left)
	}
}

// TestHealthyStaysHealthy looks every five hours for five days, and so at every hour of a day.
func TestHealthyStaysHealthy(t *testing.T) {
	fleet := Healthy(start)
	for _, account := range fleet.Accounts {
		if len(account.Instances) < 3 {
			t.Errorf("%d healthy instances at %s", len(account.Instances), account.Cloud)
		}
		for i := range account.Instances {
			in := &account.Instances[i]
			nodes := []string{""}
			if in.Live.Shards != nil {
				nodes = in.Shards
			}
			for n := range 24 {
				now := start.Add(time.Duration(n) * 5 * time.Hour)
				s := fleet.shown(t, in.Name, now)
				for _, node := range nodes {
					if got := now.Sub(s.newest(node).Start); got > 26*time.Hour {
						t.Fatalf("%s %s at %s: newest success %s old", in.Name, node, now, got)
					}
				}
				if oldest := s.backups[len(s.backups)-1]; now.Sub(oldest.Start) > 15*day || now.Sub(oldest.Start) < 6*day {
					t.Fatalf("%s at %s: oldest backup of %s", in.Name, now, oldest.Start)
				}
			}
		}
	}
}

func TestBackupsDoNotChangeAfterwards(t *testing.T) {
	fleet := Demo(start)
	later := start.Add(26 * time.Hour)
	for _, account := range fleet.Accounts {
		for i := range account.Instances {
			in := &account.Instances[i]
			after := make(map[string]Backup)
			for _, b := range in.BackupsAt(later) {
				after[fmt.Sprint(b.Node, b.ID)] = b
			}
			for _, b := range in.BackupsAt(start) {
				expired := !b.ExpiresAt.IsZero() && b.ExpiresAt.Before(later)
				if got, there := after[fmt.Sprint(b.Node, b.ID)]; b.Status != StatusRunning && !expired && (!there || !diff.Equal(b, got)) {
					t.Errorf("%s: %+v becomes %+v", in.Name, b, got)
				}
			}
		}
	}
}

func TestRecoveryOfALivingInstanceEndsMinutesAgo(t *testing.T) {
	fleet := Demo(start)
	s := fleet.shown(t, "payments-prod", start)
	oldest := s.backups[len(s.backups)-1]
	if d := diff.Diff([]Window{{oldest.End, start.Add(-5 * time.Minute)}}, s.in.RecoveryAt(start)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := fleet.shown(t, "orders-prod", start).in.RecoveryAt(start); got != nil {
		t.Errorf("without log backup: %v", got)
	}
}
