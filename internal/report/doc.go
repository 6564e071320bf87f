// Package report is what people read of a snapshot: the rows that the status page, the JSON of /api/v1 and the
// command status share, and the one way to write ages, sizes and moments.
//
// It draws no conclusion of its own: verdicts and what follows from them come from internal/backup.
package report
