package config

import (
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
		"exclude":     reflect.TypeFor[Exclusion](),
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
	for page, least := range map[string]int{"configuration.md": 6, "credentials.md": 8, "../README.md": 2} {
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

// What the packages install is a whole file, which somebody completes.
func TestPackagedConfigurationLoads(t *testing.T) {
	if _, err := Load([]byte(read(t, "../deploy/systemd", "mongodb_backup_exporter.yml")), ""); err != nil {
		t.Error(err)
	}
}
