package config

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/prometheus/common/model"
)

// Validate returns every problem of c as [Errors], or nil. It reads no files.
func (c *Config) Validate() error {
	v := &validator{}
	v.poll(c.Poll)
	v.objectives("objectives", c.Objectives, c.Poll.Lookback)
	if len(c.Accounts) == 0 {
		v.addf("accounts", "at least one account is needed, with name, cloud and regions")
	}
	names := places{}
	for i, a := range c.Accounts {
		at := path("accounts").index(i)
		v.once(names, a.Name, at.key("name"))
		v.account(at, a, c.Poll.Lookback)
	}
	v.lookback(c)
	return v.problems.orNil()
}

type validator struct{ problems Errors }

func (v *validator) addf(at path, format string, args ...any) {
	v.problems = append(v.problems, Problem{Path: string(at), Message: fmt.Sprintf(format, args...)})
}

// places remembers where a name was given first.
type places map[string]path

// once reports a name that was given before.
func (v *validator) once(seen places, name string, at path) {
	if name == "" {
		return
	}
	if first, ok := seen[name]; ok {
		v.addf(at, "%q is given twice, first as %s", name, first)
		return
	}
	seen[name] = at
}

func (v *validator) poll(p Poll) {
	at := path("poll")
	for _, d := range []struct {
		key   string
		value model.Duration
		least time.Duration
	}{
		{"backups_interval", p.BackupsInterval, 0},
		{"jobs_interval", p.JobsInterval, 0},
		{"policy_interval", p.PolicyInterval, 0},
		{"recovery_interval", p.RecoveryInterval, 0},
		{"discovery_interval", p.DiscoveryInterval, 0},
		{"call_timeout", p.CallTimeout, time.Millisecond},
		{"round_timeout", p.RoundTimeout, time.Millisecond},
		{"lookback", p.Lookback, 24 * time.Hour},
		{"stale_after", p.StaleAfter, time.Millisecond},
	} {
		v.atLeast(at.key(d.key), d.value, d.least)
	}
	if p.RoundTimeout > 0 && p.RoundTimeout < p.CallTimeout {
		v.addf(at.key("round_timeout"), "must be at least poll.call_timeout (%s), not %s", p.CallTimeout, p.RoundTimeout)
	}
	if p.Concurrency < 1 {
		v.addf(at.key("concurrency"), "must be 1 or more")
	}
	v.rate(at, p.RequestsPerSecond)
}

func (v *validator) atLeast(at path, d model.Duration, least time.Duration) {
	switch {
	case time.Duration(d) >= least:
	case least == time.Millisecond:
		v.addf(at, "must be longer than 0s")
	default:
		v.addf(at, "must be at least %s, not %s", model.Duration(least), d)
	}
}

func (v *validator) rate(at path, perSecond float64) {
	if !(perSecond >= 0 && perSecond <= math.MaxFloat64) { // false for NaN
		v.addf(at.key("requests_per_second"), "must be a number above 0; leave it out for the cloud's default")
	}
}

func (v *validator) objectives(at path, o Objectives, lookback model.Duration) {
	for _, d := range []struct {
		key   string
		value *model.Duration
		least time.Duration
	}{
		{"rpo_default", o.RPODefault, time.Millisecond},
		{"rpo_grace", o.RPOGrace, 0},
		{"min_retention", o.MinRetention, 0},
		{"max_duration", o.MaxDuration, time.Millisecond},
	} {
		if d.value != nil {
			v.atLeast(at.key(d.key), *d.value, d.least)
		}
	}
	if o.RPO != nil && !o.RPO.FromPolicy {
		v.atLeast(at.key("rpo"), o.RPO.Duration, time.Millisecond)
		v.seen(at.key("rpo"), o.RPO.Duration, lookback)
	}
	if o.RPODefault != nil {
		v.seen(at.key("rpo_default"), *o.RPODefault, lookback)
	}
	if r := o.MinSizeRatio; r != nil && !(*r >= 0 && *r <= 1) {
		v.addf(at.key("min_size_ratio"), "must be between 0 and 1")
	}
}

// seen reports an RPO that reaches further back than the backup lists that are read.
func (v *validator) seen(at path, rpo, lookback model.Duration) {
	if rpo > lookback {
		v.addf(at, "%s is longer than poll.lookback (%s), so that a backup could be within it and yet not seen; "+
			"raise poll.lookback", rpo, lookback)
	}
}

// weekly is the longest time between two backups by a cloud's schedule: a week and the window, an hour with either cloud.
const weekly = (7*24 + 1) * time.Hour

// lookback reports lists too short for the longest RPO that may follow from a policy: a backup would go from ok to
// never. Which schedule there will be only the cloud knows.
func (v *validator) lookback(c *Config) {
	grace, ok := c.longestGrace()
	least := max(grace, grace+weekly) // a sum that overflows is negative
	if ok && c.Poll.Lookback >= duration(24*time.Hour) && time.Duration(c.Poll.Lookback) < least {
		v.addf("poll.lookback", "must be at least %s, not %s: with rpo: policy and rpo_grace %s a weekly backup may get that "+
			"old, and beyond the lookback it is not seen; raise lookback, lower rpo_grace, or write a duration as rpo",
			model.Duration(least), c.Poll.Lookback, model.Duration(grace))
	}
}

// longestGrace returns the longest rpo_grace of the instances whose RPO follows from a policy; false: there is none.
func (c *Config) longestGrace() (longest time.Duration, ok bool) {
	for _, a := range c.Accounts {
		for _, r := range a.Regions {
			instances := r.Instances
			if r.Discovery.Enabled {
				instances = append(slices.Clip(instances), Instance{})
			}
			for _, in := range instances {
				if o := c.ObjectivesFor(in); o.RPO == 0 {
					longest, ok = max(longest, o.RPOGrace), true
				}
			}
		}
	}
	return longest, ok
}

func (v *validator) account(at path, a Account, lookback model.Duration) {
	if a.Name == "" {
		v.addf(at.key("name"), "is missing; any name that tells the accounts apart will do")
	} else if strings.TrimSpace(a.Name) != a.Name || strings.ContainsFunc(a.Name, unicode.IsControl) {
		v.addf(at.key("name"), "must not begin or end with a space, nor hold line breaks or other control characters")
	}
	if a.Cloud == "" {
		v.addf(at.key("cloud"), "is missing; write alibaba or huawei")
	} else if a.Cloud != CloudAlibaba && a.Cloud != CloudHuawei {
		v.addf(at.key("cloud"), "%q is not a known cloud; write alibaba or huawei", a.Cloud)
	}
	v.credentials(at.key("credentials"), a)
	if a.Concurrency < 0 {
		v.addf(at.key("concurrency"), "must be 1 or more; leave it out for that of poll")
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
	v.pairing(at, a.Cloud, c)
}

// pairing reports credentials that lack their other half, or that two ways of proving who one is are mixed.
func (v *validator) pairing(at path, cloud string, c Credentials) {
	id := c.AccessKeyID != "" || c.AccessKeyIDFile != ""
	secret := c.AccessKeySecret != "" || c.AccessKeySecretFile != ""
	token := c.SecurityToken != "" || c.SecurityTokenFile != ""
	switch {
	case c.TokenFile != "" && cloud == CloudAlibaba:
		v.addf(at.key("token_file"), "is for huawei only; alibaba needs access_key_id and access_key_secret")
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
