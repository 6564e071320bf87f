// Package exporter wires the parts of a running exporter together: from a configuration to accounts, regions, budgets
// and sources, and to the poller and the metrics that use them. A reload swaps the configuration as a whole.
//
// The wiring is data: what a configuration comes to is a list of regions that a table test reads. What differs between
// clouds is a row of clouds.go. It does not know where a configuration comes from, nor how its work is shown.
package exporter
