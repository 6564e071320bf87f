package alerts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

const (
	rulesFile   = "mongodb_backup.rules.yml"
	runbooksDir = "../docs/runbooks"
	runbookBase = "https://github.com/mongodb-backup-exporter/mongodb_backup_exporter/blob/main/docs/runbooks/"
)

// rule is an alerting rule, or a recording rule when Record is set.
type rule struct {
	Record      string
	Alert       string
	Expr        string
	For         string
	Labels      map[string]string
	Annotations map[string]string

	KeepFiringFor string `yaml:"keep_firing_for"`
}

// text returns the parts of the rule that may name a metric or a label.
func (r rule) text() string {
	return strings.Join([]string{r.Record, r.Expr, r.Annotations["summary"], r.Annotations["description"]}, "\n")
}

func loadRules(t *testing.T) []rule {
	t.Helper()
	var file struct {
		Groups []struct{ Rules []rule }
	}
	load(t, rulesFile, &file)
	var rules []rule
	for _, group := range file.Groups {
		rules = append(rules, group.Rules...)
	}
	if len(rules) == 0 {
		t.Fatalf("%s: no rules", rulesFile)
	}
	return rules
}

func loadAlerts(t *testing.T) []rule {
	t.Helper()
	return slices.DeleteFunc(loadRules(t), func(r rule) bool { return r.Alert == "" })
}

func load(t *testing.T, path string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, path)), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %d files, error %v", pattern, len(paths), err)
	}
	return paths
}

func TestEveryAlertIsComplete(t *testing.T) {
	name := regexp.MustCompile(`^MongoDBBackup[A-Z][A-Za-z]+$`)
	seen := map[string]bool{}
	for _, r := range loadAlerts(t) {
		if !name.MatchString(r.Alert) {
			t.Errorf("%s: does not match %s", r.Alert, name)
		}
		if seen[r.Alert] {
			t.Errorf("%s: defined twice", r.Alert)
		}
		seen[r.Alert] = true
		if severity := r.Labels["severity"]; severity != "critical" && severity != "warning" {
			t.Errorf("%s: severity %q", r.Alert, severity)
		}
		if wait, err := time.ParseDuration(r.For); err != nil || wait < 5*time.Minute {
			t.Errorf("%s: for is %q, want at least 5m: two polls and a lost scrape", r.Alert, r.For)
		}
		for _, key := range []string{"summary", "description"} {
			if r.Annotations[key] == "" {
				t.Errorf("%s: no %s", r.Alert, key)
			}
		}
		if got, want := r.Annotations["runbook_url"], runbookBase+r.Alert+".md"; got != want {
			t.Errorf("%s: runbook_url is %q, want %q", r.Alert, got, want)
		}
	}
}

// Nobody needs the seconds of a day, or the hundredths of a percent.
func TestNumbersInTextsAreWhole(t *testing.T) {
	const (
		percentage = `humanizePercentage | reReplaceAll ".*e-.*" "0%" | reReplaceAll "[.][0-9]+" "" }}`
		duration   = ` | reReplaceAll "(\\s0m)?\\s[0-9]+s$" "" }}`
		timestamp  = `humanizeTimestamp | reReplaceAll ":[0-9]+([.][0-9]+)?\\s[+]0000" "" }}`
	)
	for _, r := range loadAlerts(t) {
		for _, text := range r.Annotations {
			for action := range strings.SplitSeq(text, "{{") {
				action, _, _ = strings.Cut(action, "}}")
				action += "}}"
				switch {
				case strings.Contains(action, "humanizePercentage") && !strings.HasSuffix(action, percentage),
					strings.Contains(action, "humanizeDuration") && !strings.HasSuffix(action, duration),
					strings.Contains(action, "humanizeTimestamp") && !strings.HasSuffix(action, timestamp),
					strings.Contains(action, "humanize }}"):
					t.Errorf("%s: {{%s may have decimals or seconds", r.Alert, action)
				}
			}
		}
	}
}

// An alert about one instance must name it, by the name that its owner gave it, and have its owner as a label. The name
// belongs in the text: as a label, a new name would end the alert and start another one.
func TestAlertsAboutInstancesNameThem(t *testing.T) {
	const name = "mongodb_backup:instance_name:info{account=%q,instance_id=%q}` $labels.account $labels.instance_id | query " +
		`}}{{ . | first | label "instance_name" }}{{ else }}{{ $labels.instance_id }}{{ end }}`
	var about int
	for _, r := range loadAlerts(t) {
		inSummary := strings.Contains(r.Annotations["summary"], name)
		inDescription := strings.Contains(r.Annotations["description"], "$labels.instance_id")
		if inSummary != inDescription {
			t.Errorf("%s: summary has the name: %t, description has the id: %t; want both or none", r.Alert, inSummary, inDescription)
		}
		if joins := strings.Contains(r.Expr, "group_left (owner) mongodb_backup:instance_owner:info"); joins != inSummary {
			t.Errorf("%s: joins the owner: %t, summary has the name: %t; want both or none", r.Alert, joins, inSummary)
		}
		if strings.Contains(r.Expr, "instance_name") {
			t.Errorf("%s: its expression has a name that people may change", r.Alert)
		}
		if inSummary {
			about++
		}
	}
	if about == 0 {
		t.Error("no alert is about an instance")
	}
}

func TestEveryAlertHasARunbookAndEveryRunbookAnAlert(t *testing.T) {
	var want []string
	severities := map[string]string{}
	for _, r := range loadAlerts(t) {
		want = append(want, r.Alert+".md")
		severities[r.Alert+".md"] = r.Labels["severity"]
	}
	var got []string
	for _, path := range glob(t, filepath.Join(runbooksDir, "*.md")) {
		base := filepath.Base(path)
		got = append(got, base)
		text := read(t, path)
		for _, part := range []string{
			"# " + strings.TrimSuffix(base, ".md") + "\n",
			"Severity: " + severities[base] + ".\n", "## What it means\n", "## What to check\n", "## When to silence\n",
		} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: no %q", base, part)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("runbooks are\n%v\nalerts want\n%v", got, want)
	}
}

func TestEveryAlertIsTestedBothWays(t *testing.T) {
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, path := range glob(t, "tests/*.yml") {
		var file struct {
			Tests []struct {
				AlertRuleTest []struct {
					Alertname string      `yaml:"alertname"`
					ExpAlerts []yaml.Node `yaml:"exp_alerts"`
				} `yaml:"alert_rule_test"`
			}
		}
		load(t, path, &file)
		for _, group := range file.Tests {
			for _, c := range group.AlertRuleTest {
				if len(c.ExpAlerts) > 0 {
					fires[c.Alertname] = true
				} else {
					silent[c.Alertname] = true
				}
			}
		}
	}
	for _, r := range loadAlerts(t) {
		if !fires[r.Alert] {
			t.Errorf("%s: no test in which it fires", r.Alert)
		}
		if !silent[r.Alert] {
			t.Errorf("%s: no test in which it stays silent", r.Alert)
		}
		delete(fires, r.Alert)
		delete(silent, r.Alert)
	}
	for name := range fires {
		t.Errorf("tests expect %s, which no rule defines", name)
	}
	for name := range silent {
		t.Errorf("tests expect silence of %s, which no rule defines", name)
	}
}

func TestTableOfAlertsAgreesWithRules(t *testing.T) {
	page := read(t, "../docs/alertmanager.md")
	var rows int
	for _, r := range loadAlerts(t) {
		row := regexp.MustCompile(`(?m)^\| \[` + r.Alert + `\]\(runbooks/` + r.Alert + `\.md\) \| ` + r.Labels["severity"] + ` \| .+ \| ` + r.For + ` \|$`)
		if row.MatchString(page) {
			rows++
		} else {
			t.Errorf("docs/alertmanager.md: no row for %s, %s, for %s", r.Alert, r.Labels["severity"], r.For)
		}
	}
	if all := strings.Count(page, "| [MongoDBBackup"); all != rows {
		t.Errorf("docs/alertmanager.md: %d rows, %d of them agree with a rule", all, rows)
	}
}

// An inhibition rule with a name that no alert has would do nothing, and nobody would notice.
func TestInhibitionNamesAlertsThatExist(t *testing.T) {
	var file struct {
		InhibitRules []struct {
			Source []string `yaml:"source_matchers"`
			Target []string `yaml:"target_matchers"`
		} `yaml:"inhibit_rules"`
	}
	load(t, "../docs/examples/alertmanager.yml", &file)
	if len(file.InhibitRules) == 0 {
		t.Fatal("no inhibit_rules")
	}
	alerts := loadAlerts(t)
	for _, r := range file.InhibitRules {
		for _, matcher := range slices.Concat(r.Source, r.Target) {
			for _, name := range alertNames(matcher) {
				if !slices.ContainsFunc(alerts, func(a rule) bool { return a.Alert == name }) {
					t.Errorf("%s: no alert %q", matcher, name)
				}
			}
		}
	}
}

// alertNames lists the names that a matcher on alertname accepts: one name, or a prefix with alternatives in parentheses.
// For a matcher on another label it is empty.
func alertNames(matcher string) []string {
	value, ok := strings.CutPrefix(matcher, "alertname=")
	if !ok {
		return nil
	}
	value = strings.Trim(strings.TrimPrefix(value, "~"), `"`)
	prefix, alternatives, ok := strings.Cut(value, "(")
	if !ok {
		return []string{value}
	}
	var names []string
	for name := range strings.SplitSeq(strings.TrimSuffix(alternatives, ")"), "|") {
		names = append(names, prefix+name)
	}
	return names
}
