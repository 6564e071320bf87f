package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func texts(problems []Problem) []string {
	var all []string
	for _, p := range problems {
		all = append(all, p.String())
	}
	return all
}

func TestWarnings(t *testing.T) {
	account := func(cloud string, r Region) Account {
		return Account{Name: "a", Cloud: cloud, Regions: []Region{r}}
	}
	tests := []struct {
		name    string
		account Account
		want    string // the beginning of the only warning; "": none
	}{
		{"nothing", account("alibaba", Region{ID: "cn-hangzhou"}), ""},
		{"all regions", account("alibaba", Region{ID: AllRegions}), ""},
		{"a typo", account("alibaba", Region{ID: "cn-hangzou"}), "accounts[0].regions[0].id: alibaba is not known to have a region cn-hangzou; did you mean cn-hangzhou?"},
		{"a region of the other cloud", account("huawei", Region{ID: "us-west-1"}), "accounts[0].regions[0].id: huawei is not known to have a region us-west-1; "},
		{"nothing like it", account("huawei", Region{ID: "moon"}), "accounts[0].regions[0].id: huawei is not known to have a region moon; a region that is newer than this program works all the same"},
		{"of a private cloud", account("huawei", Region{ID: "moon", Endpoint: "dds.moon.example.com"}), ""},
		{"without encryption", account("huawei", Region{ID: "cn-north-4", IAMEndpoint: "http://iam.example.com:80"}), "accounts[0].regions[0].iam_endpoint: http:// to iam.example.com:80 is not encrypted"},
		{"an endpoint without encryption", account("alibaba", Region{ID: "cn-hangzhou", Endpoint: "http://10.0.0.1"}), "accounts[0].regions[0].endpoint: http:// to 10.0.0.1 is not encrypted"},
		{"with encryption", account("alibaba", Region{ID: "cn-hangzhou", Endpoint: "https://10.0.0.1"}), ""},
		{"a host alone", account("alibaba", Region{ID: "cn-hangzhou", Endpoint: "mongodb.example.com:443"}), ""},
		{"this machine", account("alibaba", Region{ID: "cn-hangzhou", Endpoint: "http://127.0.0.1:8080"}), ""},
		{"this machine, by name", account("alibaba", Region{ID: "cn-hangzhou", Endpoint: "http://localhost:8080"}), ""},
		{"this machine, by IPv6", account("alibaba", Region{ID: "cn-hangzhou", Endpoint: "http://[::1]:8080"}), ""},
		{
			"of roles",
			Account{Name: "a", Cloud: "alibaba", Credentials: Credentials{STSEndpoint: "http://sts.example.com"}},
			"accounts[0].credentials.sts_endpoint: http:// to sts.example.com is not encrypted",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := texts((&Config{Accounts: []Account{tt.account}}).Warnings())
			switch {
			case tt.want == "" && len(got) > 0:
				t.Errorf("warnings %q, want none", got)
			case tt.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], tt.want)):
				t.Errorf("warnings %q, want %q", got, tt.want)
			}
		})
	}
}

func TestExposed(t *testing.T) {
	dir := t.TempDir()
	for _, above := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(above, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	open, closed, shared := file("an open one", 0o644), file("closed", 0o600), file("shared", 0o640)
	hidden := file("hidden/below", 0o644) // a directory above it is closed
	link := filepath.Join(dir, "link")
	if err := os.Symlink(open, link); err != nil {
		t.Fatal(err)
	}
	warning := func(key, path, quoted string) []string {
		return []string{"accounts[0].credentials." + key + ": every user of this machine can read " + path + "; take that right away: chmod o-r " + quoted}
	}
	tests := []struct {
		name        string
		credentials Credentials
		file        string // the configuration's
		want        []string
	}{
		{"none", Credentials{}, open, nil},
		{"an id is no secret", Credentials{AccessKeyIDFile: open, AccessKeySecretFile: closed}, open, nil},
		{"a secret", Credentials{AccessKeySecretFile: open}, closed, warning("access_key_secret_file", open, "'"+open+"'")},
		{"a token", Credentials{SecurityTokenFile: open}, closed, warning("security_token_file", open, "'"+open+"'")},
		{"another token", Credentials{TokenFile: open}, closed, warning("token_file", open, "'"+open+"'")},
		{"through a link", Credentials{TokenFile: link}, closed, warning("token_file", link, link)},
		{"for a group", Credentials{TokenFile: shared}, closed, nil},
		{"in a closed directory", Credentials{TokenFile: hidden}, closed, nil},
		{"no such file", Credentials{TokenFile: filepath.Join(dir, "none")}, closed, nil},
		{"in the configuration", Credentials{AccessKeySecret: "secret"}, open, warning("access_key_secret", open, "'"+open+"'")},
		{"a token in the configuration", Credentials{SecurityToken: "secret"}, open, warning("security_token", open, "'"+open+"'")},
		{"in a closed configuration", Credentials{AccessKeySecret: "secret"}, closed, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := texts((&Config{Accounts: []Account{{Credentials: tt.credentials}}}).Exposed(tt.file))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// Every example of a region must be known, or the examples of messages would be warned of.
func TestExamplesAreKnownRegions(t *testing.T) {
	for _, c := range clouds() {
		r := Region{ID: c.regionExample}
		if got := texts((&Config{Accounts: []Account{{Cloud: c.name, Regions: []Region{r}}}}).Warnings()); len(got) > 0 {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}
