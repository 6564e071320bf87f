// Package catalog keeps what the clouds said: backup sets with every state that they were seen in, jobs, policies with the
// time of each change, instances with their first and last sight, and the true time of every reading.
//
// It has two layers. [Catalog] is memory alone: no clock, no input or output. It learns whole answers, or increments that
// it merges by id, and holds the newest list of each target and what left that list within the lookback. [File] is one
// SQLite file behind it, which is written behind in batches and keeps what memory forgets. [Reader] reads that file beside
// the exporter that writes it.
//
// The catalog draws one conclusion of its own, because only it sees two lists: that a backup was removed before its
// expiry. Everything else is concluded in package backup.
package catalog
