package sourcetest

import (
	"testing"

	"mongodb_backup_exporter/internal/backup"
)

// testExtras checks that what the cloud does not have is said without a call.
func testExtras(t *testing.T, p Provider) {
	b := start(t, p, Fleet(p))
	in := b.instance(t, ReplicaSetID)
	before := b.Count("")
	for _, scope := range extras() {
		n, err := b.ask(t.Context(), scope, in)
		if p.Operations[scope] != "" {
			if err != nil || n == 0 {
				t.Errorf("%s: %d things and %v, want some", scope, n, err)
			}
			before = b.Count("")
			continue
		}
		if backup.ClassOf(err) != backup.ClassUnsupported || b.Count("") != before {
			t.Errorf("%s: %v after %d calls, want class unsupported after none", scope, err, b.Count("")-before)
		}
	}
}
