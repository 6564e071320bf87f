// Package collector turns a [backup.Snapshot] into Prometheus samples, and counts what the exporter itself does.
//
// Everything that a snapshot says is one row of a table of metric families: see families.go. Describe and Collect
// range over the same table, and a test compares it with docs/metrics.md. No sample outlives the snapshot that it
// came from.
//
// The package imports backup and client_golang, and nothing else of this project.
package collector
