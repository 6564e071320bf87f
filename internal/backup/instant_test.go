package backup_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// elaborate adds what not every scenario has: findings, waiting verdicts, changes of the policy, what vanished.
func (g generator) elaborate(s scenario) scenario {
	s = g.scattered(s)
	s.in.PolicyBy, s.in.WindowBy = pick(g, time.Time{}, s.now.Add(g.hours(-1, 3))), pick(g, time.Time{}, s.now.Add(g.hours(-1, 3)))
	s.in.Policy.Value.LogBackup = pick(g, nil, new(true), new(false))
	s.in.Policy.Value.MayBeUnlisted = g.oneIn(3)
	for at := s.now.Add(-g.hours(1, 200)); at.Before(s.now) && g.oneIn(2); at = at.Add(g.hours(1, 90)) {
		s.in.PolicyChanges = append(s.in.PolicyChanges, backup.PolicyChange{At: at, LastAt: at.Add(-time.Hour), Former: g.policy()})
	}
	if left := s.now.Add(-g.hours(0, 200)); g.oneIn(3) {
		s.in.Removals = backup.Removals{Last: left, Sets: []backup.Removal{{Backup: g.backup(), LeftAt: left}}}
	}
	if g.oneIn(3) {
		s.in.Backups.Value.Older = &backup.Older{By: s.now.Add(g.hours(-1, 3)), Backups: []backup.Backup{g.backup()}}
	}
	if g.oneIn(10) { // a clock that was set back
		s.in.Backups.At = s.now.Add(time.Duration(g.IntN(20)) * time.Minute)
	}
	s.in.Lifecycle = pick(g, backup.LifecycleRunning, backup.LifecycleRunning, backup.LifecycleRunning, backup.LifecycleCreating)
	return s
}

// instance returns an instance with the target as its only one, or as one of two shards.
func (s scenario) instance(g generator) backup.InstanceState {
	in := backup.InstanceState{
		Instance:   backup.Instance{CreatedAt: s.in.CreatedAt, Lifecycle: s.in.Lifecycle},
		Objectives: s.want, Jobs: s.in.Jobs, Policy: s.in.Policy, Recovery: s.in.Recovery,
		PolicyChanges: s.in.PolicyChanges, PolicyBy: s.in.PolicyBy, WindowBy: s.in.WindowBy,
		ListedUntil: s.now.Add(g.hours(-1, 5)), RecoveryEvery: pick(g, 0, time.Hour),
		Nodes: []backup.NodeState{{Backups: s.in.Backups, Removals: s.in.Removals}},
	}
	if g.oneIn(2) {
		other := s.in.Backups
		other.Value.Backups = nil
		for _, b := range s.in.Backups.Value.Backups {
			other.Value.Backups = append(other.Value.Backups, with(b, func(b *backup.Backup) { b.Unusable = pick(g, "", backup.LogsNotAttached) }))
		}
		in.Nodes = append(in.Nodes, backup.NodeState{Backups: other})
		in.Nodes[0].NodeID, in.Nodes[1].NodeID = "a", "b"
	}
	return in
}

// judged is what a scrape shows of an instance, without texts.
type judged struct {
	Healths []backup.Health
	Cluster backup.ClusterHealth
	Found   []backup.FindingName
	Known   []bool
}

func judge(in backup.InstanceState, now time.Time) (j judged, until time.Time) {
	note := func(t time.Time) {
		if until.IsZero() || !t.IsZero() && t.Before(until) {
			until = t
		}
	}
	for _, node := range in.Nodes {
		h := backup.Assess(in.Target(node), in.Objectives, now)
		note(h.Until)
		h.Reason, h.Until = "", time.Time{}
		for i := range h.Findings {
			h.Findings[i] = backup.Finding{Name: h.Findings[i].Name}
		}
		j.Healths = append(j.Healths, h)
		j.Known = append(j.Known, node.Backups.Known(now))
		note(node.Backups.HoldsUntil(now))
	}
	j.Cluster = backup.AssessCluster(j.Healths)
	found, holds := in.FindingsUntil(j.Healths, now)
	note(holds)
	for _, f := range found {
		j.Found = append(j.Found, f.Name)
	}
	return j, until
}

// What was judged holds until the announced moment, and for most of what turns it is the very moment.
func TestJudgementsHoldUntilTheAnnouncedMoment(t *testing.T) {
	const judgements = 8000
	turned, found := 0, map[backup.FindingName]int{}
	forSome(t, judgements, func(t *testing.T, g generator, s scenario, _ backup.Health) {
		in := g.elaborate(s).instance(g)
		first, until := judge(in, s.now)
		for _, name := range first.Found {
			found[name]++
		}
		for _, h := range first.Healths {
			for _, f := range h.Findings {
				found[f.Name]++
			}
		}
		end := until
		if until.IsZero() {
			end = s.now.Add(1000 * time.Hour)
		}
		if !end.After(s.now) {
			t.Fatalf("holds until %s, which is past", until)
		}
		span := int64(end.Sub(s.now))
		for _, after := range []int64{1, g.Int64N(span), g.Int64N(span), span - 1} {
			at := s.now.Add(time.Duration(min(after, span-1)))
			if later, _ := judge(in, at); !reflect.DeepEqual(first, later) {
				t.Errorf("holds until %s, but at %s (-then +now):\n%s", until, at, cmp.Diff(first, later))
				return
			}
		}
		if at, _ := judge(in, end); !reflect.DeepEqual(first, at) {
			turned++
		}
	})
	if turned < judgements/10 {
		t.Errorf("only %d of %d judgements turned at the announced moment", turned, judgements)
	}
	for _, name := range backup.FindingNames() {
		if found[name] == 0 {
			t.Errorf("no scenario has the finding %s", name)
		}
	}
}

// The monotonic clock may reach the end of a reading before the wall clock does, and the other way round.
func TestReadingHoldsUntil(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    backup.Reading[int]
		want time.Time
	}{
		{"never read", backup.Reading[int]{}, time.Time{}},
		{"good for an hour", backup.Reading[int]{At: noon, GoodUntil: noon.Add(time.Hour)}, noon.Add(time.Hour)},
		{"too old", backup.Reading[int]{At: noon.Add(-time.Hour), GoodUntil: noon}, time.Time{}},
		{
			"of a time to come",
			backup.Reading[int]{At: noon.Add(20 * time.Minute), GoodUntil: noon.Add(time.Hour)},
			noon.Add(15 * time.Minute),
		},
		{
			"of a time to come by the cloud's clock",
			backup.Reading[int]{At: noon, CloudAt: noon.Add(20 * time.Minute), GoodUntil: noon.Add(time.Hour)},
			noon.Add(15 * time.Minute),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.r.HoldsUntil(noon); !got.Equal(tt.want) {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}
