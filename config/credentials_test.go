package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestCredentialsRead(t *testing.T) {
	dir := t.TempDir()
	id := write(t, dir, "id", "LTAI\n")
	secret := write(t, dir, "secret", "  s3cr3t\r\n\n")
	token := write(t, dir, "token", strings.Repeat("x", maxKeyFile))
	for name, c := range map[string]struct {
		in   Credentials
		want Keys
	}{
		"nothing":     {},
		"values":      {Credentials{AccessKeyID: "a", AccessKeySecret: "b", SecurityToken: "c"}, Keys{AccessKeyID: "a", AccessKeySecret: "b", SecurityToken: "c"}},
		"files":       {Credentials{AccessKeyIDFile: id, AccessKeySecretFile: secret, SecurityTokenFile: id}, Keys{AccessKeyID: "LTAI", AccessKeySecret: "s3cr3t", SecurityToken: "LTAI"}},
		"value, file": {Credentials{AccessKeyID: "a", AccessKeySecretFile: secret}, Keys{AccessKeyID: "a", AccessKeySecret: "s3cr3t"}},
		"token":       {Credentials{TokenFile: token}, Keys{AuthToken: Secret(strings.Repeat("x", maxKeyFile))}},
	} {
		got, err := c.in.Read()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got != c.want { // not printed: keys print as <secret>, so that a diff would say nothing
			t.Errorf("%s: the keys differ", name)
		}
	}
}

func TestCredentialsReadSeesRotation(t *testing.T) {
	dir := t.TempDir()
	c := Credentials{TokenFile: write(t, dir, "token", "old")}
	for _, want := range []Secret{"old", "new"} {
		write(t, dir, "token", want.Reveal())
		if got, err := c.Read(); err != nil || got.AuthToken != want {
			t.Errorf("the token is not the %s one: %v", want.Reveal(), err)
		}
	}
}

func TestCredentialsReadFails(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ file, want string }{
		"absent":     {filepath.Join(dir, "absent"), "no such file or directory; make it, or correct the path"},
		"directory":  {dir, "a directory, not a regular file; it must hold one key and nothing else"},
		"pipe":       {pipe(t), "a named pipe, not a regular file; it must hold one key and nothing else"},
		"device":     {os.DevNull, "a device, not a regular file; it must hold one key and nothing else"},
		"empty":      {write(t, dir, "empty", " \n"), "the file is empty; write the key into it"},
		"two values": {write(t, dir, "two", "hunter1\nhunter2"), "it must hold one key and nothing else, in printable ASCII without spaces"},
		"not ASCII":  {write(t, dir, "bom", "\ufeffhunter2"), "it must hold one key and nothing else, in printable ASCII without spaces"},
		"variable":   {write(t, dir, "variable", "${HUNTER}\n"), "its content is a reference to a variable, and variables are not expanded here; write the key itself into it"},
		"template":   {write(t, dir, "template", "{{ .hunter }}"), "its content is part of a template that was not filled in; write the key itself into it"},
		"mask":       {write(t, dir, "mask", "<secret>"), "its content is the mark that /-/config shows instead of a secret; write the key itself into it"},
		"large":      {write(t, dir, "large", strings.Repeat("x", maxKeyFile+1)), "larger than 65536 bytes; it must hold one key and nothing else"},
	} {
		keys, err := Credentials{AccessKeyID: "hunter3", AccessKeySecretFile: c.file}.Read()
		want := "credentials.access_key_secret_file: " + c.file + ": " + c.want
		if err == nil || err.Error() != want {
			t.Errorf("%s: error %v, want %q", name, err, want)
		}
		if keys != (Keys{}) {
			t.Errorf("%s: the error came with keys", name)
		}
	}
}

func TestCredentialsReadNamesEveryKey(t *testing.T) {
	_, err := Credentials{
		AccessKeyIDFile: "testdata/absent", AccessKeySecretFile: "testdata/absent",
		SecurityTokenFile: "testdata/absent", TokenFile: "testdata/absent",
	}.Read()
	var want []string
	for _, key := range []string{"access_key_id_file", "access_key_secret_file", "security_token_file", "token_file"} {
		want = append(want, "credentials."+key+": testdata/absent: no such file or directory; make it, or correct the path")
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), fmt.Sprint(err)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

// A file may exist and still not be readable.
func TestCredentialsReadPassesOnErrorsOfReading(t *testing.T) {
	const file = "/proc/self/mem" // a regular file, and reading its first byte fails
	if _, err := os.Stat(file); err != nil {
		t.Skip(err)
	}
	_, err := Credentials{TokenFile: file}.Read()
	if want := "credentials.token_file: " + file + ": input/output error; find out whether this machine can read the file at all"; fmt.Sprint(err) != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestIsKey(t *testing.T) {
	for s, want := range map[string]bool{
		"": true, "!": true, "~": true, "LTAI5t/+=": true,
		" ": false, "a b": false, "a\n": false, "\x7f": false, "ü": false, "\x00": false,
	} {
		if got := isKey(s); got != want {
			t.Errorf("isKey(%q) = %t", s, got)
		}
	}
}

func TestLoadResolvesFilesAgainstItsDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "secrets/id", "LTAI")
	absolute := write(t, t.TempDir(), "secret", "s3cr3t")
	file := write(t, dir, "config.yml", `accounts:
  - name: prod
    cloud: alibaba
    credentials: {access_key_id_file: secrets/id, access_key_secret_file: `+absolute+`}
    regions: [{id: cn-hangzhou, discovery: {enabled: true}}]
`)
	c, err := LoadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := c.Accounts[0].Credentials.Read()
	if err != nil || keys != (Keys{AccessKeyID: "LTAI", AccessKeySecret: "s3cr3t"}) {
		t.Errorf("the keys are not those of the files: %v", err)
	}
	if err := c.CheckCredentials(); err != nil {
		t.Errorf("CheckCredentials: %v", err)
	}
}

func TestCheckCredentials(t *testing.T) {
	c := Config{Accounts: []Account{
		{Name: "default chain"},
		{Name: "broken", Credentials: Credentials{AccessKeyIDFile: "testdata/absent-id", AccessKeySecretFile: "testdata/absent-secret"}},
	}}
	err := c.CheckCredentials()
	want := "accounts[1].credentials.access_key_id_file: testdata/absent-id: no such file or directory; make it, or correct the path\n" +
		"accounts[1].credentials.access_key_secret_file: testdata/absent-secret: no such file or directory; make it, or correct the path"
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v\nwant\n%s", err, want)
	}
	if _, ok := errors.AsType[Errors](err); !ok {
		t.Errorf("the error is %T, not Errors", err)
	}
}

func TestCredentialsHasKeys(t *testing.T) {
	for name, c := range map[string]struct {
		in   Credentials
		want bool
	}{
		"nothing":            {Credentials{}, false},
		"access key":         {Credentials{AccessKeyID: "i", AccessKeySecret: "s"}, true},
		"files":              {Credentials{AccessKeyIDFile: "i", AccessKeySecretFile: "s"}, true},
		"token":              {Credentials{TokenFile: "t"}, true},
		"role":               {Credentials{RoleARN: "r", ExternalID: "e", STSEndpoint: "h"}, false},
		"agency":             {Credentials{AgencyName: "a", AgencyDomain: "d"}, false},
		"profile":            {Credentials{Profile: "p"}, false},
		"agency and a token": {Credentials{AgencyName: "a", AgencyDomain: "d", TokenFile: "t"}, true},
	} {
		if got := c.in.HasKeys(); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestCredentialsIsZero(t *testing.T) {
	if !(Credentials{}).IsZero() {
		t.Error("no credentials are not zero")
	}
	if (Credentials{TokenFile: "t"}).IsZero() {
		t.Error("a token file is zero")
	}
}
