package cli

import (
	"bytes"
	"context"
	"flag"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"mongodb_backup_exporter/collector"
	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/report"
)

var update = flag.Bool("update", false, "write the golden files")

// TestDemoExposition reads the demo fleet through both SDKs at a fixed time, and compares all that it exports.
func TestDemoExposition(t *testing.T) {
	noon := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	sim := cloudsim.New(cloudsim.Options{Fleet: fleet.Demo(noon), Now: func() time.Time { return noon }, WallNow: time.Now})
	clouds := httptest.NewServer(sim)
	defer clouds.Close()
	cfg := demoConfig(fleet.Demo(noon), clouds.URL, 0)
	known := &cfg.Accounts[0].Regions[0].Instances
	*known = append(*known, config.Instance{ID: "dds-2zeghost"}) // the one state that no simulated instance has: unknown
	e, err := exporter.New(cfg, exporter.Options{Now: func() time.Time { return noon }, Logger: log.NewNopLogger()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e.Poller().Refresh(ctx)

	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collector.New(e.Poller().Snapshot, func() time.Time { return noon }))
	golden(t, "testdata/demo.prom", exposition(t, registry))

	var text bytes.Buffer
	r := report.New(e.Poller().Snapshot(), noon)
	if err := printReport(screen{Writer: &text}, r); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/demo.txt", text.String())
	for _, state := range backup.HealthStates() {
		if r.Count(state) == 0 {
			t.Errorf("the demo shows no target that is %s", state)
		}
	}
}

// exposition returns what a registry has, as text.
func exposition(t *testing.T, registry prometheus.Gatherer) string {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, family := range families {
		if family.GetName() == "mongodb_backup_exporter_api_demand_ratio" {
			continue // an estimate, which depends on what was answered when it was reckoned
		}
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			t.Fatal(err)
		}
	}
	return text.String()
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (-want +got), see -update:\n%s", file, diff)
	}
}
