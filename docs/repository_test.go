package docs

import (
	"io/fs"
	"os"
	"os/exec"
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
	// It would find nothing, and look as if the base images were looked after.
	if images := strings.Contains(read(t, root, ".github", "dependabot.yml"), "package-ecosystem: docker\n"); images && strings.Contains(read(t, root, "Dockerfile"), "FROM ${BASE_IMAGE}") {
		t.Error("dependabot.yml has the Dockerfile, of which Dependabot cannot read the base images")
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
	for _, step := range []string{"run: ./.ci/run\n", "make deploy-check DEPLOY=required\n"} {
		if !strings.Contains(ci, step) {
			t.Errorf("ci.yml does not have %q", step)
		}
	}
}

// TestChecksCanBeRequired: a check of what is shipped that can do nothing on this machine succeeds, unless it is required.
func TestChecksCanBeRequired(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	dirname, err := exec.LookPath("dirname")
	if err != nil {
		t.Fatal(err)
	}
	bare := t.TempDir() // the one program that each check needs to say so
	if err := os.Symlink(dirname, filepath.Join(bare, "dirname")); err != nil {
		t.Fatal(err)
	}
	for _, check := range []string{"image", "systemd"} {
		for required, want := range map[string]int{"": 0, "required": 1} {
			command := exec.CommandContext(t.Context(), bash, filepath.Join(root, "test", check, "check.sh"))
			command.Env = []string{"PATH=" + bare, "DEPLOY=" + required}
			said, err := command.CombinedOutput()
			if code := command.ProcessState.ExitCode(); code != want || !strings.Contains(string(said), "NOT CHECKED") {
				t.Errorf("%s, DEPLOY=%q: exit code %d, want %d; error %v: %s", check, required, code, want, err, said)
			}
		}
	}
}

// TestVersionOfABuild: what the Makefile calls a commit grows with its time, is a version to those who read versions, and is the bare
// one at its tag.
func TestVersionOfABuild(t *testing.T) {
	for _, tool := range []string{"git", "make"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("there is no " + tool)
		}
	}
	dir := t.TempDir()
	run := func(name string, arguments ...string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), name, arguments...)
		command.Dir = dir
		command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TZ=Asia/Shanghai", "GIT_CONFIG_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES=" + filepath.Dir(dir)}
		for _, who := range []string{"AUTHOR", "COMMITTER"} {
			command.Env = append(command.Env, "GIT_"+who+"_NAME=test", "GIT_"+who+"_EMAIL=test@example.com", "GIT_"+who+"_DATE=2026-01-02T03:04:05Z")
		}
		said, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v: %s", name, arguments, err, said)
		}
		return strings.TrimSpace(string(said))
	}
	is := func(when, want string) {
		t.Helper()
		if got := run("make", "-s", "version"); !regexp.MustCompile("^" + want + "$").MatchString(got) {
			t.Errorf("%s the version is %q, want %s", when, got, want)
		}
	}
	for name, text := range map[string]string{"Makefile": read(t, root, "Makefile"), "VERSION": "1.2.3\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	is("without git", `1\.2\.3`)
	run("git", "init", "-q")
	run("git", "add", ".")
	run("git", "commit", "-q", "-m", "test")
	is("of a commit", `1\.2\.3-20260102030405\.g[0-9a-f]{7,}`)
	run("git", "tag", "v1.2.2")
	is("at another tag", `1\.2\.3-20260102030405\.g[0-9a-f]{7,}`)
	run("git", "tag", "-d", "v1.2.2")
	run("git", "tag", "v1.2.3")
	is("at its tag", `1\.2\.3`)
	if err := os.WriteFile(filepath.Join(dir, "VERSION"), []byte("1.2.3\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	is("with changes", `1\.2\.3-20260102030405\.g[0-9a-f]{7,}\.dirty`)
}
