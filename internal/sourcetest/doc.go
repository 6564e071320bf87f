// Package sourcetest is the conformance suite that every poll.Source must pass. It runs a source against the simulated
// cloud over HTTP, and checks what the poller and manual backups rely on. It checks all clouds in the same words.
//
// It is for tests only, and knows no provider: the test of a provider describes the provider with a [Provider], and calls
// [Run].
package sourcetest
