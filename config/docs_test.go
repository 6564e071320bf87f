package config

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const docs = "../docs"

func read(t *testing.T, elem ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// tables returns the rows of each table of a Markdown text whose first cell is a key, by the heading above it.
func tables(markdown string) map[string]map[string][]string {
	found := map[string]map[string][]string{}
	heading := ""
	for line := range strings.Lines(markdown) {
		if title, ok := strings.CutPrefix(line, "### "); ok {
			heading = strings.TrimSpace(title)
		}
		cells := strings.Split(line, "|")
		if len(cells) < 3 || !strings.HasPrefix(cells[1], " `") {
			continue
		}
		if found[heading] == nil {
			found[heading] = map[string][]string{}
		}
		found[heading][strings.Trim(cells[1], " `")] = cells[2:]
	}
	return found
}

func TestDocumentationListsEveryKey(t *testing.T) {
	documented := tables(read(t, docs, "configuration.md"))
	for section, of := range map[string]reflect.Type{
		"poll":        reflect.TypeFor[Poll](),
		"objectives":  reflect.TypeFor[Objectives](),
		"accounts":    reflect.TypeFor[Account](),
		"credentials": reflect.TypeFor[Credentials](),
		"regions":     reflect.TypeFor[Region](),
		"instances":   reflect.TypeFor[Instance](),
		"discovery":   reflect.TypeFor[Discovery](),
	} {
		want := slices.Sorted(slices.Values(keysOf(of)))
		got := slices.Sorted(maps.Keys(documented[section]))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("section %s (-keys of the file, +keys documented):\n%s", section, diff)
		}
	}
}

func TestDocumentationTellsTheDefaults(t *testing.T) {
	plain := load(t, "minimal.good.yml")
	documented := tables(read(t, docs, "configuration.md"))
	checked := 0
	for _, section := range []string{"poll", "objectives"} {
		for key, cells := range documented[section] {
			value := strings.TrimSpace(cells[1])
			if key == "requests_per_second" { // the default differs by cloud
				continue
			}
			file := section + ": {" + key + ": " + strings.Trim(value, "`") + "}\n" + read(t, "testdata", "minimal.good.yml")
			c, err := Load([]byte(file), "")
			if err != nil {
				t.Errorf("%s.%s: the default does not load: %v", section, key, err)
				continue
			}
			if diff := cmp.Diff(plain, c); diff != "" {
				t.Errorf("%s.%s: documented default (-real +documented):\n%s", section, key, diff)
			}
			checked++
		}
	}
	want := len(keysOf(reflect.TypeFor[Poll]())) + len(keysOf(reflect.TypeFor[Objectives]())) - 1
	if checked != want {
		t.Errorf("%d defaults compared, want %d", checked, want)
	}
}

func TestDocumentationExamplesLoad(t *testing.T) {
	for page, least := range map[string]int{"configuration.md": 4, "../README.md": 2} {
		blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(read(t, docs, page), -1)
		if len(blocks) < least {
			t.Fatalf("%s: %d examples found, want %d or more", page, len(blocks), least)
		}
		for _, block := range blocks {
			if _, err := Load([]byte(block[1]), ""); err != nil {
				t.Errorf("%s: an example does not load: %v\n%s", page, err, block[1])
			}
		}
	}
}

func TestDocumentationLinksLead(t *testing.T) {
	for _, page := range []string{"configuration.md", "permissions/README.md", "../README.md", "../CONTRIBUTING.md", "health.md", "metrics.md", "prometheus.md", "alertmanager.md", "http.md"} {
		text := read(t, docs, page)
		for _, link := range regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`).FindAllStringSubmatch(text, -1) {
			target := text
			if link[1] != "" {
				target = ""
				file := filepath.Join(docs, filepath.Dir(page), link[1])
				if _, err := os.Stat(file); err != nil {
					t.Errorf("%s: %v", page, err)
					continue
				}
				if strings.HasSuffix(file, ".md") {
					target = read(t, file)
				}
			}
			if link[2] != "" && !slices.Contains(anchors(target), link[2]) {
				t.Errorf("%s: no heading for %s", page, link[0])
			}
		}
	}
}

func anchors(markdown string) []string {
	var found []string
	for _, title := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(markdown, -1) {
		slug := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(title[1]), "")
		found = append(found, strings.ReplaceAll(slug, " ", "-"))
	}
	return found
}

// TestPolicies holds the policy files against the actions that the README explains, and keeps reading free of writing.
func TestPolicies(t *testing.T) {
	explained := read(t, docs, "permissions", "README.md")
	var granted []string
	for file, want := range map[string]struct {
		version string
		actions []string
	}{
		"alibaba-read-only.json": {"1", []string{
			"dds:DescribeBackupPolicy", "dds:DescribeBackupTasks", "dds:DescribeBackups", "dds:DescribeClusterBackups",
			"dds:DescribeClusterRecoverTime", "dds:DescribeDBInstanceAttribute", "dds:DescribeDBInstances", "dds:DescribeInstanceRecoverTime",
		}},
		"alibaba-create-backup.json": {"1", []string{"dds:CreateBackup"}},
		"huawei-read-only.json":      {"1.1", []string{"dds:backup:list", "dds:instance:list", "dds:task:list"}},
		"huawei-project-lookup.json": {"1.1", []string{"iam:projects:listProjects"}},
		"huawei-create-backup.json":  {"1.1", []string{"dds:instance:createManualBackup"}},
	} {
		version, actions := policy(t, file)
		if version != want.version {
			t.Errorf("%s: version %q, want %q", file, version, want.version)
		}
		if diff := cmp.Diff(want.actions, actions); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
		if !strings.Contains(explained, "]("+file+")") {
			t.Errorf("the README does not name %s", file)
		}
		granted = append(granted, actions...)
	}
	told := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `((?:dds|iam):[A-Za-z:]+)`").FindAllStringSubmatch(explained, -1) {
		told[row[1]] = true
	}
	slices.Sort(granted)
	if diff := cmp.Diff(granted, slices.Sorted(maps.Keys(told))); diff != "" {
		t.Errorf("actions (-granted +explained):\n%s", diff)
	}
}

// policy returns the version of a policy file and the actions that it allows, sorted.
func policy(t *testing.T, file string) (version string, actions []string) {
	t.Helper()
	var p struct {
		Version   string
		Statement []struct {
			Effect string
			Action any
		}
	}
	if err := json.Unmarshal([]byte(read(t, docs, "permissions", file)), &p); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, s := range p.Statement {
		if s.Effect != "Allow" {
			t.Errorf("%s: effect %q", file, s.Effect)
		}
		switch a := s.Action.(type) {
		case string:
			actions = append(actions, a)
		case []any:
			for _, one := range a {
				actions = append(actions, one.(string))
			}
		}
	}
	slices.Sort(actions)
	return p.Version, actions
}
