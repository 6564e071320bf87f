package e2e

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// verdicts are the verdicts of the rows.
type verdicts map[row]string

// verdictAlerts are the alerts by the verdict of which they tell.
func verdictAlerts() map[string]string {
	return map[string]string{
		"never": "MongoDBBackupNever", "late": "MongoDBBackupLate", "missed": "MongoDBBackupScheduleMissed", "failed": "MongoDBBackupLastAttemptFailed",
	}
}

// assertVerdicts: page, JSON and status list the same targets with the same verdicts, the worst first, and exactly those of a bad
// verdict have its alert.
func assertVerdicts(t *testing.T, s *stack) {
	t.Helper()
	exporter := "http://" + s.exporters[0].address
	want, order := verdictsOfJSON(t, fetch(t, exporter+"/api/v1/targets"))
	page, pageOrder := verdictsOfPage(fetch(t, exporter+"/"))
	if diff := cmp.Diff(want, page); diff != "" {
		t.Errorf("page (-JSON +page):\n%s", diff)
	}
	if diff := cmp.Diff(order, pageOrder); diff != "" {
		t.Errorf("order of the page (-JSON +page):\n%s", diff)
	}
	status, statusOrder := verdictsOfJSON(t, runStatus(t, fetch(t, exporter+"/-/config")))
	if diff := cmp.Diff(want, status); diff != "" {
		t.Errorf("status (-JSON +status):\n%s", diff)
	}
	if diff := cmp.Diff(order, statusOrder); diff != "" {
		t.Errorf("order of status (-JSON +status):\n%s", diff)
	}
	active, err := s.activeAlerts()
	if err != nil {
		t.Fatal(err)
	}
	for verdict, name := range verdictAlerts() {
		firing := map[row]bool{}
		for _, a := range active {
			if a.Labels["alertname"] == name && a.State == "firing" {
				firing[row{a.Labels["instance_id"], a.Labels["node_id"]}] = true
			}
		}
		// A late target of which the last attempt failed has both alerts.
		others := verdict == "failed"
		for at, got := range want {
			if firing[at] != (got == verdict) && (got == verdict || !others) {
				t.Errorf("%v is %s, and that %s fires is %t", at, got, name, firing[at])
			}
		}
		if len(firing) == 0 {
			t.Errorf("%s does not fire", name)
		}
	}
}

func verdictsOfJSON(t *testing.T, text string) (found verdicts, order []row) {
	t.Helper()
	var answer struct {
		Targets []struct {
			ID     string `json:"instance_id"`
			Shard  string `json:"node_id"`
			Health string
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	found = verdicts{}
	for _, target := range answer.Targets {
		at := row{target.ID, target.Shard}
		found[at], order = target.Health, append(order, at)
	}
	return found, order
}

func verdictsOfPage(html string) (found verdicts, order []row) {
	found = verdicts{}
	lines := regexp.MustCompile(`<tr data-instance="([^"]*)" data-node="([^"]*)">\s*<td class="[a-z]+">([a-z]+)</td>`)
	for _, line := range lines.FindAllStringSubmatch(html, -1) {
		at := row{line[1], line[2]}
		found[at], order = line[3], append(order, at)
	}
	return found, order
}
