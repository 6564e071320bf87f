// Package faultmatrix holds no code, only tests: every kind of fault of a cloud, in every operation, on the exporter as
// it is wired, with the real SDKs.
//
// The clouds are cloudsim behind net/http servers. The network is in memory and the time is that of testing/synctest, so
// that a call that hangs for ten seconds costs nothing. What a scrape shows under a fault is compared with what it shows
// without one: a fault may change the series of what it hits, and no other.
//
// go test plays a spread, with every kind and every operation at least once. make matrix-kinds
// plays each kind in each operation once, as CI does, and make matrix all cases. known_test.go
// names the cases that are known to fail.
package faultmatrix
