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

// fleet is a snapshot of n healthy replica sets with a week of daily backups. Four regions make the order of the snapshot
// another one than that of the text format.
func fleet(n int) *backup.Snapshot {
	const regions = 4
	instances := make([]backup.InstanceState, n)
	for i := range instances {
		region := i * regions / n
		in := replicaSet("prod", fmt.Sprintf("dds-bp%05d", i*regions%n+region))
		in.Instance.Region = fmt.Sprintf("cn-%d", region)
		in.Nodes[0].Backups = fresh(nightly(9*time.Hour, 7))
		instances[i] = in
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
			w := &discard{header: http.Header{}}
			for b.Loop() {
				handler.ServeHTTP(w, request)
			}
			b.ReportMetric(float64(w.bytes)/float64(b.N), "written-B/op")
		})
	}
}

// TestAllocationsPerSeries keeps a scrape cheap. The registry itself needs two allocations for a series; with constant
// metrics of client_golang there would be twenty-five.
func TestAllocationsPerSeries(t *testing.T) {
	const targets = 200
	registry := registryOf(t, fleet(targets))
	per := testing.AllocsPerRun(3, func() {
		if _, err := registry.Gather(); err != nil {
			t.Fatal(err)
		}
	}) / float64(targets*promised(t, "A healthy replica set costs N series on Alibaba Cloud"))
	if per > 3 {
		t.Errorf("%.1f allocations per series, want 3 at most", per)
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

// registryOf returns a registry with the families of a snapshot only.
func registryOf(b testing.TB, s *backup.Snapshot) *prometheus.Registry {
	b.Helper()
	registry := prometheus.NewRegistry()
	if err := register(registry, New(func() *backup.Snapshot { return s }, noon)); err != nil {
		b.Fatal(err)
	}
	return registry
}
