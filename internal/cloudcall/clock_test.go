package cloudcall

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/clocktest"
)

func noon() time.Time { return time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC) }

// dated answers with a Date; "": without one.
func dated(date string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		if date != "" {
			w.Header().Set("Date", date)
		}
		next(w, r)
	}
}

func TestSkew(t *testing.T) {
	good := reply(200, "application/json", `{"a":1}`)
	tests := []struct {
		name    string
		now     time.Time
		handler http.HandlerFunc
		want    time.Duration
		known   bool
	}{
		{"the same", noon(), dated("Sun, 22 Nov 2026 12:00:00 GMT", good), 0, true},
		{"within the same second", noon().Add(999 * time.Millisecond), dated("Sun, 22 Nov 2026 12:00:00 GMT", good), 0, true},
		{"the cloud is ahead", noon(), dated("Sun, 22 Nov 2026 12:10:01 GMT", good), 10*time.Minute + time.Second, true},
		{"the cloud is behind", noon().Add(time.Millisecond), dated("Sat, 21 Nov 2026 12:00:00 GMT", good), -24 * time.Hour, true},
		{"the two older forms of a date", noon(), dated("Sunday, 22-Nov-26 12:00:05 GMT", good), 5 * time.Second, true},
		{"an error of the API", noon(), dated("Sun, 22 Nov 2026 12:00:05 GMT", reply(400, "application/json", `{"Code":"x"}`)), 5 * time.Second, true},
		{"no date", noon(), dated("", good), 0, false},
		{"no date that can be parsed", noon(), dated("Sun, 22 Nov 2026 12:00:05 +0100", good), 0, false},
		{"a page of a proxy", noon(), dated("Sun, 22 Nov 2026 13:00:00 GMT", reply(502, "text/html", "<html>")), 0, false},
		{"an empty answer", noon(), dated("Sun, 22 Nov 2026 13:00:00 GMT", reply(200, "application/json", "")), 0, false},
		{"a redirect", noon(), dated("Sun, 22 Nov 2026 13:00:00 GMT", reply(302, "application/json", "{}")), 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url, transport := serve(t, tt.handler)
			c, _ := newCaller(Options{MaxAttempts: 1})
			c.opts.Now = clocktest.New(tt.now).Now
			if skew, known := c.Skew(); known {
				t.Errorf("before the first answer: %v", skew)
			}
			for range 2 { // a clock that is far off is believed once two answers agree
				_, _ = Do(t.Context(), c, "Op", get(transport, url))
			}
			if skew, known := c.Skew(); skew != tt.want || known != tt.known {
				t.Errorf("Skew() = %v, %v; want %v, %v", skew, known, tt.want, tt.known)
			}
		})
	}
}

func TestSkewOfTheNewestAnswer(t *testing.T) {
	c, clock := newCloudClock(), clocktest.New(noon())
	header := func(date string) http.Header { return http.Header{"Date": {date}} }
	first := clock.Now()
	clock.Advance(time.Minute)
	c.learn(header("Sun, 22 Nov 2026 12:01:10 GMT"), clock.Now())
	c.learn(header("Sun, 22 Nov 2026 12:00:20 GMT"), first) // an answer that took longer
	check := func(when string, want time.Duration) {
		t.Helper()
		if got, _ := c.skew(clock.Now()); got != want {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	check("the newest answer counts", 10*time.Second)
	clock.Advance(time.Hour)
	check("an hour later", 10*time.Second)
	clock.Step(-24 * time.Hour)
	check("after a step back", 24*time.Hour+10*time.Second)
	clock.Advance(time.Minute)
	c.learn(header("Sun, 22 Nov 2026 13:02:10 GMT"), clock.Now())
	check("with the next answer", 24*time.Hour+10*time.Second)
	clock.Step(25 * time.Hour)
	check("after a step forward", -time.Hour+10*time.Second)
}

func TestHintAboutTheClock(t *testing.T) {
	const behind, ahead = "this machine's clock is 24h behind the cloud's; signatures are valid for 15 minutes",
		"this machine's clock is 3h 5m ahead of the cloud's; signatures are valid for 15 minutes"
	tests := []struct {
		name  string
		skew  time.Duration
		class backup.Class
		hint  string
		want  string
	}{
		{"a day behind", 24 * time.Hour, backup.ClassAuth, "check the key", behind},
		{"hours ahead", -185 * time.Minute, backup.ClassAuth, "", ahead},
		{"a signature may still be valid", 15 * time.Minute, backup.ClassAuth, "check the key", "this machine's clock is 15m behind the cloud's; signatures are valid for 15 minutes; check the key"},
		{"no other hint", 5 * time.Minute, backup.ClassAuth, "", "this machine's clock is 5m behind the cloud's; signatures are valid for 15 minutes"},
		{"less than five minutes", 5*time.Minute - time.Second, backup.ClassAuth, "check the key", "check the key"},
		{"not a matter of signatures", 24 * time.Hour, backup.ClassPermission, "allow it", "allow it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			date := noon().Add(tt.skew).Format(http.TimeFormat)
			url, transport := serve(t, dated(date, reply(400, "application/json", `{"Code":"x"}`)))
			c, _ := newCaller(Options{MaxAttempts: 1})
			c.opts.Now = clocktest.New(noon()).Now
			c.opts.Classify = func(op string, _ error) *backup.Error { return &backup.Error{Op: op, Class: tt.class, Hint: tt.hint} }
			_, err := Do(t.Context(), c, "Op", func(ctx context.Context) (string, error) {
				if _, err := get(transport, url)(ctx); err != nil {
					return "", err
				}
				return "", errors.New("refused")
			})
			if failure, ok := errors.AsType[*backup.Error](err); !ok || failure.Hint != tt.want {
				t.Errorf("%v, want the hint %q", err, tt.want)
			}
		})
	}
}

// Without an answer there is no refusal that the clock could explain.
func TestMissingCredentialsAreNoMatterOfTheClock(t *testing.T) {
	c, _ := newCaller(Options{MaxAttempts: 1})
	c.clock.learn(http.Header{"Date": {"Sun, 22 Nov 2026 12:00:00 GMT"}}, noon().Add(time.Hour))
	_, err := Do(t.Context(), c, "Op", func(context.Context) (int, error) {
		return 0, &CredentialsError{Cause: io.ErrUnexpectedEOF, Hint: "check the file"}
	})
	if want := "Op: auth: no credentials: unexpected EOF; check the file"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestRecent(t *testing.T) {
	tests := []struct {
		name string
		move func(*clocktest.Clock)
		want bool
	}{
		{"a moment before the end", func(c *clocktest.Clock) { c.Advance(time.Minute - 1) }, true},
		{"at the end", func(c *clocktest.Clock) { c.Advance(time.Minute) }, false},
		{"the wall clock went back", func(c *clocktest.Clock) { c.Advance(time.Second); c.Step(-2 * time.Second) }, false},
		{"long ago, and the wall clock went back", func(c *clocktest.Clock) { c.Advance(time.Hour); c.Step(-time.Hour) }, false},
		{"suspended since", func(c *clocktest.Clock) { c.Step(time.Hour) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clock := clocktest.New(noon())
			then := clock.Now()
			tt.move(clock)
			if got := Recent(then, clock.Now(), time.Minute); got != tt.want {
				t.Errorf("Recent() = %v, want %v", got, tt.want)
			}
		})
	}
}

// A listing from before the wall clock went back would be dated after the step.
func TestListingFromBeforeAStepIsNotShared(t *testing.T) {
	clock, listings := clocktest.New(noon()), 0
	s := NewShared("List", time.Minute, clock.Now, func(context.Context, time.Time) (int, error) {
		listings++
		return listings, nil
	})
	for i, want := range []int{1, 1, 2} {
		if i == 2 {
			clock.Step(-time.Hour)
		}
		if got, err := s.Get(t.Context(), []string{"a", "b", "c"}[i], noon().Add(-time.Hour)); got != want || err != nil {
			t.Errorf("listing %d, %v; want %d", got, err, want)
		}
	}
}
