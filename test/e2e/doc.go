// Package e2e tests the built exporter together with the real Prometheus and Alertmanager, on simulated clouds: which
// alerts fire, who gets them, and what the dashboards show. The clouds are those of the demo, or of the test itself, which can
// change them (world_test.go). Every alert of the rules is received once, and so is its end.
// Every command on README.md and the pages beside it is run as it is printed (docs_test.go). It is a module of its own;
// `make e2e` runs it.
package e2e
