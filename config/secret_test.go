package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"mongodb_backup_exporter/internal/backup"
)

// withSecrets returns a configuration in which everything that must not show holds the word hunter.
func withSecrets() *Config {
	c := Default()
	c.Accounts = []Account{{
		Name: "prod", Cloud: backup.Alibaba,
		Credentials: Credentials{AccessKeyID: "hunter1", AccessKeySecret: "hunter2", SecurityToken: "hunter3"},
		Regions:     []Region{{ID: "cn-hangzhou", Discovery: Discovery{Enabled: true}}},
	}}
	return &c
}

func TestSecretsDoNotPrint(t *testing.T) {
	c := withSecrets()
	keys, err := c.Accounts[0].Credentials.Read()
	if err != nil {
		t.Fatal(err)
	}
	broken := withSecrets()
	broken.Accounts[0].Credentials.SecurityTokenFile = "t"
	broken.Accounts[0].Credentials.AccessKeySecret = "hunter 2"
	printed := map[string]string{
		"error": broken.Validate().Error(),
		"yaml":  encode(t, yaml.Marshal, c),
		"json":  encode(t, json.Marshal, c),
		"keys":  encode(t, json.Marshal, keys),
		"text":  encode(t, func(any) ([]byte, error) { return keys.AccessKeySecret.MarshalText() }, c),
		"mask":  encode(t, func(any) ([]byte, error) { return c.Masked() }, c),
		"slog":  slogged(keys.AccessKeySecret, keys, c.Accounts[0].Credentials),
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed["config "+verb] = fmt.Sprintf(verb, c.Accounts)
		printed["keys "+verb] = fmt.Sprintf(verb, keys)
		printed["secret "+verb] = fmt.Sprintf(verb, keys.AccessKeySecret)
		printed["pointer "+verb] = fmt.Sprintf(verb, &keys.AccessKeySecret)
	}
	for how, text := range printed {
		if text == "" {
			t.Errorf("%s: nothing printed", how)
		}
		if strings.Contains(text, "hunter") || strings.Contains(text, fmt.Sprintf("%x", "hunter")) {
			t.Errorf("%s shows a secret", how)
		}
	}
}

func encode(t *testing.T, marshal func(any) ([]byte, error), v any) string {
	t.Helper()
	out, err := marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func slogged(values ...any) string {
	var b strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("test", "values", values)
	}
	return b.String()
}

func TestSecretPrintsAsMask(t *testing.T) {
	s := Secret("hunter2")
	for _, got := range []string{s.String(), s.GoString(), fmt.Sprint(s), fmt.Sprintf("%#v", s), fmt.Sprintf("%x", s)} {
		if got != "<secret>" {
			t.Errorf("printed as %q", got)
		}
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal does not return the secret")
	}
}

// TestMaskedLoads states that what /-/config shows can be loaded where it holds no key.
func TestMaskedLoads(t *testing.T) {
	for _, file := range []string{"minimal.good.yml", "roles.good.yml", "merge_and_alias.good.yml"} {
		c := load(t, file)
		out, err := c.Masked()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "#") {
			t.Errorf("%s: a comment, and nothing is masked:\n%s", file, out)
		}
		again, err := Load(out, "")
		if err != nil {
			t.Errorf("%s: %v\n%s", file, err, out)
			continue
		}
		if diff := cmp.Diff(c.Accounts, again.Accounts); diff != "" {
			t.Errorf("%s: accounts (-before +after):\n%s", file, diff)
		}
	}
}

func TestMasked(t *testing.T) {
	out, err := withSecrets().Masked()
	if err != nil {
		t.Fatal(err)
	}
	want := `accounts:
    - name: prod
      cloud: alibaba
      credentials:
        access_key_id: <secret>
        access_key_secret: <secret>
        security_token: <secret>
      regions:
        - id: cn-hangzhou
          discovery:
            enabled: true
`
	if !strings.HasSuffix(string(out), want) {
		t.Errorf("got\n%s\nwant the end\n%s", out, want)
	}
	if !strings.HasPrefix(string(out), "# Keys are shown as <secret>. ") {
		t.Errorf("the mask is not explained:\n%s", out)
	}
	_, err = Load(out, "")
	const refused = "accounts[0].credentials.access_key_secret: is the mark that /-/config shows instead of a secret; "
	if err == nil || !strings.Contains(err.Error(), refused) {
		t.Errorf("the masked configuration as a file: %v, want %s", err, refused)
	}
	for _, line := range []string{"    backups_interval: 1m\n", "    rpo: policy\n", "    min_size_ratio: 0.5\n"} {
		if !strings.Contains(string(out), line) {
			t.Errorf("the default %q is not filled in:\n%s", line, out)
		}
	}
}
