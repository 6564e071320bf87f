package e2e

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// passing is how long an alert may be pending on a healthy fleet: a slow answer may cause that for a moment.
const passing = 5 * time.Second

// TestHealthyFleet: nothing is reported about a healthy fleet.
func TestHealthyFleet(t *testing.T) {
	t.Parallel()
	s := start(t, setup{fleet: "healthy"})
	assertAllRulesLoaded(t, s)
	since := time.Now()
	wait(t, patience, func() string {
		active, err := s.activeAlerts()
		if err != nil {
			return err.Error()
		}
		for _, a := range active {
			if a.State == "firing" || time.Since(a.ActiveAt) > passing {
				t.Fatalf("%s on the healthy fleet since %v: %v", a.State, a.ActiveAt, a.Labels)
			}
		}
		return s.evaluatedSince(since)
	})
	if got := s.receiver.notifications(); len(got) > 0 {
		t.Errorf("notifications about the healthy fleet: %+v", got)
	}
	if within, err := s.number(`min(mongodb_backup:targets_within_rpo:ratio)`); err != nil || within != 1 {
		t.Errorf("share within RPO is %v %v, want 1", within, err)
	}
	if bad, err := s.number(`sum(mongodb_backup_health{state!="ok"})`); err != nil || bad != 0 {
		t.Errorf("%v targets are not ok, %v", bad, err)
	}
	assertEmptyPanelsExplain(t, s)
}

// assertAllRulesLoaded compares the rules that Prometheus runs with those of the file.
func assertAllRulesLoaded(t *testing.T, s *stack) {
	t.Helper()
	var want, got []string
	for _, match := range regexp.MustCompile(`(?m)^ +- (?:alert|record): (\S+)$`).FindAllStringSubmatch(read(t, rulesFile), -1) {
		want = append(want, match[1])
	}
	groups, err := s.ruleGroups()
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range groups {
		for _, rule := range group.Rules {
			got = append(got, rule.Name)
		}
	}
	if len(want) == 0 {
		t.Errorf("no rule found in %s", rulesFile)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got)\n%s", diff)
	}
}
