package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What is no report of an exporter is no evidence, and no verdict.
func TestReportOfAnotherProgram(t *testing.T) {
	span := `"since":"%[1]s","until":"%[2]s"`
	for _, body := range []string{
		`{"result":"kept"}`, `{}`, `null`, `{"status":"success","data":{}}`,
		`{"at":"2026-11-22T12:00:00Z",` + span + `,"result":"kept","coverage":[],"targets":[]}`, // nothing shows that
		`{"at":"2026-11-22T12:00:00Z","since":"2020-01-01T00:00:00Z","until":"2020-02-01T00:00:00Z","result":"unknown","coverage":[],"targets":[]}`,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(body, "%[1]s") {
				fmt.Fprintf(w, body, r.FormValue("since"), r.FormValue("until"))
				return
			}
			fmt.Fprint(w, body)
		}))
		got := runCommand(t, "report", "--url="+server.URL)
		server.Close()
		if got.code != 3 || !strings.Contains(got.stderr, "is no answer of an exporter") || got.stdout != "" {
			t.Errorf("%s: exit code %d, %q\n%s", body, got.code, got.stderr, got.stdout)
		}
	}
}

// A device or a pipe is written to, and a file keeps its mode.
func TestReportOutput(t *testing.T) {
	dir := t.TempDir()
	write := func(path string) {
		t.Helper()
		out, err := create(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(out, "evidence"); err != nil {
			t.Fatal(err)
		}
		if err := out.commit(); err != nil {
			t.Fatal(err)
		}
	}
	secret, link := filepath.Join(dir, "secret"), filepath.Join(dir, "link")
	if err := os.WriteFile(secret, []byte("former"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, link); err != nil {
		t.Fatal(err)
	}
	write(link)
	text, err := os.ReadFile(secret)
	if info, e := os.Lstat(link); err != nil || string(text) != "evidence" || e != nil || info.Mode().Type() != os.ModeSymlink {
		t.Errorf("the file of a link has %q (%v, %v)", text, err, e)
	}
	if info, err := os.Stat(secret); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v (%v)", info.Mode(), err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		text, _ := os.ReadFile(pipe)
		read <- string(text)
	}()
	write(pipe)
	if got := <-read; got != "evidence" {
		t.Errorf("the pipe had %q", got)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode().Type() != os.ModeNamedPipe {
		t.Errorf("the pipe is %v now (%v)", info.Mode(), err)
	}
}

// A watch goes on through hiccups, and ends with the code of its last look.
func TestWatchGoesOn(t *testing.T) {
	answer := `{"at":"2026-11-22T12:00:00Z","targets":[{"instance_id":"dds-1","health":"ok","findings":[]}],"regions":[]}`
	for _, test := range []struct {
		last string
		code int
	}{{"503", 3}, {"200", 0}} {
		looks := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			looks++
			if looks == 2 || looks > 3 && test.last == "503" {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			fmt.Fprint(w, answer)
		}))
		var out, errs strings.Builder
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		code := Run(ctx, []string{"status", "--url=" + server.URL, "--watch", "--watch-interval=20ms"}, Environment{Stdout: &out, Stderr: &errs, Now: time.Now})
		cancel()
		server.Close()
		if code != test.code || looks < 4 {
			t.Errorf("exit code %d after %d looks, want %d: %s", code, looks, test.code, errs.String())
		}
	}
}
