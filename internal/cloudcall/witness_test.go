package cloudcall

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/clocktest"
)

// told lets answers come in, one a second. Each is to a call, written as OPERATION or OPERATION/INSTANCE, and its Date is so
// far ahead. It returns the skew after each.
type told struct {
	cloudClock
	*clocktest.Clock
}

func newTold() told { return told{newCloudClock(), clocktest.New(noon())} }

func (c told) by(ahead time.Duration, calls ...string) (after []time.Duration) {
	for _, about := range calls {
		op, instanceID, _ := strings.Cut(about, "/")
		c.Advance(time.Second)
		date := c.Now().Round(0).Add(ahead).Format(http.TimeFormat)
		c.toldBy(op, instanceID).learn(http.Header{"Date": {date}}, c.Now())
		skew, _ := c.skew(c.Now())
		after = append(after, skew)
	}
	return after
}

// never checks that no answer made a difference.
func never(t *testing.T, when string, want time.Duration, after []time.Duration) {
	t.Helper()
	if i := slices.IndexFunc(after, func(skew time.Duration) bool { return skew != want }); i >= 0 {
		t.Errorf("%s: %v after answer %d, want %v always", when, after[i], i+1, want)
	}
}

// soon checks that the last answer made the difference, if not one before.
func soon(t *testing.T, when string, want time.Duration, after []time.Duration) {
	t.Helper()
	if got := after[len(after)-1]; got != want {
		t.Errorf("%s: %v after %d answers, want %v", when, got, len(after), want)
	}
}

// A wrong Date would make good readings unknown.
func TestWrongDatesAreNotBelieved(t *testing.T) {
	round := []string{"Backups/a", "Backups/b", "Backups/c", "Tasks/a", "Tasks/b", "Tasks/c"}
	start := func() told {
		c := newTold()
		soon(t, "the first listing", 0, c.by(0, append([]string{"Listing"}, round...)...))
		return c
	}
	t.Run("one", func(t *testing.T) {
		c := start()
		for range 10 {
			never(t, "a single answer", 0, c.by(time.Hour, "Backups/a"))
			never(t, "the next", 0, c.by(0, "Backups/b"))
		}
	})
	t.Run("every answer about one instance", func(t *testing.T) {
		c := start()
		for range 20 {
			never(t, "the instance, at once", 0, c.by(time.Hour, "Backups/x", "Tasks/x", "Policy/x", "Recovery/x", "Backups/x"))
			never(t, "its neighbours", 0, c.by(0, "Backups/a", "Backups/b", "Backups/c"))
			c.Advance(time.Minute)
		}
	})
	t.Run("of two instances", func(t *testing.T) {
		c := newTold()
		never(t, "the listing", 0, c.by(0, "Listing"))
		for range 9 {
			never(t, "the other", 0, c.by(0, "Backups/a", "Tasks/a"))
			never(t, "one", 0, c.by(-time.Hour, "Backups/x", "Tasks/x", "Policy/x"))
			c.Advance(time.Minute)
		}
	})
	t.Run("every answer to one operation", func(t *testing.T) {
		c := start()
		never(t, "one by one", 0, c.by(time.Hour, "Policy/a", "Policy/b", "Policy/c", "Policy/d", "Policy/e", "Policy/f", "Policy/g", "Policy/h"))
	})
	t.Run("a node that gives every third answer", func(t *testing.T) {
		c := start()
		for range 20 {
			for i, about := range []string{"Backups/a", "Backups/b", "Backups/c", "Tasks/a", "Tasks/b", "Tasks/c", "Listing", "Backups/d"} {
				never(t, about, 0, c.by(time.Duration(i%3/2)*time.Hour, about))
			}
		}
	})
	t.Run("those that do not agree", func(t *testing.T) {
		c := start()
		for i := range 20 {
			never(t, "another clock each", 0, c.by(time.Duration(i+1)*time.Hour, fmt.Sprintf("Op%d/%d", i%3, i)))
		}
	})
}

func TestRealSkewIsNoticed(t *testing.T) {
	t.Run("at the start, in a region with one instance", func(t *testing.T) {
		c := newTold()
		soon(t, "the listing and one more answer", time.Hour, c.by(time.Hour, "Listing", "Backups/a"))
	})
	t.Run("at the start, without an instance", func(t *testing.T) {
		c := newTold()
		soon(t, "two listings", time.Hour, c.by(time.Hour, "Listing", "Listing"))
	})
	t.Run("at the start, with one instance that says otherwise", func(t *testing.T) {
		c := newTold()
		soon(t, "a round", time.Hour, c.by(time.Hour, "Listing", "Backups/a"))
		never(t, "the instance", time.Hour, c.by(0, "Backups/x", "Tasks/x"))
		never(t, "the others", time.Hour, c.by(time.Hour, "Backups/a", "Backups/b"))
	})
	t.Run("later, in a round of all", func(t *testing.T) {
		c := newTold()
		round := []string{"Backups/a", "Backups/b", "Backups/c", "Tasks/a", "Tasks/b"}
		never(t, "before", 0, c.by(0, append([]string{"Listing", "History"}, round...)...))
		soon(t, "a round without the listing", time.Hour, c.by(time.Hour, round...))
		soon(t, "and back", 0, c.by(0, round...))
	})
	t.Run("later, in a region with one instance", func(t *testing.T) {
		c := newTold()
		never(t, "before", 0, c.by(0, "Listing", "Backups/a", "Policy/a"))
		soon(t, "the next listing", time.Hour, c.by(time.Hour, "Backups/a", "Policy/a", "Listing"))
	})
	t.Run("of a cloud with lists of the whole project and one instance", func(t *testing.T) {
		c := newTold()
		never(t, "before", 0, c.by(0, "Listing", "Backups", "Tasks", "Policy/a"))
		soon(t, "a round", time.Hour, c.by(time.Hour, "Backups", "Tasks"))
	})
	t.Run("a machine that wakes up", func(t *testing.T) {
		c := newTold()
		never(t, "before", 0, c.by(0, "Listing", "Backups/a", "Tasks/a"))
		c.Step(8 * time.Hour)
		if skew, _ := c.skew(c.Now()); skew != -8*time.Hour {
			t.Fatalf("skew %v at once, want -8h", skew)
		}
		soon(t, "one answer that agrees with our own clock", 0, c.by(0, "Backups/a"))
		never(t, "whatever one instance says", 0, c.by(time.Hour, "Backups/x", "Tasks/x"))
	})
}

// What was said long ago by an instance that is gone does not count against what is said now.
func TestSilentWitnessesDoNotCount(t *testing.T) {
	c := newTold()
	never(t, "before", 0, c.by(0, "Listing", "Backups/a", "Backups/b", "Backups/c", "Backups/d", "Backups/e"))
	c.Advance(heardFor)
	soon(t, "two answers", time.Hour, c.by(time.Hour, "Listing", "Backups/a"))
}

// The answers about one instance all come from a node whose clock is wrong, and the calls are made at the same time.
func TestInstanceWithAWrongClockMovesNoOther(t *testing.T) {
	url, transport := serve(t, func(w http.ResponseWriter, r *http.Request) {
		date := noon()
		if r.URL.Path == "/x" {
			date = date.Add(time.Hour)
		}
		w.Header().Set("Date", date.Format(http.TimeFormat))
		reply(200, "application/json", `{"a":1}`)(w, r)
	})
	c, _ := newCaller(Options{MaxAttempts: 1})
	c.opts.Now = clocktest.New(noon()).Now
	ask := func(op, instanceID string) {
		_, _ = Do(About(t.Context(), instanceID, ""), c, op, get(transport, url+"/"+instanceID))
		if skew, _ := c.Skew(); skew != 0 {
			t.Errorf("after %s of %q: skew %v", op, instanceID, skew)
		}
	}
	ask("Listing", "")
	for range 5 {
		var asking sync.WaitGroup
		for _, op := range []string{"Backups", "Tasks", "Policy", "Recovery"} {
			asking.Go(func() { ask(op, "x") })
		}
		asking.Wait()
		for _, id := range []string{"a", "b", "c"} {
			asking.Go(func() { ask("Backups", id) })
		}
		asking.Wait()
	}
}
