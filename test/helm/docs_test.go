package helm

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentedValues checks that all values that the documentation shows are accepted, and the configurations in them by the
// exporter.
func TestDocumentedValues(t *testing.T) {
	found := 0
	for _, page := range []string{"docs/deployment.md", "docs/scaling.md", "deploy/helm/values.yaml"} {
		for _, text := range shownValues(read(t, root+page)) {
			found++
			t.Run(page, func(t *testing.T) {
				for _, config := range configurations(t, rendered(t, chart, "--values="+write(t, text))) {
					exporter(t, "check-config", "--strict", "--config.file="+write(t, withSecrets(t, config)))
				}
			})
		}
	}
	if found < 4 {
		t.Errorf("%d examples, want 4 at least", found)
	}
}

// TestDocumentedExample checks that docs/deployment.md shows the example for Alibaba Cloud, but for its first comment, and names both.
func TestDocumentedExample(t *testing.T) {
	page := read(t, root+"docs/deployment.md")
	example := regexp.MustCompile(`\A(#.*\n)+`).ReplaceAllString(read(t, alibabaExample), "")
	if !slices.Contains(shownValues(page), example) {
		t.Errorf("the page does not show\n%s", example)
	}
	for _, file := range []string{alibabaExample, huaweiExample} {
		if link := "(" + strings.Replace(file, root, "../", 1) + ")"; !strings.Contains(page, link) {
			t.Errorf("the page has no link %s", link)
		}
	}
}

// TestFigures checks that sizes that the chart and its documentation name are those that were measured.
func TestFigures(t *testing.T) {
	size := regexp.MustCompile(`\b[0-9][0-9.,]* [kMG]B\b`)
	measured := size.FindAllString(read(t, root+"docs/performance.md")+read(t, root+"docs/catalog.md"), -1)
	row := regexp.MustCompile(`(?m)^\| choose memory \|.*$`).FindString(read(t, root+"docs/deployment.md"))
	for place, text := range map[string]string{"values.yaml": read(t, chart+"/values.yaml"), "docs/deployment.md": row} {
		cited := size.FindAllString(text, -1)
		if len(cited) == 0 {
			t.Errorf("%s names no size", place)
		}
		for _, figure := range cited {
			if !slices.Contains(measured, figure) {
				t.Errorf("%s: %s is neither in docs/performance.md nor in docs/catalog.md", place, figure)
			}
		}
	}
}

// shownValues returns what a page shows as values of the chart: in a block, or in a comment.
func shownValues(page string) []string {
	var found []string
	for _, block := range regexp.MustCompile("(?ms)^( *)```yaml\n(.*?)^ *```$").FindAllStringSubmatch(page, -1) {
		text := regexp.MustCompile("(?m)^"+block[1]).ReplaceAllString(block[2], "")
		if strings.Contains("\n"+text, "\nexporters:") {
			found = append(found, text)
		}
	}
	if comment := regexp.MustCompile(`(?m)^#   (exporters:\n(?:#   .*\n)+)`).FindStringSubmatch(page); comment != nil {
		found = append(found, strings.ReplaceAll(comment[1], "#   ", ""))
	}
	return found
}

// section returns a section of a page, which a heading of the second level begins.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, text, found := strings.Cut(read(t, root+page), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %s", page, heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// commands returns what a page shows as commands, each on one line: in blocks, and in its text.
func commands(text string) []string {
	var found []string
	blocks := regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```$")
	for _, block := range blocks.FindAllStringSubmatch(text, -1) {
		if block[1] == "sh" {
			found = append(found, strings.Split(strings.ReplaceAll(block[2], "\\\n", " "), "\n")...)
		}
	}
	for _, span := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(blocks.ReplaceAllString(text, ""), -1) {
		found = append(found, span[1])
	}
	return found
}

// TestCommandsNameTheNamespace checks that each command for the cluster says where: without that it acts on another namespace.
func TestCommandsNameTheNamespace(t *testing.T) {
	checked := 0
	for _, command := range commands(section(t, "docs/deployment.md", "Kubernetes") + read(t, root+"UPGRADING.md") + read(t, root+"docs/scaling.md")) {
		command = strings.TrimSpace(command)
		words := strings.Fields(command)
		if len(words) < 3 || words[0] != "helm" && words[0] != "kubectl" || words[1] == "package" {
			continue // a mention such as `helm upgrade`, or a command that asks no cluster
		}
		checked++
		if !regexp.MustCompile(`(-n |--namespace=|\bnamespace )backup-monitoring\b`).MatchString(command) {
			t.Errorf("no namespace: %s", command)
		}
	}
	if checked < 14 {
		t.Errorf("%d commands, want 14 at least", checked)
	}
}

// TestRulesFromThePod runs what the page has a pod print, so that nobody needs the program elsewhere, and has promtool read it.
func TestRulesFromThePod(t *testing.T) {
	for _, command := range commands(section(t, "docs/deployment.md", "Kubernetes")) {
		_, asked, found := strings.Cut(command, "exec statefulset/backup-prod -- /mongodb_backup_exporter rules ")
		if !found {
			continue
		}
		asked, _, _ = strings.Cut(asked, ">")
		printed := exporter(t, append([]string{"rules"}, strings.Fields(asked)...)...)
		checkRules(t, map[string]any(objects(t, printed)[0]))
		if strings.Contains(printed, "http://mongodb-backup-exporter:10217") || strings.Contains(printed, "http://grafana:3000") {
			t.Error("there are placeholders left")
		}
		return
	}
	t.Error("the page has no such command")
}

// TestDocumentedCheck runs what the page does before an upgrade, with two exporters, and with one that is wrong.
func TestDocumentedCheck(t *testing.T) {
	if _, err := exec.LookPath("yq"); err != nil {
		notChecked(t, "there is no yq: it is in the Debian package yq")
	}
	script := regexp.MustCompile("(?ms)^```sh\n(for name in prod huawei; do\n.*?)^```$").FindStringSubmatch(section(t, "docs/deployment.md", "Kubernetes"))
	if script == nil {
		t.Fatal("the page has no check")
	}
	both := objects(t, read(t, alibabaExample))[0]
	merge(both, objects(t, read(t, huaweiExample))[0])
	repository, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"right": asYAML(t, both),
		"wrong": strings.Replace(asYAML(t, both), "id: cn-north-4", "id: cn_north_4", 1),
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			files(t, folder, map[string]string{"values.yaml": text})
			if err := os.Symlink(repository+"/deploy", folder+"/deploy"); err != nil {
				t.Fatal(err)
			}
			command := exec.CommandContext(t.Context(), "sh", "-e", "-c", script[1])
			command.Dir = folder
			command.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+":"+filepath.Dir(tool(t, "helm"))+":"+os.Getenv("PATH"))
			stdout, stderr, err := output(command)
			if (err == nil) != (name == "right") || name == "wrong" && !strings.Contains(stderr, "cn_north_4") {
				t.Errorf("error %v\n%s%s", err, stdout, stderr)
			}
			for name, id := range map[string]string{"prod": "cn-hangzhou", "huawei": "huawei-key"} {
				if text := read(t, folder+"/"+name+".yml"); !strings.Contains(text, id) || strings.Contains(text, "\n---") {
					t.Errorf("%s.yml:\n%s", name, text)
				}
			}
		})
	}
}

// TestSkippedTests checks that the flag which the page names leaves out the pods of helm test, and nothing else.
func TestSkippedTests(t *testing.T) {
	args := []string{"--values=" + values["both clouds"]}
	want := slices.DeleteFunc(rendered(t, chart, args...), func(o object) bool { return o["kind"] == "Pod" })
	if diff := cmp.Diff(want, rendered(t, chart, append(args, "--skip-tests")...)); diff != "" {
		t.Errorf("what is rendered (-all but pods +with --skip-tests):\n%s", diff)
	}
	for _, command := range commands(section(t, "docs/deployment.md", "Kubernetes")) {
		if strings.HasPrefix(command, "helm template ") && strings.HasSuffix(command, " --skip-tests") {
			return
		}
	}
	t.Error("the page does not name --skip-tests")
}

// TestFilesOfTheSecret checks that the page makes the files that it puts into a Secret, for their owner alone, and that the block ends
// where they are written: what is pasted after that would be typed into the editor.
func TestFilesOfTheSecret(t *testing.T) {
	text := section(t, "docs/deployment.md", "Kubernetes")
	files := regexp.MustCompile(`--from-file=(\w+) --from-file=(\w+)`).FindStringSubmatch(text)
	if files == nil {
		t.Fatal("the page puts no two files into a Secret")
	}
	want := ""
	for _, line := range []string{
		"```sh", "install -m 0600 /dev/null " + files[1], "install -m 0600 /dev/null " + files[2],
		"${EDITOR:-vi} " + files[1] + " " + files[2], "```",
	} {
		want += "   " + line + "\n"
	}
	if !strings.Contains(text, want) {
		t.Errorf("the page does not say\n%s", want)
	}
}
