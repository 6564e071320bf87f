package alibaba

import (
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// describeBackupPolicy shows the schedule. When automatic backup is off, the preferred days and time are empty.
func describeBackupPolicy(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	p := in.Policy
	body := object{
		"PreferredBackupPeriod":                  "",
		"PreferredBackupTime":                    "",
		"BackupRetentionPeriod":                  strconv.Itoa(p.RetentionDays),
		"EnableBackupLog":                        0,
		"LogBackupRetentionPeriod":               p.RetentionDays,
		"SnapshotBackupType":                     "Standard",
		"BackupInterval":                         -1,
		"HighFrequencyBackupRetention":           "0",
		"PreserveOneEachHour":                    false,
		"CrossBackupPeriod":                      "",
		"EnableCrossLogBackup":                   0,
		"BackupRetentionPolicyOnClusterDeletion": 0,
	}
	if p.LogBackup {
		body["EnableBackupLog"] = 1
	}
	if p.Disabled {
		return success(req, body)
	}
	days := make([]string, 0, len(p.Weekdays))
	for _, day := range p.Weekdays {
		days = append(days, day.String())
	}
	body["PreferredBackupPeriod"] = strings.Join(days, ",")
	body["PreferredBackupTime"] = httpsim.TimeOfDay(p.StartsAt) + "Z-" + httpsim.TimeOfDay(p.StartsAt+p.Window) + "Z"
	if p.Interval > 0 {
		body["BackupInterval"] = int(p.Interval / time.Minute)
		body["SnapshotBackupType"] = "Flash"
		body["HighFrequencyBackupRetention"] = "1"
	}
	if next := in.NextBackupAt(req.Now); !next.IsZero() {
		body["PreferredNextBackupTime"] = next.UTC().Format(minuteTime)
	}
	return success(req, body)
}
