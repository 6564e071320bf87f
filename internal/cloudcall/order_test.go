package cloudcall

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/turn"
)

// asker asks at the same time and notes in which order it is answered.
type asker struct {
	sync.Mutex
	caller *Caller
	order  []string
	all    sync.WaitGroup
}

func newAsker(budget *Budget) *asker {
	c, _ := newCaller(Options{Budget: budget, MaxAttempts: 1})
	return &asker{caller: c}
}

func (a *asker) ask(ctx context.Context, name string) {
	a.all.Go(func() {
		_, _ = Do(ctx, a.caller, "Op", func(context.Context) (int, error) {
			a.Lock()
			defer a.Unlock()
			a.order = append(a.order, name)
			return 0, nil
		})
	})
	synctest.Wait()
}

func due(minute int) time.Time { return time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC) }

// Whoever was due first is served first, wherever it comes from. Who has no ticket comes before all.
func TestBudgetServesByDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(NewBudget(0.1, true))
		with := func(minute, rank int) context.Context {
			return turn.With(t.Context(), turn.New(due(minute), rank, nil))
		}
		a.ask(with(9, 0), "at once")
		late := turn.New(due(8), 0, nil)
		a.ask(with(3, 0), "3")
		a.ask(with(2, 2), "2 second")
		a.ask(turn.With(t.Context(), late), "hurried")
		a.ask(with(2, 1), "2 first")
		a.ask(with(1, 0), "1")
		a.ask(t.Context(), "person")
		late.Hurry()
		a.all.Wait()
		if want := []string{"at once", "person", "hurried", "1", "2 first", "2 second", "3"}; !slices.Equal(a.order, want) {
			t.Errorf("served %q, want %q", a.order, want)
		}
	})
}

// A token that somebody does not need any more is for the next one.
func TestBudgetWastesNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsker(NewBudget(0.1, true))
		begin := time.Now()
		a.ask(t.Context(), "first")
		gone, cancel := context.WithCancel(t.Context())
		a.ask(turn.With(gone, turn.New(due(1), 0, nil)), "gone")
		a.ask(turn.With(t.Context(), turn.New(due(2), 0, nil)), "second")
		time.Sleep(9 * time.Second)
		cancel()
		a.all.Wait()
		if took := time.Since(begin); took != 10*time.Second || !slices.Equal(a.order, []string{"first", "second"}) {
			t.Errorf("%q after %v, want the second after 10s", a.order, took)
		}
		time.Sleep(5 * time.Second)
		lonely, cancel := context.WithCancel(t.Context())
		a.ask(turn.With(lonely, turn.New(due(1), 0, nil)), "gone")
		cancel()
		synctest.Wait()
		time.Sleep(5 * time.Second)
		a.ask(t.Context(), "third")
		if took := time.Since(begin); took != 20*time.Second || len(a.order) != 3 {
			t.Errorf("%q after %v, want the third at once after 20s", a.order, took)
		}
	})
}

// A listing of more pages than fit into its time ends, since the time that it waits for the limit does not count.
func TestLongListingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Budget: NewBudget(1, true)})
		pages := 0
		shared := NewShared("List", time.Minute, time.Now, func(ctx context.Context, _ time.Time) (int, error) {
			for range 2000 {
				if _, err := Do(ctx, c, "Page", func(context.Context) (int, error) {
					time.Sleep(100 * time.Millisecond)
					return 0, nil
				}); err != nil {
					return 0, err
				}
				pages++
			}
			return pages, nil
		})
		ctx, stop := turn.WithTimeout(turn.With(t.Context(), turn.New(due(1), 0, nil)), 5*time.Minute)
		defer stop()
		if n, err := shared.Get(ctx, "a", time.Time{}); err != nil || n != 2000 {
			t.Errorf("%d pages, then %v; want all 2000", pages, err)
		}
	})
}

// The time of a question that runs is over all the same.
func TestTimeOfAQuestionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Budget: NewBudget(1, true)})
		ctx, stop := turn.WithTimeout(turn.With(t.Context(), turn.New(due(1), 0, nil)), time.Minute)
		defer stop()
		_, err := Do(ctx, c, "Op", func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
		failure, _ := errors.AsType[*backup.Error](err)
		if failure == nil || failure.Class != backup.ClassTimeout {
			t.Errorf("%v, want that there was no answer in time", err)
		}
	})
}
