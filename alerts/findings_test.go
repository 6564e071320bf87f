package alerts_test

import (
	"regexp"
	"strings"
	"testing"
)

// Every finding has an alert that is its series and nothing else, of the severity that docs/health.md says.
func TestEveryFindingHasItsAlert(t *testing.T) {
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (target|instance) \\| .* \\| ([A-Za-z]+) \\| (critical|warning) \\|$").
		FindAllStringSubmatch(read(t, "../docs/health.md"), -1)
	if len(rows) == 0 {
		t.Fatal("docs/health.md has no table of findings")
	}
	found := map[string]rule{}
	for _, r := range loadAlerts(t) {
		if _, after, ok := strings.Cut(r.Expr, `{finding="`); ok {
			name, _, _ := strings.Cut(after, `"`)
			found[name] = r
		}
	}
	for _, row := range rows {
		name, level, alert, severity := row[1], row[2], "MongoDBBackup"+row[3], row[4]
		by := "cloud, account, region, instance_id"
		if level == "target" {
			by += ", node_id"
		}
		want := "(max by (" + by + `) (mongodb_backup_finding{finding="` + name + `"}) == 1)` +
			"\n* on (cloud, account, region, instance_id) group_left (owner) mongodb_backup:instance_owner:info\n"
		r := found[name]
		if r.Alert != alert || r.Labels["severity"] != severity || r.Expr != want || r.For != "5m" || r.KeepFiringFor != "10m" {
			t.Errorf("%s has the alert %s, %s, for %s, kept for %q:\n%swant %s, %s:\n%s", name, r.Alert, r.Labels["severity"], r.For, r.KeepFiringFor, r.Expr, alert, severity, want)
		}
		delete(found, name)
	}
	for name, r := range found {
		t.Errorf("%s is about %s, which docs/health.md does not have", r.Alert, name)
	}
}
