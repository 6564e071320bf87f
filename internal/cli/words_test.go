package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alecthomas/kingpin/v2"
)

// Every command and flag explains itself: in sentences, and with a word for its value that says what it is.
func TestEveryFlagExplainsItself(t *testing.T) {
	app := kingpin.New(program, "")
	for _, add := range commands() {
		add(app)
	}
	var check func(name string, c *kingpin.CmdModel)
	flags := 0
	check = func(name string, c *kingpin.CmdModel) {
		if !strings.HasSuffix(c.Help, ".") {
			t.Errorf("%s: the help is no sentence: %q", name, c.Help)
		}
		for _, f := range c.Flags {
			flags++
			if f.Name != "web.config.file" && !strings.HasSuffix(f.Help, ".") { // which ends with an address
				t.Errorf("%s --%s: the help is no sentence: %q", name, f.Name, f.Help)
			}
			shown := f.FormatPlaceHolder()
			if !f.IsBoolFlag() && shown == strings.ToUpper(f.Name) && strings.ContainsAny(shown, ".-") {
				t.Errorf("%s --%s=%s does not say what its value is", name, f.Name, shown)
			}
		}
		for _, below := range c.Commands {
			check(name+" "+below.Name, below)
		}
	}
	for _, c := range app.Model().Commands {
		check(c.Name, c)
	}
	if flags < 40 {
		t.Errorf("only %d flags were looked at", flags)
	}
}

// What others can read is a warning, which --strict makes fail.
func TestCheckConfigWarnsOfOpenSecrets(t *testing.T) {
	dir := t.TempDir()
	for _, above := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(above, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("id", "AK", 0o644)
	secret := write("secret", "s3cret", 0o644)
	file := write("exporter.yml", `
accounts:
  - name: prod
    cloud: alibaba
    credentials: {access_key_id_file: id, access_key_secret_file: secret}
    regions: [{id: cn-hangzhou, endpoint: "http://mongodb.example.com", instances: [{id: dds-1}]}]
`, 0o644)
	want := "warning: accounts[0].credentials.access_key_secret_file: every user of this machine can read " + secret
	encrypted := "warning: accounts[0].regions[0].endpoint: http:// to mongodb.example.com is not encrypted"
	got := runCommand(t, "check-config", "--config.file="+file)
	if got.code != 0 || !strings.Contains(got.stdout, want) || !strings.Contains(got.stdout, encrypted) || !strings.Contains(got.stdout, "Calls a minute") {
		t.Errorf("exit code %d, want 0 and %q:\n%s%s", got.code, want, got.stdout, got.stderr)
	}
	if got := runCommand(t, "check-config", "--strict", "--config.file="+file); got.code != 1 || !strings.Contains(got.stdout, want) {
		t.Errorf("--strict: exit code %d, want 1:\n%s%s", got.code, got.stdout, got.stderr)
	}
	got = runCommand(t, "check-config", "--syntax-only", "--config.file="+file) // looks at no secret
	if got.code != 0 || strings.Contains(got.stdout, want) || !strings.Contains(got.stdout, encrypted) {
		t.Errorf("--syntax-only: exit code %d:\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// Whoever waits is told what for, and for how long.
func TestStagesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		s := &session{now: time.Now, stdout: io.Discard, stderr: &said}
		var g stage
		g.is("where %s is", "orders\x1b[2J")
		stop := s.tellStage(context.Background(), &g)
		time.Sleep(11 * time.Second)
		g.is("2 of 3")
		time.Sleep(10 * time.Second)
		stop()
		want := "asking the clouds: where orders\ufffd[2J is, 10s\nasking the clouds: 2 of 3, 20s\n"
		if said.String() != want {
			t.Errorf("said %q, want %q", said.String(), want)
		}
		said.Reset()
		s.tellStage(context.Background(), &g)() // what ends at once
		if said.String() != "" {
			t.Errorf("said %q of what ended at once", said.String())
		}
	})
}
