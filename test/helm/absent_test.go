package helm

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

const absent = "MongoDBBackupExporterAbsent"

// TestAbsentIsOneAlert compares the chart's own alert with the shipped one of the same name, which has one page, one place in routes,
// and one time in the documentation: how long it waits, how severe it is, and where it leads.
func TestAbsentIsOneAlert(t *testing.T) {
	for name, set := range map[string]string{
		"as shipped":    "prometheusRule.exporterUrl=",
		"all addresses": "prometheusRule.exporterUrl=https://a.example.com,prometheusRule.dashboardUrl=https://b.example.com,prometheusRule.runbookUrl=https://c.example.com",
		"own runbooks":  "prometheusRule.exporterUrl=https://a.example.com",
	} {
		t.Run(name, func(t *testing.T) {
			all := rendered(t, chart, "--values="+values["five lines"], "--set="+set)
			shipped, own := absentAlert(t, shippedRules(t, all)), absentAlert(t, named(t, all, "PrometheusRule", "backup-exporters")["spec"])
			for _, key := range []string{"for", "labels.severity", "annotations.runbook_url", "annotations.exporter_url", "annotations.dashboard_url"} {
				if shipped.at(key) == nil || shipped.at(key) != own.at(key) {
					t.Errorf("%s: %v in alerts/, %v in the chart", key, shipped.at(key), own.at(key))
				}
			}
			keys := func(o object) []string { return slices.Sorted(maps.Keys(o.at("annotations").(map[string]any))) }
			if diff := cmp.Diff(keys(shipped), keys(own)); diff != "" {
				t.Errorf("annotations (-alerts/ +chart):\n%s", diff)
			}
		})
	}
}

// absentAlert returns the only alert about an exporter that is absent, of the spec of a PrometheusRule.
func absentAlert(t *testing.T, spec any) object {
	t.Helper()
	var found []object
	for _, group := range object(spec.(map[string]any)).at("groups").([]any) {
		for _, rule := range group.(map[string]any)["rules"].([]any) {
			if o := object(rule.(map[string]any)); o["alert"] == absent {
				found = append(found, o)
			}
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d alerts %s, want 1", len(found), absent)
	}
	return found[0]
}

// TestDocumentedWait checks that docs/deployment.md says of both alerts when they fire: after the time that they wait, and at most two
// minutes later, as TestAbsentExporter has them.
func TestDocumentedWait(t *testing.T) {
	wait, err := time.ParseDuration(absentAlert(t, shippedRules(t, rendered(t, chart, "--values="+values["five lines"]))).text("for"))
	if err != nil {
		t.Fatal(err)
	}
	minutes := int(wait / time.Minute)
	page := strings.Join(strings.Fields(read(t, root+"docs/deployment.md")), " ")
	said := regexp.MustCompile("`"+absent+"` is critical and fires ([^.]+) later").FindAllStringSubmatch(page, -1)
	if len(said) == 0 {
		t.Error("the page does not say when the alert fires")
	}
	for _, got := range said {
		if want := fmt.Sprintf("%d to %d minutes", minutes, minutes+2); got[1] != want {
			t.Errorf("%s fires %s later, want %s", absent, got[1], want)
		}
	}
}

// TestAbsentExporter has promtool run the chart's own alert beside the shipped rules: of two exporters one vanishes with its target,
// then the other one, too.
func TestAbsentExporter(t *testing.T) {
	folder := t.TempDir()
	all := rendered(t, chart, "--values="+values["both clouds"])
	for _, name := range []string{"backup", "backup-exporters"} {
		text, err := yaml.Marshal(named(t, all, "PrometheusRule", name)["spec"])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name+".yml"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "test.yml"), []byte(absentTest), 0o600); err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, err := output(exec.CommandContext(t.Context(), tool(t, "promtool"), "test", "rules", filepath.Join(folder, "test.yml"))); err != nil {
		t.Errorf("promtool: %v\n%s%s", err, stdout, stderr)
	}
}

const absentTest = `
rule_files: [backup.yml, backup-exporters.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      # As the operator labels them: a target for each pod, with the names of its namespace and its Service.
      - {series: 'mongodb_backup_exporter_build_info{namespace="monitoring",service="backup-prod",instance="10.0.0.1:10217",job="backup-prod"}', values: '1x40 stale'}
      - {series: 'mongodb_backup_exporter_build_info{namespace="monitoring",service="backup-huawei",instance="10.0.0.2:10217",job="backup-huawei"}', values: '1x20 stale'}
    alert_rule_test:
      - {alertname: MongoDBBackupExporterAbsent, eval_time: 20m, exp_alerts: []}
      - {alertname: MongoDBBackupExporterAbsent, eval_time: 25m, exp_alerts: []}
      - alertname: MongoDBBackupExporterAbsent
        eval_time: 27m
        exp_alerts:
          - exp_labels: {severity: critical, namespace: monitoring, service: backup-huawei}
            exp_annotations:
              summary: 'The exporter backup-huawei is not being scraped. It watches hw.'
              description: >-
                Prometheus has no sample of the exporter backup-huawei in the namespace monitoring: none of its pods
                runs, or they are not in the scrape configuration. Unless another exporter watches the same, no alert about their
                instances can fire.
              runbook_url: https://backups.example.com/runbooks/MongoDBBackupExporterAbsent.md
              exporter_url: https://backups.example.com/
              dashboard_url: https://grafana.example.com/d/mongodb-backup-exporter
    promql_expr_test:
      # Once nobody is left, the shipped alert says so, and says it once.
      - expr: count(ALERTS{alertname="MongoDBBackupExporterAbsent",alertstate="firing"})
        eval_time: 55m
        exp_samples: [{labels: '{}', value: 1}]
      - expr: count(ALERTS{alertname="MongoDBBackupExporterAbsent",alertstate="firing",service!=""})
        eval_time: 55m
        exp_samples: []
`
