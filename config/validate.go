package config

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Validate returns every problem of c as [Errors], or nil. It reads no files, and the problems have no lines.
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

// places maps each name to the path where it stands first.
type places map[string]path

// once reports a name that is given twice. It ignores an empty name, which is reported as missing.
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

const (
	minLookback = 24 * time.Hour
	positive    = time.Millisecond // least value of a duration that must not be zero
)

func (v *validator) poll(p Poll) {
	at := path("poll")
	for _, d := range []struct {
		key   string
		value Duration
		least time.Duration
	}{
		{"backups_interval", p.BackupsInterval, 0},
		{"jobs_interval", p.JobsInterval, 0},
		{"policy_interval", p.PolicyInterval, 0},
		{"recovery_interval", p.RecoveryInterval, 0},
		{"discovery_interval", p.DiscoveryInterval, 0},
		{"idle_interval", p.IdleInterval, 0},
		{"full_read_interval", p.FullReadInterval, 0},
		{"call_timeout", p.CallTimeout, positive},
		{"round_timeout", p.RoundTimeout, positive},
		{"lookback", p.Lookback, minLookback},
		{"stale_after", p.StaleAfter, positive},
	} {
		v.atLeast(at.key(d.key), d.value, d.least)
	}
	if p.RoundTimeout > 0 && p.RoundTimeout < p.CallTimeout {
		v.addf(at.key("round_timeout"), "must be at least poll.call_timeout (%s), not %s", p.CallTimeout, p.RoundTimeout)
	}
	if p.Concurrency < 1 {
		v.addf(at.key("concurrency"), "must be 1 or more, not %d", p.Concurrency)
	}
	v.rate(at, p.RequestsPerSecond)
}

// atLeast reports a duration below its least value.
func (v *validator) atLeast(at path, d Duration, least time.Duration) {
	switch {
	case time.Duration(d) >= least:
	case least == positive:
		v.addf(at, "must be longer than 0s")
	default:
		v.addf(at, "must be at least %s, not %s", Duration(least), d)
	}
}

// rate reports a rate that is negative or no number. 0 is accepted: it means the same as a key that is left out.
func (v *validator) rate(at path, perSecond float64) {
	if perSecond < 0 || math.IsInf(perSecond, 0) || math.IsNaN(perSecond) {
		v.addf(at.key("requests_per_second"), "must be a number, 0 or above, not %v; leave it out for the cloud's default", perSecond)
	}
}

func (v *validator) objectives(at path, o Objectives, lookback Duration) {
	for _, d := range []struct {
		key   string
		value *Duration
		least time.Duration
	}{
		{"rpo_default", o.RPODefault, positive},
		{"rpo_grace", o.RPOGrace, 0},
		{"min_retention", o.MinRetention, 0},
		{"max_duration", o.MaxDuration, positive},
	} {
		if d.value != nil {
			v.atLeast(at.key(d.key), *d.value, d.least)
		}
	}
	if o.RPO != nil && !o.RPO.FromPolicy {
		v.atLeast(at.key("rpo"), o.RPO.Duration, positive)
		v.covered(at.key("rpo"), o.RPO.Duration, lookback)
	}
	if o.RPODefault != nil {
		v.covered(at.key("rpo_default"), *o.RPODefault, lookback)
	}
	if r := o.MinSizeRatio; r != nil && (*r < 0 || *r > 1 || math.IsNaN(*r)) {
		v.addf(at.key("min_size_ratio"), "must be between 0 and 1, not %v", *r)
	}
}

// covered reports an RPO that is longer than the lookback: a backup could be recent enough and still not be listed.
func (v *validator) covered(at path, rpo, lookback Duration) {
	if rpo > lookback {
		v.addf(at, "%s is longer than poll.lookback (%s): a backup could be new enough and still not be seen; "+
			"raise poll.lookback", rpo, lookback)
	}
}

// weekly is the longest time between two scheduled backups: a week, and the hour that a window lasts with every cloud.
const weekly = (7*24 + 1) * time.Hour

// lookback reports a lookback that is shorter than the longest RPO that may follow from a policy. A weekly backup would
// leave the list before it is late, so the verdict would turn from ok to never. The schedules themselves are known to
// the cloud only, so the longest possible one counts.
func (v *validator) lookback(c *Config) {
	grace, ok := c.longestGrace()
	least := max(grace, grace+weekly) // max, because a sum that overflows is negative
	if ok && c.Poll.Lookback >= duration(minLookback) && time.Duration(c.Poll.Lookback) < least {
		v.addf("poll.lookback", "must be at least %s, not %s: with rpo: policy and rpo_grace %s a weekly backup may be that "+
			"old, and a backup older than the lookback is not seen; raise lookback, lower rpo_grace, or give rpo as a duration",
			Duration(least), c.Poll.Lookback, Duration(grace))
	}
}

// longestGrace returns the longest rpo_grace of the instances whose RPO follows from a policy. ok is false when there is
// no such instance.
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
