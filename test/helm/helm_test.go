package helm

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const (
	root    = "../../"
	chart   = root + "deploy/helm"
	release = "backup"
	// withOperator tells Helm, which asks no server here, of the operator's kinds.
	withOperator = "--api-versions=monitoring.coreos.com/v1/ServiceMonitor,monitoring.coreos.com/v1/PrometheusRule"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	alibabaExample = chart + "/examples/alibaba.yaml"
	huaweiExample  = chart + "/examples/huawei.yaml"
)

// values are the files that the chart is tried with, as the flag --values takes them: later ones win.
var values = map[string]string{
	"five lines":      "testdata/five_lines.values.yaml",
	"both clouds":     alibabaExample + "," + huaweiExample + ",testdata/both_clouds.values.yaml",
	"everything":      "testdata/everything.values.yaml",
	"alibaba example": alibabaExample,
	"huawei example":  huaweiExample,
}

// tool returns the path of a program that make helm-check builds.
func tool(t *testing.T, name string) string {
	t.Helper()
	folder := os.Getenv("TOOLS")
	if folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		folder = filepath.Join(cache, "mongodb_backup_exporter", "tools")
	}
	path := filepath.Join(folder, name)
	if _, err := os.Stat(path); err != nil {
		notChecked(t, "there is no "+path+": make helm-check builds it")
	}
	return path
}

// notChecked ends a test that this machine cannot do: with DEPLOY=required as a failure, so that nobody takes it for done.
func notChecked(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("DEPLOY") == "required" {
		t.Fatal("NOT CHECKED, and DEPLOY=required: " + why)
	}
	t.Skip("not checked: " + why)
}

// helm runs Helm, with nothing of the user's. It returns what it prints and what it says beside that.
func helm(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	home := t.TempDir()
	command := exec.CommandContext(t.Context(), tool(t, "helm"), args...)
	command.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home, "KUBECACHEDIR="+home)
	return output(command)
}

func output(command *exec.Cmd) (stdout, stderr string, err error) {
	var out, messages bytes.Buffer
	command.Stdout, command.Stderr = &out, &messages
	err = command.Run()
	return out.String(), messages.String(), err
}

// mustHelm is helm where an error ends the test.
func mustHelm(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	stdout, stderr, err := helm(t, args...)
	if err != nil {
		t.Fatalf("helm %s: %v\n%s%s", strings.Join(args, " "), err, stdout, stderr)
	}
	return stdout, stderr
}

// object is an object of Kubernetes.
type object map[string]any

// at returns what is at a path, such as "spec.template"; nil where there is nothing.
func (o object) at(path string) any {
	var value any = map[string]any(o)
	for key := range strings.SplitSeq(path, ".") {
		fields, _ := value.(map[string]any)
		value = fields[key]
	}
	return value
}

func (o object) text(path string) string {
	text, _ := o.at(path).(string)
	return text
}

// rendered returns what Helm makes of a chart.
func rendered(t *testing.T, chart string, args ...string) []object {
	t.Helper()
	text, _ := mustHelm(t, append([]string{"template", release, chart, "--namespace=monitoring", withOperator}, args...)...)
	return objects(t, text)
}

func objects(t *testing.T, text string) []object {
	t.Helper()
	var found []object
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var o map[string]any
		err := decoder.Decode(&o)
		switch {
		case errors.Is(err, io.EOF):
			return found
		case err != nil:
			t.Fatal(err)
		case len(o) > 0:
			found = append(found, o)
		}
	}
}

// of returns the objects of a kind, of which there must be some.
func of(t *testing.T, all []object, kind string) []object {
	t.Helper()
	var found []object
	for _, o := range all {
		if o["kind"] == kind {
			found = append(found, o)
		}
	}
	if len(found) == 0 {
		t.Fatalf("there is no %s", kind)
	}
	return found
}

// shippedRules returns the spec of the PrometheusRule that has the rules of the repository.
func shippedRules(t *testing.T, all []object) any {
	t.Helper()
	return named(t, all, "PrometheusRule", release)["spec"]
}

// named returns the object of a kind that has a name.
func named(t *testing.T, all []object, kind, name string) object {
	t.Helper()
	for _, o := range of(t, all, kind) {
		if o.text("metadata.name") == name {
			return o
		}
	}
	t.Fatalf("there is no %s %s", kind, name)
	return nil
}

// container returns the only container of a pod's spec.
func container(t *testing.T, spec any) object {
	t.Helper()
	fields, _ := spec.(map[string]any)
	containers, _ := fields["containers"].([]any)
	if len(containers) != 1 {
		t.Fatalf("%d containers, want 1", len(containers))
	}
	return containers[0].(map[string]any)
}

// arguments returns the arguments of a container.
func arguments(container object) []string {
	var args []string
	list, _ := container["args"].([]any)
	for _, arg := range list {
		args = append(args, arg.(string))
	}
	return args
}

// program is the exporter, once it is built.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := withProgram(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withProgram builds the exporter for as long as run takes.
func withProgram(run func() int) (int, error) {
	folder, err := os.MkdirTemp("", "helm-test-*")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	program = filepath.Join(folder, "mongodb_backup_exporter")
	build := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-o", program, ".")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, errors.Join(err, errors.New(string(out)))
	}
	return run(), nil
}

// exporter runs the exporter, which must end well.
func exporter(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, err := output(exec.CommandContext(t.Context(), program, args...))
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, stdout, stderr)
	}
	return stdout
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
