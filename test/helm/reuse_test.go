package helm

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// switchedOn are values with which every other value matters.
const switchedOn = `
exporters: {prod: {config: {accounts: [{name: prod, cloud: alibaba, regions: all}]}}}
defaults: {replicas: 2, web: {secret: web}}
networkPolicy: {enabled: true}
`

// TestAbsentValues takes each value away, as upgrading with --reuse-values from a chart that does not have it does: Helm then gives the
// chart the values of the older one, and none of values.yaml. It must be as if the value had its default.
func TestAbsentValues(t *testing.T) {
	bare := copied(t, func(path, content string) string {
		if path == "values.yaml" {
			return "{}\n"
		}
		return content
	})
	defaults := objects(t, read(t, chart+"/values.yaml"))[0]
	full := objects(t, read(t, chart+"/values.yaml"))[0]
	merge(full, objects(t, switchedOn)[0])
	paths := valuePaths(readSchema(t), defaults)
	if len(paths) < 50 {
		t.Fatalf("%d values: %q", len(paths), paths)
	}
	asItIs := rendered(t, chart, "--values="+write(t, asYAML(t, full)))
	var leaves, branches []string
	for _, path := range paths {
		_, branch := defaults.at(path).(map[string]any)
		switch {
		case path == "exporters": // the only one that must be given
		case !cmp.Equal(full.at(path), defaults.at(path)): // others matter only with it
			t.Run(path, func(t *testing.T) {
				t.Parallel()
				whole := objects(t, asYAML(t, full))[0]
				set(whole, path, defaults.at(path))
				sameWithout(t, bare, full, rendered(t, chart, "--values="+write(t, asYAML(t, whole))), path)
			})
		case branch:
			branches = append(branches, path)
		default:
			leaves = append(leaves, path)
		}
	}
	// Together, because Helm takes a quarter of a second each time.
	t.Run("leaves", func(t *testing.T) { sameWithout(t, bare, full, asItIs, leaves...) })
	t.Run("branches", func(t *testing.T) { sameWithout(t, bare, full, asItIs, branches...) })
}

// sameWithout compares what the bare chart renders of values from which some were taken away with what is wanted.
func sameWithout(t *testing.T, bare string, values object, want []object, paths ...string) {
	t.Helper()
	slices.Reverse(paths) // what is below something comes before it
	text := without(t, asYAML(t, values), paths...)
	if diff := cmp.Diff(want, rendered(t, bare, "--values="+write(t, text))); diff != "" {
		t.Errorf("what is rendered without %q (-with defaults +without the values):\n%s", paths, diff)
	}
}

// TestCompleteComesFirst checks that no template reads a value before those that are absent are filled in.
func TestCompleteComesFirst(t *testing.T) {
	files, err := filepath.Glob(chart + "/templates/[^_]*")
	if err != nil || len(files) == 0 {
		t.Fatalf("templates %v, error %v", files, err)
	}
	for _, file := range files {
		if text := read(t, file); !strings.HasPrefix(text, "{{- include \"exporter.complete\" . }}\n") {
			t.Errorf("%s begins otherwise", file)
		}
	}
}

// valuePaths returns the paths of all values, but not those inside what the user gives as a whole, such as labels.
func valuePaths(s schema, values map[string]any) []string {
	var paths []string
	var walk func(part schema, path string, value any)
	walk = func(part schema, path string, value any) {
		if name, ok := strings.CutPrefix(part.Reference, "#/$defs/"); ok {
			part = s.Definitions[name]
		}
		fields, ok := value.(map[string]any)
		if !ok || part.Properties == nil || path == "defaults.config" || path == "defaults.resources" {
			return
		}
		for _, key := range slices.Sorted(maps.Keys(fields)) {
			below := strings.TrimPrefix(path+"."+key, ".")
			paths = append(paths, below)
			walk(part.Properties[key], below, fields[key])
		}
	}
	walk(s, "", values)
	return paths
}

// set puts a value at a path of values.
func set(values map[string]any, path string, value any) {
	keys := strings.Split(path, ".")
	for _, key := range keys[:len(keys)-1] {
		values = values[key].(map[string]any)
	}
	values[keys[len(keys)-1]] = value
}

// without returns values without those at some paths.
func without(t *testing.T, text string, paths ...string) string {
	t.Helper()
	values := map[string]any(objects(t, text)[0])
	for _, path := range paths {
		above := values
		keys := strings.Split(path, ".")
		for _, key := range keys[:len(keys)-1] {
			above = above[key].(map[string]any)
		}
		if _, ok := above[keys[len(keys)-1]]; !ok {
			t.Fatalf("there is no %s", path)
		}
		delete(above, keys[len(keys)-1])
	}
	return asYAML(t, values)
}

// merge puts values over others, as Helm does.
func merge(under, over map[string]any) {
	for key, value := range over {
		below, ok := under[key].(map[string]any)
		if fields, isMap := value.(map[string]any); ok && isMap {
			merge(below, fields)
			continue
		}
		under[key] = value
	}
}

func asYAML(t *testing.T, value any) string {
	t.Helper()
	text, err := yaml.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
