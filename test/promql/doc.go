// Package promql tests the queries of dashboards and rules: it parses them with Prometheus' own parser, and compares the
// metrics, labels and values that they use with docs/metrics.md. It is a module of its own, so that the exporter does not
// depend on Prometheus.
package promql
