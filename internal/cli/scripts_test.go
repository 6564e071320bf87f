package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the program as its users do. Every script gets simulated clouds of its own: $CLOUD is their URL, and
// $ADDRESS and $HEALTH are free to listen on, $HUAWEI is the id of a healthy DDS instance, and $RULES the
// shipped file of rules.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Files: scripts(t),
		Setup: setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"get": get, "post": post, "fault": fault, "heal": heal, "calls": calls, "expand": expand, "send": send, "busy": busy, "reload": reloads,
			"step": step, "backed-up": backedUp, "unread": unread, "crowd": crowd,
			"off": off, "code": code, "scrape": scrape, "flushed": flushed, "unfailed": unfailed, "unvalued": unvalued,
		},
	})
}

// inBackground is a line of a script after which its program runs beside what the script does.
var inBackground = regexp.MustCompile(`(?m)^exec .*&$`)

// scripts returns the scripts to run: all, or with the race detector those whose program answers while it runs. What the others
// run reads a cloud as the tests of internal/poll do, in a process that starts slowly.
func scripts(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(all) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	if !testing.Short() { // as the race detector runs
		return all
	}
	all = slices.DeleteFunc(all, func(file string) bool {
		script, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return !inBackground.Match(script)
	})
	if len(all) == 0 {
		t.Fatal("no script has a program in the background")
	}
	return all
}
