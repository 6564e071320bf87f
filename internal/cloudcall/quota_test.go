package cloudcall

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// quota is a cloud's limit of calls in each minute.
type quota struct {
	mu               sync.Mutex
	most             int
	minute           time.Time
	used             int
	asked, throttled int
}

func (q *quota) ask() *backup.Error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if minute := time.Now().Truncate(time.Minute); minute.After(q.minute) {
		q.minute, q.used = minute, 0
	}
	q.used++
	q.asked++
	if q.used <= q.most {
		return nil
	}
	q.throttled++
	return &backup.Error{Op: "Op", Class: backup.ClassThrottled}
}

func (q *quota) answered() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.asked - q.throttled
}

func (q *quota) reset() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked, q.throttled = 0, 0
}

// askOn asks about one instance after the other until ctx ends, 16 at a time, each call taking 100 ms.
func askOn(ctx context.Context, c *Caller, of func(instance int) *backup.Error) {
	var workers sync.WaitGroup
	var mu sync.Mutex
	next := 0
	for range 16 {
		workers.Go(func() {
			for ctx.Err() == nil {
				mu.Lock()
				next++
				instance := next
				mu.Unlock()
				_, _ = Do(About(ctx, fmt.Sprint(instance%1000), ""), c, "Op", func(context.Context) (int, error) {
					time.Sleep(100 * time.Millisecond)
					if err := of(instance % 1000); err != nil {
						return 0, err
					}
					return 0, nil
				})
			}
		})
	}
	workers.Wait()
}

// A limit that nobody told the exporter is found, and nearly used up.
func TestBudgetFindsTheQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &quota{most: 200}
		c, _ := newCaller(Options{Budget: NewBudget(10, false)})
		ctx, cancel := context.WithCancel(t.Context()) // without a deadline, before which calls would fail at once
		time.AfterFunc(time.Hour, cancel)
		time.AfterFunc(5*time.Minute, q.reset)
		askOn(ctx, c, func(int) *backup.Error { return q.ask() })
		if share := float64(q.throttled) / float64(q.asked); share > 0.05 {
			t.Errorf("%.1f %% of %d calls throttled, want 5 %% at most", 100*share, q.asked)
		}
		if answered := q.asked - q.throttled; answered < 55*200*3/4 {
			t.Errorf("%d calls answered in 55 minutes, want three quarters of what the quota allows at least", answered)
		}
	})
}

// An instance that the cloud always throttles says nothing about the others.
func TestBudgetIsNotOneInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Budget: NewBudget(10, false)})
		ctx, cancel := context.WithCancel(t.Context()) // without a deadline, before which calls would fail at once
		time.AfterFunc(10*time.Minute, cancel)
		answered := 0
		var mu sync.Mutex
		askOn(ctx, c, func(instance int) *backup.Error {
			if instance%100 == 7 && instance < 100 {
				return &backup.Error{Op: "Op", Class: backup.ClassThrottled}
			}
			mu.Lock()
			defer mu.Unlock()
			answered++
			return nil
		})
		if answered < 10*60*10*95/100 {
			t.Errorf("%d calls answered in 10 minutes, want nearly 10 a second", answered)
		}
	})
}

func TestBudgetThatStartsWithABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Budget: NewBudget(10, false).StartWith(100)})
		s := newScript(nil)
		for range 110 {
			if _, err := Do(t.Context(), c, "Op", s.attempt); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(s.begin); took != time.Second {
			t.Errorf("110 calls took %v, want 1s: a hundred at once, ten in a second", took)
		}
	})
}

// Where operations share a limit, one that is always throttled takes nothing from the others.
func TestSharedBudgetIsNotOneOperations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Budget: NewBudget(10, true), MaxAttempts: 1})
		for i := range 50 {
			_, _ = Do(About(t.Context(), fmt.Sprint(i), ""), c, "Bad", func(context.Context) (int, error) {
				return 0, &backup.Error{Op: "Bad", Class: backup.ClassThrottled}
			})
		}
		begin := time.Now()
		for range 100 {
			if _, err := Do(t.Context(), c, "Good", func(context.Context) (int, error) { return 0, nil }); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(begin); took > 11*time.Second {
			t.Errorf("100 calls took %v, want 10 s", took)
		}
	})
}

// Where operations share a limit, most calls may be of one operation. A limit that nobody told the exporter is found all the same,
// and soon, though a slow rate has few answers to learn from.
func TestSharedBudgetFindsTheQuota(t *testing.T) {
	for _, most := range []int{20, 30, 45} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := &quota{most: most}
				c, _ := newCaller(Options{Budget: NewBudget(1, true)})
				ctx, cancel := context.WithCancel(t.Context()) // without a deadline, before which calls would fail at once
				time.AfterFunc(time.Hour, cancel)
				var early int
				time.AfterFunc(10*time.Minute, func() {
					early = q.answered()
					q.reset()
				})
				askOn(ctx, c, func(int) *backup.Error { return q.ask() })
				if share := float64(q.throttled) / float64(q.asked); share > 0.05 {
					t.Errorf("%.1f %% of %d calls throttled, want 5 %% at most", 100*share, q.asked)
				}
				if early < 10*most/2 {
					t.Errorf("%d calls answered in 10 minutes, want half of what the quota allows at least", early)
				}
				if answered := q.answered(); answered < 50*most*2/3 {
					t.Errorf("%d calls answered in 50 minutes, want two thirds of what the quota allows at least", answered)
				}
			})
		})
	}
}

// A cloud that throttles now and then, and then no more, is soon asked as fast as before.
func TestBudgetRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Budget: NewBudget(1, false), MaxAttempts: 1})
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		last := 0 // calls answered in the last ten minutes
		time.AfterFunc(100*time.Minute, cancel)
		var mu sync.Mutex
		askOn(ctx, c, func(int) *backup.Error {
			mu.Lock()
			defer mu.Unlock()
			passed := time.Since(begin)
			if spell := passed % (90 * time.Second); passed < 8*time.Minute && spell < 20*time.Second {
				return &backup.Error{Op: "Op", Class: backup.ClassThrottled}
			}
			if passed > 90*time.Minute {
				last++
			}
			return nil
		})
		if last < 9*60 {
			t.Errorf("%d calls in the last ten minutes, want nearly 600", last)
		}
	})
}

// Only an answer is a reason to ask faster again. The error says that it is the cloud that throttles.
func TestSilenceDoesNotRaiseTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Budget: NewBudget(1, false), MaxAttempts: 1})
		ask := func(ctx context.Context, about string, class backup.Class) error {
			_, err := Do(About(ctx, about, ""), c, "Op", func(context.Context) (int, error) {
				return 0, &backup.Error{Op: "Op", Class: class}
			})
			return err
		}
		for i := range 20 {
			_ = ask(t.Context(), fmt.Sprint(i), backup.ClassThrottled)
			time.Sleep(5 * time.Second)
		}
		slow := c.opts.Budget.pace("Op").limiter.Limit()
		for range 50 {
			_ = ask(t.Context(), "a", backup.ClassNetwork)
		}
		if now := c.opts.Budget.pace("Op").limiter.Limit(); slow >= 1 || now != slow {
			t.Errorf("the rate is %v, after calls without an answer %v; want it lowered, and the same", slow, now)
		}
		_ = ask(t.Context(), "a", backup.ClassNetwork)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := ask(ctx, "a", backup.ClassNetwork); err == nil || !strings.Contains(err.Error(), "the cloud throttles, so the rate was lowered") {
			t.Errorf("%v does not say that the cloud throttles", err)
		}
	})
}
