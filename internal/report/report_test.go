package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

func TestFailureReasonInJSON(t *testing.T) {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	began := at.Add(-time.Hour)
	for reason, want := range map[string]string{"disk full": `"failure_reason":"disk full"`, "": ""} {
		in := backup.InstanceState{
			Jobs: backup.Reading[[]backup.Job]{At: at, GoodUntil: at.Add(time.Hour), Value: []backup.Job{{State: backup.JobFailed, StartedAt: began, Reason: reason}}},
			Nodes: []backup.NodeState{{Backups: backup.Reading[backup.List]{At: at, GoodUntil: at.Add(time.Hour), Value: backup.List{
				Backups: []backup.Backup{{ID: "1", Kind: backup.KindFull, State: backup.StateFailed, StartedAt: began}},
			}}}},
		}
		text, err := json.Marshal(New(&backup.Snapshot{At: at, Instances: []backup.InstanceState{in}}, at))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(text); !strings.Contains(got, want) || strings.Contains(got, "failure_reason") != (want != "") {
			t.Errorf("reason %q: %s", reason, got)
		}
	}
}
