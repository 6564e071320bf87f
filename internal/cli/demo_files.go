package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mongodb_backup_exporter/config"
)

// demoHeader begins the file that a demo writes. A file that begins otherwise is somebody's own.
const demoHeader = "# Written by `" + program + " demo`, which removes it when it ends. Its keys open nothing but the simulated clouds.\n"

// writeDemoConfig writes a configuration with its keys, so that other commands can use the simulated clouds. It never
// overwrites a file that no demo has written.
func writeDemoConfig(file string, cfg *config.Config) error {
	former, err := os.ReadFile(file)
	switch {
	case err == nil && !bytes.HasPrefix(former, []byte(demoHeader)):
		return fmt.Errorf("%s exists and is no file of a demo; name another with --demo.config-file", file)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return notWritten(err)
	}
	text, err := cfg.Revealed()
	if err != nil {
		return err
	}
	return notWritten(os.WriteFile(file, append([]byte(demoHeader), text...), 0o600))
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
