package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// targetsAreUp is a condition.
func (s *stack) targetsAreUp() string {
	targets, err := s.targets()
	if err != nil {
		return err.Error()
	}
	if len(targets) != len(s.exporters) {
		return fmt.Sprintf("%d targets, want %d", len(targets), len(s.exporters))
	}
	for _, target := range targets {
		if target.Health != "up" || target.ScrapePool != "mongodb_backup" {
			return fmt.Sprintf("target %+v", target)
		}
	}
	return ""
}

// namesAreKnown is a condition: Prometheus has the names of the instances. From then on alerts are told apart by them.
func (s *stack) namesAreKnown() string {
	known, err := s.instanceNames()
	if err != nil {
		return err.Error()
	}
	if len(known) == 0 {
		return "no names yet"
	}
	s.names = known
	s.receiver.know(known)
	return ""
}

// rulesAreHealthy is a condition: there are rules, and each was evaluated without error.
func (s *stack) rulesAreHealthy() string {
	groups, err := s.ruleGroups()
	if err != nil {
		return err.Error()
	}
	if len(groups) == 0 {
		return "no rules yet"
	}
	for _, group := range groups {
		for _, rule := range group.Rules {
			if rule.Health != "ok" || rule.LastError != "" {
				return fmt.Sprintf("rule %s is %s: %s", rule.Name, rule.Health, rule.LastError)
			}
		}
	}
	return ""
}

// evaluatedSince is a condition: every rule had the time to fire because of the state at the given moment, and one more
// evaluation.
func (s *stack) evaluatedSince(moment time.Time) string {
	groups, err := s.ruleGroups()
	if err != nil {
		return err.Error()
	}
	for _, group := range groups {
		var longest float64
		for _, rule := range group.Rules {
			longest = max(longest, rule.Duration)
		}
		due := moment.Add(time.Duration(longest)*time.Second + 2*evaluationInterval)
		if group.LastEvaluation.Before(due) {
			return fmt.Sprintf("group %s, last evaluated at %v, cannot be judged before %v", group.Name, group.LastEvaluation, due)
		}
	}
	return ""
}

// same is the part of a condition that compares lists of alerts. It returns "", or how they differ.
func same(what string, want, got []alert, err error) string {
	if err != nil {
		return err.Error()
	}
	if diff := cmp.Diff(sorted(want), got); diff != "" {
		return fmt.Sprintf("%s (-want +got)\n%s", what, diff)
	}
	return ""
}

// expect waits until exactly the given alerts fire: the receiver has got those of reported and no others, and Alertmanager
// suppresses those of suppressed. Alerts with one of the optional names may fire too, if they are suppressed.
func (s *stack) expect(t *testing.T, reported, suppressed []alert, optional ...string) {
	t.Helper()
	without := func(list []alert) []alert {
		return slices.DeleteFunc(list, func(a alert) bool { return slices.Contains(optional, a.Name) })
	}
	wait(t, patience, func() string {
		got, err := s.firing()
		return same("firing", slices.Concat(reported, suppressed), without(got), err)
	})
	wait(t, patience, func() string {
		got, err := s.suppressed()
		return same("suppressed by Alertmanager", suppressed, without(got), err)
	})
	wait(t, patience, func() string {
		return same("reported to the receiver", reported, s.receiver.open(), nil)
	})
}

// assertReported compares every alert that the receiver has got. Alerts with one of the optional names may be among them:
// a suppressed alert is reported for a moment when the alert that suppresses it ends first.
func (s *stack) assertReported(t *testing.T, want []alert, optional ...string) {
	t.Helper()
	fired := slices.DeleteFunc(s.receiver.fired(), func(a alert) bool {
		return slices.Contains(optional, a.Name) && !slices.Contains(want, a)
	})
	if problem := same("every alert that the receiver has got", want, fired, nil); problem != "" {
		t.Error(problem)
	}
}
