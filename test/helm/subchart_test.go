package helm

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const oneOfTwo = "exporters: {prod: {config: {accounts: [{name: prod, cloud: alibaba, regions: all}]}}}"

// TestSubchart has another chart contain this one: once, and twice under two aliases with an exporter of the same name.
func TestSubchart(t *testing.T) {
	for name, tc := range map[string]struct {
		dependencies, values string
		want                 []string
	}{
		"once": {
			"[{name: mongodb-backup-exporter, version: '*', condition: mongodb-backup-exporter.enabled}]",
			"mongodb-backup-exporter: {enabled: true, " + oneOfTwo + "}",
			[]string{"backup-prod"},
		},
		"turned off": {
			"[{name: mongodb-backup-exporter, version: '*', condition: mongodb-backup-exporter.enabled}]",
			"mongodb-backup-exporter: {enabled: false}",
			nil,
		},
		"twice": {
			"[{name: mongodb-backup-exporter, version: '*', alias: east}, {name: mongodb-backup-exporter, version: '*', alias: west}]",
			"east: {" + oneOfTwo + "}\nwest: {" + oneOfTwo + "}",
			[]string{"backup-east-prod", "backup-west-prod"},
		},
		"twice with a name of its own": {
			"[{name: mongodb-backup-exporter, version: '*', alias: east_1}, {name: mongodb-backup-exporter, version: '*'}]",
			"east_1: {fullnameOverride: other, " + oneOfTwo + "}\nmongodb-backup-exporter: {" + oneOfTwo + "}",
			[]string{"backup-prod", "other-prod"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			all := rendered(t, parent(t, tc.dependencies), "--values="+write(t, tc.values+"\n"))
			seen, sets := map[string]bool{}, []string(nil)
			for _, o := range all {
				id := o.text("kind") + " " + o.text("metadata.name")
				if seen[id] {
					t.Errorf("%s is there twice", id)
				}
				seen[id] = true
				if o["kind"] == "StatefulSet" {
					sets = append(sets, o.text("metadata.name"))
				}
			}
			slices.Sort(sets)
			if diff := cmp.Diff(tc.want, sets); diff != "" {
				t.Errorf("workloads (-want +got):\n%s", diff)
			}
		})
	}
}

// parent returns a chart with dependencies on this one.
func parent(t *testing.T, dependencies string) string {
	t.Helper()
	folder := t.TempDir()
	text := "apiVersion: v2\nname: parent\nversion: 1.0.0\ndependencies: " + dependencies + "\n"
	if err := os.WriteFile(filepath.Join(folder, "Chart.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	within := copied(t, func(_, content string) string { return content })
	if err := os.CopyFS(filepath.Join(folder, "charts", "mongodb-backup-exporter"), os.DirFS(within)); err != nil {
		t.Fatal(err)
	}
	return folder
}
