package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// binaries are the programs under test.
type binaries struct{ exporter, prometheus, promtool, alertmanager string }

// findBinaries finds the exporter that `make build` made, and Prometheus, promtool and Alertmanager, which `make e2e` builds.
func findBinaries() (binaries, error) {
	root, err := filepath.Abs(repository)
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
		promtool:     filepath.Join(cache, "promtool"),
		alertmanager: filepath.Join(cache, "alertmanager"),
	}
	if _, err := os.Stat(b.exporter); err != nil {
		return b, fmt.Errorf("run `make build` first: %w", err)
	}
	for _, file := range []string{b.prometheus, b.promtool, b.alertmanager} {
		if _, err := os.Stat(file); err != nil {
			return b, fmt.Errorf("run `make e2e`, which builds it: %w", err)
		}
	}
	return b, nil
}

// process is a program that a test started.
type process struct {
	name   string
	cmd    *exec.Cmd
	exited chan struct{} // closed when the program has ended
}

// run starts a program, which ends with the test. When the test fails, the end of its output is logged.
func run(t *testing.T, name, program string, args ...string) *process {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	p := &process{
		name: name, exited: make(chan struct{}),
		cmd: exec.CommandContext(context.WithoutCancel(t.Context()), program, args...),
	}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ended error
	go func() {
		ended = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.end(t, syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%s ended: %v", name, ended)
			show(t, log.Name())
		}
		log.Close()
	})
	return p
}

// end sends a signal to a process and waits until it has ended. It may have ended already.
func (p *process) end(t *testing.T, signal os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("stop %s: %v", p.name, err)
	}
	select {
	case <-p.exited:
	case <-time.After(20 * time.Second):
		t.Errorf("%s did not end on %v", p.name, signal)
		if err := p.cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		<-p.exited
	}
}

// kill ends a process as a crash would.
func (p *process) kill(t *testing.T) {
	t.Helper()
	p.end(t, syscall.SIGKILL)
}

// show logs the end of a file.
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

// usedAddresses holds the addresses that tests have got: tests that run at the same time must not share one.
var usedAddresses sync.Map

// address returns a free address on loopback that no other test has. Its port is not one that outgoing connections use.
func address(t *testing.T) string {
	t.Helper()
	// Without the lock, a program that another test starts now would hold a copy of the socket for a moment.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	for range 100 {
		candidate := fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(20000))
		if _, used := usedAddresses.LoadOrStore(candidate, nil); used {
			continue
		}
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", candidate)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return candidate
	}
	t.Fatal("no free port")
	return ""
}

// wait waits until a condition holds. condition returns "" when it holds, and what is missing otherwise.
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
