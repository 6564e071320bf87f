package alerts_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	metricName = regexp.MustCompile(`\bmongodb_backup_[a-z_]+\b`)
	recordName = regexp.MustCompile(`\bmongodb_backup:[a-z0-9_]+:[a-z0-9_]+\b`)
	// The places in which PromQL and templates name labels: by (…) and its like, {label="…"}, $labels.label.
	labelLists   = regexp.MustCompile(`\b(?:by|on|without|ignoring|group_left|group_right) \(([^)]*)\)`)
	labelMatches = regexp.MustCompile(`[{,]([a-z_]+)(?:=~|!~|!=|=)`)
	labelUses    = regexp.MustCompile(`\$labels\.([a-z_]+)|\.Labels\.([a-z_]+)`)
	labelName    = regexp.MustCompile(`[a-z_]+`)
)

// foreign are labels that Prometheus adds.
var foreign = []string{"instance", "job"}

// program is the program's own name, which looks like a metric's.
const program = "mongodb_backup_exporter"

func metrics(text string) []string {
	found := metricName.FindAllString(text, -1)
	return slices.DeleteFunc(found, func(name string) bool { return name == program })
}

func labels(text string) []string {
	var found []string
	for _, list := range labelLists.FindAllStringSubmatch(text, -1) {
		found = append(found, labelName.FindAllString(list[1], -1)...)
	}
	for _, match := range labelMatches.FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	for _, use := range labelUses.FindAllStringSubmatch(text, -1) {
		found = append(found, use[1]+use[2])
	}
	return found
}

// documented reports whether the page has the word between backticks, alone or in a list.
func documented(page, word string) bool {
	return regexp.MustCompile("`[^`]*\\b" + word + "\\b[^`]*`").MatchString(page)
}

// sources returns the texts that name metrics, by the name of the rule or page: all rules, runbooks and pages on alerts.
func sources(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, r := range loadRules(t) {
		texts[r.Alert+r.Record] = r.text()
	}
	pages := append(glob(t, filepath.Join(runbooksDir, "*.md")), "../docs/alertmanager.md", "../docs/prometheus.md")
	for _, path := range pages {
		texts[filepath.Base(path)] = read(t, path)
	}
	return texts
}

func TestEveryMetricIsDocumented(t *testing.T) {
	page := read(t, "../docs/metrics.md")
	for where, text := range sources(t) {
		for _, name := range metrics(text) {
			if !documented(page, name) {
				t.Errorf("%s names %s, which is not in docs/metrics.md", where, name)
			}
		}
	}
}

func TestEveryLabelIsDocumented(t *testing.T) {
	page := read(t, "../docs/metrics.md")
	for _, r := range loadRules(t) {
		for _, name := range labels(r.text()) {
			if !slices.Contains(foreign, name) && !documented(page, name) {
				t.Errorf("%s uses the label %s, which is not in docs/metrics.md", r.Alert+r.Record, name)
			}
		}
	}
}

func TestEveryRecordedNameIsRecorded(t *testing.T) {
	recorded := map[string]bool{}
	for _, r := range loadRules(t) {
		recorded[r.Record] = true
	}
	for where, text := range sources(t) {
		for _, name := range recordName.FindAllString(text, -1) {
			if !recorded[name] {
				t.Errorf("%s names %s, which no rule records", where, name)
			}
		}
	}
}

// A rule that expects a certain job or address would not work for users with another one.
func TestRulesExpectNoJobName(t *testing.T) {
	for _, r := range loadRules(t) {
		for _, match := range labelMatches.FindAllStringSubmatch(r.text(), -1) {
			if slices.Contains(foreign, match[1]) {
				t.Errorf("%s matches on %s", r.Alert+r.Record, match[1])
			}
		}
	}
}

func TestNamesAreFoundInText(t *testing.T) {
	const text = `max by (cloud, node_id) (mongodb_backup_health{state="ok",type!~"x"}) * on (region) group_left (instance_name) ` +
		`mongodb_backup:instance_name:info run mongodb_backup_exporter {{ $labels.account }} {{ .Labels.scope }}`
	if got, want := strings.Join(metrics(text), " "), "mongodb_backup_health"; got != want {
		t.Errorf("metrics: %s, want %s", got, want)
	}
	if got, want := strings.Join(labels(text), " "), "cloud node_id region instance_name state type account scope"; got != want {
		t.Errorf("labels: %s, want %s", got, want)
	}
}
