// Package backup is the domain: what a backup is, what a cloud said about it and when, and whether that meets the
// objectives set for it.
//
// It is pure. It reads no clock, does no input or output, and imports the standard library only. Every function that
// depends on the time takes now as a parameter. Providers translate a cloud's answers into these types, the poller
// keeps the newest of them as readings, and the collector turns what [Assess] concludes into samples.
//
// One rule governs every type here: unknown is never zero and never healthy. The zero value of each enumeration is
// its "unknown" member, and a number that a cloud may leave out is a pointer.
package backup
