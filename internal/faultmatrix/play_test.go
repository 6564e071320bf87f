package faultmatrix

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
)

// play is one case: a fault, whom it hits, and when it begins.
type play struct {
	victim victim
	row    row
	warm   bool // it begins when everything is known; otherwise, before the first scrape
}

func (p play) String() string {
	phase := "cold"
	if p.warm {
		phase = "warm"
	}
	return fmt.Sprintf("%s, %s, %s, %s", p.victim.cloud, p.victim.name, p.row.name, phase)
}

// Scrapes come while the fault lasts, counted from the first of them. In the warm phase the last good value is fresh
// until the third, and too old at the fourth. One scrape is left out, as when a scraper restarts.
func faultyScrapes(warm bool) []time.Duration {
	if warm {
		return []time.Duration{0, interval, 2 * interval, 4 * interval}
	}
	return []time.Duration{0, interval, 3 * interval}
}

// healScrapes is how many scrapes come each interval after the fault, until all is good again.
const healScrapes = 4

// patience is how long after the fault something may be wrong at most; 0: not longer than some scrapes.
func (p play) patience() time.Duration {
	switch {
	case p.row.unsupported && slices.ContainsFunc(p.victim.scopes, p.victim.mayBeMissing):
		return 62 * time.Minute // what the cloud does not offer is asked for again after an hour
	case p.victim.partly:
		return p.victim.cached + 2*interval
	}
	return 0
}

// timeline is when scrapes come, after dawn. The fault begins and ends half an interval before a scrape.
type timeline struct {
	before, faulty, healed []time.Duration
}

// timeline returns when the scrapes of the case come. Where an answer is cached, the fault begins as it is due again.
func (p play) timeline() timeline {
	var tl timeline
	start := time.Duration(0)
	if p.warm {
		start = max(p.victim.cached, 2*interval)
		tl.before = []time.Duration{0}
		if start > 2*interval {
			tl.before = append(tl.before, start-2*interval)
		}
		tl.before = append(tl.before, start-interval)
	}
	for _, after := range faultyScrapes(p.warm) {
		tl.faulty = append(tl.faulty, start+after)
	}
	for n := range healScrapes {
		tl.healed = append(tl.healed, tl.faulty[len(tl.faulty)-1]+time.Duration(n+1)*interval)
	}
	if wait := p.patience(); wait > 0 {
		tl.healed = append(tl.healed, tl.faulty[len(tl.faulty)-1]+wait)
	}
	return tl
}

// record is what the scrapes of a case saw.
type record struct {
	before, faulty, healed []scrape
	hits                   int // calls that the fault could hit
	closed                 time.Duration
}

// perform plays a case. inject adds the fault. After it is healed, scrapes come until good accepts one.
func perform(t *testing.T, p play, authority *cloudsim.Authority, inject func(*stage) (remove func()), good func(scrape) bool) (r record) {
	t.Helper()
	defer func() {
		if broken := recover(); broken != nil {
			t.Fatalf("%v: %v", p, broken)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(dawn()))
		s := newStage(t, world(p.victim.cloud), authority)
		tl := p.timeline()
		r.before = s.scrapeAt(tl.before, nil)
		if p.warm {
			sleepUntil(tl.faulty[0] - interval/2)
		}
		calls := len(s.Calls())
		remove := inject(s)
		r.faulty = s.scrapeAt(tl.faulty, nil)
		r.hits = p.victim.calls(s.Calls()[calls:])
		sleepUntil(tl.healed[0] - interval/2)
		remove()
		r.healed = s.scrapeAt(tl.healed, good)
		r.closed = s.close()
	})
	return r
}

func sleepUntil(sinceDawn time.Duration) { time.Sleep(time.Until(dawn().Add(sinceDawn))) }

// scrapeAt scrapes at times after dawn, until enough accepts a scrape; nil: it never does.
func (s *stage) scrapeAt(times []time.Duration, enough func(scrape) bool) []scrape {
	var list []scrape
	for _, at := range times {
		sleepUntil(at)
		list = append(list, s.scrape())
		if enough != nil && enough(list[len(list)-1]) {
			break
		}
	}
	return list
}

// calls counts those that the fault hits.
func (v victim) calls(all []cloudsim.Call) int {
	_, region := v.place()
	n := 0
	for _, c := range all {
		if c.Cloud == v.cloud && c.Region == region && (v.op == "" || c.Operation == v.op) &&
			(v.instance == "" || c.InstanceID == idOf(v.cloud, v.instance)) && (v.node == "" || c.NodeID == v.node) {
			n++
		}
	}
	return n
}
