package huawei

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// lister is a listing that takes a second and returns how many there were before it.
type lister struct {
	mu     sync.Mutex
	begun  []time.Time // since, of each
	ended  int
	failed error
}

func (l *lister) list(ctx context.Context, since time.Time) (int, error) {
	l.mu.Lock()
	n := len(l.begun)
	l.begun = append(l.begun, since)
	l.mu.Unlock()
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(time.Second):
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended++
	return n, l.failed
}

func newShared(recent time.Duration) (*shared[int], *lister) {
	l := &lister{}
	return &shared[int]{op: "List", recent: recent, now: time.Now, list: l.list}, l
}

func TestSharedListing(t *testing.T) {
	since := time.Date(2026, time.August, 1, 0, 0, 0, 0, time.UTC)
	type ask struct {
		after time.Duration // since the start of the test
		who   string
		since time.Time
		want  int // which listing answers
	}
	tests := []struct {
		name string
		asks []ask
	}{
		{"all at once", []ask{{0, "a", since, 0}, {0, "b", since, 0}, {0, "c", since, 0}}},
		{"while it is under way", []ask{{0, "a", since, 0}, {900 * time.Millisecond, "b", since, 0}}},
		{"the same caller again while it is under way", []ask{{0, "a", since, 0}, {500 * time.Millisecond, "a", since, 0}}},
		{"shortly after", []ask{{0, "a", since, 0}, {10 * time.Second, "b", since, 0}, {10 * time.Second, "c", since, 0}}},
		{"too long after", []ask{{0, "a", since, 0}, {11 * time.Second, "b", since, 1}}},
		{"asking again gives news", []ask{{0, "a", since, 0}, {2 * time.Second, "a", since, 1}, {4 * time.Second, "b", since, 1}}},
		{"a little further back", []ask{{0, "a", since, 0}, {0, "b", since.Add(-time.Hour), 0}}},
		{"much further back", []ask{{0, "a", since, 0}, {500 * time.Millisecond, "b", since.Add(-2 * time.Hour), 1}}},
		{"not so far back", []ask{{0, "a", since, 0}, {500 * time.Millisecond, "b", since.AddDate(0, 0, 1), 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newShared(10 * time.Second)
				var asking sync.WaitGroup
				for i, a := range tt.asks {
					asking.Go(func() {
						time.Sleep(a.after)
						if got, err := s.get(t.Context(), a.who, a.since); err != nil || got != a.want {
							t.Errorf("ask %d of %s: listing %d, error %v, want listing %d", i, a.who, got, err, a.want)
						}
					})
				}
				asking.Wait()
			})
		})
	}
}

func TestSharedListingOutlivesOneCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := newShared(10 * time.Second)
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var asking sync.WaitGroup
		asking.Go(func() {
			start := time.Now()
			_, err := s.get(impatient, "a", time.Time{})
			if backup.ClassOf(err) != backup.ClassTimeout || time.Since(start) != 100*time.Millisecond {
				t.Errorf("the impatient caller left after %v with %v", time.Since(start), err)
			}
		})
		asking.Go(func() {
			time.Sleep(50 * time.Millisecond)
			if got, err := s.get(t.Context(), "b", time.Time{}); got != 0 || err != nil {
				t.Errorf("the other caller got listing %d, error %v", got, err)
			}
		})
		asking.Wait()
		if l.ended != 1 {
			t.Errorf("%d listings ended, want 1", l.ended)
		}
	})
}

func TestSharedListingEndsWithItsLastCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := newShared(10 * time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		var asking sync.WaitGroup
		for _, who := range []string{"a", "b"} {
			asking.Go(func() {
				if _, err := s.get(ctx, who, time.Time{}); backup.ClassOf(err) != backup.ClassCanceled {
					t.Errorf("%s got %v, want class canceled", who, err)
				}
			})
		}
		synctest.Wait()
		cancel()
		asking.Wait() // the bubble ends in a deadlock if the listing goes on for ever
		if l.ended != 0 {
			t.Errorf("the listing went on although nobody waited")
		}
		if got, err := s.get(t.Context(), "b", time.Time{}); got != 1 || err != nil {
			t.Errorf("the next caller got listing %d, error %v; want a new one", got, err)
		}
	})
}

func TestSharedFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := newShared(10 * time.Second)
		l.failed = errors.New("refused")
		for _, who := range []string{"a", "b", "c"} {
			if _, err := s.get(t.Context(), who, time.Time{}); !errors.Is(err, l.failed) {
				t.Errorf("%s got %v", who, err)
			}
		}
		if len(l.begun) != 1 {
			t.Errorf("%d listings for three callers, want one failure for all", len(l.begun))
		}
	})
}

func TestSharedListingHasATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shared[int]{op: "List", now: time.Now, list: func(ctx context.Context, _ time.Time) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		}}
		start := time.Now()
		if _, err := s.get(t.Context(), "a", time.Time{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != listingTimeout {
			t.Errorf("ended after %v with %v", time.Since(start), err)
		}
	})
}
