package collector

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"mongodb_backup_exporter/internal/backup"
)

// fleet is a warm snapshot of n healthy replica sets with a week of daily backups.
func fleet(n int) *backup.Snapshot {
	instances := make([]backup.InstanceState, n)
	for i := range instances {
		instances[i] = replicaSet("prod", fmt.Sprintf("dds-bp%05d", i))
		instances[i].Nodes[0].Backups = fresh(nightly(9*time.Hour, 7))
	}
	return snapshotOf(instances...)
}

func BenchmarkGather(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("targets=%d", n), func(b *testing.B) {
			registry := registryOf(b, fleet(n))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := registry.Gather(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkScrape(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("targets=%d", n), func(b *testing.B) {
			registry := registryOf(b, fleet(n))
			handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
			request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/metrics", nil)
			b.ReportAllocs()
			for b.Loop() {
				w := &discard{header: http.Header{}}
				handler.ServeHTTP(w, request)
				b.ReportMetric(float64(w.bytes), "B/scrape")
			}
		})
	}
}

// discard is a ResponseWriter that counts bytes.
type discard struct {
	header http.Header
	bytes  int64
}

func (d *discard) Header() http.Header { return d.header }
func (d *discard) WriteHeader(int)     {}
func (d *discard) Write(p []byte) (int, error) {
	n, err := io.Discard.Write(p)
	d.bytes += int64(n)
	return n, err
}

// registryOf returns a registry as main has it, without what the Go runtime adds.
func registryOf(b *testing.B, s *backup.Snapshot) *prometheus.Registry {
	b.Helper()
	registry := prometheus.NewRegistry()
	if err := register(registry, New(func() *backup.Snapshot { return s }, noon)); err != nil {
		b.Fatal(err)
	}
	return registry
}
