package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// emptyOnDemo are the queries (file: panel: letter) that have no result on the demo fleet, and why.
func emptyOnDemo() map[string]string {
	return map[string]string{
		"instance.json: Last usable expires: B":                "no last usable backup expires soon; the other query has all of them",
		"exporter.json: Failing calls by account and class: A": "no call fails; the panel says so",
		"exporter.json: Rejected records: A":                   "no record is unreadable; the panel says so",
	}
}

// dashboardQuery is one query of a dashboard.
type dashboardQuery struct {
	name    string // file: panel: letter
	panel   string // file: panel; "" for annotations, which may be empty without a reason
	noValue string // text of the panel when there is no result
	ask     func(client) ([]series, error)
}

// assertDashboards: every query of every dashboard has a result, except those of emptyOnDemo.
func assertDashboards(t *testing.T, s *stack) {
	t.Helper()
	var empty []string
	for _, q := range dashboardQueries(t) {
		rows, err := q.ask(s.client)
		if err != nil {
			t.Errorf("%s: %v", q.name, err)
		}
		if len(rows) == 0 {
			empty = append(empty, q.name)
		}
	}
	want := slices.Sorted(maps.Keys(emptyOnDemo()))
	slices.Sort(empty)
	if diff := cmp.Diff(want, empty); diff != "" {
		t.Errorf("queries without a result (-want +got)\n%s", diff)
	}
}

// assertEmptyPanelsExplain: a panel without a result has a text that says what that means.
func assertEmptyPanelsExplain(t *testing.T, s *stack) {
	t.Helper()
	hasResult, noValue := map[string]bool{}, map[string]string{}
	for _, q := range dashboardQueries(t) {
		rows, err := q.ask(s.client)
		if err != nil {
			t.Errorf("%s: %v", q.name, err)
		}
		if q.panel == "" {
			continue
		}
		hasResult[q.panel] = hasResult[q.panel] || len(rows) > 0
		noValue[q.panel] = q.noValue
	}
	for panel, is := range hasResult {
		if !is && noValue[panel] == "" {
			t.Errorf("%s is empty on a healthy fleet and does not say why", panel)
		}
	}
}

// dashboardJSON is what the tests need of a dashboard.
type dashboardJSON struct {
	Panels      []panelJSON
	Annotations struct {
		List []struct {
			Name   string
			Target targetJSON
		}
	}
	Templating struct {
		List []struct {
			Name, Type string
			Query      json.RawMessage // an object when Type is query
		}
	}
}

type panelJSON struct {
	Title       string
	Targets     []targetJSON
	Panels      []panelJSON // of a panel that is a row
	FieldConfig struct{ Defaults struct{ NoValue string } }
}

type targetJSON struct {
	RefID   string
	Expr    string
	Instant bool
}

// dashboardQueries returns all queries of all dashboards.
func dashboardQueries(t *testing.T) []dashboardQuery {
	t.Helper()
	files, err := filepath.Glob(dashboardFiles)
	if err != nil || len(files) == 0 {
		t.Fatalf("no dashboards: %v", err)
	}
	var list []dashboardQuery
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboardJSON
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		list = slices.Concat(list, d.queries(t, filepath.Base(file)))
	}
	return list
}

func (d dashboardJSON) queries(t *testing.T, file string) []dashboardQuery {
	t.Helper()
	list := panelQueries(file, d.Panels)
	if len(list) == 0 {
		t.Errorf("%s: no panel has a query", file)
	}
	for _, a := range d.Annotations.List {
		if a.Target.Expr != "" {
			list = append(list, dashboardQuery{name: file + ": annotation " + a.Name, ask: asker(a.Target)})
		}
	}
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		var query struct{ Query string }
		if err := json.Unmarshal(v.Query, &query); err != nil {
			t.Errorf("%s: variable %s: %v", file, v.Name, err)
		}
		name := file + ": variable " + v.Name
		list = append(list, dashboardQuery{name: name, panel: name, ask: func(c client) ([]series, error) { return c.variable(query.Query) }})
	}
	return list
}

func panelQueries(file string, panels []panelJSON) []dashboardQuery {
	var list []dashboardQuery
	for _, p := range panels {
		name := file + ": " + p.Title
		for _, target := range p.Targets {
			list = append(list, dashboardQuery{
				name: name + ": " + target.RefID, panel: name, noValue: p.FieldConfig.Defaults.NoValue, ask: asker(target),
			})
		}
		list = slices.Concat(list, panelQueries(file, p.Panels))
	}
	return list
}

// asker returns a function that runs the query of a target as Grafana does when every variable is All.
func asker(target targetJSON) func(client) ([]series, error) {
	return func(c client) ([]series, error) {
		if target.Instant {
			return c.query(selectAll(target.Expr))
		}
		return c.queryRange(selectAll(target.Expr))
	}
}

// selectAll replaces the variables of a dashboard by values.
func selectAll(expr string) string {
	return strings.NewReplacer(
		"$__rate_interval", (5 * scrapeInterval).String(),
		"$job", ".*", "$cloud", ".*", "$account", ".*", "$region", ".*", "$instance", ".*",
	).Replace(expr)
}

// variable returns the choices that the query of a variable gives.
func (c client) variable(query string) ([]series, error) {
	kind, rest, _ := strings.Cut(selectAll(query), "(")
	rest = strings.TrimSuffix(rest, ")")
	switch kind {
	case "query_result":
		return c.query(rest)
	case "label_values":
		comma := strings.LastIndex(rest, ",")
		values, err := ask[[]string](c, "label/"+strings.TrimSpace(rest[comma+1:])+"/values", url.Values{"match[]": {rest[:comma]}})
		return make([]series, len(values)), err
	}
	return nil, fmt.Errorf("query of a variable is %s, which this test does not know", query)
}
