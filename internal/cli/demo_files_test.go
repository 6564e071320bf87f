package cli

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// TestDemoConfigOfEachDemo checks that a demo takes the file of one that was killed, and neither that of one that runs nor one that
// is somebody's own.
func TestDemoConfigOfEachDemo(t *testing.T) {
	first, second := listening(t), listening(t)
	file := filepath.Join(t.TempDir(), "demo.yml")
	write := func(of net.Listener, want string) []byte {
		t.Helper()
		got, err := writeDemoConfig(t.Context(), file, demoConfig(fleet.Demo(time.Now()), "http://"+of.Addr().String(), config.Duration(time.Second)))
		if err != nil || filepath.Base(got) != want {
			t.Fatalf("%q, error %v, want %s", got, err, want)
		}
		text, err := os.ReadFile(got)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	before := write(first, "demo.yml")
	write(second, "demo-2.yml")
	write(second, "demo-3.yml")
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the file of the first demo was changed, error %v:\n%s", err, after)
	}
	first.Close()
	write(second, "demo.yml")

	if err := os.WriteFile(file, []byte("accounts: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := writeDemoConfig(t.Context(), file, &config.Config{}); err == nil {
		t.Errorf("somebody's own file was taken for that of a demo: %s", got)
	}
}

func listening(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}
