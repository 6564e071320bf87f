// Package e2e tests the built exporter together with the real Prometheus and Alertmanager, on simulated clouds: which
// alerts fire, who gets them, and what the dashboards show. It is a module of its own; `make e2e` runs it.
package e2e
