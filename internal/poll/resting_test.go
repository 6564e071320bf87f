package poll_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"reflect"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
	"mongodb_backup_exporter/internal/clocktest"
	"mongodb_backup_exporter/internal/poll"
	"mongodb_backup_exporter/internal/turn"
)

// changing is a cloud whose answers follow from a seed and the time alone.
type changing struct {
	seed    uint64
	clock   *clocktest.Clock
	elapsed *time.Duration
	failing *bool
	epoch   *int // changes the policies and who is there

	mu    sync.Mutex
	asked []string
}

func (c *changing) now() time.Time { return c.clock.Now() }

func (c *changing) pick(n int, what ...any) int {
	h := fnv.New64a()
	fmt.Fprint(h, c.seed, what)
	return int(rand.New(rand.NewPCG(h.Sum64(), 1)).Uint64() % uint64(n))
}

func (c *changing) note(scope, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, fmt.Sprintf("%12s %s %s", *c.elapsed, scope, id))
	if *c.failing && c.pick(3, scope, id, *c.epoch) == 0 {
		return &backup.Error{Op: scope, Class: backup.ClassServer, Err: errors.New("down")}
	}
	if c.pick(60, scope, id, int(c.elapsed.Seconds())/300) == 0 {
		return &backup.Error{Op: scope, Class: backup.ClassServer, Err: errors.New("down")}
	}
	return nil
}

func (c *changing) Skew() (time.Duration, bool) { return 0, true }

func (c *changing) Instances(context.Context) (backup.Listing, error) {
	if err := c.note("instances", ""); err != nil {
		return backup.Listing{}, err
	}
	var found []backup.Instance
	for i := range 6 {
		id := fmt.Sprint("i", i)
		if c.pick(6, "gone", id, *c.epoch) == 0 {
			continue
		}
		in := backup.Instance{Name: id, Topology: backup.TopologyReplicaSet}
		in.InstanceID = id
		if i == 4 {
			in.Topology = backup.TopologyShardedCluster
			in.Nodes = []string{"s1", "s2", "s3"}[:1+c.pick(3, "shards", *c.epoch)]
		}
		found = append(found, in)
	}
	return backup.Listing{Op: "L", Instances: found}, nil
}

func (c *changing) plan(id string) (start, length time.Duration) {
	return time.Duration(c.pick(24*60, "plan", id)) * time.Minute, time.Duration(1+c.pick(2, "w", id)) * time.Hour
}

func (c *changing) list(id string, back time.Duration) backup.List {
	l := backup.List{Op: "B", Asked: []backup.Kind{backup.KindFull}}
	start, length := c.plan(id)
	now := c.now().Round(0)
	for d := now.Add(-back).Truncate(day); d.Before(now); d = d.Add(day) {
		r := c.pick(12, "day", id, d.Unix())
		if r == 0 {
			continue
		}
		at := d.Add(start + time.Duration(c.pick(int(length/time.Minute), "at", id, d.Unix()))*time.Minute)
		if at.Add(20 * time.Minute).After(now) {
			continue
		}
		b := backup.Backup{ID: at.Format(time.RFC3339), Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateSuccess, StartedAt: at, EndedAt: at.Add(20 * time.Minute), SizeBytes: new(int64(1 << 30))}
		if r == 1 {
			b.State = backup.StateFailed
		}
		if c.pick(2, "expires", id) == 0 {
			b.ExpiresAt = at.Add(80 * time.Hour) // later than the list goes back: the order of answers about older ones is not fixed
		}
		l.Backups = append([]backup.Backup{b}, l.Backups...)
	}
	return l
}

func (c *changing) Backups(_ context.Context, in backup.Instance, node string, since time.Time) (backup.List, error) {
	scope := "backups"
	if c.now().Sub(since) > 365*day {
		scope = "older"
	}
	if err := c.note(scope, in.InstanceID+node); err != nil {
		return backup.List{}, err
	}
	if scope == "older" {
		return c.list(in.InstanceID, 30*day), nil
	}
	return c.list(in.InstanceID, 3*day), nil
}

func (c *changing) Jobs(_ context.Context, in backup.Instance) ([]backup.Job, error) {
	if err := c.note("jobs", in.InstanceID); err != nil {
		return nil, err
	}
	return nil, nil
}

func (c *changing) Policy(_ context.Context, in backup.Instance) (backup.Policy, error) {
	if err := c.note("policy", in.InstanceID); err != nil {
		return backup.Policy{}, err
	}
	start, length := c.plan(in.InstanceID)
	p := backup.Policy{Automatic: new(true), LogBackup: new(c.pick(2, "log", in.InstanceID, *c.epoch) == 0), Schedules: []backup.Schedule{{Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: start, Window: length, Retention: 7 * day}}}
	if c.pick(3, "copy", in.InstanceID, *c.epoch) == 0 {
		p.CopyRegion = "r2"
	}
	return p, nil
}

func (c *changing) Recovery(_ context.Context, in backup.Instance) (backup.Window, error) {
	if err := c.note("recovery", in.InstanceID); err != nil {
		return backup.Window{}, err
	}
	if c.pick(2, "log", in.InstanceID, *c.epoch) != 0 {
		return backup.Window{}, nil
	}
	return backup.Window{Start: c.now().Round(0).Add(-3 * day), End: c.now().Round(0).Add(-4 * time.Minute)}, nil
}

func (c *changing) Copies(_ context.Context, in backup.Instance, node, to string, _ time.Time) (backup.Copies, error) {
	if err := c.note("copies", in.InstanceID+node); err != nil {
		return backup.Copies{}, err
	}
	return backup.Copies{Region: to, Backups: c.list(in.InstanceID, 3*day).Backups}, nil
}

func (c *changing) Increments(_ context.Context, in backup.Instance, node string, _ time.Time) (backup.List, error) {
	if err := c.note("increments", in.InstanceID+node); err != nil {
		return backup.List{}, err
	}
	if c.pick(4, "none", in.InstanceID, *c.epoch) == 0 {
		return backup.List{}, nil
	}
	at := c.now().Round(0).Truncate(5 * time.Minute).Add(-5 * time.Minute)
	return backup.List{Op: "I", Asked: []backup.Kind{backup.KindIncremental}, Backups: []backup.Backup{{ID: "i" + at.String(), Kind: backup.KindIncremental, State: backup.StateSuccess, StartedAt: at, EndedAt: at}}}, nil
}

func (c *changing) CheckRestore(_ context.Context, in backup.Instance, id string) (backup.RestoreCheck, error) {
	if err := c.note("check", in.InstanceID); err != nil {
		return backup.RestoreCheck{}, err
	}
	return backup.RestoreCheck{BackupID: id}, nil
}

func (c *changing) LastRestore(_ context.Context, in backup.Instance) (time.Time, error) {
	return time.Time{}, c.note("restores", in.InstanceID)
}

func (c *changing) calls() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.asked
	c.asked = nil
	sort.Strings(calls)
	return calls
}

// Two pollers see the same clouds at the same times, and one of them is woken before each scrape: they ask the same questions at the
// same times, and show the same. Answers fail, instances and shards come and go, policies, objectives, sources and rates change, and
// the clock steps.
func TestRestingIsNotSeen(t *testing.T) {
	lives := uint64(6)
	if slowedDown {
		lives = 2
	}
	for seed := range lives {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			livesTwice(t, seed)
		})
	}
}

func livesTwice(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 3))
	clock := clocktest.New(time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC))
	elapsed := new(time.Duration)
	pass := func(d time.Duration) { clock.Advance(d); *elapsed += d }
	failing, epoch := new(bool), new(int)
	budget := &rate{10, seed%2 == 0}
	var pollers []*poll.Poller
	var sources []*changing
	var opts []poll.Options
	var conf poll.Region
	source := func() *changing {
		return &changing{seed: seed, clock: clock, elapsed: elapsed, failing: failing, epoch: epoch}
	}
	base := options(log.NewNopLogger())
	base.Now, base.IdleInterval, base.StaleAfter = source().now, 30*time.Minute, time.Hour
	if seed%3 == 0 {
		base.BackupsInterval, base.JobsInterval, base.StaleAfter = 4*time.Minute, 3*time.Minute, 10*time.Minute
	}
	conf = limitedRegion(nil, "r", budget)
	conf.Concurrency = 1
	conf.Costs = func(scope backup.Scope, in backup.Instance, fleet turn.Fleet) []turn.Cost {
		return []turn.Cost{{Operation: scope.String(), Calls: 1}}
	}
	conf.RestoreCheck, conf.Restores = seed%2 == 0, seed%3 == 1
	conf.Objectives = backup.Objectives{RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour, RPODefault: 26 * time.Hour}
	conf.Instances = []poll.Instance{{ID: "i0", Objectives: conf.Objectives}}
	for range 2 {
		o := base
		o.Catalog = catalog.New(o.Lookback)
		s := source()
		c := conf
		c.Source = s
		p := poll.New(o, []poll.Region{c})
		defer p.Close()
		pollers, sources, opts = append(pollers, p), append(sources, s), append(opts, o)
	}
	var moved []string
	gap := []time.Duration{15 * time.Second, time.Minute, 37 * time.Second}[random.IntN(3)]
	for step := range 400 {
		what := ""
		switch random.IntN(60) {
		case 0:
			*epoch++
			what = "epoch"
		case 1:
			*failing = !*failing
			what = "failing"
		case 2:
			by := []time.Duration{-time.Hour, 7 * time.Minute, -4 * time.Minute, 3 * time.Minute, 26 * time.Hour, -7 * time.Minute}[random.IntN(6)]
			clock.Step(by)
			what = "step " + by.String()
		case 3:
			budget.perSecond = []float64{0.001, 0.01, 10}[random.IntN(3)]
			what = fmt.Sprint("rate ", budget.perSecond)
		case 4:
			conf.Objectives.RPO = []time.Duration{0, time.Hour, 30 * time.Hour}[random.IntN(3)]
			conf.Instances[0].Objectives = conf.Objectives
			renew := random.IntN(2) == 0
			what = fmt.Sprint("reload ", renew)
			for i, p := range pollers {
				if renew {
					old := sources[i]
					sources[i] = source()
					sources[i].asked = old.asked
				}
				c := conf
				c.Instances = slices.Clone(conf.Instances)
				c.Source = sources[i]
				p.Replace(opts[i], []poll.Region{c})
			}
		case 5:
			pass(time.Duration(random.IntN(90)) * time.Minute)
			what = "long"
		}
		if what != "" {
			moved = append(moved, fmt.Sprint(step, " ", what))
		}
		pass(gap)
		pollers[1].Wake()
		for _, p := range pollers {
			p.Refresh(t.Context())
			p.Settle()
		}
		a, b := sources[0].calls(), sources[1].calls()
		if diff := cmp.Diff(b, a); diff != "" {
			t.Fatalf("step %d, %v: asked (-who never rests +who rests):\n%s\n%s", step, *elapsed, diff, strings.Join(moved[max(0, len(moved)-6):], "\n"))
		}
		pollers[1].Wake()
		want, got := slices.Clone(pollers[1].Snapshot().Instances), slices.Clone(pollers[0].Snapshot().Instances)
		for _, states := range [][]backup.InstanceState{want, got} {
			for i := range states {
				if in := &states[i]; in.Policy.At.IsZero() && in.Policy.Err != nil { // it may never have been asked
					in.PolicyBy, in.WindowBy = time.Time{}, time.Time{}
				}
			}
		}
		if reflect.DeepEqual(want, got) { //nolint:govet // errors that differ are compared below
			continue
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) })); diff != "" {
			t.Fatalf("step %d, %v: (-who never rests +who rests):\n%s\n%s", step, *elapsed, diff, strings.Join(moved[max(0, len(moved)-6):], "\n"))
		}
	}
}
