package report

import (
	"strings"

	"mongodb_backup_exporter/internal/backup"
)

// Runbook returns the alert whose runbook is about the verdict; "": there is none.
func (t Target) Runbook() string {
	switch t.state {
	case backup.HealthNever:
		return "MongoDBBackupNever"
	case backup.HealthLate:
		return "MongoDBBackupLate"
	case backup.HealthMissed:
		return "MongoDBBackupScheduleMissed"
	case backup.HealthFailed:
		return "MongoDBBackupLastAttemptFailed"
	case backup.HealthUnknown:
		return "MongoDBBackupDataStale"
	case backup.HealthOK, backup.HealthPending:
	}
	return ""
}

// Runbook returns the alert that the finding fires.
func (f Finding) Runbook() string {
	switch f.Name {
	case backup.FindingRetentionShort:
		return "MongoDBBackupRetentionBelowObjective"
	case backup.FindingStuck:
		return "MongoDBBackupProgressStuck"
	case backup.FindingLogStalled:
		return "MongoDBBackupLogBackupStalled"
	case backup.FindingRemovedEarly:
		return "MongoDBBackupSetsRemovedEarly"
	default: // the alert is named like the finding
	}
	words := strings.Split(string(f.Name), "_")
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return "MongoDBBackup" + strings.Join(words, "")
}
