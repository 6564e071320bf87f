package helm

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestRequired has a test run where there is no etcd: it is skipped, and with DEPLOY=required it fails.
func TestRequired(t *testing.T) {
	goes, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	tool(t, "kube-apiserver")
	// Only the compiler is on the path.
	path := t.TempDir()
	if err := os.Symlink(goes, filepath.Join(path, "go")); err != nil {
		t.Fatal(err)
	}
	for deploy, fails := range map[string]bool{"": false, "required": true} {
		command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCluster$", "-test.v")
		command.Env = append(os.Environ(), "DEPLOY="+deploy, "PATH="+path)
		stdout, stderr, err := output(command)
		if (err != nil) != fails || !strings.Contains(stdout, "there is no etcd") {
			t.Errorf("DEPLOY=%s: error %v\n%s%s", deploy, err, stdout, stderr)
		}
	}
}
