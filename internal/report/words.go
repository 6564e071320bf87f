package report

import (
	"fmt"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// None stands for a value that is not known.
const None = "–"

// OrNone returns s, or None when it is empty.
func OrNone(s string) string {
	if s == "" {
		return None
	}
	return s
}

// Age returns how long ago t was, e.g. 3d 4h; "in 5m" for a time to come; None for nil.
func Age(t *time.Time, now time.Time) string {
	if t == nil {
		return None
	}
	age := now.Sub(*t)
	if age < 0 {
		return "in " + backup.Span(-age)
	}
	return backup.Span(age)
}

// Moment returns a time in UTC to the minute, e.g. 2026-11-22 15:04Z; None for nil.
func Moment(t *time.Time) string {
	if t == nil {
		return None
	}
	return t.UTC().Format(backup.MinuteLayout)
}

// Seconds returns a duration given in seconds, e.g. 27h or 5d 3h.
func Seconds(s float64) string { return backup.Span(time.Duration(s * float64(time.Second))) }

// Bytes returns a size in binary units, e.g. 1.5 GiB; None for nil.
func Bytes(n *int64) string {
	if n == nil {
		return None
	}
	size, unit := float64(*n), 0
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	for size >= 1024 && unit < len(units)-1 {
		size /= 1024
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", *n)
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}

// Percent returns a percentage without decimals, e.g. 37 %; None for nil.
func Percent(p *float64) string {
	if p == nil {
		return None
	}
	return fmt.Sprintf("%.0f %%", *p)
}

// Whenever returns a time relative to now, e.g. 3d 4h ago, or in 5m; None for nil.
func Whenever(t *time.Time, now time.Time) string {
	if t == nil || t.After(now) {
		return Age(t, now)
	}
	return Age(t, now) + " ago"
}
