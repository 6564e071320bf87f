package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestDashboardsSeen shows the dashboards with Grafana's own components in Chromium and looks for what looks wrong: with the
// demo and eight days of its past, with a healthy fleet, and with an empty Prometheus. `make dashboards-seen` runs it, because
// it needs what no other test does. test/dashboards/seen has the page and the faults.
func TestDashboardsSeen(t *testing.T) {
	wish := os.Getenv("DASHBOARDS_SEEN")
	if wish == "" {
		t.Skip("needs Chromium and npm packages; make dashboards-seen has them")
	}
	t.Parallel()
	seen := struct {
		Situations []situation `json:"situations"`
		Pictures   string      `json:"pictures"`
	}{}
	if wish == "pictures" {
		seen.Pictures = repository + "/docs/images"
		seen.Situations = []situation{demoSituation(t)}
	} else {
		healthy, since := healthySituation(t), time.Now() // first, because it only needs time
		seen.Situations = []situation{demoSituation(t), healthy, emptySituation(t)}
		wait(t, patience, func() string { return passed(since, live) })
	}
	file, err := json.Marshal(seen)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "node", repository+"/test/dashboards/seen/look.mjs",
		write(t, "seen.json", string(file))).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// situation is something that dashboards are looked at with.
type situation struct {
	Name       string             `json:"name"`
	Prometheus string             `json:"prometheus"` // URL
	Instance   string             `json:"instance"`   // id of the one that the instance dashboard shows
	Step       float64            `json:"step"`       // shortest time between two points of a chart, in seconds
	Ranges     map[string]float64 `json:"ranges"`     // how far back each dashboard looks, in seconds
}

// live is how long the programs run before the dashboards are looked at: long enough for every alert, and for some points in
// the charts that have no past.
const live = 75 * time.Second

func newSituation(s *stack, name, instance string, past time.Duration) situation {
	if past == 0 {
		past = live
	}
	return situation{
		Name: name, Prometheus: "http://" + s.prometheus, Instance: instance, Step: scrapeInterval.Seconds(),
		Ranges: map[string]float64{"fleet": past.Seconds(), "instance": past.Seconds(), "exporter": live.Seconds()},
	}
}

func demoSituation(t *testing.T) situation {
	t.Helper()
	const week = 7 * 24 * time.Hour
	s := start(t, setup{fleet: "demo", history: week + 24*time.Hour})
	begun := time.Now()
	wait(t, patience, func() string { return s.evaluatedSince(begun) })
	return newSituation(s, "demo", "dds-bp1clicksprod", week)
}

func healthySituation(t *testing.T) situation {
	t.Helper()
	return newSituation(start(t, setup{fleet: "healthy"}), "healthy", "", 0)
}

// passed is a condition: a time has passed since a moment.
func passed(since time.Time, needed time.Duration) string {
	if rest := needed - time.Since(since); rest > 0 {
		return "the charts need " + rest.String() + " more"
	}
	return ""
}

// emptySituation is a Prometheus that scrapes nothing.
func emptySituation(t *testing.T) situation {
	t.Helper()
	s := &stack{client: client{ctx: t.Context(), prometheus: address(t)}}
	s.runPrometheus(t, "global: {}", t.TempDir())
	return newSituation(s, "nothing", "", 0)
}
