package collector

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"
)

// newRegistry returns a registry of the exporter's own work, its version, the Go runtime and the process. It fails when two of
// these, or one and c, have a metric of the same name.
func newRegistry(c *Collector, m *Metrics) (*prometheus.Registry, error) {
	registry := prometheus.NewRegistry()
	err := register(registry,
		c, m,
		version.NewCollector("mongodb_backup_exporter"),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	registry.Unregister(c)
	return registry, err
}

// register adds all parts, and returns the errors of those that cannot be added.
func register(to prometheus.Registerer, parts ...prometheus.Collector) error {
	var problems []error
	for _, part := range parts {
		problems = append(problems, to.Register(part))
	}
	return errors.Join(problems...)
}
