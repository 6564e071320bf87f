package backup_test

import (
	"slices"
	"testing"

	"mongodb_backup_exporter/internal/backup"
)

func TestHealthStatesAreListedWorstFirst(t *testing.T) {
	var names, bad []string
	for i, s := range backup.HealthStates() {
		names = append(names, s.String())
		if s.Bad() {
			bad = append(bad, s.String())
		}
		if s.Urgency() != i {
			t.Errorf("the urgency of %s is %d, want its place %d", s, s.Urgency(), i)
		}
	}
	if want := []string{"never", "late", "unknown", "missed", "failed", "pending", "ok"}; !slices.Equal(names, want) {
		t.Errorf("verdicts are %v, want %v", names, want)
	}
	if want := []string{"never", "late", "missed", "failed"}; !slices.Equal(bad, want) {
		t.Errorf("bad are %v, want %v", bad, want)
	}
}

// NumHealthStates follows the constants, and so a verdict that HealthStates does not list is met here.
func TestHealthStatesListsEveryVerdict(t *testing.T) {
	for s := range backup.HealthState(backup.NumHealthStates) {
		if !slices.Contains(backup.HealthStates(), s) {
			t.Errorf("HealthStates does not list verdict %d (%s)", s, s)
		}
		if s != backup.HealthUnknown && s.String() == backup.HealthUnknown.String() {
			t.Errorf("verdict %d has no name", s)
		}
	}
	if got, want := backup.HealthState(backup.NumHealthStates).Urgency(), backup.HealthUnknown.Urgency(); got != want {
		t.Errorf("the urgency of a value that is no verdict is %d, want that of unknown, %d", got, want)
	}
}
