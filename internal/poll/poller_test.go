package poll_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// cloud is a Source made of functions, each of which may be left out. It counts the calls by scope and target.
type cloud struct {
	instances func(context.Context) ([]backup.Instance, error)
	unread    int // listed instances that could not be read
	backups   func(ctx context.Context, id, node string) (backup.List, error)
	jobs      func(ctx context.Context, id string) ([]backup.Job, error)
	policy    func(ctx context.Context, id string) (backup.Policy, error)
	recovery  func(ctx context.Context, id string) (backup.Window, error)

	mu    sync.Mutex
	calls map[string]int
	now   int // calls in flight
	most  int // calls ever in flight at once
}

func (c *cloud) enter(call string) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = map[string]int{}
	}
	c.calls[call]++
	c.now++
	c.most = max(c.most, c.now)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.now--
	}
}

func (c *cloud) count() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	counted := c.calls
	c.calls = map[string]int{}
	return counted
}

func (c *cloud) inFlight() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *cloud) total() int {
	n := 0
	for _, calls := range c.count() {
		n += calls
	}
	return n
}

func (c *cloud) Instances(ctx context.Context) (backup.Listing, error) {
	defer c.enter("instances")()
	found, err := c.instances(ctx)
	return backup.Listing{Op: "DescribeDBInstances", Instances: found, Unread: c.unread}, err
}

func (c *cloud) Backups(ctx context.Context, in backup.Instance, node string, _ time.Time) (backup.List, error) {
	defer c.enter("backups " + in.InstanceID + node)()
	if c.backups == nil {
		return backup.List{}, nil
	}
	return c.backups(ctx, in.InstanceID, node)
}

func (c *cloud) Jobs(ctx context.Context, in backup.Instance) ([]backup.Job, error) {
	defer c.enter("jobs " + in.InstanceID)()
	if c.jobs == nil {
		return nil, nil
	}
	return c.jobs(ctx, in.InstanceID)
}

func (c *cloud) Policy(ctx context.Context, in backup.Instance) (backup.Policy, error) {
	defer c.enter("policy " + in.InstanceID)()
	if c.policy == nil {
		return backup.Policy{}, nil
	}
	return c.policy(ctx, in.InstanceID)
}

func (c *cloud) Recovery(ctx context.Context, in backup.Instance) (backup.Window, error) {
	defer c.enter("recovery " + in.InstanceID)()
	if c.recovery == nil {
		return backup.Window{}, nil
	}
	return c.recovery(ctx, in.InstanceID)
}

// lists returns an instances function for these ids; "c:x:y" is a cluster c with the shards x and y.
func lists(specs ...string) func(context.Context) ([]backup.Instance, error) {
	return func(context.Context) ([]backup.Instance, error) {
		var found []backup.Instance
		for _, spec := range specs {
			parts := strings.Split(spec, ":")
			in := backup.Instance{Name: "name of " + parts[0], Nodes: parts[1:]}
			in.InstanceID = parts[0]
			found = append(found, in)
		}
		return found, nil
	}
}

func one(id string) backup.List { return backup.List{Backups: []backup.Backup{{ID: id}}} }

// logs keeps the lines of a poller's log.
type logs struct {
	mu    sync.Mutex
	lines []string
}

func (l *logs) Log(pairs ...any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprint(pairs...))
	return nil
}

func (l *logs) matching(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(l.lines), func(line string) bool { return !strings.Contains(line, part) }))
}

func options(logger log.Logger) poll.Options {
	return poll.Options{
		Now: time.Now, Logger: logger,
		BackupsInterval: time.Minute, JobsInterval: time.Minute,
		PolicyInterval: time.Hour, RecoveryInterval: 10 * time.Minute, DiscoveryInterval: 10 * time.Minute,
		RoundTimeout: 5 * time.Minute, Lookback: 8 * 24 * time.Hour, StaleAfter: time.Hour,
	}
}

func region(source poll.Source) poll.Region {
	return poll.Region{Cloud: backup.Alibaba, Account: "prod", Region: "r1", Source: source, Concurrency: 16, Discover: true}
}

func newPoller(t *testing.T, opts poll.Options, regions ...poll.Region) *poll.Poller {
	t.Helper()
	p := poll.New(opts, regions)
	t.Cleanup(p.Close)
	return p
}

// find returns what is known of an instance.
func find(t *testing.T, p *poll.Poller, id string) backup.InstanceState {
	t.Helper()
	for _, in := range p.Snapshot().Instances {
		if in.Instance.InstanceID == id {
			return in
		}
	}
	t.Fatalf("no instance %s in the snapshot", id)
	return backup.InstanceState{}
}

func ids(p *poll.Poller) []string {
	found := []string{}
	for _, in := range p.Snapshot().Instances {
		found = append(found, in.Instance.InstanceID)
	}
	return found
}

func TestRefreshAsksWhatIsDue(t *testing.T) {
	everything := map[string]int{
		"instances": 1, "backups a": 1, "backups cx": 1, "backups cy": 1,
		"jobs a": 1, "jobs c": 1, "policy a": 1, "policy c": 1, "recovery a": 1, "recovery c": 1,
	}
	backupsAndJobs := map[string]int{"backups a": 1, "backups cx": 1, "backups cy": 1, "jobs a": 1, "jobs c": 1}
	steps := []struct {
		name  string
		after time.Duration
		want  map[string]int
	}{
		{"the first refresh asks everything", 0, everything},
		{"a second refresh within the minute costs nothing", 58 * time.Second, map[string]int{}},
		{"a scrape that is a moment early is not a minute late", 1500 * time.Millisecond, backupsAndJobs},
		{"what has a longer interval waits for it", 9*time.Minute + 500*time.Millisecond, map[string]int{
			"instances": 1, "backups a": 1, "backups cx": 1, "backups cy": 1, "jobs a": 1, "jobs c": 1, "recovery a": 1, "recovery c": 1,
		}},
		{"an hour later all is due again", time.Hour, everything},
	}
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "c:x:y")}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		for _, step := range steps {
			time.Sleep(step.after)
			p.Refresh(t.Context())
			if diff := cmp.Diff(step.want, source.count()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.name, diff)
			}
		}
	})
}

func TestIntervalZeroAsksEveryTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a")}
		opts := options(log.NewNopLogger())
		opts.BackupsInterval, opts.JobsInterval = 0, 0
		p := newPoller(t, opts, region(source))
		p.Refresh(t.Context())
		source.count()
		p.Refresh(t.Context())
		if diff := cmp.Diff(map[string]int{"backups a": 1, "jobs a": 1}, source.count()); diff != "" {
			t.Errorf("calls of the second refresh (-want +got):\n%s", diff)
		}
	})
}

func TestConcurrentRefreshesShareTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: func(ctx context.Context) ([]backup.Instance, error) {
			time.Sleep(time.Second)
			return lists("a", "c:x:y")(ctx)
		}}
		source.backups = func(_ context.Context, id, node string) (backup.List, error) {
			time.Sleep(time.Second)
			return one(id + node), nil
		}
		opts := options(log.NewNopLogger())
		opts.BackupsInterval, opts.JobsInterval = 0, 0
		p := newPoller(t, opts, region(source))
		var scrapes sync.WaitGroup
		for range 8 {
			scrapes.Go(func() {
				p.Refresh(t.Context())
				if got := find(t, p, "c").Nodes[1].Backups.Value; !cmp.Equal(got, one("cy")) {
					t.Errorf("a refresh returned before the work was done: %v", got)
				}
			})
		}
		scrapes.Wait()
		if got := source.total(); got != 10 {
			t.Errorf("8 refreshes at once made %d calls, want 10 as for one", got)
		}
	})
}

func TestHangingShardDelaysNoOtherTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "c:x:y")}
		reads := 0
		source.backups = func(ctx context.Context, id, node string) (backup.List, error) {
			if node == "x" {
				<-ctx.Done()
				return backup.List{}, &backup.Error{Op: "DescribeBackups", Class: backup.ClassTimeout, Err: ctx.Err()}
			}
			if id == "a" {
				reads++
			}
			return one(id + node), nil
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		for i := range 20 {
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			p.Refresh(ctx)
			cancel()
			if took := time.Since(start); took > 2*time.Second {
				t.Fatalf("refresh %d took %v", i, took)
			}
			if reads != i+1 {
				t.Fatalf("refresh %d: the healthy instance was read %d times", i, reads)
			}
			if left := source.inFlight(); left > 1 {
				t.Fatalf("refresh %d left %d calls in flight, want the hanging one", i, left)
			}
			time.Sleep(time.Minute)
		}
		x := find(t, p, "c").Nodes[0].Backups
		if backup.ClassOf(x.Err) != backup.ClassTimeout || !x.At.IsZero() {
			t.Errorf("the hanging shard's reading is %+v, want a timeout and no value", x)
		}
	})
}

func TestWorkOutlivesTheScrapeAndEndsAtTheRoundTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended time.Duration
		source := &cloud{instances: lists("slow", "stuck")}
		start := time.Now()
		source.backups = func(ctx context.Context, id, _ string) (backup.List, error) {
			if id == "slow" {
				time.Sleep(time.Minute)
				return one(id), ctx.Err()
			}
			<-ctx.Done()
			ended = time.Since(start)
			return backup.List{}, &backup.Error{Op: "DescribeBackups", Class: backup.ClassTimeout, Err: ctx.Err()}
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p.Refresh(ctx)
		if got := find(t, p, "slow"); got.Jobs.At.IsZero() || !got.Nodes[0].Backups.At.IsZero() {
			t.Errorf("after the scrape's deadline: %+v, want jobs but not yet backups", got)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if got := find(t, p, "slow").Nodes[0].Backups.Value; !cmp.Equal(got, one("slow")) {
			t.Errorf("the slow answer was lost: %v", got)
		}
		if ended != 5*time.Minute {
			t.Errorf("the stuck question ended after %v, want the round timeout", ended)
		}
	})
}

func TestFailureKeepsTheLastGoodValue(t *testing.T) {
	denied := &backup.Error{Op: "DescribeBackups", Class: backup.ClassPermission}
	unsupported := &backup.Error{Op: "DescribeBackupTasks", Class: backup.ClassUnsupported}
	synctest.Test(t, func(t *testing.T) {
		var failure error
		source := &cloud{instances: lists("a")}
		source.backups = func(context.Context, string, string) (backup.List, error) { return one("kept"), failure }
		source.jobs = func(context.Context, string) ([]backup.Job, error) { return nil, unsupported }
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		first := time.Now()
		p.Refresh(t.Context())
		failure = denied
		time.Sleep(time.Minute)
		source.count()
		p.Refresh(t.Context())

		want := backup.Reading[backup.List]{
			Value: one("kept"), At: first, TriedAt: first.Add(time.Minute), GoodUntil: first.Add(61 * time.Minute), Err: denied,
		}
		if diff := cmp.Diff(want, find(t, p, "a").Nodes[0].Backups, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
			t.Errorf("reading after a failure (-want +got):\n%s", diff)
		}
		if calls := source.count(); calls["jobs a"] != 0 {
			t.Error("what the cloud does not offer was asked for again within the hour")
		}
		if jobs := find(t, p, "a").Jobs; !jobs.OK(time.Now()) {
			t.Errorf("an unsupported scope counts as failed: %+v", jobs)
		}
	})
}

func TestRequiredScopeFailsWhenNotOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var failure error
		source := &cloud{instances: lists("a")}
		source.policy = func(context.Context, string) (backup.Policy, error) { return backup.Policy{Enabled: true}, failure }
		source.backups = func(context.Context, string, string) (backup.List, error) { return one("kept"), failure }
		logged := &logs{}
		p := newPoller(t, options(logged), region(source))
		p.Refresh(t.Context())
		failure = &backup.Error{Op: "Op", Class: backup.ClassUnsupported, Code: "InvalidAction.NotFound"}
		time.Sleep(time.Hour)
		p.Refresh(t.Context())
		in := find(t, p, "a")
		if in.Policy.OK(time.Now()) || in.Nodes[0].Backups.OK(time.Now()) || !in.Policy.Value.Enabled || len(in.Nodes[0].Backups.Value.Backups) != 1 {
			t.Errorf("policy %+v, backups %+v; want both failed, their last good values kept", in.Policy, in.Nodes[0].Backups)
		}
		if got := logged.matching("InvalidAction.NotFound"); got != 2 {
			t.Errorf("logged %d times, want once for each scope", got)
		}
		time.Sleep(time.Minute)
		source.count()
		p.Refresh(t.Context())
		if calls := source.count(); calls["policy a"] != 1 || calls["backups a"] != 1 {
			t.Errorf("calls a minute later: %v, want both asked again", calls)
		}
	})
}

func TestFailedPolicyIsAskedAgainWithinAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a")}
		source.policy = func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{}, &backup.Error{Op: "DescribeBackupPolicy", Class: backup.ClassServer}
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		time.Sleep(time.Minute)
		source.count()
		p.Refresh(t.Context())
		if got := source.count()["policy a"]; got != 1 {
			t.Errorf("a failed policy was asked %d times after a minute, want once", got)
		}
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var specs []string
		for i := range 200 {
			specs = append(specs, fmt.Sprintf("i%03d", i))
		}
		source := &cloud{instances: lists(specs...)}
		source.backups = func(context.Context, string, string) (backup.List, error) {
			time.Sleep(time.Second)
			return backup.List{}, nil
		}
		conf := region(source)
		conf.Concurrency = 5
		p := newPoller(t, options(log.NewNopLogger()), conf)
		p.Refresh(t.Context())
		if got := source.total(); got != 801 || source.most != 5 {
			t.Errorf("%d calls, at most %d at a time; want 801 and 5", got, source.most)
		}
	})
}

func TestResultsAreVisibleAsTheyCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "b", "c", "d")}
		source.backups = func(context.Context, string, string) (backup.List, error) {
			time.Sleep(time.Second)
			return one("x"), nil
		}
		conf := region(source)
		conf.Concurrency = 1
		p := newPoller(t, options(log.NewNopLogger()), conf)
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		p.Refresh(ctx)
		known := 0
		for _, in := range p.Snapshot().Instances {
			if !in.Nodes[0].Backups.At.IsZero() {
				known++
			}
		}
		if known != 2 || len(ids(p)) != 4 {
			t.Errorf("%d of %d instances are known after 2.5 s, want 2 of 4", known, len(ids(p)))
		}
	})
}

func TestScrapeJoinsTheListingOfAProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: func(ctx context.Context) ([]backup.Instance, error) {
			time.Sleep(time.Second)
			return lists("a", "b")(ctx)
		}}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		var probe sync.WaitGroup
		probe.Go(func() { p.RefreshInstance(t.Context(), "b") })
		synctest.Wait()
		p.Refresh(t.Context())
		probe.Wait()
		if find(t, p, "a").Nodes[0].Backups.At.IsZero() {
			t.Error("a scrape that joined the listing of a probe left the other instances out")
		}
	})
}

func TestThousandScrapesGrowNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "c:x:y")}
		opts := options(log.NewNopLogger())
		opts.BackupsInterval, opts.JobsInterval = 0, 0
		logged := &logs{}
		opts.Logger = logged
		source.policy = func(context.Context, string) (backup.Policy, error) {
			return backup.Policy{}, &backup.Error{Op: "DescribeBackupPolicy", Class: backup.ClassServer}
		}
		p := newPoller(t, opts, region(source))
		for range 1000 {
			p.Refresh(t.Context())
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		if left := source.inFlight(); left != 0 {
			t.Errorf("%d calls are still in flight", left)
		}
		if got := logged.matching("DescribeBackupPolicy"); got != 2 {
			t.Errorf("a lasting failure of two instances was logged %d times, want 2:\n%s", got, strings.Join(logged.lines, "\n"))
		}
		// The end of synctest.Test fails if a goroutine is left after Close.
	})
}
