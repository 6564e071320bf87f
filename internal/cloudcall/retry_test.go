package cloudcall

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

func TestRetriesByClass(t *testing.T) {
	retried := []backup.Class{backup.ClassThrottled, backup.ClassServer, backup.ClassTimeout, backup.ClassNetwork}
	for _, class := range []backup.Class{
		backup.ClassAuth, backup.ClassPermission, backup.ClassThrottled, backup.ClassNotFound, backup.ClassUnsupported, backup.ClassBusy,
		backup.ClassBadRequest, backup.ClassServer, backup.ClassTimeout, backup.ClassCanceled, backup.ClassNetwork, backup.ClassProtocol,
	} {
		t.Run(string(class), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, seen := newCaller(Options{})
				s := newScript(failure(class))
				_, err := Do(t.Context(), c, "Op", s.attempt)
				if got, want := err.Error(), failure(class).Error(); got != want {
					t.Errorf("error = %q, want %q", got, want)
				}
				want := 1
				if slices.Contains(retried, class) {
					want = 4
				}
				if len(s.at) != want || len(seen.results) != want || seen.results[0] != "Op "+string(class) {
					t.Errorf("%d attempts, counted %q; want %d", len(s.at), seen.results, want)
				}
			})
		})
	}
}

func TestPausesDoubleWithinTheirBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 50 {
			c, _ := newCaller(Options{MaxAttempts: 5, FirstRetry: time.Second})
			s := newScript(failure(backup.ClassServer))
			if _, err := Do(t.Context(), c, "Op", s.attempt); err == nil {
				t.Fatal("no error")
			}
			for i, mean := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
				if pause := s.at[i+1] - s.at[i]; pause < mean/2 || pause > mean*3/2+1 {
					t.Fatalf("pause %d was %v, want %v, half of it more or less", i+1, pause, mean)
				}
			}
		}
	})
}

func TestSuccessAfterFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, seen := newCaller(Options{})
		got, err := Do(t.Context(), c, "Op", newScript(failure(backup.ClassServer), failure(backup.ClassThrottled), nil).attempt)
		if got != 3 || err != nil {
			t.Errorf("Do = %d, %v; want the third attempt's value", got, err)
		}
		if diff := cmp.Diff([]string{"Op server", "Op throttled", "Op ok"}, seen.results); diff != "" {
			t.Errorf("counted (-want +got):\n%s", diff)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttled := failure(backup.ClassThrottled)
		throttled.RetryAfter = 7 * time.Second
		c, _ := newCaller(Options{FirstRetry: time.Second})
		s := newScript(throttled, nil)
		if _, err := Do(t.Context(), c, "Op", s.attempt); err != nil {
			t.Fatal(err)
		}
		if pause := s.at[1]; pause < 7500*time.Millisecond || pause > 8501*time.Millisecond {
			t.Errorf("paused %v, want the 7 s asked for and 0.5 to 1.5 s", pause)
		}
	})
}

func TestNoPauseOutlastsTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		throttled := failure(backup.ClassThrottled)
		throttled.RetryAfter = time.Minute
		c, _ := newCaller(Options{})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		s := newScript(throttled)
		_, err := Do(ctx, c, "Op", s.attempt)
		if !errors.Is(err, throttled) || len(s.at) != 1 || time.Since(s.begin) != 0 {
			t.Errorf("%v after %d attempts and %v; want the cloud's refusal at once", err, len(s.at), time.Since(s.begin))
		}
	})
}

func TestPausesStopGrowing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{MaxAttempts: 9, FirstRetry: 10 * time.Second})
		s := newScript(failure(backup.ClassServer))
		if _, err := Do(t.Context(), c, "Op", s.attempt); err == nil {
			t.Fatal("no error")
		}
		for i := range len(s.at) - 1 {
			if pause := s.at[i+1] - s.at[i]; pause > 45*time.Second+1 {
				t.Errorf("pause %d was %v, want at most half a minute and half of that", i+1, pause)
			}
		}
	})
}
