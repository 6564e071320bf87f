package alerts

import (
	_ "embed" // the rules are part of the binary
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed mongodb_backup.rules.yml
var file string

// The addresses with which the annotations of the file begin, and which Links replace.
const (
	runbooksPlaceholder   = "https://github.com/mongodb-backup-exporter/mongodb_backup_exporter/blob/main/docs/runbooks/"
	exporterPlaceholder   = "http://mongodb-backup-exporter:10217/"
	dashboardsPlaceholder = "http://grafana:3000/"
)

// Links are the addresses to which the alerts lead, each with its scheme. An empty one keeps the file's placeholder.
type Links struct {
	Runbooks   string // where the pages MongoDBBackup….md are; empty with Exporter: the exporter's own, at /runbooks
	Exporter   string // the exporter, as people reach it
	Dashboards string // Grafana, as people reach it
}

// Rules returns the rules as a file for Prometheus. Without links it is the file as it is shipped.
func Rules(l Links) string {
	if l.Runbooks == "" && l.Exporter != "" {
		l.Runbooks = strings.TrimSuffix(l.Exporter, "/") + "/runbooks"
	}
	var pairs []string
	for _, link := range []struct{ placeholder, address string }{
		{runbooksPlaceholder, l.Runbooks}, {exporterPlaceholder, l.Exporter}, {dashboardsPlaceholder, l.Dashboards},
	} {
		if link.address != "" {
			pairs = append(pairs, link.placeholder, strings.TrimSuffix(link.address, "/")+"/")
		}
	}
	return strings.NewReplacer(pairs...).Replace(file)
}

// PrometheusRule returns the rules as an object for the Prometheus operator. The labels are added to its metadata: they are
// what the operator selects objects by.
func PrometheusRule(l Links, labels map[string]string) string {
	var b strings.Builder
	b.WriteString("apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: mongodb-backup-exporter\n  labels:\n")
	all := map[string]string{"app.kubernetes.io/name": "mongodb-backup-exporter"}
	maps.Copy(all, labels)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		fmt.Fprintf(&b, "    %q: %q\n", key, all[key])
	}
	b.WriteString("spec:\n")
	for line := range strings.Lines(Rules(l)) {
		if strings.TrimSpace(line) != "" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return b.String()
}
