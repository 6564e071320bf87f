package config

import (
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Warnings returns what works as it is written, and is probably not meant: a region that the cloud is not known to have, and
// calls without encryption to another host. It reads no files.
func (c *Config) Warnings() []Problem {
	v := &validator{}
	for i, a := range c.Accounts {
		at := path("accounts").index(i)
		v.encrypted(at.key("credentials").key("sts_endpoint"), a.Credentials.STSEndpoint)
		for j, r := range a.Regions {
			at := at.key("regions").index(j)
			v.knownRegion(at.key("id"), a.Cloud, r)
			v.encrypted(at.key("endpoint"), r.Endpoint)
			v.encrypted(at.key("iam_endpoint"), r.IAMEndpoint)
		}
	}
	return v.problems
}

// encrypted reports an endpoint that is asked without encryption, on another host than this one.
func (v *validator) encrypted(at path, endpoint string) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" || isLoopback(u.Hostname()) {
		return
	}
	v.addf(at, "http:// to %s is not encrypted: whoever is on the way can read what the cloud answers, and answer in its place; write https://", u.Host)
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// knownRegion reports a region that the cloud is not known to have. One with an endpoint of its own may be anywhere.
func (v *validator) knownRegion(at path, cloudName string, r Region) {
	if r.Endpoint != "" || r.ID == AllRegions {
		return
	}
	for _, c := range clouds() {
		if c.name != cloudName || slices.Contains(c.regions(), r.ID) {
			continue
		}
		hint := "; a region that is newer than this program works all the same"
		if near := Nearest(r.ID, c.regions()); near != "" {
			hint = "; did you mean " + near + "?"
		}
		v.addf(at, "%s is not known to have a region %s%s", c.name, r.ID, hint)
	}
}

// Exposed returns the secrets that every user of this machine can read: those in files that the configuration names, and those
// that it holds itself, in the file of that name. What cannot be looked at is left out.
func (c *Config) Exposed(file string) []Problem {
	v := &validator{}
	for i, a := range c.Accounts {
		at := path("accounts").index(i).key("credentials")
		for _, secret := range []struct{ key, file string }{
			{"access_key_secret_file", a.Credentials.AccessKeySecretFile},
			{"security_token_file", a.Credentials.SecurityTokenFile},
			{"token_file", a.Credentials.TokenFile},
		} {
			v.private(at.key(secret.key), secret.file)
		}
		if a.Credentials.AccessKeySecret != "" {
			v.private(at.key("access_key_secret"), file)
		}
		if a.Credentials.SecurityToken != "" {
			v.private(at.key("security_token"), file)
		}
	}
	return v.problems
}

// private reports a file with a secret that every user of this machine can read.
func (v *validator) private(at path, file string) {
	if file != "" && othersRead(file) {
		v.addf(at, "every user of this machine can read %s; take that right away: chmod o-r %s", file, quoted(file))
	}
}

// quoted returns a path as a shell takes it.
func quoted(file string) string {
	if strings.Trim(file, "/._-+0123456789"+letters) == "" {
		return file
	}
	return "'" + strings.ReplaceAll(file, "'", `'\''`) + "'"
}

// othersRead reports whether users who neither own a file nor are in its group can read it: it, and reach it through every
// directory above it.
func othersRead(file string) bool {
	file, err := filepath.Abs(file)
	if err == nil {
		file, err = filepath.EvalSymlinks(file)
	}
	if err != nil || !hasMode(file, 0o004) {
		return false
	}
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		if !hasMode(dir, 0o001) {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

func hasMode(file string, mode os.FileMode) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().Perm()&mode != 0
}
