package collector

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/internal/backup"
)

// Call is one attempt to call a cloud's API. A retry is another attempt.
type Call struct {
	Cloud, Account, Region string
	Operation              string        // the cloud's own name, e.g. DescribeBackups
	Result                 string        // ok, or a backup.Class
	Elapsed                time.Duration // of this attempt
}

// Metrics counts the exporter's own work: calls to the clouds, records that could not be read, reloads of the
// configuration. It is a prometheus.Collector and safe for concurrent use. Make it with [NewMetrics].
type Metrics struct {
	parts []prometheus.Collector

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	rejected  *prometheus.CounterVec
	reloaded  prometheus.Gauge
	reloadAt  prometheus.Gauge

	seen sync.Map // [4]string of cloud, account, region, operation → nil: every result of these has a counter
}

// NewMetrics returns Metrics of a process that read its configuration successfully at loadedAt.
func NewMetrics(loadedAt time.Time) *Metrics {
	const exporter = namespace + "exporter_"
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: exporter + "api_requests_total",
			Help: "Attempts to call the cloud's API, retries included, by operation and by result: ok or a class of failure.",
		}, []string{"cloud", "account", "region", "operation", "result"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    exporter + "api_request_duration_seconds",
			Help:    "Duration of one attempt to call the cloud's API.",
			Buckets: []float64{0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30},
		}, []string{"operation"}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: exporter + "rejected_records_total",
			Help: "Records or values in the cloud's answers that could not be read, by field.",
		}, []string{"field"}),
		reloaded: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: exporter + "config_last_reload_successful",
			Help: "Whether the last attempt to load the configuration succeeded. While it is 0, the previous configuration is in force.",
		}),
		reloadAt: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: exporter + "config_last_reload_success_timestamp_seconds",
			Help: "Time at which the configuration in force was loaded.",
		}),
	}
	m.parts = []prometheus.Collector{m.requests, m.durations, m.rejected, m.reloaded, m.reloadAt}
	m.ReloadSucceeded(loadedAt)
	return m
}

// Request counts one attempt. The first attempt of an operation creates a counter for every result, so that increase()
// sees the first failure of each class too.
func (m *Metrics) Request(c Call) {
	labels := []string{valid(c.Cloud), valid(c.Account), valid(c.Region), valid(c.Operation)}
	if _, known := m.seen.LoadOrStore([4]string(labels), nil); !known {
		for _, result := range results() {
			m.requests.WithLabelValues(append(labels, result)...)
		}
	}
	m.requests.WithLabelValues(append(labels, valid(c.Result))...).Inc()
	m.durations.WithLabelValues(valid(c.Operation)).Observe(c.Elapsed.Seconds())
}

// Rejected counts one record or value that could not be read. field is the API's name of it.
func (m *Metrics) Rejected(field string) { m.rejected.WithLabelValues(valid(field)).Inc() }

// ReloadSucceeded records that a new configuration is in force since at.
func (m *Metrics) ReloadSucceeded(at time.Time) {
	m.reloaded.Set(1)
	m.reloadAt.Set(float64(at.Unix()))
}

// ReloadFailed records that a new configuration was rejected and that the old one stays in force.
func (m *Metrics) ReloadFailed() { m.reloaded.Set(0) }

// Describe sends the description of every metric.
func (m *Metrics) Describe(out chan<- *prometheus.Desc) {
	for _, part := range m.parts {
		part.Describe(out)
	}
}

// Collect sends the current values.
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	for _, part := range m.parts {
		part.Collect(out)
	}
}

// results lists the values of the label result.
func results() []string {
	return []string{
		"ok",
		string(backup.ClassAuth), string(backup.ClassPermission), string(backup.ClassThrottled),
		string(backup.ClassNotFound), string(backup.ClassUnsupported), string(backup.ClassBusy),
		string(backup.ClassBadRequest), string(backup.ClassServer), string(backup.ClassTimeout),
		string(backup.ClassCanceled), string(backup.ClassNetwork), string(backup.ClassProtocol),
	}
}
