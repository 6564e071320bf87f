package helm

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// copyingPod returns the pod of docs/deployment.md that copies a catalog.
func copyingPod(t *testing.T) object {
	t.Helper()
	for _, block := range regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$").FindAllStringSubmatch(section(t, "docs/deployment.md", "Kubernetes"), -1) {
		if all := objects(t, block[1]); len(all) == 1 && all[0]["kind"] == "Pod" {
			return all[0]
		}
	}
	t.Fatal("the page shows no pod")
	return nil
}

// testCopyingPod checks that the restricted namespace of docs/deployment.md takes its pod.
func (s *server) testCopyingPod(t *testing.T) {
	s.namespace(t, "backup-monitoring")
	s.takesPod(t, "backup-monitoring", copyingPod(t))
}

// TestCopyingPodHasTheVolume compares the pod with the workload of the same page: whose volume, and whose files.
func TestCopyingPodHasTheVolume(t *testing.T) {
	pod := copyingPod(t)
	set := named(t, rendered(t, chart, "--values="+alibabaExample), "StatefulSet", "backup-prod")
	claim := object(set.at("spec.volumeClaimTemplates").([]any)[0].(map[string]any)).text("metadata.name")
	volume := object(pod.at("spec.volumes").([]any)[0].(map[string]any))
	if want := claim + "-backup-prod-0"; volume.text("persistentVolumeClaim.claimName") != want {
		t.Errorf("the volume is %v, want %s", volume.at("persistentVolumeClaim.claimName"), want)
	}
	for _, key := range []string{"runAsUser", "runAsGroup", "fsGroup"} {
		if got, want := pod.at("spec.securityContext."+key), set.at("spec.template.spec.securityContext."+key); got != want {
			t.Errorf("%s is %v, and %v of the exporter", key, got, want)
		}
	}
}

// TestCopyOfACatalog runs the commands that the page gives to the pod on directories of this machine.
func TestCopyOfACatalog(t *testing.T) {
	scripts := regexp.MustCompile(`sh -c '([^']+)'`).FindAllStringSubmatch(section(t, "docs/deployment.md", "Kubernetes"), -1)
	if len(scripts) != 2 {
		t.Fatalf("%d scripts, want one out and one in", len(scripts))
	}
	run := func(script, folder string, input []byte) ([]byte, error) {
		command := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(script, "/catalog", folder))
		command.Stdin = bytes.NewReader(input)
		return command.Output()
	}
	from, to := t.TempDir(), t.TempDir()
	// A disk of its own has lost+found, of root alone.
	if err := os.Mkdir(filepath.Join(from, "lost+found"), 0o000); err != nil {
		t.Fatal(err)
	}
	files(t, from, map[string]string{"catalog.db": "old", "catalog.db-wal": "old", "writer.lock": ""})
	files(t, to, map[string]string{"catalog.db": "new", "catalog.db-wal": "new", "catalog.db-shm": "new", "writer.lock": ""})
	archive, err := run(scripts[0][1], from, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run(scripts[1][1], to, archive); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	entries, err := os.ReadDir(to)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		got[entry.Name()] = read(t, filepath.Join(to, entry.Name()))
	}
	want := map[string]string{"catalog.db": "old", "catalog.db-wal": "old", "writer.lock": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if archive, err := run(scripts[0][1], t.TempDir(), nil); err == nil {
		t.Errorf("an empty directory makes an archive of %d bytes", len(archive))
	}
}

// files writes files into a directory.
func files(t *testing.T, folder string, texts map[string]string) {
	t.Helper()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
