package backup_test

import (
	"slices"
	"testing"

	"mongodb_backup_exporter/internal/backup"
)

func TestScopes(t *testing.T) {
	var names, optional []string
	for _, s := range backup.Scopes() {
		names = append(names, s.String())
		if s.Optional() {
			optional = append(optional, s.String())
		}
	}
	if want := []string{"discovery", "backups", "jobs", "policy", "recovery", "copies", "restore_check", "restores"}; !slices.Equal(names, want) {
		t.Errorf("scopes are %v, want %v", names, want)
	}
	if want := []string{"jobs", "recovery", "copies", "restore_check", "restores"}; !slices.Equal(optional, want) {
		t.Errorf("optional are %v, want %v", optional, want)
	}
}
