// Package collector turns a [backup.Snapshot] into Prometheus samples, and counts the exporter's own work.
//
// Each metric family that is read from a snapshot is one row of a table, in families.go, and a test compares it with
// docs/metrics.md. A [Collector] makes samples of that table. An [Exposition] keeps their text, and writes anew what moved: a
// series ends as soon as the snapshot no longer supports it.
//
// Of this project the package imports internal/backup only.
package collector
