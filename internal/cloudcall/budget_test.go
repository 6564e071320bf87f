package cloudcall

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

func TestBudget(t *testing.T) {
	tests := []struct {
		name   string
		budget *Budget
		ops    []string
		want   []time.Duration // when each call was sent
	}{
		{"two a second", NewBudget(2, false), []string{"A", "A", "A", "A"}, []time.Duration{0, 0, 500 * time.Millisecond, time.Second}},
		{"each operation its own", NewBudget(1, false), []string{"A", "B", "A", "B"}, []time.Duration{0, 0, time.Second, time.Second}},
		{"one and a half a second: a burst of two", NewBudget(1.5, false), []string{"A", "A"}, []time.Duration{0, 0}},
		{"shared", NewBudget(1, true), []string{"A", "B", "A"}, []time.Duration{0, time.Second, 2 * time.Second}},
		{"less than one a second", NewBudget(0.5, true), []string{"A", "A"}, []time.Duration{0, 2 * time.Second}},
		{"no limit", NewBudget(0, true), []string{"A", "A", "A"}, []time.Duration{0, 0, 0}},
		{"none", nil, []string{"A", "A", "A"}, []time.Duration{0, 0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newCaller(Options{Budget: tt.budget})
				s := newScript(nil)
				for _, op := range tt.ops {
					if _, err := Do(t.Context(), c, op, s.attempt); err != nil {
						t.Fatal(err)
					}
				}
				if diff := cmp.Diff(tt.want, s.at); diff != "" {
					t.Errorf("calls sent at (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestBudgetThatCannotBeKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, seen := newCaller(Options{Budget: NewBudget(0.1, true)})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		s := newScript(nil)
		if _, err := Do(ctx, c, "Op", s.attempt); err != nil {
			t.Fatal(err)
		}
		_, err := Do(ctx, c, "Op", s.attempt)
		want := "Op: timeout: not sent in time: 0.1 calls a second are not enough; raise requests_per_second or poll less often"
		if err == nil || err.Error() != want || time.Since(s.begin) != 0 || len(seen.results) != 1 {
			t.Errorf("%v after %v, counted %q; want at once: %s", err, time.Since(s.begin), seen.results, want)
		}
	})
}

func TestRetriesKeepToTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Budget: NewBudget(0.1, true), FirstRetry: time.Millisecond})
		s := newScript(failure(backup.ClassServer), nil)
		if _, err := Do(t.Context(), c, "Op", s.attempt); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]time.Duration{0, 10 * time.Second}, s.at); diff != "" {
			t.Errorf("attempts at (-want +got):\n%s", diff)
		}
	})
}
