//go:build !race

package poll_test

// slowedDown says that the race detector makes everything take ten times as long: simulations of a fleet are smaller.
const slowedDown = false
