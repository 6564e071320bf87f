// Package dashboards holds the Grafana dashboards. It has no Go code. The JSON is the source: edit it by hand, or in
// Grafana and copy its JSON model here.
//
// The tests of this package check identity, layout, units, descriptions, variables and links. The tests in test/promql
// parse the queries, and those in test/dashboards check the types.
package dashboards
