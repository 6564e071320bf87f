package docs

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// only returns the one group that a pattern finds in a file.
func only(t *testing.T, pattern string, file ...string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindAllStringSubmatch(read(t, append([]string{root}, file...)...), -1)
	if len(found) != 1 {
		t.Fatalf("%s: %d times %s", filepath.Join(file...), len(found), pattern)
	}
	return found[0][1]
}

// TestDeliveryAgrees: what two files of different formats have to say, they say alike.
func TestDeliveryAgrees(t *testing.T) {
	minor := func(version string) string { return strings.Join(strings.Split(version, ".")[:2], ".") }
	tested := only(t, `(?m)^\s*github.com/prometheus/prometheus v0\.(\S+)`, "tools", "prometheus", "go.mod") // 0.313.5 is 3.13.5
	for _, same := range []struct{ what, a, b string }{
		{
			"the port of the socket and of the program",
			only(t, `(?m)^ListenStream=(\d+)$`, "deploy", "systemd", "mongodb_backup_exporter.socket"),
			only(t, `defaultAddress = ":(\d+)"`, "internal", "cli", "cli.go"),
		},
		{
			"Prometheus of the compose file and of the tests",
			only(t, `image: prom/prometheus:v(\S+)`, "deploy", "compose", "compose.yaml"), tested[:1] + "." + tested[1:],
		},
		{
			"Alertmanager of the compose file and of the tests",
			only(t, `image: prom/alertmanager:v(\S+)`, "deploy", "compose", "compose.yaml"),
			only(t, `(?m)^\s*github.com/prometheus/alertmanager v(\S+)`, "tools", "prometheus", "go.mod"),
		},
		{"the version of the chart", only(t, `(?m)^version: (\S+)$`, "deploy", "helm", "Chart.yaml"), only(t, `^(\S+)\n$`, "VERSION")},
		{"the version of the program in the chart", only(t, `(?m)^appVersion: (\S+)$`, "deploy", "helm", "Chart.yaml"), only(t, `^(\S+)\n$`, "VERSION")},
		{
			"Go of the image and of the module",
			only(t, `(?m)^ARG BUILD_IMAGE=golang:([\d.]+)-`, "Dockerfile"), minor(only(t, `(?m)^go ([\d.]+)$`, "go.mod")),
		},
		{
			"the file of further flags of the unit and of its page",
			only(t, `(?m)^EnvironmentFile=-(\S+)$`, "deploy", "systemd", "mongodb_backup_exporter.service"),
			only(t, "\\| give more flags \\| `ARGS=[^`]*` in `([^`]*)`", "docs", "deployment.md"),
		},
		{
			"how exposed the unit is, on its page and in the table of what was tried",
			only(t, `systemd-analyze security. rates it ([\d.]+) of 10`, "docs", "deployment.md"),
			only(t, `exposure ([\d.]+);`, "docs", "deployment.md"),
		},
	} {
		if same.a != same.b {
			t.Errorf("%s: %s and %s", same.what, same.a, same.b)
		}
	}
}

// TestScriptsOfPackagesNameUnits: a script of a package stops and starts units that there are.
func TestScriptsOfPackagesNameUnits(t *testing.T) {
	units := files(t, `^deploy/systemd/[^/]+\.(service|socket)$`)
	named := 0
	for _, script := range files(t, `^deploy/package/(pre|post)[a-z]+\.sh$`) {
		for _, unit := range regexp.MustCompile(`\S+\.(?:service|socket)\b`).FindAllString(read(t, root, script), -1) {
			named++
			if !slices.Contains(units, "deploy/systemd/"+unit) {
				t.Errorf("%s: there is no %s", script, unit)
			}
		}
	}
	if named < len(units) {
		t.Errorf("the scripts name %d units, of %d", named, len(units))
	}
}

// TestCommandsCanBePasted: sh, bash and zsh understand a block alike, and no command of it reads the next one as its input.
func TestCommandsCanBePasted(t *testing.T) {
	blocks := 0
	for _, page := range files(t, `^(docs/.*|[A-Z]+)\.md$`) {
		for _, block := range regexp.MustCompile("(?ms)^ *```sh\n(.*?)^ *```$").FindAllStringSubmatch(read(t, root, page), -1) {
			blocks++
			for line := range strings.Lines(block[1]) {
				// zsh passes it on as one argument, sh and bash as several.
				if regexp.MustCompile(`(?:^|\s)\$\w+(?:\s|$)`).MatchString(line) {
					t.Errorf("%s: a variable stands for arguments: %s", page, line)
				}
				if strings.Contains(line, " /dev/stdin") && !strings.Contains(line, "|") && !strings.Contains(line, "<") {
					t.Errorf("%s: a command reads what is pasted behind it: %s", page, line)
				}
			}
		}
	}
	if blocks < 10 {
		t.Errorf("%d blocks of commands", blocks)
	}
}

// TestVersionsInPages: where commands name a version of what is built here, it is the one of VERSION.
func TestVersionsInPages(t *testing.T) {
	want := strings.TrimSpace(read(t, root, "VERSION"))
	named := 0
	ours := regexp.MustCompile(`(?:\bVERSION=|\bmongodb_backup_exporter:)(\d+\.\d+\.\d+)|\b(\d+\.\d+\.\d+)[-~]\d{14}\.g`)
	for _, page := range files(t, `^(docs/.*|README|CONTRIBUTING)\.md$`) {
		for _, found := range ours.FindAllStringSubmatch(read(t, root, page), -1) {
			named++
			if found[1]+found[2] != want {
				t.Errorf("%s: %s, and VERSION is %s", page, found[0], want)
			}
		}
	}
	if named < 4 {
		t.Errorf("%d versions are named", named)
	}
}
