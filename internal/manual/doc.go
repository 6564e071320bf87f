// Package manual starts a backup by hand and follows it to its end.
//
// It knows no cloud: a cloud's source implements [Source] and [Starter]. It imports internal/backup only.
package manual
