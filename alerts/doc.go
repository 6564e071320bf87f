// Package alerts holds the alerting and recording rules for Prometheus, which users load unchanged or as the command "rules"
// prints them.
//
// promtool tests the rules themselves (tests/*.yml). The Go tests check what promtool cannot: that rules, their tests,
// runbooks, documentation and the example for Alertmanager name the same alerts, metrics and labels.
package alerts
