package helm

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"gopkg.in/yaml.v3"
)

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
      - {alertname: MongoDBBackupExporterAbsent, eval_time: 24m, exp_alerts: []}
      - alertname: MongoDBBackupExporterAbsent
        eval_time: 28m
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
