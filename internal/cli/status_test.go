package cli

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// Nothing to judge is exit code 2, never 0.
func TestStatusWithoutTargetsIsNotAllRight(t *testing.T) {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	good := backup.Reading[int]{At: at, TriedAt: at, GoodUntil: at.Add(time.Hour)}
	snapshot := &backup.Snapshot{At: at, Regions: []backup.Region{{Asked: true, Up: true, Unmonitored: good, Listed: good}}}
	var code *exit
	if err := verdict(report.New(snapshot, at)); !errors.As(err, &code) || code.code != 2 {
		t.Errorf("%v, want exit code 2", err)
	}
}

// A finding whose alert is critical is exit code 1, although every verdict is good; one that can wait is not.
func TestStatusWithFindings(t *testing.T) {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	good := backup.Reading[int]{At: at, TriedAt: at, GoodUntil: at.Add(time.Hour)}
	for _, test := range []struct {
		name    string
		expires time.Duration // from now
		code    int
		row     string
	}{
		{"the last usable backup expires", 3 * time.Hour, 1, "last_usable_expiring, automatic_off"},
		{"automatic backup is off", 300 * time.Hour, 0, "automatic_off"},
	} {
		in := backup.InstanceState{
			Objectives: backup.Objectives{RPODefault: 26 * time.Hour, MaxDuration: 6 * time.Hour},
			Policy:     backup.Reading[backup.Policy]{Value: backup.Policy{Automatic: new(false)}, At: at, GoodUntil: at.Add(time.Hour)},
			Nodes: []backup.NodeState{{Backups: backup.Reading[backup.List]{At: at, GoodUntil: at.Add(time.Hour), Value: backup.List{
				Asked: []backup.Kind{backup.KindFull},
				Backups: []backup.Backup{{
					Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: at.Add(-2 * time.Hour), EndedAt: at.Add(-time.Hour),
					ExpiresAt: at.Add(test.expires),
				}},
			}}}},
		}
		r := report.New(&backup.Snapshot{
			At: at, Instances: []backup.InstanceState{in},
			Regions: []backup.Region{{Asked: true, Up: true, Unmonitored: good, Listed: good}},
		}, at)
		code := 0
		if ended, failed := errors.AsType[*exit](verdict(r)); failed {
			code = ended.code
		}
		if code != test.code || r.Targets[0].Health != "ok" {
			t.Errorf("%s: exit code %d of a target that is %s, want %d", test.name, code, r.Targets[0].Health, test.code)
		}
		var table strings.Builder
		if err := printReport(screen{Writer: &table}, r); err != nil || !strings.Contains(table.String(), " "+test.row+"  newest") {
			t.Errorf("%s: error %v, table\n%s", test.name, err, table.String())
		}
	}
}
