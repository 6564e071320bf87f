package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pipe returns the path of a named pipe that nobody writes to.
func pipe(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Skip(err)
	}
	return name
}

// socket returns the path of a socket.
func socket(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "s")
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", name)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return name
}

// None of these may be waited for.
func TestLoadFileOfAnotherKind(t *testing.T) {
	const do = "; write the configuration to a file of its own"
	large := write(t, t.TempDir(), "large", "#"+strings.Repeat("x", maxFile))
	for name, c := range map[string]struct{ file, want string }{
		"directory":      {t.TempDir(), "a directory, not a regular file" + do},
		"pipe":           {pipe(t), "a named pipe, not a regular file" + do},
		"socket":         {socket(t), "a socket, not a regular file" + do},
		"device":         {"/dev/zero", "a device, not a regular file" + do},
		"large":          {large, "larger than 8388608 bytes" + do},
		"without a size": {"/proc/self/maps", ""}, // a regular file of 0 bytes that has content
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := os.Stat(c.file); err != nil {
				t.Skip(err)
			}
			_, err := LoadFile(c.file)
			if c.want == "" {
				if err == nil || strings.Contains(err.Error(), "the file is empty") {
					t.Errorf("error %v, want one about the content", err)
				}
				return
			}
			if want := "read the configuration: " + c.want; err == nil || err.Error() != want {
				t.Errorf("error %v, want %s", err, want)
			}
		})
	}
}

func TestLargestFile(t *testing.T) {
	text := "accounts: [{name: a, cloud: alibaba, regions: [{id: r-1, discovery: {enabled: true}}]}]\n#"
	file := write(t, t.TempDir(), "config.yml", text+strings.Repeat("x", maxFile-len(text)))
	if _, err := LoadFile(file); err != nil {
		t.Error(err)
	}
}

// tenThousand returns a configuration of 10,000 instances with four nodes each.
func tenThousand() string {
	var text strings.Builder
	text.WriteString("accounts:\n  - name: prod\n    cloud: alibaba\n    regions:\n      - id: cn-hangzhou\n        instances:\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "          - id: dds-bp1%08d\n            objectives: {rpo: 26h, rpo_default: 26h, rpo_grace: 1h, min_retention: 7d, max_duration: 2h, min_size_ratio: 0.5}\n            nodes:\n", i)
		for j := range 4 {
			fmt.Fprintf(&text, "              - d-bp1%08d%d\n", i, j)
		}
	}
	return text.String()
}

// TestTenThousandInstances states what a very large configuration costs: half a second of a processor, and less than 256
// MiB of memory, garbage included.
func TestTenThousandInstances(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	text := tenThousand()
	file := write(t, t.TempDir(), "config.yml", text)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	c, err := LoadFile(file)
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Accounts[0].Regions[0].Instances); n != 10_000 {
		t.Errorf("%d instances, want 10000", n)
	}
	allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
	t.Logf("%d bytes took %v and %d MiB", len(text), took, allocated)
	if allocated > 256 {
		t.Errorf("%d MiB were allocated, want 256 at most", allocated)
	}
}

func TestLongNames(t *testing.T) {
	of := func(n int) string { return strings.Repeat("a", n) }
	text := func(n int) string {
		return fmt.Sprintf("accounts: [{name: %s, cloud: alibaba, regions: [{id: %s, instances: [{id: %s, nodes: [%s]}]}]}]",
			strings.Repeat("é", n), of(n), of(n), of(n))
	}
	if _, err := Load([]byte(text(256)), ""); err != nil {
		t.Error(err)
	}
	const want = `accounts[0].name: must not be longer than 256 characters (line 1)
accounts[0].regions[0].id: must not be longer than 256 characters; write an id such as REGION (line 1)
accounts[0].regions[0].instances[0].id: must not be longer than 256 characters; write an id such as dds-bp1xxxxxxxx (line 1)
accounts[0].regions[0].instances[0].nodes[0]: must not be longer than 256 characters; write an id such as d-bp1xxxxxxxx (line 1)`
	_, err := Load([]byte(text(257)), "")
	if got := strings.Replace(fmt.Sprint(err), regionExamples(), "REGION", 1); got != want {
		t.Errorf("error %s", got)
	}
}

func TestEveryErrorOfReadingSaysWhatToDo(t *testing.T) {
	of := func(err error) error { return &fs.PathError{Op: "open", Path: "/etc/key", Err: err} }
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"absent":        {of(syscall.ENOENT), "no such file or directory; make it, or correct the path"},
		"below a file":  {of(syscall.ENOTDIR), "not a directory; make it, or correct the path"},
		"not permitted": {of(syscall.EACCES), "permission denied; let the user that runs this program read it, and enter its directory"},
		"another one":   {of(syscall.EIO), "input/output error; find out whether this machine can read the file at all"},
		"of our own":    {errors.New("a pipe"), "a pipe"},
	} {
		got := withNextStep(c.err)
		if got.Error() != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if cause := errors.Unwrap(c.err); cause != nil && !errors.Is(got, cause) {
			t.Errorf("%s: the cause is lost", name)
		}
	}
	if err := withNextStep(nil); err != nil {
		t.Errorf("no error became %v", err)
	}
}
