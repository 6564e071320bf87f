package poll_test

import (
	"context"
	"fmt"
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
				if got := find(t, p, "c").Nodes[1].Backups.Value.Backups; !cmp.Equal(got, one("cy").Backups) {
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
		if got := find(t, p, "slow").Nodes[0].Backups.Value.Backups; !cmp.Equal(got, one("slow").Backups) {
			t.Errorf("the slow answer was lost: %v", got)
		}
		if ended != 5*time.Minute {
			t.Errorf("the stuck question ended after %v, want the round timeout", ended)
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
		if got := logged.matching("DescribeBackupPolicy"); got != 1 {
			t.Errorf("a lasting failure of two instances was logged %d times, want once:\n%s", got, strings.Join(logged.lines, "\n"))
		}
		// The end of synctest.Test fails if a goroutine is left after Close.
	})
}

func TestRefreshInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a", "b")}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.RefreshInstance(t.Context(), "b")
		want := map[string]int{"instances": 1, "backups b": 1, "jobs b": 1, "policy b": 1, "recovery b": 1}
		if diff := cmp.Diff(want, source.count()); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
	})
}

func TestRefreshInstanceOfAKnownRegion(t *testing.T) {
	tests := []struct {
		name  string
		after time.Duration
		want  map[string]int
	}{
		{"the listing is not due", time.Minute, map[string]int{"backups b": 1, "jobs b": 1}},
		{"the listing is due", 10 * time.Minute, map[string]int{"instances": 1, "backups b": 1, "jobs b": 1, "recovery b": 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := &cloud{instances: lists("a", "b")}
				p := newPoller(t, options(log.NewNopLogger()), region(source))
				p.Refresh(t.Context())
				source.count()
				time.Sleep(test.after)
				p.RefreshInstance(t.Context(), "b")
				if diff := cmp.Diff(test.want, source.count()); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestCloseEndsTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: func(ctx context.Context) ([]backup.Instance, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		p := poll.New(options(log.NewNopLogger()), []poll.Region{region(source)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p.Refresh(ctx)
		p.Close()
		if got := source.inFlight(); got != 0 {
			t.Errorf("%d calls outlive Close", got)
		}
		source.count()
		p.Refresh(t.Context())
		if got := source.total(); got != 0 {
			t.Errorf("a refresh after Close made %d calls", got)
		}
	})
}

func TestNothingIsAskedAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &cloud{instances: lists("a")}
		p := poll.New(options(log.NewNopLogger()), []poll.Region{region(source)})
		p.Refresh(t.Context())
		p.Close()
		source.count()
		time.Sleep(time.Hour)
		p.Refresh(t.Context())
		if got := source.total(); got != 0 {
			t.Errorf("a refresh after Close made %d calls, though all was due", got)
		}
	})
}
