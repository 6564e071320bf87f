package promql

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"gopkg.in/yaml.v3"
)

const root = "../../"

// query is an expression and its place in a dashboard.
type query struct{ where, expr string }

// dashboardQueries returns all queries of all dashboards. Grafana's variables are replaced by values.
func dashboardQueries(t *testing.T) []query {
	t.Helper()
	var queries []query
	for _, path := range glob(t, "dashboards/*.json") {
		var board any
		if err := json.Unmarshal(read(t, path), &board); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		found := expressions(filepath.Base(path), board)
		if len(found) == 0 {
			t.Fatalf("%s has no queries", path)
		}
		queries = append(queries, found...)
	}
	return queries
}

// expressions returns every "expr" and every query of a variable below the node.
func expressions(where string, node any) []query {
	var queries []query
	switch node := node.(type) {
	case []any:
		for i, child := range node {
			queries = append(queries, expressions(fmt.Sprintf("%s/%d", where, i), child)...)
		}
	case map[string]any:
		if title, ok := node["title"].(string); ok {
			where += "/" + title
		}
		for _, key := range slices.Sorted(maps.Keys(node)) {
			text, ok := node[key].(string)
			switch {
			case ok && key == "expr":
				queries = append(queries, query{where, interpolate(text)})
			case ok && key == "query" && strings.Contains(text, "("):
				queries = append(queries, query{where, interpolate(selectorOf(text))})
			default:
				queries = append(queries, expressions(where+"/"+key, node[key])...)
			}
		}
	}
	return queries
}

// selectorOf returns the PromQL of a variable's query, which is label_values(PROMQL, label) or query_result(PROMQL).
func selectorOf(text string) string {
	if inside, ok := strings.CutPrefix(text, "query_result("); ok {
		return strings.TrimSuffix(inside, ")")
	}
	inside := strings.TrimSuffix(strings.TrimPrefix(text, "label_values("), ")")
	if i := strings.LastIndex(inside, ","); i >= 0 {
		return inside[:i]
	}
	return inside
}

func interpolate(expr string) string {
	return regexp.MustCompile(`\$(job|cloud|account|region|instance)\b`).ReplaceAllString(
		strings.ReplaceAll(expr, "$__rate_interval", "4m"), "(one|two)")
}

// rule is a recording or an alerting rule.
type rule struct{ Record, Alert, Expr string }

func rules(t *testing.T) []rule {
	t.Helper()
	var all []rule
	for _, path := range glob(t, "alerts/*.yml") {
		var file struct{ Groups []struct{ Rules []rule } }
		if err := yaml.Unmarshal(read(t, path), &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, group := range file.Groups {
			all = append(all, group.Rules...)
		}
	}
	return all
}

func TestDashboardsParse(t *testing.T) {
	for _, q := range dashboardQueries(t) {
		if strings.Contains(q.expr, "$") && !strings.Contains(q.expr, `"$1"`) {
			t.Errorf("%s: a variable is not replaced: %s", q.where, q.expr)
		}
		if _, err := parser.NewParser(parser.Options{}).ParseExpr(q.expr); err != nil {
			t.Errorf("%s: %v\n%s", q.where, err, q.expr)
		}
	}
}

func TestRulesParse(t *testing.T) {
	for _, r := range rules(t) {
		if _, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr); err != nil {
			t.Errorf("%s%s: %v\n%s", r.Record, r.Alert, err, r.Expr)
		}
	}
}

// Every metric that a dashboard uses exists, with the labels and label values that it uses.
func TestDashboardsUseWhatExists(t *testing.T) {
	known := everything(t)
	for _, q := range dashboardQueries(t) {
		for _, problem := range problems(t, q.expr, known) {
			t.Errorf("%s: %s\n%s", q.where, problem, q.expr)
		}
	}
}

// The check of the test above must be able to fail.
func TestProblemsAreFound(t *testing.T) {
	known := documented(t)
	for _, tc := range []struct{ name, expr, want string }{
		{"unknown metric", `mongodb_backup_helth`, `no metric "mongodb_backup_helth"`},
		{"unknown label", `mongodb_backup_health{shard="a"}`, `mongodb_backup_health has no label "shard"`},
		{"unknown value", `mongodb_backup_health{state="fine"}`, `mongodb_backup_health has no state "fine"`},
		{"unknown value in an alternative", `mongodb_backup_health{state=~"ok|fine"}`, `mongodb_backup_health has no state "fine"`},
		{"label of a group", `count by (shard) (mongodb_backup_health)`, `grouped by "shard", which no operand has`},
		{"counter without a rate", `mongodb_backup_exporter_api_requests_total`, `counter mongodb_backup_exporter_api_requests_total without rate or increase`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := problems(t, tc.expr, known); !slices.Equal(got, []string{tc.want}) {
				t.Errorf("problems %q, want %q", got, tc.want)
			}
		})
	}
}

// Grafana merges the rows of a table's queries when their labels are equal. So all queries must have the same labels, and
// no query may keep the name of its metric. Only labels of which an instance has one value may come from a single query.
func TestTableRowsMerge(t *testing.T) {
	known := everything(t)
	for where, queries := range tables(t) {
		var first []string
		for i, expr := range queries {
			parsed := parse(t, expr)
			if _, bare := parsed.(*parser.VectorSelector); bare {
				t.Errorf("%s: the name of the metric keeps the rows apart: %s", where, expr)
			}
			columns := labelsOf(parsed, known)
			for _, one := range []string{"instance_name", "owner", "status", "topology", "engine_version", "destination_region"} {
				delete(columns, one)
			}
			names := slices.Sorted(maps.Keys(columns))
			if i == 0 {
				first = names
			}
			if !slices.Equal(names, first) {
				t.Errorf("%s: query %d has the labels %q, the first %q", where, i, names, first)
			}
		}
	}
}

// tables returns the queries of every table of every dashboard.
func tables(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, path := range glob(t, "dashboards/*.json") {
		var board struct {
			Panels []struct {
				Type, Title string
				Targets     []struct{ Expr string }
			}
		}
		if err := json.Unmarshal(read(t, path), &board); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, panel := range board.Panels {
			if panel.Type != "table" {
				continue
			}
			where := filepath.Base(path) + "/" + panel.Title
			for _, target := range panel.Targets {
				found[where] = append(found[where], interpolate(target.Expr))
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("no tables")
	}
	return found
}

// The panel of firing alerts selects them by a prefix, which every alert must have.
func TestEveryAlertIsShown(t *testing.T) {
	var matchers []*labels.Matcher
	for _, q := range dashboardQueries(t) {
		inspect(t, q.expr, func(node parser.Node, _ []parser.Node) {
			if s, ok := node.(*parser.VectorSelector); ok && s.Name == "ALERTS" {
				matchers = append(matchers, s.LabelMatchers...)
			}
		})
	}
	i := slices.IndexFunc(matchers, func(m *labels.Matcher) bool { return m.Name == "alertname" })
	if i < 0 {
		t.Fatal("no panel shows alerts")
	}
	for _, r := range rules(t) {
		if r.Alert != "" && !matchers[i].Matches(r.Alert) {
			t.Errorf("alert %s is not among %s", r.Alert, matchers[i])
		}
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(root + pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: no files: %v", pattern, err)
	}
	return paths
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
