package collector

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"
)

// NewRegistry returns a registry of everything that /metrics shows: the backups, the exporter's own work, its version,
// the Go runtime and the process. It fails when two parts have a metric of the same name.
func NewRegistry(c *Collector, m *Metrics) (*prometheus.Registry, error) {
	registry := prometheus.NewRegistry()
	err := register(registry,
		c, m,
		version.NewCollector("mongodb_backup_exporter"),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	if err != nil {
		return nil, err
	}
	return registry, nil
}

// register adds all parts, and returns the errors of those that cannot be added.
func register(to prometheus.Registerer, parts ...prometheus.Collector) error {
	var problems []error
	for _, part := range parts {
		problems = append(problems, to.Register(part))
	}
	return errors.Join(problems...)
}
