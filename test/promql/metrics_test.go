package promql

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

// series is the type of a metric and its labels. A label has its values when docs/metrics.md lists them all, else nil.
type series struct {
	kind   string
	labels map[string][]string
}

// levels are the words with which docs/metrics.md abbreviates sets of labels.
var levels = map[string][]string{
	"target":             {"cloud", "account", "region", "instance_id", "node_id"},
	"instance":           {"cloud", "account", "region", "instance_id", "node_id"},
	"target or instance": {"cloud", "account", "region", "instance_id", "node_id"},
	"region":             {"cloud", "account", "region"},
}

// scraped are the labels that Prometheus adds to what it scrapes.
var scraped = []string{"job", "instance"}

var (
	row   = regexp.MustCompile("(?m)^\\| `(mongodb_backup_[a-z_]+)` \\| (\\w+) \\| (.*?) ?\\|")
	label = regexp.MustCompile("`([a-z_]+)`(?: \\(([^)]*)\\))?")
)

// documented returns the metrics of docs/metrics.md by name. A histogram is there under the names of its series too.
func documented(t *testing.T) map[string]series {
	t.Helper()
	known := map[string]series{}
	for _, match := range row.FindAllStringSubmatch(string(read(t, root+"docs/metrics.md")), -1) {
		name, s := match[1], series{kind: match[2], labels: map[string][]string{}}
		level, _, _ := strings.Cut(match[3], ", `")
		for _, l := range slices.Concat(levels[level], scraped) {
			s.labels[l] = nil
		}
		for _, l := range label.FindAllStringSubmatch(match[3], -1) {
			s.labels[l[1]] = nil
			if l[2] != "" {
				s.labels[l[1]] = strings.Split(l[2], ", ")
			}
		}
		known[name] = s
		if s.kind == "histogram" {
			s.labels["le"] = nil
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				known[name+suffix] = series{"counter", s.labels}
			}
		}
	}
	if len(known) < 30 {
		t.Fatalf("docs/metrics.md: %d metrics found: has its format changed?", len(known))
	}
	return known
}

// builtin returns the metrics that Prometheus and the Go client library add, as far as dashboards use them.
func builtin() map[string]series {
	known := map[string]series{"ALERTS": {labels: map[string][]string{
		"alertname": nil, "alertstate": {"pending", "firing"}, "severity": {"critical", "warning"},
		"cloud": nil, "account": nil, "region": nil, "instance_id": nil, "node_id": nil,
	}}}
	known["ALERTS_FOR_STATE"] = series{"gauge", map[string][]string{
		"alertname": nil, "severity": {"critical", "warning"},
		"cloud": nil, "account": nil, "region": nil, "instance_id": nil, "node_id": nil,
	}}
	for _, name := range []string{
		"up", "scrape_duration_seconds", "go_goroutines", "go_memstats_heap_alloc_bytes",
		"process_open_fds", "process_max_fds", "process_resident_memory_bytes",
	} {
		known[name] = series{"gauge", map[string][]string{"job": nil, "instance": nil}}
	}
	known["process_cpu_seconds_total"] = series{"counter", map[string][]string{"job": nil, "instance": nil}}
	return known
}

// everything returns the documented metrics, those that the rules record, and those of builtin.
func everything(t *testing.T) map[string]series {
	t.Helper()
	known := documented(t)
	maps.Copy(known, builtin())
	for _, r := range rules(t) {
		if r.Record != "" {
			known[r.Record] = series{"gauge", labelsOf(parse(t, r.Expr), known)}
		}
	}
	return known
}

// labelsOf returns the labels that the result of the expression can have.
func labelsOf(node parser.Node, known map[string]series) map[string][]string {
	found := map[string][]string{}
	add := func(more map[string][]string) { maps.Copy(found, more) }
	switch node := node.(type) {
	case *parser.VectorSelector:
		add(known[node.Name].labels)
	case *parser.AggregateExpr:
		below := labelsOf(node.Expr, known)
		for name, values := range below {
			listed := slices.Contains(node.Grouping, name)
			if listed != node.Without || node.Op == parser.TOPK || node.Op == parser.BOTTOMK {
				found[name] = values
			}
		}
	case *parser.BinaryExpr:
		add(labelsOf(node.LHS, known))
		if node.Op == parser.LOR || node.LHS.Type() == parser.ValueTypeScalar {
			add(labelsOf(node.RHS, known))
		}
		if node.VectorMatching != nil {
			for _, name := range node.VectorMatching.Include {
				found[name] = nil
			}
		}
	default:
		for child := range parser.ChildrenIter(node) {
			add(labelsOf(child, known))
		}
		if call, ok := node.(*parser.Call); ok && call.Func.Name == "label_replace" {
			found[call.Args[1].(*parser.StringLiteral).Val] = nil
		}
	}
	return found
}

// problems returns the metrics, labels and values that the expression uses and that do not exist, and counters without a
// rate.
func problems(t *testing.T, expr string, known map[string]series) []string {
	t.Helper()
	var found []string
	inspect(t, expr, func(node parser.Node, path []parser.Node) {
		switch node := node.(type) {
		case *parser.VectorSelector:
			found = append(found, selectorProblems(node, path, known)...)
		case *parser.AggregateExpr:
			below := labelsOf(node.Expr, known)
			for _, name := range node.Grouping {
				if _, ok := below[name]; !ok {
					found = append(found, fmt.Sprintf("grouped by %q, which no operand has", name))
				}
			}
		}
	})
	return found
}

func selectorProblems(s *parser.VectorSelector, path []parser.Node, known map[string]series) []string {
	metric, ok := known[s.Name]
	if !ok {
		return []string{fmt.Sprintf("no metric %q", s.Name)}
	}
	var found []string
	for _, m := range s.LabelMatchers {
		values, ok := metric.labels[m.Name]
		if m.Name != "__name__" && !ok {
			found = append(found, fmt.Sprintf("%s has no label %q", s.Name, m.Name))
		}
		for value := range strings.SplitSeq(m.Value, "|") {
			if values != nil && !slices.Contains(values, value) {
				found = append(found, fmt.Sprintf("%s has no %s %q", s.Name, m.Name, value))
			}
		}
	}
	if metric.kind == "counter" && !slices.ContainsFunc(path, isRate) {
		found = append(found, fmt.Sprintf("counter %s without rate or increase", s.Name))
	}
	return found
}

func isRate(node parser.Node) bool {
	call, ok := node.(*parser.Call)
	return ok && (call.Func.Name == "rate" || call.Func.Name == "increase")
}

// inspect calls visit for every node of the expression, with the nodes that contain it.
func inspect(t *testing.T, expr string, visit func(parser.Node, []parser.Node)) {
	t.Helper()
	parser.Inspect(parse(t, expr), func(node parser.Node, path []parser.Node) error {
		visit(node, path)
		return nil
	})
}

func parse(t *testing.T, expr string) parser.Expr {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		t.Fatalf("%v\n%s", err, expr)
	}
	return parsed
}
