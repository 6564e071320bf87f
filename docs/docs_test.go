package docs

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = ".."

func read(t *testing.T, elem ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// files returns the files of the repository whose path matches, relative to its root, sorted. It looks into no module but
// the exporter's.
func files(t *testing.T, pattern string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path, err = filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{".git", "test", "tools", "testdata"}, entry.Name()) {
			return fs.SkipDir
		}
		if regexp.MustCompile(pattern).MatchString(path) {
			found = append(found, path)
		}
		return nil
	})
	if err != nil || len(found) == 0 {
		t.Fatalf("files that match %s: %v, error %v", pattern, found, err)
	}
	return found
}

func TestLinksLead(t *testing.T) {
	for _, page := range files(t, `\.md$`) {
		text := read(t, root, page)
		for _, link := range regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`).FindAllStringSubmatch(text, -1) {
			target := text
			if link[1] != "" {
				target = ""
				file := filepath.Join(root, filepath.Dir(page), link[1])
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

// TestTablesAreWhole checks that each row of a table has as many cells as its head. A cell that is missing is shown as an empty one.
func TestTablesAreWhole(t *testing.T) {
	code := regexp.MustCompile("(?ms)^[ ]*```.*?^[ ]*```$")
	for _, page := range files(t, `\.md$`) {
		head := 0
		for line := range strings.Lines(code.ReplaceAllString(read(t, root, page), "")) {
			line = strings.TrimSpace(line)
			cells := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
			switch {
			case !strings.HasPrefix(line, "|"):
				head = 0
			case head == 0:
				head = cells
			case cells != head:
				t.Errorf("%s: a row has %d cells, and the head of its table %d: %s", page, cells-1, head-1, line)
			}
		}
	}
}

// anchors returns the names with which links refer to the headings of a page.
func anchors(markdown string) []string {
	var found []string
	for _, title := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(markdown, -1) {
		slug := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(title[1]), "")
		found = append(found, strings.ReplaceAll(slug, " ", "-"))
	}
	return found
}

func TestDecisionsHaveOneForm(t *testing.T) {
	numbers := map[string]string{}
	for _, page := range files(t, `^docs/decisions/.*\.md$`) {
		name := filepath.Base(page)
		number, _, _ := strings.Cut(name, "-")
		if other, ok := numbers[number]; ok {
			t.Errorf("%s and %s have the same number", name, other)
		}
		numbers[number] = name
		text := read(t, root, page)
		if title := "# " + strings.TrimLeft(number, "0") + ". "; len(number) != 4 || !strings.HasPrefix(text, title) {
			t.Errorf("%s does not begin with %q", name, title)
		}
		at := 0
		for _, part := range []string{"\n**Context.**", "\n**Decision.**", "\n**Consequences.**"} {
			i := strings.Index(text, part)
			if i < at {
				t.Errorf("%s has no %q, or not in this order", name, part)
			}
			at = i
		}
	}
}

// TestRooms compares the table of rooms in CONTRIBUTING.md with the folders that have Go files.
func TestRooms(t *testing.T) {
	var rooms []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*?) \\|").FindAllStringSubmatch(read(t, root, "CONTRIBUTING.md"), -1) {
		for _, name := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(row[1], -1) {
			if _, err := os.Stat(filepath.Join(root, name[1])); err != nil {
				t.Errorf("CONTRIBUTING.md: %v", err)
			}
			rooms = append(rooms, strings.TrimSuffix(name[1], "/"))
		}
	}
	packages := map[string]bool{}
	for _, file := range files(t, `\.go$`) {
		packages[filepath.Dir(file)] = true
	}
	delete(packages, ".")
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		within := func(room string) bool { return dir == room || strings.HasPrefix(dir, room+"/") }
		if !slices.ContainsFunc(rooms, within) {
			t.Errorf("CONTRIBUTING.md has no row for %s", dir)
		}
	}
	if diff := cmp.Diff([]string{"main.go"}, files(t, `^[^/]*\.go$`)); diff != "" {
		t.Errorf("Go files at the top level (-want +got):\n%s", diff)
	}
}

// TestImageHasWhatIsBuilt checks that .dockerignore leaves out no folder of the program as a whole.
func TestImageHasWhatIsBuilt(t *testing.T) {
	ignored := strings.Fields(read(t, root, ".dockerignore"))
	for _, file := range files(t, `\.go$`) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, needed := range regexp.MustCompile(`"mongodb_backup_exporter/([a-z]+)`).FindAllStringSubmatch(read(t, root, file), -1) {
			if slices.Contains(ignored, needed[1]) {
				t.Errorf(".dockerignore leaves out %s, which %s imports", needed[1], file)
			}
		}
	}
}
