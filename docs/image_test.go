package docs

import (
	"regexp"
	"strings"
	"testing"
)

// TestImage reads from the Dockerfile what an image is judged by before it may run. That it builds and runs is another test's
// (test/image).
func TestImage(t *testing.T) {
	text := strings.ReplaceAll(read(t, root, "Dockerfile"), "\\\n", " ")
	stages := regexp.MustCompile(`(?m)^FROM `).Split(text, -1)
	if len(stages) != 3 {
		t.Fatalf("%d stages, want one that builds and one that runs", len(stages)-1)
	}
	arguments, build, run := stages[0], stages[1], stages[2]
	for _, tc := range []struct{ name, stage, pattern string }{
		{"compiles on the builder's own architecture", build, `^--platform=\$BUILDPLATFORM `},
		{"compiles for the architecture that is asked for", build, `(?ms)^ARG TARGETOS$.*^ARG TARGETARCH$.*GOOS=\$\{TARGETOS\} GOARCH=\$\{TARGETARCH\} go build`},
		{"links no C library, which the image does not have", build, `CGO_ENABLED=0`},
		{"has a number as its user, which Kubernetes can tell from root", run, `(?m)^USER 65532:65532$`},
		{"owns the directory of the catalog", run, `--chown=65532:65532 \S+ /var/lib/mongodb_backup_exporter`},
		{"asks for its own health", run, `(?m)^HEALTHCHECK .*CMD \["/mongodb_backup_exporter", "health"\]$`},
		{"says where it comes from", run, `org.opencontainers.image.source="\$\{SOURCE\}"`},
		{"has a version, also where none is given", arguments, `(?m)^ARG VERSION=` + regexp.QuoteMeta(strings.TrimSpace(read(t, root, "VERSION"))) + `$`},
		{"has that version in the program", build, `(?ms)^ARG VERSION$.*Version=\$\{VERSION\} `},
		{"says its version", run, `(?ms)^ARG VERSION$.*org.opencontainers.image.version="\$\{VERSION\}"`},
		{"says its commit", run, `(?ms)^ARG REVISION$.*org.opencontainers.image.revision="\$\{REVISION\}"`},
		{"says when it was made", run, `(?ms)^ARG CREATED$.*org.opencontainers.image.created="\$\{CREATED\}"`},
	} {
		if !regexp.MustCompile(tc.pattern).MatchString(tc.stage) {
			t.Errorf("the image %s: no %s", tc.name, tc.pattern)
		}
	}
	if users := regexp.MustCompile(`(?m)^USER `).FindAllString(run, -1); len(users) != 1 {
		t.Errorf("%d users, want one", len(users))
	}
}
