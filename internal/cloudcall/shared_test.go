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

// newListing returns a Shared whose value is the number of the listing. A listing takes a second.
func newListing(recent time.Duration) (*Shared[int], *int) {
	n := 0
	return NewShared("List", recent, time.Now, func(ctx context.Context, _ time.Time) (int, error) {
		n++
		mine := n
		select {
		case <-time.After(time.Second):
			return mine, nil
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}), &n
}

func TestSharedByCallersOfOneMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, listings := newListing(10 * time.Second)
		var callers sync.WaitGroup
		for _, who := range []string{"a", "b", "c"} {
			callers.Go(func() {
				if got, err := s.Get(t.Context(), who, time.Time{}); got != 1 || err != nil {
					t.Errorf("%s got %d, %v; want the first listing", who, got, err)
				}
			})
		}
		callers.Wait()
		begin := time.Now()
		if got, err := s.Get(t.Context(), "late", time.Time{}); got != 1 || err != nil || time.Since(begin) != 0 {
			t.Errorf("a late caller got %d, %v; want the listing just made", got, err)
		}
		if got, err := s.Get(t.Context(), "a", time.Time{}); got != 2 || err != nil {
			t.Errorf("asking twice got %d, %v; want a new listing", got, err)
		}
		time.Sleep(11 * time.Second)
		if got, err := s.Get(t.Context(), "b", time.Time{}); got != 3 || err != nil {
			t.Errorf("after 11 s got %d, %v; want a new listing", got, err)
		}
		if *listings != 3 {
			t.Errorf("%d listings, want 3", *listings)
		}
	})
}

func TestSharedReachesFarEnoughBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, listings := newListing(time.Minute)
		since := time.Now().Add(-time.Hour)
		for _, who := range []struct {
			name  string
			since time.Time
		}{{"a", since}, {"b", since.Add(time.Minute)}, {"c", since.Add(-time.Minute)}} {
			if _, err := s.Get(t.Context(), who.name, who.since); err != nil {
				t.Fatal(err)
			}
		}
		if *listings != 2 {
			t.Errorf("%d listings, want one for a and b, and one that reaches back for c", *listings)
		}
	})
}

func TestSharedOutlivesOneCallerButNotAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, listings := newListing(0)
		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, err := s.Get(short, "hasty", time.Time{}); err == nil || err.Error() != "List: timeout: no answer in time" {
				t.Errorf("hasty got %v, want its timeout", err)
			}
		})
		callers.Go(func() {
			if got, err := s.Get(t.Context(), "patient", time.Time{}); got != 1 || err != nil {
				t.Errorf("patient got %d, %v; want the listing", got, err)
			}
		})
		callers.Wait()
		begin := time.Now()
		alone, cancel := context.WithCancel(t.Context())
		time.AfterFunc(200*time.Millisecond, cancel)
		if _, err := s.Get(alone, "alone", time.Time{}); backup.ClassOf(err) != backup.ClassCanceled || time.Since(begin) != 200*time.Millisecond {
			t.Errorf("alone got %v after %v, want class canceled at once", err, time.Since(begin))
		}
		if got, err := s.Get(t.Context(), "next", time.Time{}); got != 3 || err != nil {
			t.Errorf("next got %d, %v; want a listing that is not the abandoned one", got, err)
		}
		if _, err := s.Get(alone, "ended", time.Time{}); backup.ClassOf(err) != backup.ClassCanceled || *listings != 3 {
			t.Errorf("with an ended context: %v after %d listings; want class canceled and no listing", err, *listings)
		}
	})
}

func TestSharedFailureAndTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		s := NewShared("List", 0, time.Now, func(ctx context.Context, _ time.Time) (int, error) {
			<-ctx.Done()
			return 0, broken
		})
		begin := time.Now()
		if _, err := s.Get(t.Context(), "a", time.Time{}); !errors.Is(err, broken) || time.Since(begin) != 5*time.Minute {
			t.Errorf("got %v after %v, want the listing's own error after its 5 minutes", err, time.Since(begin))
		}
	})
}

// Of two listings at the same time, leaving the older one must not end the sharing of the newer one.
func TestSharedKeepsTheNewerOfTwoListings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, listings := newListing(0)
		since := time.Now()
		older, leave := context.WithCancel(t.Context())
		defer leave()
		get := func(ctx context.Context, caller string, since time.Time, want int) {
			if got, err := s.Get(ctx, caller, since); got != want || (err == nil) != (want > 0) {
				t.Errorf("%s got %d, %v; want %d", caller, got, err, want)
			}
		}
		var callers sync.WaitGroup
		callers.Go(func() { get(older, "a", since, 0) })
		synctest.Wait()
		callers.Go(func() { get(t.Context(), "b", since.Add(-time.Hour), 2) })
		synctest.Wait()
		leave()
		synctest.Wait()
		callers.Go(func() { get(t.Context(), "c", since, 2) })
		callers.Wait()
		if *listings != 2 {
			t.Errorf("%d listings, want 2: c joins that of b", *listings)
		}
	})
}

// seat is a place that notes what it is told.
type seat struct {
	mu   sync.Mutex
	told []string
}

func (p *seat) note(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, what)
}

func (p *seat) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.told)
}

func (p *seat) Leave()                 { p.note("leave") }
func (p *seat) Stay()                  { p.note("stay") }
func (p *seat) Return(context.Context) { p.note("return") }

// Who joins a listing needs no place while it runs, and one again for what comes after it.
func TestWhoJoinsHasNoPlaceMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewShared("Op", 0, time.Now, func(context.Context, time.Time) (int, error) { time.Sleep(time.Minute); return 1, nil })
		first, second := &seat{}, &seat{}
		var callers sync.WaitGroup
		for _, p := range []*seat{first, second} {
			callers.Go(func() { _, _ = s.Get(turn.With(t.Context(), turn.New(time.Now(), 0, p)), "one of them", time.Time{}) })
			synctest.Wait()
		}
		if one, two := first.heard(), second.heard(); len(one) > 0 || !slices.Equal(two, []string{"stay"}) {
			t.Errorf("while it runs, the first was told %q and the second %q", one, two)
		}
		callers.Wait()
		if told := second.heard(); !slices.Equal(told, []string{"stay", "return"}) {
			t.Errorf("after it, the second was told %q", told)
		}
	})
}
