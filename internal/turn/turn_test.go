package turn_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/turn"
)

func at(minute int) time.Time { return time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC) }

func TestOrder(t *testing.T) {
	first, second, third := turn.New(at(1), 5, nil), turn.New(at(2), 1, nil), turn.New(at(2), 2, nil)
	hurried := turn.New(at(9), 9, nil)
	hurried.Hurry()
	shared := turn.NewShared()
	shared.Share(turn.New(at(3), 1, nil))
	shared.Share(turn.New(at(2), 3, nil))
	late := turn.New(at(3), 0, nil)
	want := []*turn.Ticket{nil, hurried, first, second, third, shared, late}
	got := []*turn.Ticket{late, shared, third, first, nil, second, hurried}
	slices.SortFunc(got, func(a, b *turn.Ticket) int {
		switch {
		case a.Before(b):
			return -1
		case b.Before(a):
			return 1
		}
		return 0
	})
	if !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

// spy is a Place that notes what it is told.
type spy struct{ told []string }

func (s *spy) Leave()                 { s.told = append(s.told, "leave") }
func (s *spy) Stay()                  { s.told = append(s.told, "stay") }
func (s *spy) Return(context.Context) { s.told = append(s.told, "return") }

// While a question waits for a rate limit, its time stands still and it needs no place.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		place := &spy{}
		ticket := turn.New(at(1), 0, place)
		ctx, stop := turn.WithTimeout(turn.With(t.Context(), ticket), time.Minute)
		defer stop()
		made, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		time.Sleep(59 * time.Second)
		_ = ticket.Wait(ctx, func() error { time.Sleep(10 * time.Hour); return nil })
		if end, _ := ctx.Deadline(); time.Until(end) != time.Second {
			t.Errorf("%v are left, want 1s", time.Until(end))
		}
		time.Sleep(time.Second - 1)
		synctest.Wait()
		if ctx.Err() != nil || turn.Cause(made) != nil {
			t.Error("the time is over too early")
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("%v, want that the time is over", ctx.Err())
		}
		if !errors.Is(turn.Cause(made), context.DeadlineExceeded) {
			t.Errorf("of a context made of it: %v, want that the time is over", turn.Cause(made))
		}
		if want := []string{"leave", "stay", "return"}; !slices.Equal(place.told, want) {
			t.Errorf("the place was told %q, want %q", place.told, want)
		}
	})
}

func TestCauseOfACancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(turn.With(t.Context(), turn.New(at(1), 0, nil)))
	bounded, stop := turn.WithTimeout(ctx, time.Hour)
	defer stop()
	cancel()
	if !errors.Is(turn.Cause(bounded), context.Canceled) || !errors.Is(bounded.Err(), context.Canceled) {
		t.Errorf("%v, %v, want canceled", turn.Cause(bounded), bounded.Err())
	}
}

// Who shares what waits, waits. Only the first holds its place. One of them needs its place when that has ended, and who has left before, none.
func TestSharing(t *testing.T) {
	early, late, gone := &spy{}, &spy{}, &spy{}
	shared, l, g := turn.NewShared(), turn.New(at(2), 0, late), turn.New(at(3), 0, gone)
	shared.Share(turn.New(at(1), 0, early))
	shared.Share(g)
	_ = shared.Wait(t.Context(), func() error {
		shared.Share(l)
		shared.Unshare(g)
		return nil
	})
	if want := []string{"stay", "leave", "stay"}; !slices.Equal(gone.told, want) {
		t.Errorf("who has left was told %q, want %q", gone.told, want)
	}
	returned := 0
	for _, told := range [][]string{early.told, late.told} {
		if !slices.Equal(told[:2], []string{"leave", "stay"}) {
			t.Errorf("told %q, want that the wait began and ended", told)
		}
		returned += len(told) - 2
	}
	if returned != 1 {
		t.Errorf("%d of two need their place again, want 1", returned)
	}
}
