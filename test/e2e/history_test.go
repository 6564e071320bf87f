package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestHistory: promtool makes blocks of what `report --output=openmetrics` writes, and they have the verdicts of the past.
func TestHistory(t *testing.T) {
	t.Parallel()
	w, late := lateWorld(t)
	config := write(t, "mongodb_backup_exporter.yml", configuration(watched{account: "main", world: w}))
	file, blocks := filepath.Join(t.TempDir(), "history.om"), t.TempDir()
	out, err := exec.CommandContext(t.Context(), programs.exporter, "report", "--config.file="+config,
		"--since=3d", "--output=openmetrics", "--openmetrics.step=1h", "--out="+file).CombinedOutput()
	if end, ended := errors.AsType[*exec.ExitError](err); !ended || end.ExitCode() != 1 {
		t.Fatalf("report of something late: %v, want exit code 1\n%s", err, out)
	}
	promtool(t, "tsdb", "create-blocks-from", "openmetrics", file, blocks)
	if err := os.Mkdir(filepath.Join(blocks, "wal"), 0o700); err != nil { // which dump looks for
		t.Fatal(err)
	}
	dumped := promtool(t, "tsdb", "dump", `--match=mongodb_backup_health{state="late",instance_id="`+instanceID("orders")+`"}`, blocks)
	var before, after int
	for line := range strings.Lines(dumped) {
		fields := strings.Fields(line[strings.LastIndex(line, "}")+1:])
		if len(fields) != 2 {
			continue
		}
		at, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		// The newest backup of 48 hours ago or earlier is late after a day and some hours.
		switch age := time.Since(time.UnixMilli(at)); {
		case age < 12*time.Hour && fields[0] == "1":
			after++
		case age > 49*time.Hour && fields[0] == "0":
			before++
		}
	}
	if before < 15 || after < 11 {
		t.Errorf("%s: %d hours of the past are not late, and %d of the present are\n%s", late.Name, before, after, dumped)
	}
}

// promtool runs promtool and returns what it prints.
func promtool(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), programs.promtool, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("promtool %v: %v\n%s", args, err, out)
	}
	return string(out)
}
