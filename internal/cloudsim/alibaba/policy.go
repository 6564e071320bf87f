package alibaba

import (
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// describeBackupPolicy shows the schedule. When automatic backup is off, the preferred days and time are empty.
func (api *API) describeBackupPolicy(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	p := in.Policy
	body := object{
		"PreferredBackupPeriod":                  "",
		"PreferredBackupTime":                    "",
		"BackupRetentionPeriod":                  strconv.Itoa(p.RetentionDays),
		"EnableBackupLog":                        0,
		"LogBackupRetentionPeriod":               p.RetentionDays,
		"SnapshotBackupType":                     "Standard",
		"BackupInterval":                         -1,
		"HighFrequencyBackupRetention":           strconv.Itoa(max(1, p.IntervalRetentionDays)),
		"PreserveOneEachHour":                    false,
		"CrossBackupPeriod":                      "",
		"EnableCrossLogBackup":                   0,
		"BackupRetentionPolicyOnClusterDeletion": p.KeptOnDeletion,
		"SrcRegion":                              "",
		"DestRegion":                             "",
	}
	if in.LogsOn() {
		body["EnableBackupLog"] = 1
	}
	if p.CopyTo != "" {
		body["SrcRegion"], body["DestRegion"] = in.Region, p.CopyTo
		body["CrossRetentionType"], body["CrossRetentionValue"] = "delay", p.RetentionDays
	}
	switch {
	case !p.Disabled:
		addSchedule(body, in, req.Now)
	case api.opts.Variants.NoPeriodWhenOff:
		delete(body, "PreferredBackupPeriod")
	}
	httpsim.Override(body, p.Override)
	return success(req, body)
}

func addSchedule(body object, in *fleet.Instance, now time.Time) {
	p := in.Policy
	days := make([]string, 0, len(p.Weekdays))
	for _, day := range p.Weekdays {
		days = append(days, day.String())
	}
	body["PreferredBackupPeriod"] = strings.Join(days, ",")
	if p.CopyTo != "" {
		body["CrossBackupPeriod"] = body["PreferredBackupPeriod"]
	}
	body["PreferredBackupTime"] = httpsim.TimeOfDay(p.StartsAt) + "Z-" + httpsim.TimeOfDay(p.StartsAt+p.Window) + "Z"
	if p.Interval > 0 {
		body["BackupInterval"] = int(p.Interval / time.Minute)
		body["SnapshotBackupType"] = "Flash"
	}
	if next := in.NextBackupAt(now); !next.IsZero() {
		body["PreferredNextBackupTime"] = next.UTC().Format(minuteTime)
	}
}
