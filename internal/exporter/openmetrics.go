package exporter

import (
	"io"
	"time"

	"mongodb_backup_exporter/collector"
	"mongodb_backup_exporter/internal/backup"
)

// OpenMetrics says how a past is written for promtool tsdb create-blocks-from openmetrics. All fields are required.
type OpenMetrics struct {
	Since, Until  time.Time
	Step          time.Duration // from one sample to the next; whole seconds
	Job, Instance string        // the labels that a scrape adds
}

// Write writes what scrapes would have shown at moments of the past. at returns the snapshot of one, and is asked in order, the
// oldest first.
func (o OpenMetrics) Write(to io.Writer, at func(time.Time) *backup.Snapshot) error {
	return collector.WriteHistory(to, collector.History{
		At: at, Since: o.Since.Truncate(time.Second), Until: o.Until, Step: o.Step, Labels: map[string]string{"job": o.Job, "instance": o.Instance},
	})
}
