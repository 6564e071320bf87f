package cli

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// commanding is a text that clears a terminal, rings, names its window, begins a line of its own and turns the direction of
// writing, in as many ways as there are.
const commanding = "\x1b[2J\x07\x1b]0;mine\x07\u009b31m\r\nok\x7f\u202e\u2066搜索"

// hostile returns clouds in which every text that a customer or a cloud chooses commands a terminal.
func hostile(now time.Time) fleet.Fleet {
	f := fleet.Demo(now)
	for i := range f.Accounts {
		for j := range f.Accounts[i].Instances {
			in := &f.Accounts[i].Instances[j]
			in.Name = commanding + in.Name
			in.Version = "4.2" + commanding
			in.Tags = map[string]string{"team": commanding, "env" + commanding: commanding}
			for k := range in.Backups {
				b := &in.Backups[k]
				b.Reason, b.Name = commanding, commanding
				b.Override = map[string]any{"BackupMethod": commanding, "backup_method": commanding, "description": commanding}
				if b.Status == fleet.StatusFailed && k%2 == 0 {
					b.Status = commanding
				}
			}
			for k := range in.Jobs {
				in.Jobs[k].Reason = commanding
			}
		}
	}
	return f
}

// hostileConfig watches all of the demo's regions in a file with a name that commands a terminal too.
func hostileConfig(t *testing.T, f fleet.Fleet) string {
	t.Helper()
	clouds := httptest.NewServer(cloudsim.New(cloudsim.Options{Fleet: f, Now: time.Now, BackupLength: 100 * time.Millisecond}))
	t.Cleanup(clouds.Close)
	cfg := demoConfig(f, clouds.URL, 0)
	text, err := cfg.Revealed()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "\x1b[2J\u202e.yml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// commandsIn returns the first character of a text that commands a terminal; "": it has none.
func commandsIn(text string) string {
	for i, c := range text {
		if c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c)) {
			return fmt.Sprintf("%q in %q", c, text[max(0, i-60):min(len(text), i+60)])
		}
	}
	return ""
}

// No name, reason, status or file name commands a terminal, whatever command prints it, and in whatever form.
func TestNoTextCommandsATerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	t.Parallel()
	now := time.Now()
	f := hostile(now)
	config := "--config.file=" + hostileConfig(t, f)
	huawei := huaweiInstance(f)
	tests := [][]string{
		{"status", config},
		{"status", config, "--output=json"},
		{"status", config, "--output=csv"},
		{"status", config, "--only=bad"},
		{"status", config, "--instance=" + commanding},
		{"status", config, "--url=http://" + commanding},
		{"status", "--config.file=" + commanding},
		{"status", config, "--storage.path=" + commanding},
		{"status", config, "--" + commanding},
		{commanding},
		{"check-config", config},
		{"check-config", config, "--live"},
		{"report", config, "--since=2d"},
		{"report", config, "--since=2d", "--output=html"},
		{"report", config, "--since=2d", "--output=json"},
		{"report", config, "--since=2d", "--output=csv"},
		{"report", config, "--since=2d", "--instance=" + commanding},
		{"report", config, "--since=" + commanding},
		{"report", config, "--out=/nowhere/" + commanding},
		{"backup", "list", config, "--instance=dds-bp1usersprod"},
		{"backup", "list", config, "--instance=dds-bp1usersprod", "--output=json"},
		{"backup", "list", config, "--instance=dds-bp1usersprod", "--output=csv"},
		{"backup", "list", config, "--instance=dds-bp1eventsprod"},
		{"backup", "list", config, "--instance=" + huawei},
		{"backup", "list", config, "--instance=" + commanding},
		{"backup", "follow", config, "--instance=dds-bp1searchprod", "--timeout=10ms"},
		{"backup", "follow", config, "--instance=dds-bp1usersprod"},
		{"backup", "follow", config, "--instance=dds-bp1usersprod", "--job=" + commanding},
		{"backup", "create", config, "--all-late", "--dry-run"},
		{"backup", "create", config, "--all-late", "--dry-run", "--output=json"},
		{"backup", "create", config, "--instance=" + huawei, "--name=" + commanding},
		{"backup", "create", config, "--instance=dds-bp1eventsprod", "--wait", "--interval=20ms"},
		{"backup", "create", config, "--instance=dds-bp1ordersprod", "--output=json"},
		{"health", "--url=http://" + commanding},
		{"rules", "--label=" + commanding + "=" + commanding, "--format=prometheusrule"},
		{"rules", "--exporter-url=" + commanding},
	}
	for _, args := range tests {
		got := runCommand(t, args...)
		if text := commandsIn(got.stdout); text != "" {
			t.Errorf("%q prints %s", args, text)
		}
		if text := commandsIn(got.stderr); text != "" {
			t.Errorf("%q says %s", args, text)
		}
		if got.stdout+got.stderr == "" {
			t.Errorf("%q says nothing", args)
		}
	}
	if got := runCommand(t, "status", config); !strings.Contains(got.stdout, "搜索orders-prod") {
		t.Errorf("the clouds of this test choose no names:\n%s", got.stdout)
	}
}
