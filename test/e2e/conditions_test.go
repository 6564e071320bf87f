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

// evaluatedSince is a condition: every rule had the time to fire for what was so at the given moment, and more than an
// evaluation besides.
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
			return fmt.Sprintf("group %s, last evaluated at %v, is not to be judged before %v", group.Name, group.LastEvaluation, due)
		}
	}
	return ""
}

// same is the part of a condition that compares lists of alerts.
func same(what string, want, got []alert, err error) string {
	if err != nil {
		return err.Error()
	}
	if diff := cmp.Diff(sorted(want), got); diff != "" {
		return fmt.Sprintf("%s (-want +got)\n%s", what, diff)
	}
	return ""
}

// expect waits until exactly these alerts fire, those that are to be told have reached the receiver, which knows of no
// others, and Alertmanager withholds the rest. Alerts of the given names may fire besides, if they are withheld.
func (s *stack) expect(t *testing.T, reported, withheld []alert, besides ...string) {
	t.Helper()
	without := func(list []alert) []alert {
		return slices.DeleteFunc(list, func(a alert) bool { return slices.Contains(besides, a.Name) })
	}
	wait(t, patience, func() string {
		got, err := s.firing()
		return same("firing", slices.Concat(reported, withheld), without(got), err)
	})
	wait(t, patience, func() string {
		got, err := s.silenced()
		return same("withheld by Alertmanager", withheld, without(got), err)
	})
	wait(t, patience, func() string {
		return same("reported to the receiver", reported, s.receiver.open(), nil)
	})
}

// assertOnlyToldOf compares all that the receiver ever heard of. Alerts of the given names may be among it: those that
// another one withholds are told in passing when that one ends first.
func (s *stack) assertOnlyToldOf(t *testing.T, want []alert, passing ...string) {
	t.Helper()
	told := slices.DeleteFunc(s.receiver.ever(), func(a alert) bool {
		return slices.Contains(passing, a.Name) && !slices.Contains(want, a)
	})
	if problem := same("all that the receiver heard of", want, told, nil); problem != "" {
		t.Error(problem)
	}
}
