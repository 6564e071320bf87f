package poll_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/poll"
	"mongodb_backup_exporter/internal/turn"
)

// limited is a Source whose calls keep to a budget.
type limited struct {
	poll.Source

	caller    *cloudcall.Caller
	takes     time.Duration // each call
	quota     *quota        // nil: the cloud has none
	sent      map[string]*atomic.Int64
	now, most atomic.Int64 // calls in flight, and the most that ever were
}

type silent struct{}

func (silent) Request(cloudcall.Place, string, string, time.Duration) {}
func (silent) Rejected(string)                                        {}

func newLimited(source poll.Source, budget *cloudcall.Budget) *limited {
	l := &limited{Source: source, takes: 100 * time.Millisecond, sent: map[string]*atomic.Int64{}}
	for _, op := range []string{"instances", "backups", "jobs", "policy", "recovery"} {
		l.sent[op] = &atomic.Int64{}
	}
	l.caller = cloudcall.New(cloudcall.Options{
		Observer: silent{}, Now: time.Now, Budget: budget, Timeout: 10 * time.Second,
		Classify: func(op string, err error) *backup.Error {
			return &backup.Error{Op: op, Class: backup.ClassProtocol, Err: err}
		},
	})
	return l
}

func do[T any](ctx context.Context, l *limited, op, id string, ask func(context.Context) (T, error)) (T, error) {
	return cloudcall.Do(cloudcall.About(ctx, id, ""), l.caller, op, func(ctx context.Context) (T, error) {
		l.sent[op].Add(1)
		l.most.Store(max(l.most.Load(), l.now.Add(1)))
		defer l.now.Add(-1)
		var none T
		select {
		case <-time.After(l.takes):
		case <-ctx.Done():
			return none, ctx.Err()
		}
		if err := l.quota.ask(op); err != nil {
			return none, err
		}
		return ask(ctx)
	})
}

func (l *limited) Instances(ctx context.Context) (backup.Listing, error) {
	return do(ctx, l, "instances", "", l.Source.Instances)
}

func (l *limited) Backups(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error) {
	return do(ctx, l, "backups", in.InstanceID, func(ctx context.Context) (backup.List, error) {
		return l.Source.Backups(ctx, in, node, since)
	})
}

func (l *limited) Jobs(ctx context.Context, in backup.Instance) ([]backup.Job, error) {
	return do(ctx, l, "jobs", in.InstanceID, func(ctx context.Context) ([]backup.Job, error) { return l.Source.Jobs(ctx, in) })
}

func (l *limited) Policy(ctx context.Context, in backup.Instance) (backup.Policy, error) {
	return do(ctx, l, "policy", in.InstanceID, func(ctx context.Context) (backup.Policy, error) { return l.Source.Policy(ctx, in) })
}

func (l *limited) Recovery(ctx context.Context, in backup.Instance) (backup.Window, error) {
	return do(ctx, l, "recovery", in.InstanceID, func(ctx context.Context) (backup.Window, error) { return l.Source.Recovery(ctx, in) })
}

// quota is a cloud's limit of calls of each operation in each minute.
type quota struct {
	most int

	mu               sync.Mutex
	minute           time.Time
	used             map[string]int
	asked, throttled int
}

func (q *quota) reset() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked, q.throttled = 0, 0
}

// allow changes how many calls of an operation are allowed in a minute.
func (q *quota) allow(most int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.most = most
}

// counts returns how many calls were made since the reset, and how many of them were refused.
func (q *quota) counts() (asked, throttled int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.asked, q.throttled
}

// ask returns why a call is refused. A nil quota refuses none.
func (q *quota) ask(op string) error {
	if q == nil {
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if minute := time.Now().Truncate(time.Minute); minute.After(q.minute) {
		q.minute, q.used = minute, map[string]int{}
	}
	q.used[op]++
	q.asked++
	if q.used[op] <= q.most {
		return nil
	}
	q.throttled++
	return &backup.Error{Op: op, Class: backup.ClassThrottled}
}

// manySets returns a cloud with n replica sets, each with a daily backup in a window of its own.
func manySets(n int) *cloud {
	ids, windows := make([]string, 0, n), map[string]time.Duration{}
	for i := range n {
		id := fmt.Sprintf("set-%05d", i)
		ids, windows[id] = append(ids, id), time.Duration(i%48)*30*time.Minute
	}
	works := func(id string) plant {
		return plant{func(midnight time.Time) []time.Time { return []time.Time{midnight.Add(windows[id] + 17*time.Minute)} }}
	}
	source := &cloud{instances: lists(ids...)}
	source.backups = func(_ context.Context, id, _ string) (backup.List, error) {
		return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: works(id).ended(time.Now().Add(-3 * day))}, nil
	}
	source.jobs = func(_ context.Context, id string) ([]backup.Job, error) { return works(id).running(), nil }
	source.policy = func(_ context.Context, id string) (backup.Policy, error) {
		return backup.Policy{
			Automatic: new(true),
			Schedules: []backup.Schedule{{Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: windows[id], Window: time.Hour, Retention: 7 * day}},
		}, nil
	}
	return source
}

// fleet is many replica sets behind a budget, which are scraped again and again, each scrape 10 seconds at most.
type fleet struct {
	*poll.Poller

	every  time.Duration // between scrapes
	source *limited
	begin  time.Time
	waited []time.Duration // how long each scrape took
	conf   poll.Region
	opts   poll.Options
}

func newFleet(t *testing.T, n int, budget *cloudcall.Budget, most int) *fleet {
	t.Helper()
	f := &fleet{source: newLimited(manySets(n), budget), begin: time.Now(), every: 15 * time.Second}
	if most > 0 {
		f.source.quota = &quota{most: most}
	}
	opts := options(log.NewNopLogger())
	opts.IdleInterval = 30 * time.Minute
	conf := region(f.source)
	conf.Objectives = backup.Objectives{RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
	f.conf, f.opts = conf, opts
	f.Poller = newPoller(t, opts, conf)
	return f
}

// reckons lets the fleet reckon its demand, and stretch intervals by it.
func (f *fleet) reckons(budget *cloudcall.Budget) {
	f.conf.Budget = budget
	f.conf.Costs = func(scope backup.Scope, _ backup.Instance, _ turn.Fleet) []turn.Cost {
		return []turn.Cost{{Operation: string(scope), Calls: 1}}
	}
	f.Replace(f.opts, []poll.Region{f.conf})
}

// scrape scrapes for a while.
func (f *fleet) scrape(t *testing.T, spell time.Duration) {
	t.Helper()
	for end := time.Now().Add(spell); time.Now().Before(end); {
		next := time.Now().Add(f.every)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		before := time.Now()
		f.Refresh(ctx)
		f.waited = append(f.waited, time.Since(before))
		cancel()
		time.Sleep(time.Until(next))
	}
}

// ages returns how old the lists of backups are, the youngest first, and how many are not known.
func (f *fleet) ages() (ages []time.Duration, unknown int) {
	for _, in := range f.Snapshot().Instances {
		list := in.Nodes[0].Backups
		if !list.Known(time.Now()) {
			unknown++
			continue
		}
		ages = append(ages, time.Since(list.At))
	}
	slices.Sort(ages)
	return ages, unknown
}

// allKnown scrapes until every list is known, and returns how long that took.
func (f *fleet) allKnown(t *testing.T, patience time.Duration) time.Duration {
	t.Helper()
	for time.Since(f.begin) < patience {
		f.scrape(t, time.Minute)
		if ages, unknown := f.ages(); len(ages) > 0 && unknown == 0 {
			break
		}
	}
	return time.Since(f.begin)
}

// idle is how old a list may be in the fleet.
const idle = 30 * time.Minute

// Ten thousand lists at ten a second are 16.7 minutes, and nothing else holds them up.
func TestTenThousandSetsOnOneBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sets, rate := 10_000, 10.0
		if slowedDown { // the same in a tenth
			sets, rate = sets/10, rate/10
		}
		f := newFleet(t, sets, cloudcall.NewBudget(rate, false), 0)
		f.every = time.Minute
		if took := f.allKnown(t, 30*time.Minute); took > 20*time.Minute {
			t.Errorf("all lists were known after %v, want 20 minutes at most", took)
		}
		f.scrape(t, 10*time.Minute)
		f.waited = nil
		f.scrape(t, 15*time.Minute)
		ages, unknown := f.ages()
		if p99 := ages[len(ages)*99/100]; p99 > idle+time.Minute || unknown > 0 {
			t.Errorf("p99 of the ages is %v, %d lists are not known; want %v at most and none", p99, unknown, idle+time.Minute)
		}
		if longest := slices.Max(f.waited); longest > 3*time.Second {
			t.Errorf("a scrape took %v", longest)
		}
	})
}

// A cloud that throttles every call is not known any more once the readings are too old by the intervals of the configured rate.
func TestTotalThrottlingIsNoHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sets, rate := 300, 2.0
		if slowedDown {
			sets, rate = sets/5, rate/5
		}
		budget := cloudcall.NewBudget(rate, false)
		f := newFleet(t, sets, budget, 1_000_000)
		f.reckons(budget)
		f.every = time.Minute
		f.allKnown(t, 20*time.Minute)
		f.scrape(t, 30*time.Minute)
		f.source.quota.allow(0)
		f.scrape(t, 3*time.Hour)
		if ages, unknown := f.ages(); unknown != sets {
			t.Errorf("%d of %d lists are unknown; the oldest of the others is %v old", unknown, sets, slices.Max(ages))
		}
	})
}

// The cloud allows 200 calls of an operation a minute, which nobody told the exporter.
func TestFleetFindsTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 1000, cloudcall.NewBudget(10, false), 200)
		f.scrape(t, 5*time.Minute)
		f.source.quota.reset()
		worst := time.Duration(0)
		minutes := 3 * 60
		if slowedDown {
			minutes = 20
		}
		for range minutes {
			f.scrape(t, time.Minute)
			ages, unknown := f.ages()
			if time.Since(f.begin) > 10*time.Minute {
				worst = max(worst, ages[len(ages)-1])
				if unknown > 0 {
					t.Fatalf("after %v %d lists are not known", time.Since(f.begin), unknown)
				}
			}
		}
		if asked, throttled := f.source.quota.counts(); throttled*20 > asked {
			t.Errorf("%d of %d calls were throttled, want 5 %% at most", throttled, asked)
		}
		if worst > idle+2*1000/200*time.Minute {
			t.Errorf("a list was %v old", worst)
		}
	})
}

// Reading 500 lists again takes 50 seconds at ten a second. No scrape waits for that, and none of the calls is made twice.
func TestSteadyScrapesDoNotWaitForTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newLimited(&cloud{instances: lists(many(500)...)}, cloudcall.NewBudget(10, false))
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		first := scrapes(t, p, 1)
		if first < 45*time.Second {
			t.Fatalf("the first scrape took %v: nothing is known of what it did not wait for", first)
		}
		time.Sleep(5 * time.Minute)
		source.sent["backups"].Store(0)
		for range 4 {
			if took := scrapes(t, p, 8); took > 2*time.Second {
				t.Errorf("eight scrapes at once took %v", took)
			}
			time.Sleep(14 * time.Second)
		}
		if sent := source.sent["backups"].Load(); sent != 500 {
			t.Errorf("%d lists were asked for in a minute, want each once", sent)
		}
		if age := time.Since(find(t, p, "set-499").Nodes[0].Backups.At); age > time.Minute {
			t.Errorf("a list is %v old", age)
		}
	})
}

// Backups of which news are expected are worth a moment of a scrape, though ten calls a second do not bring all of them at once.
func TestScrapesWaitAMomentForNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newLimited(&cloud{instances: lists(many(25)...)}, cloudcall.NewBudget(10, false))
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		scrapes(t, p, 1)
		time.Sleep(5 * time.Minute)
		begin := time.Now()
		if took := scrapes(t, p, 1); took > 2*time.Second {
			t.Errorf("the scrape took %v", took)
		}
		for _, id := range ids(p) {
			if list := find(t, p, id).Nodes[0].Backups; list.At.Before(begin) {
				t.Errorf("%s: the list is %v old, want one of this scrape", id, time.Since(list.At))
			}
		}
	})
}

func many(n int) []string {
	ids := make([]string, 0, n)
	for i := range n {
		ids = append(ids, fmt.Sprintf("set-%03d", i))
	}
	return ids
}

// scrapes refreshes n times at once and returns how long that took.
func scrapes(t *testing.T, p *poll.Poller, n int) time.Duration {
	t.Helper()
	begin := time.Now()
	var all sync.WaitGroup
	for range n {
		all.Go(func() { p.Refresh(t.Context()) })
	}
	all.Wait()
	return time.Since(begin)
}

// Whoever asks about one instance waits for it and for no other.
func TestOneInstanceComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newLimited(&cloud{instances: lists(many(500)...)}, cloudcall.NewBudget(10, false))
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		time.Sleep(5 * time.Minute)
		p.Refresh(t.Context())
		begin := time.Now()
		p.RefreshInstance(t.Context(), "set-499")
		age := time.Since(find(t, p, "set-499").Nodes[0].Backups.At)
		if took := time.Since(begin); took > 3*time.Second || age > took {
			t.Errorf("its list is %v old after %v", age, took)
		}
	})
}

// Calls that have waited for the limit count as those that have not: no more than 16 are in flight.
func TestNoMoreCallsInFlightThanPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 200, cloudcall.NewBudget(10, false), 0)
		f.source.takes = 1500 * time.Millisecond
		f.Refresh(t.Context())
		if n := f.source.most.Load(); n != 16 {
			t.Errorf("%d calls were in flight at once, want 16 at most, and as many for four operations", n)
		}
	})
}

// However many questions wait for a limit, few of them have begun.
func TestFewQuestionsBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 2000, cloudcall.NewBudget(10, false), 0)
		before := runtime.NumGoroutine()
		f.scrape(t, time.Minute)
		if n := runtime.NumGoroutine() - before; n > 200 {
			t.Errorf("%d goroutines, want few", n)
		}
	})
}

// Questions that wait for a limit hold up none that need not.
func TestWaitingForALimitTakesNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		plain := &cloud{instances: lists(many(300)...)}
		plain.policy = func(context.Context, string) (backup.Policy, error) {
			time.Sleep(500 * time.Millisecond)
			return backup.Policy{}, nil
		}
		source := newLimited(plain, cloudcall.NewBudget(10, false))
		p := newPoller(t, options(log.NewNopLogger()), region(&free{limited: source, plain: plain}))
		ctx, cancel := context.WithTimeout(t.Context(), 16*time.Second) // at ten at a time or more
		defer cancel()
		p.Refresh(ctx)
		if find(t, p, "set-299").Policy.At.IsZero() {
			t.Error("questions without a limit wait for those with one")
		}
	})
}

// free is a Source with an operation that has no limit.
type free struct {
	*limited

	plain *cloud
}

func (f *free) Policy(ctx context.Context, in backup.Instance) (backup.Policy, error) {
	return f.plain.Policy(ctx, in)
}
