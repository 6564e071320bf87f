package collector

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"mongodb_backup_exporter/internal/backup"
)

// historyOf writes the history of snapshots, a minute apart.
func historyOf(t *testing.T, labels map[string]string, snapshots ...*backup.Snapshot) []string {
	t.Helper()
	next := 0
	at := func(time.Time) *backup.Snapshot {
		next++
		return snapshots[next-1]
	}
	var out bytes.Buffer
	h := History{At: at, Since: noon(), Until: noon().Add(time.Duration(len(snapshots)-1) * time.Minute), Step: time.Minute, Labels: labels}
	if err := WriteHistory(&out, h); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if last := lines[len(lines)-1]; last != "# EOF" || slices.Index(lines, "# EOF") != len(lines)-1 {
		t.Errorf("the last line is %s", last)
	}
	return lines[:len(lines)-1]
}

// TestHistoryHasTheSamplesOfAScrape: the same series with the same values, except those of which the past is not known.
func TestHistoryHasTheSamplesOfAScrape(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(New(everything, noon))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range families {
		region := len(f.Metric[0].Label) == 3 || strings.HasPrefix(f.GetName(), namespace+"exporter_")
		if region && f.GetName() != namespace+"account_up" {
			continue
		}
		for _, m := range f.Metric {
			want = append(want, fmt.Sprintf("%s%s %s %d", f.GetName(), sortedLabels(m), dialect{openMetrics: true}.appendValue(nil, m.GetGauge().GetValue()), noon().Unix()))
		}
	}
	got := slices.DeleteFunc(historyOf(t, nil, everything()), func(line string) bool { return strings.HasPrefix(line, "#") })
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 100 {
		t.Errorf("samples (-scrape +history):\n%s", diff)
	}
}

func sortedLabels(m *dto.Metric) string {
	var parts []string
	for _, pair := range m.Label {
		parts = append(parts, pair.GetName()+`="`+string(appendEscaped(nil, pair.GetValue()))+`"`)
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ",") + "}"
}

// TestHistoryIsInOrder: each family is in one piece after its type, each series too, with its samples in order of time; and a
// moment without a value has no sample.
func TestHistoryIsInOrder(t *testing.T) {
	small, large, none := replicaSet("a", "dds-1"), replicaSet("a", "dds-1"), replicaSet("a", "dds-1")
	large.Objectives.RPO = 3 * time.Hour
	none.Nodes = nil
	other := replicaSet("a", "dds-2")
	other.Instance.Name = "with \"quotes\" and a \\\nline"
	lines := historyOf(t, map[string]string{"job": "mongodb_backup", "instance": "e:1"},
		snapshotOf(small), snapshotOf(small, other), snapshotOf(none), snapshotOf(large))
	var rpo, infos []string
	seen := map[string]bool{}
	family := ""
	for _, line := range lines {
		if name, ok := strings.CutPrefix(line, "# HELP "); ok {
			family, _, _ = strings.Cut(name, " ")
			if seen[family] {
				t.Errorf("%s: a second time", line)
			}
			seen[family] = true
			continue
		}
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			if name != family+" gauge" {
				t.Errorf("%s stands in %s", line, family)
			}
			continue
		}
		if !strings.HasPrefix(line, family+"{") {
			t.Errorf("%s stands in %s", line, family)
		}
		if family == namespace+"rpo_seconds" && strings.Contains(line, "dds-1") {
			rpo = append(rpo, line)
		}
		if family == namespace+"instance_info" && strings.Contains(line, "dds-2") {
			infos = append(infos, line)
		}
	}
	const series = `mongodb_backup_rpo_seconds{account="a",cloud="alibaba",instance="e:1",instance_id="dds-1",job="mongodb_backup",node_id="",region="cn-hangzhou"} `
	want := []string{series + "98100.0 1795348800", series + "98100.0 1795348860", series + "10800.0 1795348980"}
	if diff := cmp.Diff(want, rpo); diff != "" {
		t.Errorf("the RPO (-want +got):\n%s", diff)
	}
	if len(infos) != 1 || !strings.Contains(infos[0], `instance_name="with \"quotes\" and a \\\nline"`) {
		t.Errorf("infos %v", infos)
	}
}
