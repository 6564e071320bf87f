package collector

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/internal/backup"
)

// documented is one line of a table in docs/metrics.md.
type documented struct {
	kind   string
	labels []string            // sorted
	values map[string][]string // of the labels whose values are listed; nil for the others
	unit   string
}

var (
	metricRow   = regexp.MustCompile("(?m)^\\| `(mongodb_backup_[a-z_]+)` \\|(.*)\\|$")
	labelCell   = regexp.MustCompile("`([a-z_]+)`(?: \\(([^)]*)\\))?")
	metricToken = regexp.MustCompile("mongodb_backup_[a-z_]+")
)

// levels are the words with which docs/metrics.md abbreviates sets of labels.
func levels() map[string][]string {
	ofRegion := []string{"cloud", "account", "region"}
	ofTarget := append(slices.Clone(ofRegion), "instance_id", "node_id")
	return map[string][]string{"target": ofTarget, "instance": ofTarget, "target or instance": ofTarget, "region": ofRegion}
}

func readPage(t testing.TB) string {
	t.Helper()
	page, err := os.ReadFile("../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func readDocs(t *testing.T) map[string]documented {
	t.Helper()
	docs := map[string]documented{}
	for _, row := range metricRow.FindAllStringSubmatch(readPage(t), -1) {
		name, cells := row[1], strings.Split(row[2], "|")
		if len(cells) != 5 {
			t.Fatalf("%s has %d cells after its name, want 5", name, len(cells))
		}
		if _, twice := docs[name]; twice {
			t.Errorf("%s is documented twice", name)
		}
		level, _, _ := strings.Cut(cells[1], "`")
		level = strings.Trim(level, " ,")
		extra := labelCell.FindAllStringSubmatch(cells[1], -1)
		doc := documented{kind: strings.TrimSpace(cells[0]), unit: strings.TrimSpace(cells[2]), values: map[string][]string{}}
		doc.labels = slices.Clone(levels()[level])
		if level != "" && doc.labels == nil {
			t.Errorf("%s: %q is no known abbreviation of labels", name, level)
		}
		for _, label := range extra {
			doc.labels = append(doc.labels, label[1])
			if label[2] != "" {
				doc.values[label[1]] = strings.Split(label[2], ", ")
			}
		}
		slices.Sort(doc.labels)
		docs[name] = doc
	}
	return docs
}

// gathered is one family as the exporter shows it.
type gathered struct {
	kind   string
	labels []string // sorted
	values map[string][]string
}

// readExporter gathers the whole registry over all golden snapshots.
func readExporter(t *testing.T) map[string]gathered {
	t.Helper()
	registry, err := NewExposition(New(everything, noon), used())
	if err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]gathered{}
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), namespace) {
			continue
		}
		g := gathered{kind: strings.ToLower(family.GetType().String()), values: map[string][]string{}}
		for i, metric := range family.GetMetric() {
			var labels []string
			for _, pair := range metric.GetLabel() {
				labels = append(labels, pair.GetName())
				if !slices.Contains(g.values[pair.GetName()], pair.GetValue()) {
					g.values[pair.GetName()] = append(g.values[pair.GetName()], pair.GetValue())
				}
			}
			slices.Sort(labels)
			if i > 0 && !slices.Equal(labels, g.labels) {
				t.Errorf("%s has samples with labels %v and with %v", family.GetName(), g.labels, labels)
			}
			g.labels = labels
		}
		shown[family.GetName()] = g
	}
	return shown
}

func TestDocsAndExporterAgree(t *testing.T) {
	docs, shown := readDocs(t), readExporter(t)
	for name := range shown {
		if _, ok := docs[name]; !ok {
			t.Errorf("%s is not documented", name)
		}
	}
	for name, doc := range docs {
		got, ok := shown[name]
		if !ok {
			t.Errorf("%s is documented, but nothing exports it", name)
			continue
		}
		if got.kind != doc.kind {
			t.Errorf("%s is a %s, documented as %s", name, got.kind, doc.kind)
		}
		if diff := cmp.Diff(doc.labels, got.labels); diff != "" {
			t.Errorf("labels of %s (-documented +exported):\n%s", name, diff)
		}
		for label, want := range doc.values {
			slices.Sort(want)
			slices.Sort(got.values[label])
			if diff := cmp.Diff(want, got.values[label]); diff != "" {
				t.Errorf("values of label %s of %s (-documented +exported):\n%s", label, name, diff)
			}
		}
	}
}

func TestDocsNameTheUnits(t *testing.T) {
	units := []struct{ suffix, unit string }{
		{"_timestamp_seconds", "seconds since 1970"},
		{"_seconds", "seconds"},
		{"_bytes", "bytes"},
		{"_percent", "percent"},
		{"_ratio", "ratio"},
		{"_info", "1"},
		{"_success", "0 or 1"},
		{"_successful", "0 or 1"},
		{"_enabled", "0 or 1"},
		{"_up", "0 or 1"},
	}
	for name, doc := range readDocs(t) {
		for _, u := range units {
			if strings.HasSuffix(name, u.suffix) {
				if doc.unit != u.unit {
					t.Errorf("the unit of %s is documented as %q, want %q", name, doc.unit, u.unit)
				}
				break
			}
		}
		if doc.unit == "" {
			t.Errorf("%s has no documented unit", name)
		}
	}
}

func TestDocsNameNoOtherMetric(t *testing.T) {
	docs := readDocs(t)
	for _, name := range metricToken.FindAllString(readPage(t), -1) {
		if _, ok := docs[name]; !ok {
			t.Errorf("the page names %s, which is in none of its tables", name)
		}
	}
}

// TestEveryFamilyIsDescribed checks that Describe sends every documented family. A pedantic registry checks the reverse.
func TestEveryFamilyIsDescribed(t *testing.T) {
	descriptions := make(chan *prometheus.Desc, 1000)
	New(func() *backup.Snapshot { return &backup.Snapshot{} }, noon).Describe(descriptions)
	used().Describe(descriptions)
	close(descriptions)
	var described []string
	for d := range descriptions {
		described = append(described, metricToken.FindString(d.String()))
	}
	want := []string{}
	for name := range readDocs(t) {
		if name != "mongodb_backup_exporter_build_info" {
			want = append(want, name)
		}
	}
	slices.Sort(described)
	slices.Sort(want)
	if diff := cmp.Diff(want, described); diff != "" {
		t.Errorf("-documented +described:\n%s", diff)
	}
}
