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

// emptyOnDemo are the panels of which a query, by its letter, has nothing to show on the demo fleet, and why.
func emptyOnDemo() map[string]string {
	return map[string]string{
		"exporter.json: Failing calls by account and class: A": "no call fails; the panel says so",
		"exporter.json: Rejected records: A":                   "no record is unreadable; the panel says so",
		"instance.json: Shards: F":                             "nobody makes incremental backups; their column stays empty",
	}
}

// dashboardQuery is one question of a dashboard.
type dashboardQuery struct {
	name    string // file: panel: letter
	panel   string // file: panel; "" for marks on time axes, where nothing to mark is good news
	noValue string // what the panel says when nothing is found
	ask     func(client) ([]series, error)
}

// assertDashboards: every query of every dashboard has an answer, or a reason to have none.
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
		t.Errorf("queries without an answer (-want +got)\n%s", diff)
	}
}

// assertNoSilentPanel: a panel without an answer says what that means.
func assertNoSilentPanel(t *testing.T, s *stack) {
	t.Helper()
	answered, says := map[string]bool{}, map[string]string{}
	for _, q := range dashboardQueries(t) {
		rows, err := q.ask(s.client)
		if err != nil {
			t.Errorf("%s: %v", q.name, err)
		}
		if q.panel == "" {
			continue
		}
		answered[q.panel] = answered[q.panel] || len(rows) > 0
		says[q.panel] = q.noValue
	}
	for panel, is := range answered {
		if !is && says[panel] == "" {
			t.Errorf("%s shows nothing on a healthy fleet, and does not say why", panel)
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
	Panels      []panelJSON // of a row
	FieldConfig struct{ Defaults struct{ NoValue string } }
}

type targetJSON struct {
	RefID   string
	Expr    string
	Instant bool
}

// dashboardQueries reads all questions of all dashboards.
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
			list = append(list, dashboardQuery{name: file + ": marks " + a.Name, ask: asked(a.Target)})
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
				name: name + ": " + target.RefID, panel: name, noValue: p.FieldConfig.Defaults.NoValue, ask: asked(target),
			})
		}
		list = slices.Concat(list, panelQueries(file, p.Panels))
	}
	return list
}

// asked returns the question of a target, as Grafana asks it with everything selected.
func asked(target targetJSON) func(client) ([]series, error) {
	return func(c client) ([]series, error) {
		if target.Instant {
			return c.query(selectAll(target.Expr))
		}
		return c.queryRange(selectAll(target.Expr))
	}
}

// selectAll puts values in place of a dashboard's variables.
func selectAll(expr string) string {
	return strings.NewReplacer(
		"$__rate_interval", (5 * scrapeInterval).String(),
		"$job", ".*", "$cloud", ".*", "$account", ".*", "$region", ".*", "$instance", ".*",
	).Replace(expr)
}

// variable returns the choices of a variable.
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
	return nil, fmt.Errorf("variable asks %s, which this test does not know", query)
}
