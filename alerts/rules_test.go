package alerts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"mongodb_backup_exporter/alerts"
)

func TestRulesWithoutLinksAreTheFile(t *testing.T) {
	if diff := cmp.Diff(read(t, rulesFile), alerts.Rules(alerts.Links{})); diff != "" {
		t.Errorf("(-file +printed)\n%s", diff)
	}
}

func TestEveryAlertLeadsToItsPages(t *testing.T) {
	text := alerts.Rules(alerts.Links{
		Runbooks: "https://wiki.example.com/runbooks", Exporter: "https://backups.example.com/eu/", Dashboards: "https://grafana.example.com",
	})
	var printed struct {
		Groups []struct{ Rules []rule }
	}
	if err := yaml.Unmarshal([]byte(text), &printed); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, group := range printed.Groups {
		for _, r := range group.Rules {
			if r.Alert == "" {
				continue
			}
			seen++
			for key, want := range pages(r) {
				if got := r.Annotations[key]; got != want {
					t.Errorf("%s: %s is\n%s\nwant\n%s", r.Alert, key, got, want)
				}
			}
		}
	}
	if want := len(loadAlerts(t)); seen != want {
		t.Errorf("%d alerts, want %d", seen, want)
	}
}

// pages returns the addresses to which an alert must lead: the page and dashboard of the instance where it is about one, else
// those of the account and region, else those of the exporter.
func pages(r rule) map[string]string {
	const (
		exporter, grafana = "https://backups.example.com/eu/", "https://grafana.example.com/d/mongodb-backup-"
		selection         = "?var-cloud={{ $labels.cloud }}&var-account={{ $labels.account | urlquery }}&var-region={{ $labels.region }}"
		instance          = `instances/{{ $labels.cloud }}/{{ $labels.account | urlquery | reReplaceAll "[+]" "%20" }}/{{ $labels.region }}/{{ $labels.instance_id }}`
	)
	list := map[string]string{"runbook_url": "https://wiki.example.com/runbooks/" + r.Alert + ".md"}
	switch text := r.Annotations["description"]; {
	case strings.Contains(text, "$labels.instance_id"):
		list["exporter_url"] = exporter + instance
		list["dashboard_url"] = grafana + "instance" + selection + "&var-instance={{ $labels.instance_id }}"
	case strings.Contains(text, "$labels.account"):
		list["exporter_url"] = exporter + "?account={{ $labels.account | urlquery }}"
		list["dashboard_url"] = grafana + "exporter" + selection
		if strings.Contains(r.Expr, "_instances") { // what is watched, not how
			list["dashboard_url"] = grafana + "fleet" + selection
		}
	default:
		list["exporter_url"] = exporter
		list["dashboard_url"] = grafana + "exporter"
	}
	return list
}

func TestPrometheusRule(t *testing.T) {
	links := alerts.Links{Exporter: "https://backups.example.com"}
	var object, rules map[string]any
	text := alerts.PrometheusRule(links, map[string]string{"release": "kube-prometheus-stack", "on": "yes"})
	if err := yaml.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(alerts.Rules(links)), &rules); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"apiVersion": "monitoring.coreos.com/v1",
		"kind":       "PrometheusRule",
		"metadata": map[string]any{
			"name":   "mongodb-backup-exporter",
			"labels": map[string]any{"app.kubernetes.io/name": "mongodb-backup-exporter", "release": "kube-prometheus-stack", "on": "yes"},
		},
		"spec": rules,
	}
	if diff := cmp.Diff(want, object); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
