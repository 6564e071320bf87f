package docs

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestVersion: the file VERSION says which version this is, and the pages that speak of it agree.
func TestVersion(t *testing.T) {
	version := strings.TrimSpace(read(t, root, "VERSION"))
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) {
		t.Fatalf("VERSION is %q, want three numbers", version)
	}
	newest := regexp.MustCompile(`(?m)^## (.*)$`).FindStringSubmatch(read(t, root, "CHANGELOG.md"))
	if newest == nil || !regexp.MustCompile(`^`+regexp.QuoteMeta(version)+` / (unreleased|\d{4}-\d{2}-\d{2})$`).MatchString(newest[1]) {
		t.Errorf("the changelog begins with %q, want %s, and a date or unreleased", newest, version)
	}
	if !strings.Contains(read(t, root, "UPGRADING.md"), "\n## To "+version+"\n") {
		t.Errorf("UPGRADING.md has no heading for %s", version)
	}
}

// TestDependencyUpdates: each Go module, npm package and compose file of the repository is looked after, and nothing that is gone.
func TestDependencyUpdates(t *testing.T) {
	want := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && slices.Contains([]string{".git", "node_modules", "dist", "testdata"}, entry.Name()) {
			return fs.SkipDir
		}
		if name := filepath.Base(path); name == "go.mod" || name == "package.json" || name == "compose.yaml" {
			dir, err := filepath.Rel(root, filepath.Dir(path))
			want[filepath.Join("/", dir)] = true
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, update := range strings.Split(read(t, root, ".github", "dependabot.yml"), "  - package-ecosystem: ")[1:] {
		if kind, _, _ := strings.Cut(update, "\n"); slices.Contains([]string{"gomod", "npm", "docker-compose"}, kind) {
			for _, dir := range regexp.MustCompile(`(?m)(?:directories: \[|^      - )(/[^\]\s]*)`).FindAllStringSubmatch(update, -1) {
				got[dir[1]] = true
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is in the repository and what is looked after (-want +got):\n%s", diff)
	}
}

// TestWorkflows: a tag of an action can be moved, a commit cannot. That GitHub accepts the files is for actionlint to say
// (make workflows).
func TestWorkflows(t *testing.T) {
	pinned := regexp.MustCompile(`^[a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for _, name := range []string{"ci.yml", "nightly.yml", "release.yml"} {
		text := read(t, root, ".github", "workflows", name)
		used := regexp.MustCompile(`(?m)uses: (.*)$`).FindAllStringSubmatch(text, -1)
		if len(used) == 0 {
			t.Errorf("%s uses nothing", name)
		}
		for _, action := range used {
			if !pinned.MatchString(action[1]) {
				t.Errorf("%s: %q is not pinned by commit, with its version", name, action[1])
			}
		}
	}
	for _, name := range []string{"ci.yml", "nightly.yml", "release.yml"} {
		text := read(t, root, ".github", "workflows", name)
		if !regexp.MustCompile(`\npermissions:\n  contents: read\n[a-z]`).MatchString(text) {
			t.Errorf("%s may do more than read, outside a job that has to", name)
		}
	}
	ci := read(t, root, ".github", "workflows", "ci.yml")
	for _, step := range []string{"run: ./.ci/run\n", "make deploy-check\n"} {
		if !strings.Contains(ci, step) {
			t.Errorf("ci.yml does not have %q", step)
		}
	}
}
