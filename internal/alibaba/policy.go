package alibaba

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// scheduleFields are the fields that say when backups are made. What cannot be read of them must not loosen the objective.
func scheduleFields() []string {
	return []string{"PreferredBackupPeriod", "PreferredBackupTime", "BackupInterval", "SnapshotBackupType"}
}

// convertPolicy reads a schedule. Automatic backup is off when the days are empty and there is no high-frequency backup: the
// cloud has no other switch for it. When the days are missing or null, it does not say.
func convertPolicy(a *policyAnswer, r *wire.Reader) backup.Policy {
	daily := backup.Schedule{
		Retention: retention(r, "BackupRetentionPeriod", a.BackupRetentionPeriod),
		Weekdays:  r.Weekdays("PreferredBackupPeriod", a.PreferredBackupPeriod, wire.WeekdayByName),
	}
	daily.StartsAt, daily.Window = r.DailyWindow("PreferredBackupTime", a.PreferredBackupTime, "15:04Z")
	p := backup.Policy{Schedules: []backup.Schedule{daily}, LogBackup: r.Flag("EnableBackupLog", a.EnableBackupLog)}
	p.NextAt, _ = timeOf(r, "PreferredNextBackupTime", a.PreferredNextBackupTime)
	interval, kept := highFrequency(a, r)
	if interval > 0 {
		p.Schedules = append(p.Schedules, backup.Schedule{Interval: interval, Retention: kept})
		p.MayBeUnlisted = true
	}
	switch {
	case a.PreferredBackupPeriod.IsSet() || interval > 0:
		p.Automatic = new(true)
	case a.PreferredBackupPeriod.Kind == wire.String:
		p.Automatic = new(false)
	}
	p.CopyRegion = r.Text("DestRegion", a.DestRegion)
	p.KeptAfterDeletion = keptAfterDeletion(r, a.BackupRetentionPolicyOnClusterDeletion)
	return p
}

// highFrequency returns the time between two high-frequency backups, and how long these are kept. Both are 0 when there are
// none: the interval may be set and does not count then.
func highFrequency(a *policyAnswer, r *wire.Reader) (interval, kept time.Duration) {
	const field, off = "BackupInterval", -1
	minutes := r.Integer(field, a.BackupInterval)
	if minutes == nil || *minutes == 0 || *minutes == off {
		return 0, 0
	}
	if flash := wire.Choice(r, "SnapshotBackupType", a.SnapshotBackupType, map[string]bool{"Flash": true, "Standard": false}); !flash {
		return 0, 0
	}
	interval, _ = r.Span("BackupInterval", a.BackupInterval, *minutes, time.Minute)
	return interval, retention(r, "HighFrequencyBackupRetention", a.HighFrequencyBackupRetention)
}

// keptAfterDeletion reads which backups outlive the instance: 0 none, 1 the last one, 2 all. nil: the cloud does not say.
func keptAfterDeletion(r *wire.Reader, s wire.Scalar) *bool {
	const field = "BackupRetentionPolicyOnClusterDeletion"
	n := r.Integer(field, s)
	switch {
	case n == nil:
		return nil
	case *n < 0 || *n > 2:
		r.Reject(field, s, "known")
		return nil
	}
	return new(*n > 0)
}

// retention reads a number of days; -1 means for ever.
func retention(r *wire.Reader, field string, s wire.Scalar) time.Duration {
	days := r.Integer(field, s)
	switch {
	case days == nil:
		return 0
	case *days == -1:
		return backup.Forever
	}
	kept, _ := r.Span(field, s, *days, 24*time.Hour)
	return kept
}
