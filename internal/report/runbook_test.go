package report_test

import (
	"os"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

func TestRunbooksOfFindingsAndVerdictsAreThere(t *testing.T) {
	there := func(alert string) {
		if _, err := os.Stat("../../docs/runbooks/" + alert + ".md"); err != nil {
			t.Errorf("there is no such runbook: %v", err)
		}
	}
	for _, name := range backup.FindingNames() {
		there(report.Finding{Name: name}.Runbook())
	}
	seen := map[string]string{}
	for _, list := range [][]backup.Backup{
		nil, {made(time.Hour, backup.StateSuccess)}, {made(100*time.Hour, backup.StateSuccess)}, {made(time.Hour, backup.StateFailed), made(25*time.Hour, backup.StateSuccess)},
	} {
		target := pageOf(t, noon, func(in *backup.InstanceState) { in.Nodes[0].Backups.Value.Backups = list }).Targets[0]
		seen[target.Health] = target.Runbook()
		if alert := target.Runbook(); alert != "" {
			there(alert)
		}
	}
	for health, want := range map[string]string{"never": "MongoDBBackupNever", "ok": "", "late": "MongoDBBackupLate", "failed": "MongoDBBackupLastAttemptFailed"} {
		if got, ok := seen[health]; !ok || got != want {
			t.Errorf("%s has the runbook %q, want %q", health, got, want)
		}
	}
}
