package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"mongodb_backup_exporter/config"
)

// demoHeader begins the file that a demo writes. A file that begins otherwise is somebody's own.
const demoHeader = "# Written by `" + program + " demo`, which removes it when it ends. Its keys open nothing but the simulated clouds.\n"

// writeDemoConfig writes a configuration with its keys, so that other commands can use the simulated clouds, and returns the file. It
// never overwrites a file that no demo has written, and leaves that of a demo that runs: then the file has a number.
func writeDemoConfig(ctx context.Context, file string, cfg *config.Config) (string, error) {
	name := file
	for n := 2; ; n++ {
		former, err := os.ReadFile(name)
		switch {
		case err == nil && !bytes.HasPrefix(former, []byte(demoHeader)):
			return "", fmt.Errorf("%s exists and is no file of a demo; name another with --demo.config-file", name)
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return "", notWritten(err)
		}
		if !demoRuns(ctx, former) {
			break
		}
		ending := filepath.Ext(file)
		name = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(file, ending), n, ending)
	}
	text, err := cfg.Revealed()
	if err != nil {
		return "", err
	}
	return name, notWritten(os.WriteFile(name, append([]byte(demoHeader), text...), 0o600))
}

// endpointOf finds the simulated clouds in the configuration of a demo.
var endpointOf = regexp.MustCompile(`(?m)^ +endpoint: http://(\S+)$`)

// demoRuns reports whether the simulated clouds of a demo's configuration answer: a demo that was killed has left its file.
func demoRuns(ctx context.Context, file []byte) bool {
	endpoint := endpointOf.FindSubmatch(file)
	if endpoint == nil {
		return false
	}
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", string(endpoint[1]))
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// notWritten says what to do about a file that cannot be written; nil for nil.
func notWritten(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w; name a file that can be written with --demo.config-file", err)
}

// removeDemoConfig removes the file, if it is still that of a demo.
func removeDemoConfig(file string) {
	if text, err := os.ReadFile(file); err == nil && bytes.HasPrefix(text, []byte(demoHeader)) {
		_ = os.Remove(file) // it is of no use, and does no harm
	}
}

// self returns how a user calls this program: as it was called, or through go run.
func self() string {
	path, err := os.Executable()
	switch {
	case err != nil:
		return program
	case strings.Contains(path, string(filepath.Separator)+"go-build"):
		return "go run ."
	case strings.Contains(os.Args[0], string(filepath.Separator)):
		return os.Args[0]
	}
	return program
}
