package poll_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
	"mongodb_backup_exporter/internal/poll"
)

const day = 24 * time.Hour

// remembering returns options with a catalog.
func remembering() (poll.Options, *catalog.Catalog) {
	opts := options(log.NewNopLogger())
	opts.Catalog = catalog.New(opts.Lookback)
	return opts, opts.Catalog
}

// full returns a successful full backup that began at a time and takes an hour.
func full(id string, began time.Time) backup.Backup {
	return backup.Backup{
		ID: id, Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: began, EndedAt: began.Add(time.Hour),
	}
}

// answering returns a cloud that has an answer to everything: a replica set and a cluster of two shards.
func answering(began time.Time) *cloud {
	return &cloud{
		skew:      new(2 * time.Second),
		instances: lists("a", "c:x:y"),
		backups: func(_ context.Context, id, node string) (backup.List, error) {
			return backup.List{Op: "list", Asked: []backup.Kind{backup.KindFull}, Backups: []backup.Backup{full(id+node, began)}}, nil
		},
		jobs: func(_ context.Context, id string) ([]backup.Job, error) {
			if id == "c" {
				return nil, &backup.Error{Class: backup.ClassUnsupported}
			}
			return []backup.Job{{ID: "j", State: backup.JobFinished, StartedAt: began}}, nil
		},
		policy: func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{CopyRegion: "far", LogBackup: new(true), Schedules: []backup.Schedule{{Retention: 7 * day}}}, nil
		},
		recovery: func(context.Context, string) (backup.Window, error) {
			return backup.Window{Start: began, End: began.Add(time.Hour)}, nil
		},
		restored: func(context.Context, string) (time.Time, error) { return began, nil },
		check: func(_ context.Context, _, id string) (backup.RestoreCheck, error) {
			return backup.RestoreCheck{BackupID: id, At: began}, nil
		},
		copies: func(_ context.Context, id, node, to string) (backup.Copies, error) {
			return backup.Copies{Region: to, Backups: []backup.Backup{full("copy of "+id+node, began)}}, nil
		},
	}
}

// down returns a cloud that cannot be reached.
func down() *cloud {
	err := &backup.Error{Class: backup.ClassNetwork}
	return &cloud{
		instances:  func(context.Context) ([]backup.Instance, error) { return nil, err },
		backups:    func(context.Context, string, string) (backup.List, error) { return backup.List{}, err },
		jobs:       func(context.Context, string) ([]backup.Job, error) { return nil, err },
		policy:     func(context.Context, string) (backup.Policy, error) { return backup.Policy{}, err },
		recovery:   func(context.Context, string) (backup.Window, error) { return backup.Window{}, err },
		restored:   func(context.Context, string) (time.Time, error) { return time.Time{}, err },
		check:      func(context.Context, string, string) (backup.RestoreCheck, error) { return backup.RestoreCheck{}, err },
		copies:     func(context.Context, string, string, string) (backup.Copies, error) { return backup.Copies{}, err },
		increments: func(context.Context, string) (backup.List, error) { return backup.List{}, err },
		older:      func(context.Context, string, time.Time) (backup.List, error) { return backup.List{}, err },
	}
}

// asking returns a region of which everything is asked.
func asking(source poll.Source) poll.Region {
	r := region(source)
	r.RestoreCheck, r.Restores = true, true
	r.Objectives = backup.Objectives{RPODefault: 26 * time.Hour}
	return r
}

// verdicts returns the state of each target.
func verdicts(p *poll.Poller) map[string]backup.HealthState {
	states := map[string]backup.HealthState{}
	for _, in := range p.Snapshot().Instances {
		for _, n := range in.Nodes {
			states[in.Instance.InstanceID+n.NodeID] = backup.Assess(in.Target(n), in.Objectives, time.Now()).State
		}
	}
	return states
}

// asKnown ignores what only attempts since the start can tell: when the newest one was, and that an operation is not offered
// is no failure.
var asKnown = cmp.Options{
	cmpopts.IgnoreFields(backup.Reading[[]backup.Job]{}, "TriedAt", "Err"), cmpopts.IgnoreFields(backup.Reading[backup.List]{}, "TriedAt"),
	cmpopts.IgnoreFields(backup.Reading[int]{}, "TriedAt"), cmpopts.IgnoreFields(backup.Region{}, "Asked", "Up", "Round", "Skew"),
	cmpopts.IgnoreFields(backup.Snapshot{}, "At"), cmpopts.EquateEmpty(),
}

func TestStartFromTheCatalog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, _ := remembering()
		first := newPoller(t, opts, asking(answering(time.Now().Add(-3*time.Hour))))
		first.Refresh(t.Context())
		synctest.Wait()
		time.Sleep(10 * time.Minute)
		want, states := first.Snapshot(), verdicts(first)
		if states["a"] != backup.HealthOK || states["cx"] != backup.HealthOK {
			t.Fatalf("verdicts before %v", states)
		}

		dead := down()
		again := newPoller(t, opts, asking(dead))
		if diff := cmp.Diff(want, again.Snapshot(), asKnown); diff != "" {
			t.Errorf("after a start (-before +after):\n%s", diff)
		}
		if again.Snapshot().Regions[0].Asked || again.Ready() {
			t.Error("a region counts as asked before it was")
		}
		again.Refresh(t.Context())
		if diff := cmp.Diff(states, verdicts(again)); diff != "" {
			t.Errorf("verdicts while the cloud is down (-before +after):\n%s", diff)
		}
		calls := dead.count()
		for _, call := range []string{"instances", "backups a", "backups cx", "backups cy", "jobs a", "policy a", "recovery a", "copies a", "check a a"} {
			if calls[call] != 1 {
				t.Errorf("%d calls of %q, want one: what is known is asked at once", calls[call], call)
			}
		}
		time.Sleep(opts.StaleAfter + opts.BackupsInterval - 10*time.Minute - time.Second)
		if got := verdicts(again)["a"]; got != backup.HealthOK {
			t.Errorf("a second before it is too old: %v", got)
		}
		time.Sleep(time.Second)
		if got := verdicts(again); got["a"] != backup.HealthUnknown || len(got) != 3 {
			t.Errorf("too old: %v", got)
		}
		if at := find(t, again, "a").Nodes[0].Backups.At; !at.Equal(want.Instances[0].Nodes[0].Backups.At) {
			t.Errorf("last read at %v", at)
		}
		if n, ok := again.Snapshot().Regions[0].ListedInstances(); n != 2 || !ok {
			t.Errorf("%d instances listed, %v", n, ok)
		}
	})
}

// TestClockAfterAStart: what is known is of no use while the clock is behind it.
func TestClockAfterAStart(t *testing.T) {
	for behind, want := range map[time.Duration]backup.HealthState{
		backup.MaxSkew - time.Minute: backup.HealthOK,
		backup.MaxSkew + time.Minute: backup.HealthUnknown,
		-time.Hour:                   backup.HealthOK,
		-2 * time.Hour:               backup.HealthUnknown,
	} {
		synctest.Test(t, func(t *testing.T) {
			opts, _ := remembering()
			newPoller(t, opts, asking(answering(time.Now().Add(-3*time.Hour)))).Refresh(t.Context())
			clock := func() time.Time { return time.Now().Add(-behind) }
			opts.Now = clock
			in := find(t, newPoller(t, opts, asking(down())), "a")
			if got := backup.Assess(in.Target(in.Nodes[0]), in.Objectives, clock()).State; got != want {
				t.Errorf("a clock that is %v behind: %v, want %v", behind, got, want)
			}
		})
	}
}

// TestCatalogLearnsListings: whole ones, parts, and instances that are gone.
func TestCatalogLearnsListings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, known := remembering()
		source := answering(time.Now())
		p := newPoller(t, opts, asking(source))
		here := backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "r1"}
		learn := func(unread int, ids ...string) (listed string) {
			source.instances, source.unread = lists(ids...), unread
			p.Refresh(t.Context())
			time.Sleep(opts.DiscoveryInterval)
			for _, in := range known.Instances(here) {
				listed += in.InstanceID
				if in.Lacking {
					listed += "?"
				}
				if !in.GoneAt.IsZero() {
					listed += "!"
				}
			}
			return listed
		}
		for _, step := range []struct {
			unread int
			ids    []string
			want   string
			count  int
		}{
			{0, []string{"a", "b"}, "ab", 2},
			{1, []string{"d"}, "abd", 2},
			{0, []string{"a", "d"}, "ab?d", 2},
			{0, []string{"a"}, "ab?!d?", 1},
		} {
			if got := learn(step.unread, step.ids...); got != step.want || known.Listed(here).Value != step.count {
				t.Errorf("%v: knows %s and %d, want %s and %d", step.ids, got, known.Listed(here).Value, step.want, step.count)
			}
		}
		// An instance that one listing before the start lacks, and one after it, is gone.
		source.instances = lists("a")
		again := newPoller(t, opts, asking(source))
		if diff := cmp.Diff([]string{"a", "d"}, ids(again)); diff != "" {
			t.Errorf("after a start (-want +got):\n%s", diff)
		}
		again.Refresh(t.Context())
		if diff := cmp.Diff([]string{"a"}, ids(again)); diff != "" {
			t.Errorf("after a listing (-want +got):\n%s", diff)
		}
	})
}

// TestCatalogLearnsThatAnInstanceIsGone: one listing lacks it, and the cloud does not know it.
func TestCatalogLearnsThatAnInstanceIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, known := remembering()
		source := answering(time.Now())
		p := newPoller(t, opts, asking(source))
		p.Refresh(t.Context())
		source.instances = lists("a")
		time.Sleep(opts.DiscoveryInterval)
		p.Refresh(t.Context())
		source.instances = down().instances
		source.policy = func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{}, &backup.Error{Class: backup.ClassNotFound}
		}
		time.Sleep(opts.PolicyInterval)
		p.Refresh(t.Context())
		for _, in := range known.Instances(backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "r1"}) {
			if gone := !in.GoneAt.IsZero(); gone != (in.InstanceID == "c") {
				t.Errorf("%s: gone %v", in.InstanceID, in.GoneAt)
			}
		}
	})
}

func TestStartShowsOnlyWhatIsWatched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, _ := remembering()
		newPoller(t, opts, asking(answering(time.Now()))).Refresh(t.Context())
		r := asking(down())
		r.Exclude = []poll.Exclusion{{Name: "name of c"}}
		p := newPoller(t, opts, r)
		if diff := cmp.Diff([]string{"a"}, ids(p)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		r.Exclude = nil
		p.Replace(opts, []poll.Region{r})
		if got := find(t, p, "c"); got.Nodes[0].Backups.At.IsZero() || got.Policy.At.IsZero() {
			t.Error("an instance that a reload adds begins without what is known of it")
		}
		other := asking(down())
		other.Account = "other"
		p.Replace(opts, []poll.Region{other})
		p.Replace(opts, []poll.Region{other, r})
		if len(ids(p)) != 2 {
			t.Errorf("a region that a reload adds begins with %v", ids(p))
		}
	})
}

// TestNamedInstanceAfterAStart: an old listing does not say that an instance does not exist.
func TestNamedInstanceAfterAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, _ := remembering()
		newPoller(t, opts, asking(answering(time.Now()))).Refresh(t.Context())
		source := answering(time.Now())
		slow := lists("a", "c:x:y", "new")
		source.instances = func(ctx context.Context) ([]backup.Instance, error) {
			time.Sleep(time.Minute)
			return slow(ctx)
		}
		r := asking(source)
		r.Instances = []poll.Instance{{ID: "new"}}
		p := newPoller(t, opts, r)
		p.Refresh(t.Context())
		if in := find(t, p, "new"); in.Policy.Err != nil || in.Policy.At.IsZero() {
			t.Errorf("the policy of an instance that the newest listing has: %v", in.Policy.Err)
		}
		if calls := source.count(); calls["policy new"] != 1 {
			t.Errorf("calls %v", calls)
		}
	})
}

// TestUnknownIDAfterAStart: before the first listing, an id that the catalog does not know may be a new instance.
func TestUnknownIDAfterAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, _ := remembering()
		newPoller(t, opts, asking(answering(time.Now()))).Refresh(t.Context())
		source := answering(time.Now())
		source.instances = lists("a", "new")
		p := newPoller(t, opts, asking(source))
		p.RefreshInstance(t.Context(), "new")
		if in := find(t, p, "new"); in.Policy.At.IsZero() {
			t.Error("the new instance was not asked about")
		}
	})
}

func TestPolicyChangesOutliveAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, _ := remembering()
		source := answering(time.Now())
		p := newPoller(t, opts, asking(source))
		for days := range 20 {
			source.policy = func(context.Context, string) (backup.Policy, error) {
				return backup.Policy{Schedules: []backup.Schedule{{Retention: time.Duration(1+days) * day}}}, nil
			}
			p.Refresh(t.Context())
			time.Sleep(opts.PolicyInterval)
		}
		want := find(t, p, "a").PolicyChanges
		again := newPoller(t, opts, asking(source))
		if diff := cmp.Diff(want, find(t, again, "a").PolicyChanges); diff != "" || len(want) != 16 {
			t.Errorf("%d changes (-before +after):\n%s", len(want), diff)
		}
		source.policy = func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{Schedules: []backup.Schedule{{Retention: 99 * day}}}, nil
		}
		again.Refresh(t.Context())
		last := find(t, again, "a").PolicyChanges[15]
		if last.Former.Retention() != 20*day || !last.At.Equal(time.Now()) || last.LastAt.IsZero() {
			t.Errorf("the change after the start: %+v", last)
		}
	})
}

// TestOlderBackupsOutliveAStart: what was found further back than the list goes is known after a start. Without it, a target
// is not said to have nothing.
func TestOlderBackupsOutliveAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, known := remembering()
		empty := func(context.Context, string, string) (backup.List, error) {
			return backup.List{Asked: []backup.Kind{backup.KindFull}}, nil
		}
		began := time.Now()
		source := answering(began)
		source.backups = empty
		source.older = func(_ context.Context, id string, _ time.Time) (backup.List, error) {
			if id != "a" {
				return backup.List{}, nil
			}
			return backup.List{Backups: []backup.Backup{full("old", began.Add(-20*day))}}, nil
		}
		source.recovery = nil
		p := newPoller(t, opts, asking(source))
		p.Refresh(t.Context())
		synctest.Wait()
		want := map[string]backup.HealthState{"a": backup.HealthLate, "cx": backup.HealthNever, "cy": backup.HealthNever}
		if diff := cmp.Diff(want, verdicts(p)); diff != "" {
			t.Fatalf("before (-want +got):\n%s", diff)
		}
		again := newPoller(t, opts, asking(down()))
		again.Refresh(t.Context())
		if diff := cmp.Diff(want, verdicts(again)); diff != "" {
			t.Errorf("after a start (-want +got):\n%s", diff)
		}

		for _, in := range p.Snapshot().Instances {
			for _, n := range in.Nodes {
				known.LearnOlder(in.Instance.Node(n.NodeID), catalog.Times{At: began}, nil)
			}
		}
		again = newPoller(t, opts, asking(down()))
		for range 2 {
			for target, state := range verdicts(again) {
				if state != backup.HealthUnknown {
					t.Errorf("%s is %v although nobody has looked further back since", target, state)
				}
			}
			again.Refresh(t.Context())
		}
	})
}

// TestCatalogForgetsOlderBackups: once the list has a usable backup, what was found before does not count after a start.
func TestCatalogForgetsOlderBackups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, known := remembering()
		source := answering(time.Now().Add(-3 * time.Hour))
		usable := source.backups
		source.backups = nil
		p := newPoller(t, opts, asking(source))
		p.Refresh(t.Context())
		synctest.Wait()
		a := backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "r1", InstanceID: "a"}
		if known.Known(a).Older.Value == nil {
			t.Fatal("nothing is known of older backups")
		}
		source.backups = usable
		for range 3 {
			time.Sleep(opts.BackupsInterval)
			p.Refresh(t.Context())
		}
		if known.Known(a).Older.Value != nil {
			t.Error("what was known of older backups still counts")
		}
	})
}

// TestCatalogLearnsWhatWasAsked: the range of a list is that of its question, and incremental sets that the list leaves out
// are in it where they are known.
func TestCatalogLearnsWhatWasAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, known := remembering()
		source := answering(time.Now())
		source.increments = func(context.Context, string) (backup.List, error) {
			return backup.List{Asked: []backup.Kind{backup.KindIncremental}, Backups: []backup.Backup{{ID: "i", Kind: backup.KindIncremental}}}, nil
		}
		p := newPoller(t, opts, asking(source))
		asked := time.Now()
		for range 2 {
			asked = time.Now()
			p.Refresh(t.Context())
			synctest.Wait()
			time.Sleep(opts.BackupsInterval)
		}
		a := backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "r1", InstanceID: "a"}
		k := known.Known(a)
		if !k.Since.Equal(asked.Add(-opts.Lookback)) || !k.Backups.At.Equal(asked) || !k.Backups.CloudAt.Equal(asked.Add(2*time.Second)) {
			t.Errorf("since %v, at %v, %v", k.Since, k.Backups.At, k.Backups.CloudAt)
		}
		if got := k.Backups.Value; len(got.Backups) != 2 || !slices.Contains(got.Asked, backup.KindIncremental) {
			t.Errorf("list %+v", got)
		}
		source.backups = func(context.Context, string, string) (backup.List, error) {
			return backup.List{}, &backup.Error{Class: backup.ClassServer}
		}
		p.Refresh(t.Context())
		if got := known.Known(a); len(got.Backups.Value.Backups) != 2 || !got.Backups.At.Equal(asked) {
			t.Errorf("after a failure: %+v", got.Backups)
		}
	})
}

// TestSetsThatVanishAreInTheSnapshot: two lists lack a backup, the policy was read since, and the instance is listed. After a
// start it is known, too.
func TestSetsThatVanishAreInTheSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, _ := remembering()
		began := time.Now().Add(-2 * day)
		all := []backup.Backup{full("new", began.Add(day)), full("old", began)}
		source := answering(began)
		source.backups = func(context.Context, string, string) (backup.List, error) {
			return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: all}, nil
		}
		p := newPoller(t, opts, asking(source))
		p.Refresh(t.Context())
		time.Sleep(opts.BackupsInterval)
		all = all[:1]
		gone := time.Now().Round(0)
		for minute := range 61 {
			p.Refresh(t.Context())
			synctest.Wait()
			if n := len(find(t, p, "a").Nodes[0].Removals.Sets); n > 0 && minute < 59 {
				t.Fatalf("%d removals after %d minutes: the policy was not read since", n, minute)
			}
			time.Sleep(opts.BackupsInterval)
		}
		for name, p := range map[string]*poll.Poller{"before": p, "after a start": newPoller(t, opts, asking(down()))} {
			got := find(t, p, "a").Nodes[0].Removals
			if len(got.Sets) != 1 || got.Sets[0].ID != "old" || !got.Sets[0].LeftAt.Equal(gone) || !got.Last.Equal(gone) {
				t.Errorf("%s: removals %+v, want old of %v", name, got, gone)
			}
		}
		source.instances = lists("c:x:y")
		for range 2 {
			time.Sleep(opts.DiscoveryInterval)
			p.Refresh(t.Context())
		}
		if got := find(t, p, "c").Nodes[0].Removals; len(got.Sets) != 1 {
			t.Errorf("removals of a shard %+v", got)
		}
	})
}

// TestIncrementsAfterAStart: what the list leaves out is known until it was asked for again.
func TestIncrementsAfterAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, _ := remembering()
		source := answering(time.Now().Add(-3 * time.Hour))
		made := time.Now().Add(-time.Hour)
		source.increments = func(context.Context, string) (backup.List, error) {
			return backup.List{Asked: []backup.Kind{backup.KindIncremental}, Backups: []backup.Backup{{ID: "i", Kind: backup.KindIncremental, StartedAt: made}}}, nil
		}
		p := newPoller(t, opts, asking(source))
		for range 2 {
			p.Refresh(t.Context())
			synctest.Wait()
			time.Sleep(opts.BackupsInterval)
		}
		listed := func(p *poll.Poller) (ids []string) {
			list := find(t, p, "a").Nodes[0].Backups.Value
			for _, b := range list.Backups {
				ids = append(ids, b.ID)
			}
			for _, kind := range list.Asked {
				ids = append(ids, kind.String())
			}
			return ids
		}
		want := []string{"i", "a", "full", "incremental"}
		works := source.increments
		source.increments = func(context.Context, string) (backup.List, error) {
			return backup.List{}, &backup.Error{Class: backup.ClassServer}
		}
		again := newPoller(t, opts, asking(source))
		for _, when := range []string{"at once", "after a list"} {
			if diff := cmp.Diff(want, listed(again)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
			again.Refresh(t.Context())
			synctest.Wait()
		}
		source.increments = works
		made = made.Add(30 * time.Minute)
		time.Sleep(opts.BackupsInterval)
		again.Refresh(t.Context())
		synctest.Wait()
		if diff := cmp.Diff(want, listed(again)); diff != "" {
			t.Errorf("asked again (-want +got):\n%s", diff)
		}
		if got := find(t, again, "a").Nodes[0].Backups.Value.Backups[0].StartedAt; !got.Equal(made) {
			t.Errorf("the increment is of %v, want %v", got, made)
		}
	})
}

// TestCatalogForgets: what left a list long ago is forgotten, also where the instances cannot be listed.
func TestCatalogForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts, known := remembering()
		source := answering(time.Now().Add(-3 * time.Hour))
		source.instances = down().instances
		r := asking(source)
		r.Instances = []poll.Instance{{ID: "a"}}
		p := newPoller(t, opts, r)
		p.Refresh(t.Context())
		source.backups = nil
		time.Sleep(opts.BackupsInterval)
		p.Refresh(t.Context())
		a := find(t, p, "a").Instance.Target
		if left := known.Left(a); len(left) != 1 {
			t.Fatalf("%d backups left", len(left))
		}
		time.Sleep(opts.Lookback + time.Hour)
		p.Refresh(t.Context())
		if left := known.Left(a); len(left) != 0 {
			t.Errorf("%d backups are held that left before the lookback", len(left))
		}
	})
}

// A start withdraws a reading when it would have been withdrawn without: later where the instance was idle.
func TestStartKeepsReadingsAsLong(t *testing.T) {
	for name, test := range map[string]struct {
		began time.Duration // of the backup, since midnight
		want  time.Duration
	}{
		"idle": {2*time.Hour + 10*time.Minute, 40 * time.Minute},
		"late": {-40 * time.Hour, 11 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				midnight := time.Now()
				source := answering(midnight.Add(test.began))
				source.instances = lists("a")
				source.policy = func(context.Context, string) (backup.Policy, error) {
					return backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 2 * time.Hour, Window: time.Hour}}}, nil
				}
				opts, _ := remembering()
				opts.IdleInterval, opts.StaleAfter = 30*time.Minute, 10*time.Minute
				time.Sleep(12 * time.Hour)
				before := newPoller(t, opts, asking(source))
				before.Refresh(t.Context())
				read := time.Now()
				before.Close()
				time.Sleep(5 * time.Minute)
				after := newPoller(t, opts, asking(down()))
				for find(t, after, "a").Nodes[0].Backups.Known(time.Now()) {
					time.Sleep(time.Minute)
				}
				if kept := time.Since(read); kept != test.want {
					t.Errorf("shown for %v, want %v", kept, test.want)
				}
			})
		})
	}
}
