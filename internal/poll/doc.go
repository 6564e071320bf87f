// Package poll brings readings up to date. It decides what is due, shares work in flight among concurrent scrapes, bounds
// the number of calls at a time, and keeps the last good value of each reading with its time.
//
// It knows no cloud and no metric; it consumes [Source] and produces [backup.Snapshot].
package poll
