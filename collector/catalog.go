package collector

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// CatalogState says how the file of the catalog is.
type CatalogState struct {
	SizeBytes     int64
	LastWrite     time.Time // when writing last worked; zero: it has not yet
	WriteFailures int       // since the start
}

// catalogCollector shows the state of the catalog's file.
type catalogCollector struct {
	state func() CatalogState

	size, written, failures *prometheus.Desc
}

// ShowCatalog adds the state of the catalog's file to the metrics. It is to be called before they are registered.
func (m *Metrics) ShowCatalog(state func() CatalogState) {
	const catalog = namespace + "exporter_catalog_"
	m.parts = append(m.parts, &catalogCollector{
		state:    state,
		size:     prometheus.NewDesc(catalog+"size_bytes", "Size of the catalog on the disk. Absent without --storage.path.", nil, nil),
		written:  prometheus.NewDesc(catalog+"last_write_timestamp_seconds", "When the catalog was last written. Absent without --storage.path, and before the first time.", nil, nil),
		failures: prometheus.NewDesc(catalog+"write_failures_total", "Attempts to write the catalog that failed. Absent without --storage.path.", nil, nil),
	})
}

// Describe implements prometheus.Collector.
func (c *catalogCollector) Describe(out chan<- *prometheus.Desc) {
	out <- c.size
	out <- c.written
	out <- c.failures
}

// Collect implements prometheus.Collector.
func (c *catalogCollector) Collect(out chan<- prometheus.Metric) {
	state := c.state()
	out <- prometheus.MustNewConstMetric(c.size, prometheus.GaugeValue, float64(state.SizeBytes))
	if !state.LastWrite.IsZero() {
		out <- prometheus.MustNewConstMetric(c.written, prometheus.GaugeValue, float64(state.LastWrite.Unix()))
	}
	out <- prometheus.MustNewConstMetric(c.failures, prometheus.CounterValue, float64(state.WriteFailures))
}
