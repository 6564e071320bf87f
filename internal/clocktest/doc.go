// Package clocktest is a clock for tests whose wall clock steps while its monotonic clock goes on, as in a process whose
// machine sets its clock or is suspended.
//
// Times made by hand have no monotonic reading, so that they cannot show a comparison of the wrong clock. The tests of
// every room may import it, the rooms themselves may not.
package clocktest
