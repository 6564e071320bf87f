package catalog

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// sights returns id, first and last sight in minutes after the start, and what became of each instance.
func sights(c *Catalog) map[string][]any {
	all := map[string][]any{}
	for _, in := range c.Instances(hangzhou()) {
		state := "there"
		switch {
		case !in.GoneAt.IsZero():
			state = "gone"
		case in.Lacking:
			state = "lacking"
		}
		all[in.InstanceID] = []any{int(in.First.Sub(start).Minutes()), int(in.Last.Sub(start).Minutes()), state}
	}
	return all
}

func TestListings(t *testing.T) {
	c := New(lookback)
	at := func(n int) Times { return Times{At: start.Add(time.Duration(n) * time.Minute)} }
	expect := func(count int, want map[string][]any) {
		t.Helper()
		if diff := cmp.Diff(want, sights(c)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got := c.Listed(hangzhou()).Value; got != count {
			t.Errorf("%d are listed, want %d", got, count)
		}
	}
	part := func(ids ...string) backup.Listing {
		l := listing(ids...)
		l.Failed = errors.New("a part failed")
		return l
	}
	c.LearnListing(hangzhou(), at(0), part("a"))
	expect(0, map[string][]any{"a": {0, 0, "there"}})
	c.LearnListing(hangzhou(), at(1), listing("a", "b"))
	c.LearnListing(hangzhou(), at(2), listing("a", "b"))
	expect(2, map[string][]any{"a": {0, 2, "there"}, "b": {1, 2, "there"}})
	c.LearnGone(one.Instance(), start) // not known
	b := hangzhou()
	b.InstanceID = "b"
	c.LearnGone(b, start) // listed
	c.LearnListing(hangzhou(), at(3), listing("a"))
	expect(1, map[string][]any{"a": {0, 3, "there"}, "b": {1, 2, "lacking"}})
	c.LearnListing(hangzhou(), at(4), part("b", "c"))
	expect(1, map[string][]any{"a": {0, 3, "there"}, "b": {1, 4, "there"}, "c": {4, 4, "there"}})
	c.LearnListing(hangzhou(), at(5), listing("a"))
	c.LearnGone(b, start.Add(6*time.Minute))
	expect(1, map[string][]any{"a": {0, 5, "there"}, "b": {1, 4, "gone"}, "c": {4, 4, "lacking"}})
	c.LearnListing(hangzhou(), at(6), listing("a"))
	expect(1, map[string][]any{"a": {0, 6, "there"}, "b": {1, 4, "gone"}, "c": {4, 4, "gone"}})
	c.LearnListing(hangzhou(), at(7), listing("c"))
	expect(1, map[string][]any{"a": {0, 6, "lacking"}, "b": {1, 4, "gone"}, "c": {4, 7, "there"}})
}

func TestStatusSince(t *testing.T) {
	c := New(lookback)
	l := listing("a")
	for minute, status := range []string{"Creating", "Creating", "Running", "Running"} {
		l.Instances[0].Status = status
		c.LearnListing(hangzhou(), Times{At: start.Add(time.Duration(minute) * time.Minute)}, l)
		l = listing("a")
	}
	if got := c.Instances(hangzhou())[0].StatusSince; !got.Equal(start.Add(2 * time.Minute)) {
		t.Errorf("the status is that since %v", got)
	}
}

func TestPolicies(t *testing.T) {
	c := New(lookback)
	at := start
	read := func(p backup.Policy) {
		c.LearnPolicy(one, Times{At: at}, p)
		at = at.Add(time.Hour)
	}
	changed := func() time.Time { return c.Known(one).Policies.ChangedAt() }
	read(weekly(7 * day))
	p := weekly(7 * day)
	p.NextAt = start.Add(day)
	read(p) // when the next backup is planned is no change
	p = weekly(0)
	p.LogBackup, p.Schedules[0].Weekdays = new(true), nil
	read(p) // neither is what is not said, nor what is said for the first time
	if got := changed(); !got.IsZero() {
		t.Errorf("changed at %v", got)
	}
	read(weekly(3 * day))
	if got := changed(); !got.Equal(start.Add(3 * time.Hour)) {
		t.Errorf("changed at %v", got)
	}
	versions := c.Known(one).Policies
	first, _ := versions.At(start.Add(-day))
	if first.Policy.Schedules[0].Retention != 7*day || first.Policy.LogBackup == nil || len(first.Policy.Schedules[0].Weekdays) != 3 || !first.Last.Equal(start.Add(2*time.Hour)) {
		t.Errorf("in force at first: %+v", first)
	}
	if second, ok := versions.At(start.Add(3 * time.Hour)); !ok || second.Policy.Schedules[0].Retention != 3*day {
		t.Errorf("in force after the change: %+v", second)
	}
	if _, ok := Policies(nil).At(start); ok {
		t.Error("a policy that was never read is in force")
	}
	off := weekly(3 * day)
	off.Automatic = new(false)
	read(off)
	if got := changed(); !got.Equal(start.Add(4 * time.Hour)) {
		t.Errorf("changed at %v", got)
	}
}

// TestDroppedPoliciesStillShortenRetention: of versions that memory does not hold any more, the shortest retention counts
// for the sets of their time.
func TestDroppedPoliciesStillShortenRetention(t *testing.T) {
	var p policies
	at := start
	for i := range policyCap + 5 {
		p.learn(weekly(time.Duration(30-10*min(1, i)+i%2)*day), at, at)
		at = at.Add(time.Hour)
	}
	if got, _ := p.since(start.Add(-day)); got != 20*day {
		t.Errorf("the shortest retention since the start is %v", got)
	}
	var q policies
	q.learn(weekly(day), start, start)
	for i := range policyCap + 5 {
		q.learn(weekly(time.Duration(30+i%2)*day), start.Add(time.Duration(i+1)*time.Hour), start)
	}
	if got, _ := q.since(start.Add(-day)); got != day {
		t.Errorf("the shortest retention with a dropped version is %v", got)
	}
	if got, _ := q.since(start.Add(60 * time.Hour)); got != 30*day {
		t.Errorf("the shortest retention later is %v", got)
	}
}
