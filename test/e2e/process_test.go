package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// binaries are the programs under test, built once.
type binaries struct{ exporter, prometheus, alertmanager string }

// build finds the exporter that `make build` made, and builds Prometheus and Alertmanager from their modules unless an
// earlier run did.
func build(ctx context.Context) (binaries, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return binaries{}, err
	}
	cache := os.Getenv("TOOLS")
	if cache == "" {
		home, err := os.UserCacheDir()
		if err != nil {
			return binaries{}, err
		}
		cache = filepath.Join(home, "mongodb_backup_exporter", "tools")
	}
	b := binaries{
		exporter:     filepath.Join(root, "mongodb_backup_exporter"),
		prometheus:   filepath.Join(cache, "prometheus"),
		alertmanager: filepath.Join(cache, "alertmanager"),
	}
	if _, err := os.Stat(b.exporter); err != nil {
		return b, fmt.Errorf("run `make build` first: %w", err)
	}
	for file, from := range map[string]string{
		b.prometheus:   "github.com/prometheus/prometheus/cmd/prometheus",
		b.alertmanager: "github.com/prometheus/alertmanager/cmd/alertmanager",
	} {
		if _, err := os.Stat(file); err == nil {
			continue
		}
		cmd := exec.CommandContext(ctx, "go", "build", "-o", file, from)
		cmd.Dir = filepath.Join(root, "tools", filepath.Base(file))
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return b, fmt.Errorf("build %s: %w\n%s", from, err, out)
		}
	}
	return b, nil
}

// run starts a program and ends it with the test. Its output is shown when the test fails.
func run(t *testing.T, name, program string, args ...string) *os.Process {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("stop %s: %v", name, err)
		}
		select {
		case <-exited:
		case <-time.After(20 * time.Second):
			t.Errorf("%s did not end on SIGTERM", name)
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
		if t.Failed() {
			show(t, log.Name())
		}
		log.Close()
	})
	return cmd.Process
}

// show prints the end of a log.
func show(t *testing.T, file string) {
	t.Helper()
	const most = 8 << 10
	out, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
		return
	}
	t.Logf("%s:\n%s", filepath.Base(file), out[max(0, len(out)-most):])
}

// address returns a free address on loopback.
func address(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// wait waits until a condition holds. condition returns "" when it does, and else what is missing.
func wait(t *testing.T, most time.Duration, condition func() string) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(most)
	for {
		missing := condition()
		if missing == "" {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("after %v: %s", most, missing)
		}
	}
}
