package dashboards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestPanelsExplainThemselves(t *testing.T) {
	eachPanel(t, func(t *testing.T, p panel) {
		if d := p.Description; len(d) < 40 || !strings.HasSuffix(d, ".") {
			t.Errorf("description %q, want sentences that say what healthy looks like, or what to do", d)
		}
		if p.FieldConfig.Defaults.Unit == "" {
			t.Error("no unit")
		}
		if p.FieldConfig.Defaults.NoValue == "" {
			t.Error("no noValue, which says what it means that there is nothing to show")
		}
		if err := p.FieldConfig.Defaults.Thresholds.check(); err != nil {
			t.Error(err)
		}
		for _, o := range p.FieldConfig.Overrides {
			for _, property := range o.Properties {
				var th thresholds
				if property.ID != "thresholds" {
					continue
				}
				if err := json.Unmarshal(property.Value, &th); err != nil {
					t.Error(err)
				} else if err := th.check(); err != nil {
					t.Errorf("override of %s: %v", o.Matcher.Options, err)
				}
			}
		}
	})
}

// check returns an error unless the steps begin with a base color and rise.
func (th thresholds) check() error {
	if len(th.Steps) == 0 || th.Steps[0].Value != nil || th.Steps[0].Color == "" {
		return fmt.Errorf("thresholds without a base color: %+v", th.Steps)
	}
	for i, step := range th.Steps[1:] {
		if step.Value == nil || step.Color == "" || i > 0 && *step.Value <= *th.Steps[i].Value {
			return fmt.Errorf("threshold %d does not rise or has no color", i+1)
		}
	}
	return nil
}

func TestTargets(t *testing.T) {
	eachPanel(t, func(t *testing.T, p panel) {
		want := datasource{Type: "prometheus", UID: "${datasource}"}
		if p.Datasource != want {
			t.Errorf("data source %+v, want the variable", p.Datasource)
		}
		if len(p.Targets) == 0 {
			t.Error("no query")
		}
		for i, q := range p.Targets {
			if q.RefID != string(rune('A'+i)) {
				t.Errorf("query %d has refId %q", i, q.RefID)
			}
			if q.Datasource != want {
				t.Errorf("%s: data source %+v, want the variable", q.RefID, q.Datasource)
			}
			if now := p.Type == "table" || p.Type == "stat"; q.Instant != now {
				t.Errorf("%s: instant %t in a panel of type %s", q.RefID, q.Instant, p.Type)
			}
			if (q.Format == "table") != (p.Type == "table") {
				t.Errorf("%s: format %q in a panel of type %s", q.RefID, q.Format, p.Type)
			}
			if p.Type != "table" && p.Type != "stat" && q.LegendFormat == "" {
				t.Errorf("%s: no legend", q.RefID)
			}
		}
	})
}

// Each query of a table makes a column "Value #X", which must get a name and a position. An override must name a column,
// because otherwise it does nothing.
func TestTableColumns(t *testing.T) {
	eachPanel(t, func(t *testing.T, p panel) {
		if p.Type != "table" {
			return
		}
		organize := p.Transformations[len(p.Transformations)-1]
		if organize.ID != "organize" {
			t.Fatalf("the last transformation is %q, want organize", organize.ID)
		}
		if len(p.Targets) > 1 {
			for _, q := range p.Targets {
				column := "Value #" + q.RefID
				if _, ok := organize.Options.IndexByName[column]; !ok || organize.Options.RenameByName[column] == "" {
					t.Errorf("column %q has no position or no name", column)
				}
			}
		}
		names := slices.Collect(maps.Values(organize.Options.RenameByName))
		for _, o := range p.FieldConfig.Overrides {
			if o.Matcher.ID == "byName" && !slices.Contains(names, o.Matcher.Options) {
				t.Errorf("an override names %q, and the columns are %q", o.Matcher.Options, names)
			}
		}
	})
}

func TestRanges(t *testing.T) {
	ranges := regexp.MustCompile(`\[[^]]*\]`)
	rates := regexp.MustCompile(`\b(rate|irate|increase|delta|changes)\(`)
	eachPanel(t, func(t *testing.T, p panel) {
		for _, q := range p.Targets {
			found := ranges.FindAllString(q.Expr, -1)
			if len(found) != len(rates.FindAllString(q.Expr, -1)) {
				t.Errorf("%s: %d ranges, want one for each rate: %s", q.RefID, len(found), q.Expr)
			}
			for _, r := range found {
				if r != "[$__rate_interval]" {
					t.Errorf("%s: range %s, want [$__rate_interval]: %s", q.RefID, r, q.Expr)
				}
			}
		}
	})
}

// An empty cell has a dash. Otherwise Grafana writes the sentence of the empty panel into it, also into a cell of text.
func TestEmptyCellsHaveADash(t *testing.T) {
	eachPanel(t, func(t *testing.T, p panel) {
		if p.Type != "table" {
			return
		}
		first := p.FieldConfig.Overrides[0]
		if first.Matcher.ID != "byRegexp" || first.Matcher.Options != "/.*/" ||
			first.Properties[0].ID != "noValue" || string(first.Properties[0].Value) != `"–"` {
			t.Errorf("the first override is %+v, want a dash for every column", first)
		}
	})
}

// Without data a number must not have the color of the lowest threshold, which is mostly green.
func TestNoDataIsGray(t *testing.T) {
	eachPanel(t, func(t *testing.T, p panel) {
		if p.Type != "stat" {
			return
		}
		want := `{"type":"special","options":{"match":"null+nan","result":{"text":"` + p.FieldConfig.Defaults.NoValue + `","color":"#808080","index":9}}}`
		if !slices.ContainsFunc(p.FieldConfig.Defaults.Mappings, func(m json.RawMessage) bool {
			var compact bytes.Buffer
			return json.Compact(&compact, m) == nil && compact.String() == want
		}) {
			t.Errorf("no mapping %s", want)
		}
	})
}
