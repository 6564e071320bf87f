package config

import (
	"strings"
	"unicode"

	"github.com/prometheus/common/model"
)

func (v *validator) account(at path, a Account, lookback model.Duration) {
	v.accountName(at.key("name"), a.Name)
	v.cloudName(at.key("cloud"), a.Cloud)
	v.credentials(at.key("credentials"), a)
	if a.Concurrency < 0 {
		v.addf(at.key("concurrency"), "must be 1 or more; leave it out to use poll.concurrency")
	}
	v.rate(at, a.RequestsPerSecond)
	if len(a.Regions) == 0 {
		v.addf(at.key("regions"), "at least one region is needed, with id and instances or discovery")
	}
	regions, instances := places{}, places{}
	for i, r := range a.Regions {
		at := at.key("regions").index(i)
		v.once(regions, r.ID, at.key("id"))
		v.region(at, a.Cloud, r)
		v.instances(at, a.Cloud, r, instances)
		for j, in := range r.Instances {
			v.objectives(at.key("instances").index(j).key("objectives"), in.Objectives, lookback)
		}
	}
}

// accountName reports a name that cannot be told from others in a label, a log or a table.
func (v *validator) accountName(at path, name string) {
	switch {
	case name == "":
		v.addf(at, "is missing; any name that tells the accounts apart will do")
	case strings.TrimSpace(name) != name || strings.ContainsFunc(name, unicode.IsControl):
		v.addf(at, "must not begin or end with a space, nor hold line breaks or other control characters")
	}
}

func (v *validator) credentials(at path, a Account) {
	c := a.Credentials
	for _, f := range []struct {
		key   string
		value Secret
		file  string
	}{
		{"access_key_id", c.AccessKeyID, c.AccessKeyIDFile},
		{"access_key_secret", c.AccessKeySecret, c.AccessKeySecretFile},
		{"security_token", c.SecurityToken, c.SecurityTokenFile},
	} {
		if f.value != "" && f.file != "" {
			v.addf(at.key(f.key+"_file"), "%s is given as well; keep one of the two", f.key)
		}
		if !isKey(f.value.Reveal()) {
			v.addf(at.key(f.key), "must be printable ASCII without spaces")
		}
	}
	if c.TokenFile == "" || v.supports(at, a.Cloud, "token_file") {
		v.pairing(at, c)
	}
}

// pairing reports half of an access key, and a token beside an access key.
func (v *validator) pairing(at path, c Credentials) {
	id := c.AccessKeyID != "" || c.AccessKeyIDFile != ""
	secret := c.AccessKeySecret != "" || c.AccessKeySecretFile != ""
	token := c.SecurityToken != "" || c.SecurityTokenFile != ""
	switch {
	case c.TokenFile != "" && (id || secret || token):
		v.addf(at.key("token_file"), "replaces the access key; keep one of the two")
	case id && !secret:
		v.addf(at, "access_key_id is given without its secret; add access_key_secret or access_key_secret_file")
	case secret && !id:
		v.addf(at, "access_key_secret is given without its id; add access_key_id or access_key_id_file")
	case token && !id:
		v.addf(at, "security_token is given without an access key; add access_key_id and access_key_secret, or their files")
	}
}
