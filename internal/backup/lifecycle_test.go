package backup_test

import (
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Nobody is paged about an instance that does not exist yet or no more. One that is frozen is judged, and the reason says
// so, because that is why its backups stopped.
func TestVerdictOfInstancesThatAreNotRunning(t *testing.T) {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	want := backup.Objectives{RPODefault: 26 * time.Hour}
	old := backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: []backup.Backup{{
		ID: "1", Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: at.Add(-50 * time.Hour), EndedAt: at.Add(-49 * time.Hour),
	}}}
	recent := backup.List{Asked: old.Asked, Backups: []backup.Backup{{
		ID: "1", Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: at.Add(-time.Hour), EndedAt: at.Add(-time.Minute),
	}}}
	for _, c := range []struct {
		name      string
		lifecycle backup.Lifecycle
		status    string
		list      backup.List
		read      bool
		state     backup.HealthState
		reason    string
	}{
		{"being created", backup.LifecycleCreating, "Creating", backup.List{}, true, backup.HealthPending, "the instance is not running: Creating"},
		{"not read", backup.LifecycleCreating, "creating", backup.List{}, false, backup.HealthPending, "the instance is not running: creating"},
		{"creation failed", backup.LifecycleCreateFailed, "createfail", backup.List{}, true, backup.HealthPending, "the instance is not running: createfail"},
		{"being deleted", backup.LifecycleDeleting, "Deleting", old, true, backup.HealthPending, "the instance is not running: Deleting"},
		{"released", backup.LifecycleReleased, "Released", old, true, backup.HealthPending, "the instance is not running: Released"},
		{"frozen", backup.LifecycleFrozen, "LockByExpiration", old, true, backup.HealthLate, "; the instance is locked or frozen: LockByExpiration"},
		{"frozen, never backed up", backup.LifecycleFrozen, "frozen", backup.List{}, true, backup.HealthNever, "; the instance is locked or frozen: frozen"},
		{"in trouble", backup.LifecycleImpaired, "data_disk_full", old, true, backup.HealthLate, "; the status of the instance is data_disk_full"},
		{"in trouble, not read", backup.LifecycleImpaired, "data_disk_full", old, false, backup.HealthUnknown, "not read yet"},
		{"in trouble, and backed up", backup.LifecycleImpaired, "abnormal", recent, true, backup.HealthOK, "newest recovery point is 1h old, objective 26h (default, no policy known)"},
		{"running", backup.LifecycleRunning, "Running", old, true, backup.HealthLate, "objective 26h"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := backup.TargetState{Lifecycle: c.lifecycle, Status: c.status}
			if c.read {
				in.Backups = backup.Reading[backup.List]{Value: c.list, At: at, GoodUntil: at.Add(time.Hour)}
			}
			h := backup.Assess(in, want, at)
			if h.State != c.state || !strings.Contains(h.Reason, c.reason) {
				t.Errorf("%s: %s; want %s with %q", h.State, h.Reason, c.state, c.reason)
			}
			if named := strings.Contains(h.Reason, "the status of the instance is"); named != (c.lifecycle == backup.LifecycleImpaired && h.State.Bad()) {
				t.Errorf("reason %q", h.Reason)
			}
			if running := strings.Contains(h.Reason, "locked or frozen"); running != (c.lifecycle == backup.LifecycleFrozen) {
				t.Errorf("reason %q", h.Reason)
			}
		})
	}
}
