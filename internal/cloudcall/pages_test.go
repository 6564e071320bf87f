package cloudcall

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// shelf is a list whose pages hold their own positions.
type shelf struct {
	mu    sync.Mutex
	asked []int
	fails map[int]error
}

func (s *shelf) read(_ context.Context, at int) (int, error) {
	if s.fails[at] == nil {
		time.Sleep(time.Second / 2)
	}
	time.Sleep(time.Second / 2)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, at)
	return at, s.fails[at]
}

// look returns the positions that were asked for since the last look, sorted.
func (s *shelf) look() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.asked)
	text := fmt.Sprint(s.asked)
	s.asked = nil
	return text
}

func TestReadAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{fails: map[int]error{6: errors.New("broken")}}
		p := NewPages[int](time.Time{}, time.Time{})
		begin := time.Now()
		p.ReadAhead(t.Context(), []int{1, 2, 3, 4}, s.read)
		if took := time.Since(begin); took != time.Second {
			t.Errorf("four pages took %v, want them at the same time", took)
		}
		if page, err := p.Get(t.Context(), 3, s.read); page != 3 || err != nil || s.look() != "[1 2 3 4]" {
			t.Errorf("page 3: %d, %v", page, err)
		}
		p.ReadAhead(t.Context(), []int{2, 5, 6, 7, 8, 9, 10, 11}, s.read)
		if got := s.look(); got != "[5 6 7 8]" {
			t.Errorf("%s were asked for, want those that were not there, and none after the failure", got)
		}
		if _, err := p.Get(t.Context(), 6, s.read); err == nil || err.Error() != "broken" || s.look() != "[]" {
			t.Errorf("page 6: %v; want its failure, without asking again", err)
		}
		s.fails = nil
		if page, err := p.Get(t.Context(), 6, s.read); page != 6 || err != nil || s.look() != "[6]" {
			t.Errorf("page 6 a second time: %d, %v", page, err)
		}
		for _, tt := range [][3]int{{0, 100, 8}, {3, 5, 5}, {8, 20, 20}, {3, 4, 4}} {
			if got := p.Last(tt[0], tt[1]); got != tt[2] {
				t.Errorf("the last page behind %d up to %d is %d, want %d", tt[0], tt[1], got, tt[2])
			}
		}
		p.Forget(8)
		if _, err := p.Get(t.Context(), 8, s.read); err != nil || s.look() != "[8]" {
			t.Errorf("page 8 is not asked for again: %v", err)
		}
	})
}

func TestUnfinished(t *testing.T) {
	begin := time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC)
	since := begin.AddDate(0, 0, -8)
	class := func(c backup.Class) error { return &backup.Error{Op: "Op", Class: c, Err: errors.New("x")} }
	tests := []struct {
		name    string
		err     error         // with which the first reading ended
		earlier time.Duration // by how much the second reaches further back
		later   time.Duration // after the first
		other   bool          // it is of another list
		kept    bool
	}{
		{name: "time is up", err: class(backup.ClassTimeout), later: time.Minute, kept: true},
		{name: "cancelled", err: class(backup.ClassCanceled), later: time.Minute, kept: true},
		{name: "throttled", err: class(backup.ClassThrottled), later: time.Minute, kept: true},
		{name: "nonsense", err: class(backup.ClassProtocol), later: time.Minute},
		{name: "refused", err: class(backup.ClassPermission), later: time.Minute},
		{name: "it ended", later: time.Minute},
		{name: "nearly too old", err: class(backup.ClassTimeout), later: pagesFor - 1, kept: true},
		{name: "too old", err: class(backup.ClassTimeout), later: pagesFor},
		{name: "the clock went back", err: class(backup.ClassTimeout), later: -time.Minute},
		{name: "more is wanted", err: class(backup.ClassTimeout), later: time.Minute, earlier: time.Hour},
		{name: "much less is wanted", err: class(backup.ClassTimeout), later: time.Minute, earlier: -2 * time.Hour},
		{name: "another list", err: class(backup.ClassTimeout), later: time.Minute, other: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var u Unfinished[int]
			first := u.Take("a", since, begin)
			first.put(1, 1)
			u.Keep("a", first, tt.err)
			name := "a"
			if tt.other {
				name = "b"
			}
			moved := tt.later
			if tt.earlier != 0 {
				moved = -tt.earlier
			}
			second := u.Take(name, since.Add(max(moved, -time.Hour)), begin.Add(tt.later))
			if got := second == first; got != tt.kept {
				t.Errorf("goes on: %v, want %v", got, tt.kept)
			}
			if second != first && (len(second.got) > 0 || !second.Until.Equal(begin.Add(tt.later))) {
				t.Errorf("%+v is not the beginning of a list", second)
			}
			if third := u.Take(name, since, begin); third == first {
				t.Error("the pages were given to two readers")
			}
		})
	}
}

// What was kept longest is dropped when it is too much.
func TestUnfinishedIsBounded(t *testing.T) {
	var u Unfinished[int]
	now := time.Now()
	lists := map[string]*Pages[int]{}
	for i := range 12 {
		name := fmt.Sprint(i)
		lists[name] = u.Take(name, now, now.Add(time.Duration(i)*time.Second))
		for at := range 200 {
			lists[name].put(at, at)
		}
		u.Keep(name, lists[name], &backup.Error{Class: backup.ClassTimeout})
	}
	kept := 0
	for i := range 12 {
		name := fmt.Sprint(i)
		if u.Take(name, now, now.Add(time.Minute)) == lists[name] {
			kept++
			if i < 7 {
				t.Errorf("list %d is kept, and later ones are not", i)
			}
		}
	}
	if kept != unfinishedPages/200 {
		t.Errorf("%d lists are kept, want %d", kept, unfinishedPages/200)
	}
}
