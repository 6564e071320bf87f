// Package simtest is for the tests of cloudsim: a small fleet, a clock, calls that are signed from the documentation, and
// decoded answers.
package simtest
