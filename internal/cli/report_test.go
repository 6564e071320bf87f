package cli

import (
	"errors"
	"os/exec"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// code CODE ARG... runs the program, which must end with the exit code.
func code(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(program, args[1:]...)
	if end, ended := errors.AsType[*exec.ExitError](err); ended {
		got = end.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s %v ended with exit code %d, want %d", program, args[1:], got, want)
	}
}
