package e2e

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const findingsFile = repository + "/docs/health.md"

// row is one target, as page, JSON and status have a row for it.
type row struct{ Instance, Shard string }

// findings are the names of what is found, sorted, by row. A row without findings is there too.
type findings map[row][]string

func (f findings) add(at row, names ...string) {
	f[at] = append(f[at], names...)
	slices.Sort(f[at])
}

// assertFindings: page, JSON and status show exactly the findings whose alerts fire. What is about an instance is in the row
// of each of its shards.
func assertFindings(t *testing.T, s *stack) {
	t.Helper()
	exporter := "http://" + s.exporters[0].address
	shown := map[string]findings{
		"JSON":        findingsOfJSON(t, fetch(t, exporter+"/api/v1/targets")),
		"status page": findingsOfPage(fetch(t, exporter+"/")),
		"status":      findingsOfJSON(t, runStatus(t, fetch(t, exporter+"/-/config"))),
	}
	want, fired := firingFindings(t, s, shown["JSON"])
	for where, got := range shown {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-alerts that fire +shown):\n%s", where, diff)
		}
	}
	if len(fired) < 10 {
		t.Errorf("the demo shows only these findings: %v", fired)
	}
}

// firingFindings returns what the alerts that fire say of the rows, and which findings that are.
func firingFindings(t *testing.T, s *stack, rows findings) (want findings, fired []string) {
	t.Helper()
	names := findingsByAlert(t)
	active, err := s.activeAlerts()
	if err != nil {
		t.Fatal(err)
	}
	want = findings{}
	for at := range rows {
		want.add(at)
	}
	for _, a := range active {
		name, ok := names[a.Labels["alertname"]]
		if !ok || a.State != "firing" {
			continue
		}
		fired = append(fired, name)
		for at := range rows {
			if at.Instance == a.Labels["instance_id"] && (a.Labels["node_id"] == "" || a.Labels["node_id"] == at.Shard) {
				want.add(at, name)
			}
		}
	}
	slices.Sort(fired)
	return want, slices.Compact(fired)
}

// findingsByAlert reads which alert is about which finding.
func findingsByAlert(t *testing.T) map[string]string {
	t.Helper()
	names := map[string]string{}
	for _, match := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| .* \\| ([A-Za-z]+) \\| (?:critical|warning) \\|$").FindAllStringSubmatch(read(t, findingsFile), -1) {
		names["MongoDBBackup"+match[2]] = match[1]
	}
	if len(names) < 13 {
		t.Fatalf("%s has only %v", findingsFile, names)
	}
	return names
}

func findingsOfJSON(t *testing.T, text string) findings {
	t.Helper()
	var answer struct {
		Targets []struct {
			ID    string `json:"instance_id"`
			Shard string `json:"node_id"`

			Findings []struct{ Name, Text string }
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	found := findings{}
	for _, target := range answer.Targets {
		at := row{target.ID, target.Shard}
		found.add(at)
		for _, f := range target.Findings {
			found.add(at, f.Name)
			if f.Text == "" {
				t.Errorf("%v: %s has no text", at, f.Name)
			}
		}
	}
	return found
}

func findingsOfPage(html string) findings {
	found := findings{}
	lines := regexp.MustCompile(`<tr data-instance="([^"]*)" data-node="([^"]*)">`).FindAllStringSubmatchIndex(html, -1)
	for i, line := range lines {
		end := len(html)
		if i+1 < len(lines) {
			end = lines[i+1][0]
		}
		at := row{html[line[2]:line[3]], html[line[4]:line[5]]}
		found.add(at)
		for _, name := range regexp.MustCompile(`data-finding="([a-z_]+)"`).FindAllStringSubmatch(html[line[0]:end], -1) {
			found.add(at, name[1])
		}
	}
	return found
}

// runStatus runs the command status with the demo's configuration, to which the keys are added that the exporter hides.
func runStatus(t *testing.T, config string) string {
	t.Helper()
	for _, key := range []string{"AKDEMOALIBABA0000000", "demo-alibaba-key-secret", "AKDEMOHUAWEI00000000", "demo-huawei-key-secret"} {
		config = strings.Replace(config, ": <secret>", ": "+key, 1)
	}
	out, err := exec.CommandContext(t.Context(), programs.exporter, "status", "--output=json",
		"--config.file="+write(t, "mongodb_backup_exporter.yml", config)).Output()
	ended, failed := errors.AsType[*exec.ExitError](err)
	if !failed || ended.ExitCode() != 1 {
		t.Fatalf("status ended with %v, want exit code 1", err)
	}
	return string(out)
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s %v", url, resp.Status, err)
	}
	return string(body)
}
