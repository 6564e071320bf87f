package e2e

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// pastStep is the time between two samples of the past.
const pastStep = time.Hour

// writeHistory makes a directory with data for Prometheus: what the exporter's report knows of the past, and what the
// recording rules make of it. It returns the flags that Prometheus needs with it.
func (s *stack) writeHistory(t *testing.T) (data string, flags []string) {
	t.Helper()
	data = t.TempDir()
	if s.history == 0 {
		return data, nil
	}
	e := s.exporters[0]
	// It ends a step ago, so that none of its samples is the newest.
	until := time.Now().Add(-pastStep).Truncate(time.Second)
	since := until.Add(-s.history.Truncate(pastStep))
	file := filepath.Join(t.TempDir(), "history.om")
	out, err := exec.CommandContext(t.Context(), programs.exporter, "report", "--config.file="+e.file, "--output=openmetrics",
		"--since="+since.UTC().Format(time.RFC3339), "--until="+until.UTC().Format(time.RFC3339),
		"--openmetrics.step="+pastStep.String(), "--openmetrics.instance="+e.address, "--out="+file).CombinedOutput()
	if end, ended := errors.AsType[*exec.ExitError](err); err != nil && (!ended || end.ExitCode() > 2) {
		t.Fatalf("report: %v\n%s", err, out)
	}
	addBlocks(t, file, data)
	flags = []string{"--query.lookback-delta=" + pastStep.String(), "--storage.tsdb.retention.time=30d"}
	for _, level := range recordLevels(t, printedRules(t)) {
		s.record(t, level, data, since, until, flags)
	}
	return data, flags
}

func addBlocks(t *testing.T, file, data string) {
	t.Helper()
	promtool(t, "tsdb", "create-blocks-from", "openmetrics", "--quiet", "--max-block-duration=768h", file, data)
}

// record adds the samples of recording rules to the data. promtool has a command for it, which takes minutes.
func (s *stack) record(t *testing.T, rules map[string]string, data string, since, until time.Time, flags []string) {
	t.Helper()
	server := s.runPrometheus(t, "global: {}", data, flags...)
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		result, err := ask[struct{ Result []series }](s.client, "query_range", url.Values{
			"query": {rules[name]}, "step": {pastStep.String()},
			"start": {since.Format(time.RFC3339)}, "end": {until.Format(time.RFC3339)},
		})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "# TYPE %s gauge\n", name)
		// Series that differ in the name of the metric alone are one once they are recorded.
		merged := map[string][][2]any{}
		for _, one := range result.Result {
			merged[labelText(one.Metric)] = append(merged[labelText(one.Metric)], one.Values...)
		}
		for _, labels := range slices.Sorted(maps.Keys(merged)) {
			slices.SortFunc(merged[labels], func(a, b [2]any) int { return cmp.Compare(a[0].(float64), b[0].(float64)) })
			for _, sample := range merged[labels] {
				fmt.Fprintf(&text, "%s%s %v %d\n", name, labels, sample[1], int64(sample[0].(float64)))
			}
		}
	}
	server.end(t, syscall.SIGTERM)
	addBlocks(t, write(t, "records.om", text.String()+"# EOF\n"), data)
}

// labelText writes labels without the name of the metric.
func labelText(labels map[string]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if name != "__name__" {
			list = append(list, name+"="+strconv.Quote(labels[name]))
		}
	}
	return "{" + strings.Join(list, ",") + "}"
}

// recordLevels returns the recording rules (expressions by name), those first that need no other. Rules that read
// themselves are left out.
func recordLevels(t *testing.T, text string) []map[string]string {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct{ Record, Expr string }
		}
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	left := map[string]string{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if rule.Record != "" && !slices.Contains(recordsIn(rule.Expr), rule.Record) {
				left[rule.Record] = rule.Expr
			}
		}
	}
	var levels []map[string]string
	for len(left) > 0 {
		level := map[string]string{}
		for name, expr := range left {
			if !slices.ContainsFunc(recordsIn(expr), func(need string) bool { return left[need] != "" }) {
				level[name] = expr
			}
		}
		if len(level) == 0 {
			t.Fatalf("recording rules need each other: %v", slices.Sorted(maps.Keys(left)))
		}
		maps.DeleteFunc(left, func(name, _ string) bool { return level[name] != "" })
		levels = append(levels, level)
	}
	return levels
}

// recordsIn returns the names of recorded series in an expression.
func recordsIn(expr string) []string {
	return regexp.MustCompile(`mongodb_backup:\w+:\w+`).FindAllString(expr, -1)
}

func TestRecordLevels(t *testing.T) {
	t.Parallel()
	got := recordLevels(t, `
groups:
  - rules:
      - {record: 'mongodb_backup:c:x', expr: 'mongodb_backup:b:x + mongodb_backup:a:x'}
      - {record: 'mongodb_backup:a:x', expr: 'mongodb_backup_health'}
      - {record: 'mongodb_backup:b:x', expr: 'last_over_time(mongodb_backup:a:x[10m])'}
      - {record: 'mongodb_backup:self:x', expr: 'time() or mongodb_backup:self:x'}
      - {alert: A, expr: 'mongodb_backup:c:x'}
`)
	var names []string
	for _, level := range got {
		names = append(names, strings.Join(slices.Sorted(maps.Keys(level)), " "))
	}
	if want := "mongodb_backup:a:x, mongodb_backup:b:x, mongodb_backup:c:x"; strings.Join(names, ", ") != want {
		t.Errorf("levels %q, want %q", names, want)
	}
}

func TestLabelText(t *testing.T) {
	t.Parallel()
	got := labelText(map[string]string{"__name__": "up", "b": `a "quoted" \ text`, "a": "1"})
	if want := `{a="1",b="a \"quoted\" \\ text"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
