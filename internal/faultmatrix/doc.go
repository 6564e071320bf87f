// Package faultmatrix holds no code, only tests: every kind of fault of a cloud, in every operation, on the exporter as
// it is wired, with the real SDKs.
//
// The clouds are cloudsim behind net/http servers. The network is in memory and the time is that of testing/synctest, so
// that a call that hangs for ten seconds costs nothing.
//
// make matrix runs all of it. With the build tag matrix, go test runs a spread, with every kind and every operation at
// least once. It has the tag because some cases still fail: known_test.go says which and why.
package faultmatrix
