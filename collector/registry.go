package collector

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"
)

// NewRegistry returns a registry of everything that /metrics shows: the backups, the exporter's own work, its version,
// the Go runtime and the process. It fails when two parts have a metric of the same name; the registry is then not whole.
func NewRegistry(c *Collector, m *Metrics) (*prometheus.Registry, error) {
	registry := prometheus.NewRegistry()
	return registry, register(registry,
		c, m,
		version.NewCollector("mongodb_backup_exporter"),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
}

// register adds all parts, and returns the errors of those that cannot be added.
func register(to prometheus.Registerer, parts ...prometheus.Collector) error {
	var problems []error
	for _, part := range parts {
		problems = append(problems, to.Register(part))
	}
	return errors.Join(problems...)
}
