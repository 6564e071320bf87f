// Package poll brings readings up to date: it decides what is due, shares work in flight among concurrent scrapes,
// bounds the fan-out, and keeps the last good value of each reading with its time.
//
// It knows no cloud and no metric; it consumes [Source] and produces [backup.Snapshot].
package poll
