package cli

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mongodb_backup_exporter/internal/clocktest"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// clockFile is the variable with the name of the file that steps the program's clock.
const clockFile = "CLOCK_FILE"

// steppedNow is time.Now with a wall clock that is off by what clockFile says. The monotonic clock is the machine's own,
// as in a process whose machine steps its clock.
func steppedNow() time.Time {
	now := time.Now()
	text, err := os.ReadFile(os.Getenv(clockFile))
	if err != nil {
		return now
	}
	by, err := time.ParseDuration(string(text))
	if err != nil {
		panic(err)
	}
	return clocktest.Shift(now, by)
}

// step DURATION sets the wall clock of the program off by the duration, from that of the clouds. The file appears as a whole.
func step(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.Getenv(clockFile)
	by, err := time.ParseDuration(args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(file+".new", []byte((cloudsOf(ts).ahead + by).String()), 0o600))
	ts.Check(os.Rename(file+".new", file))
}

// backedUp INSTANCE AGO leaves the instance with one full backup, which ended that long ago, and makes no more.
func backedUp(ts *testscript.TestScript, _ bool, args []string) {
	ago, err := time.ParseDuration(args[1])
	ts.Check(err)
	cloudsOf(ts).Update(func(f *fleet.Fleet) {
		in, end := f.Instance(args[0]), cloudsOf(ts).now().Add(-ago)
		in.Live = nil
		in.Backups = []fleet.Backup{{
			ID: "4713", Status: fleet.StatusSuccess, Start: end.Add(-time.Minute), End: end, SizeBytes: 1 << 30,
		}}
	})
}

func clockFileIn(dir string) string { return filepath.Join(dir, strings.ToLower(clockFile)) }
