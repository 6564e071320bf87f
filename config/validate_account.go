package config

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

func (v *validator) account(at path, a Account, lookback Duration) {
	v.accountName(at.key("name"), a.Name)
	v.cloudName(at.key("cloud"), a.Cloud)
	v.credentials(at.key("credentials"), a)
	if a.Concurrency < 0 {
		v.addf(at.key("concurrency"), "must be 1 or more, not %d; leave it out to use poll.concurrency", a.Concurrency)
	}
	v.rate(at, a.RequestsPerSecond)
	if a.RestoreCheck {
		v.supports(at, a.Cloud, "restore_check")
	}
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
	switch name {
	case "":
		v.addf(at, "is missing; any name that tells the accounts apart will do")
	case ".", "..":
		v.addf(at, "%q would be a folder in the addresses of the pages; use a name with a letter", name)
	}
	v.line(at, name)
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
		v.keyText(at.key(f.key), f.key, f.value.Reveal())
	}
	if v.supportsEach(at, a) {
		v.pairing(at, c)
		v.profile(at, c)
		v.roles(at, c)
	}
}

// keyText reports a text that is no key.
func (v *validator) keyText(at path, key, text string) {
	switch problem := placeholder(text); {
	case problem != "":
		v.addf(at, "%s; put the value into a file and give its path as %s_file, or leave out credentials and set the "+
			"variables that the cloud's SDK reads", problem, key)
	case !isKey(text):
		v.addf(at, "must be printable ASCII without spaces")
	}
}

// supportsEach reports the keys of the credentials that the cloud does not have. It returns whether it has all of them.
func (v *validator) supportsEach(at path, a Account) bool {
	c, ok := a.Credentials, true
	for _, f := range []struct{ key, value string }{
		{"token_file", c.TokenFile},
		{"profile", c.Profile},
		{"role_arn", c.RoleARN},
		{"external_id", c.ExternalID},
		{"sts_endpoint", c.STSEndpoint},
		{"agency_name", c.AgencyName},
		{"agency_domain", c.AgencyDomain},
	} {
		if f.value != "" {
			ok = v.supports(at, a.Cloud, f.key) && ok
		}
	}
	return ok
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

// profile reports a profile beside an access key, or with a name that no profile can have.
func (v *validator) profile(at path, c Credentials) {
	switch {
	case c.Profile == "":
	case c.HasKeys():
		v.addf(at.key("profile"), "replaces the access key; keep one of the two")
	case placeholder(c.Profile) != "":
		v.addf(at.key("profile"), "%s; write the name itself, it is no secret", placeholder(c.Profile))
	default:
		v.line(at.key("profile"), c.Profile)
	}
}

// roles reports a role or an agency that cannot be assumed as it is written.
func (v *validator) roles(at path, c Credentials) {
	if c.RoleARN != "" && !regexp.MustCompile(`^acs:ram::[0-9]+:role/[A-Za-z0-9.@_-]+$`).MatchString(c.RoleARN) {
		v.addf(at.key("role_arn"), "%q must be the ARN of a RAM role, such as acs:ram::1234567890123456:role/backup-reader", c.RoleARN)
	}
	for _, f := range []struct{ key, value string }{{"external_id", c.ExternalID}, {"sts_endpoint", c.STSEndpoint}} {
		if f.value != "" && c.RoleARN == "" {
			v.addf(at.key(f.key), "has no effect without role_arn")
		}
	}
	switch problem := placeholder(c.ExternalID); {
	case c.ExternalID == "":
	case problem != "":
		v.addf(at.key("external_id"), "%s; write the id itself", problem)
	case !isExternalID(c.ExternalID):
		v.addf(at.key("external_id"), "must be 2 to 1224 letters, digits and the signs = , . @ : / - _ +")
	}
	v.endpoint(at.key("sts_endpoint"), c.STSEndpoint)
	switch {
	case c.AgencyName != "" && c.AgencyDomain == "":
		v.addf(at, "agency_name is given without agency_domain; add the name of the account that the agency belongs to")
	case c.AgencyDomain != "" && c.AgencyName == "":
		v.addf(at, "agency_domain is given without agency_name; add the name of the agency")
	}
	v.line(at.key("agency_name"), c.AgencyName)
	v.line(at.key("agency_domain"), c.AgencyDomain)
}

func isExternalID(s string) bool {
	return len(s) >= 2 && len(s) <= 1224 && strings.Trim(s, "0123456789=,.@:/_+-"+letters) == ""
}

// line reports a text that is not one line without space around it.
func (v *validator) line(at path, s string) {
	if utf8.RuneCountInString(s) > maxLabel {
		v.addf(at, "must not be longer than %d characters", maxLabel)
		return
	}
	if strings.TrimSpace(s) != s || strings.ContainsFunc(s, unicode.IsControl) {
		v.addf(at, "%q must not begin or end with a space, nor hold line breaks or other control characters", s)
	}
}
