package collector

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"mongodb_backup_exporter/internal/backup"
)

func TestRequests(t *testing.T) {
	m := NewMetrics(noon())
	call := Call{Cloud: "huawei", Account: "hw", Region: "cn-north-4", Operation: "ListBackups", Result: "ok", Elapsed: 80 * time.Millisecond}
	m.Request(call)
	call.Result, call.Elapsed = string(backup.ClassTimeout), 10*time.Second
	m.Request(call)
	m.Request(call)

	var want strings.Builder
	want.WriteString(`
# HELP mongodb_backup_exporter_api_requests_total Attempts to call the cloud's API, retries included, by operation and by result: ok or a class of failure.
# TYPE mongodb_backup_exporter_api_requests_total counter
`)
	counts := map[string]int{"ok": 1, "timeout": 2}
	for _, result := range slices.Sorted(slices.Values(results())) {
		fmt.Fprintf(&want, "mongodb_backup_exporter_api_requests_total{account=\"hw\",cloud=\"huawei\",operation=\"ListBackups\",region=\"cn-north-4\",result=%q} %d\n", result, counts[result])
	}
	want.WriteString(`
# HELP mongodb_backup_exporter_api_request_duration_seconds Duration of one attempt to call the cloud's API.
# TYPE mongodb_backup_exporter_api_request_duration_seconds histogram
mongodb_backup_exporter_api_request_duration_seconds_bucket{operation="ListBackups",le="0.025"} 0
mongodb_backup_exporter_api_request_duration_seconds_bucket{operation="ListBackups",le="0.05"} 0
mongodb_backup_exporter_api_request_duration_seconds_bucket{operation="ListBackups",le="0.1"} 1
mongodb_backup_exporter_api_request_duration_seconds_bucket{operation="ListBackups",le="0.25"} 1
mongodb_backup_exporter_api_request_duration_seconds_bucket{operation="ListBackups",le="0.5"} 1
mongodb_backup_exporter_api_request_duration_seconds_bucket{operation="ListBackups",le="1"} 1
mongodb_backup_exporter_api_request_duration_seconds_bucket{operation="ListBackups",le="2.5"} 1
mongodb_backup_exporter_api_request_duration_seconds_bucket{operation="ListBackups",le="5"} 1
mongodb_backup_exporter_api_request_duration_seconds_bucket{operation="ListBackups",le="10"} 3
mongodb_backup_exporter_api_request_duration_seconds_bucket{operation="ListBackups",le="30"} 3
mongodb_backup_exporter_api_request_duration_seconds_bucket{operation="ListBackups",le="+Inf"} 3
mongodb_backup_exporter_api_request_duration_seconds_sum{operation="ListBackups"} 20.08
mongodb_backup_exporter_api_request_duration_seconds_count{operation="ListBackups"} 3
`)
	compare(t, m, want.String(), "mongodb_backup_exporter_api_requests_total", "mongodb_backup_exporter_api_request_duration_seconds")
}

// Every operation has a counter for each result from its first call on.
func TestFirstCallOfAnOperation(t *testing.T) {
	m := NewMetrics(noon())
	for _, operation := range []string{"ListBackups", "ListTasks", "ListBackups"} {
		m.Request(Call{Cloud: "huawei", Account: "hw", Region: "cn-north-4", Operation: operation, Result: "ok"})
	}
	if got, want := testutil.CollectAndCount(m.requests), 2*len(results()); got != want {
		t.Errorf("%d counters for two operations, want %d", got, want)
	}
}

func TestRejected(t *testing.T) {
	m := NewMetrics(noon())
	m.Rejected("BackupSize")
	m.Rejected("BackupSize")
	m.Rejected("end\xff")
	compare(t, m, `
# HELP mongodb_backup_exporter_rejected_records_total Records or values in the cloud's answers that could not be read, by field.
# TYPE mongodb_backup_exporter_rejected_records_total counter
mongodb_backup_exporter_rejected_records_total{field="BackupSize"} 2
mongodb_backup_exporter_rejected_records_total{field="end`+"\uFFFD"+`"} 1
`, "mongodb_backup_exporter_rejected_records_total")
}

func TestReloads(t *testing.T) {
	tests := []struct {
		name   string
		reload func(*Metrics)
		good   int
		at     string
	}{
		{"start", func(*Metrics) {}, 1, "1.7953488e+09"},
		{"failure keeps the time of the last success", (*Metrics).ReloadFailed, 0, "1.7953488e+09"},
		{"success", func(m *Metrics) { m.ReloadFailed(); m.ReloadSucceeded(noon().Add(time.Minute)) }, 1, "1.79534886e+09"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := NewMetrics(noon())
			tt.reload(m)
			compare(t, m, fmt.Sprintf(`
# HELP mongodb_backup_exporter_config_last_reload_successful Whether the last attempt to load the configuration succeeded. While it is 0, the previous configuration is in force.
# TYPE mongodb_backup_exporter_config_last_reload_successful gauge
mongodb_backup_exporter_config_last_reload_successful %d
# HELP mongodb_backup_exporter_config_last_reload_success_timestamp_seconds Time at which the configuration in force was loaded.
# TYPE mongodb_backup_exporter_config_last_reload_success_timestamp_seconds gauge
mongodb_backup_exporter_config_last_reload_success_timestamp_seconds %s
`, tt.good, tt.at), "mongodb_backup_exporter_config_last_reload_successful", "mongodb_backup_exporter_config_last_reload_success_timestamp_seconds")
		})
	}
}

// TestResultsNameEveryClass compares the list of results with the classes of failure.
func TestResultsNameEveryClass(t *testing.T) {
	source, err := os.ReadFile("../internal/backup/error.go")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ok"}
	for _, class := range regexp.MustCompile(`Class\w+ +Class = "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		want = append(want, class[1])
	}
	if diff := cmp.Diff(want, results()); diff != "" {
		t.Errorf("-classes +results:\n%s", diff)
	}
}

// TestParallelCounting checks that no attempt is lost while results appear for the first time.
func TestParallelCounting(t *testing.T) {
	m := NewMetrics(noon())
	registry := prometheus.NewPedanticRegistry()
	if err := register(registry, m); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 20 {
				m.Request(Call{Operation: "ListBackups", Account: fmt.Sprint(i % 10), Result: "ok"})
				if _, err := registry.Gather(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for i := range 10 {
		if got := testutil.ToFloat64(m.requests.WithLabelValues("", fmt.Sprint(i), "", "ListBackups", "ok")); got != 16 {
			t.Errorf("account %d: %v attempts, want 16", i, got)
		}
	}
}

func TestRegistryShowsEverything(t *testing.T) {
	c := New(everything, noon)
	registry, err := NewExposition(c, used())
	if err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, family := range families {
		shown[family.GetName()] = true
	}
	for _, name := range []string{
		"mongodb_backup_health", "mongodb_backup_exporter_api_requests_total", "mongodb_backup_exporter_build_info",
		"go_goroutines", "process_start_time_seconds",
	} {
		if !shown[name] {
			t.Errorf("the registry does not show %s", name)
		}
	}
}

func compare(t *testing.T, c prometheus.Collector, want string, names ...string) {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := register(registry, c); err != nil {
		t.Fatal(err)
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), names...); err != nil {
		t.Error(err)
	}
}

func TestCatalog(t *testing.T) {
	m := NewMetrics(noon())
	state := CatalogState{SizeBytes: 4096, WriteFailures: 2}
	m.ShowCatalog(func() CatalogState { return state })
	size, failures := `
# HELP mongodb_backup_exporter_catalog_size_bytes Size of the catalog on the disk. Absent without --storage.path.
# TYPE mongodb_backup_exporter_catalog_size_bytes gauge
mongodb_backup_exporter_catalog_size_bytes 4096
`, `
# HELP mongodb_backup_exporter_catalog_write_failures_total Attempts to write the catalog that failed. Absent without --storage.path.
# TYPE mongodb_backup_exporter_catalog_write_failures_total counter
mongodb_backup_exporter_catalog_write_failures_total 2
`
	names := []string{
		"mongodb_backup_exporter_catalog_size_bytes", "mongodb_backup_exporter_catalog_write_failures_total",
		"mongodb_backup_exporter_catalog_last_write_timestamp_seconds",
	}
	compare(t, m, size+failures, names...)
	state.LastWrite = noon().Add(time.Millisecond)
	compare(t, m, size+`
# HELP mongodb_backup_exporter_catalog_last_write_timestamp_seconds When the catalog was last written. Absent without --storage.path, and before the first time.
# TYPE mongodb_backup_exporter_catalog_last_write_timestamp_seconds gauge
mongodb_backup_exporter_catalog_last_write_timestamp_seconds 1.7953488e+09
`+failures, names...)
	compare(t, NewMetrics(noon()), "", names...)
}
