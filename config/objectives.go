package config

import (
	"cmp"
	"time"

	"github.com/prometheus/common/model"
)

const fromPolicy = "policy"

// String returns the RPO as the file writes it.
func (r RPO) String() string {
	if r.FromPolicy {
		return fromPolicy
	}
	return r.Duration.String()
}

// MarshalYAML returns the RPO as the file writes it.
func (r RPO) MarshalYAML() (any, error) { return r.String(), nil }

// UnmarshalText reads a duration or the word policy. A negative duration is an error.
func (r *RPO) UnmarshalText(text []byte) error {
	if string(text) == fromPolicy {
		*r = RPO{FromPolicy: true}
		return nil
	}
	d, err := model.ParseDuration(string(text))
	if err != nil {
		return err
	}
	*r = RPO{Duration: Duration(d)}
	return nil
}

// ResolvedObjectives is the promise to check one instance against, with every value filled in. Its fields are those of
// backup.Objectives, so that one converts to the other.
type ResolvedObjectives struct {
	RPO          time.Duration // 0: derived from the cloud's policy
	RPODefault   time.Duration // the RPO when RPO is 0 and no policy is known
	RPOGrace     time.Duration // added to an RPO that is derived from a policy
	MinRetention time.Duration // how long backups must be kept; 0: no objective
	MaxDuration  time.Duration // how long a backup may run
	MinSizeRatio float64       // least size against the median of earlier backups; 0: no objective
}

// ObjectivesFor returns the objectives of in: its own, or else those of the file, or else the defaults. The zero
// Instance stands for an instance that was discovered and is not configured.
func (c *Config) ObjectivesFor(in Instance) ResolvedObjectives {
	std := Default().Objectives
	own, file := in.Objectives, c.Objectives
	resolved := ResolvedObjectives{
		RPODefault:   time.Duration(*cmp.Or(own.RPODefault, file.RPODefault, std.RPODefault)),
		RPOGrace:     time.Duration(*cmp.Or(own.RPOGrace, file.RPOGrace, std.RPOGrace)),
		MinRetention: time.Duration(*cmp.Or(own.MinRetention, file.MinRetention, std.MinRetention)),
		MaxDuration:  time.Duration(*cmp.Or(own.MaxDuration, file.MaxDuration, std.MaxDuration)),
		MinSizeRatio: *cmp.Or(own.MinSizeRatio, file.MinSizeRatio, std.MinSizeRatio),
	}
	if rpo := cmp.Or(own.RPO, file.RPO, std.RPO); !rpo.FromPolicy {
		resolved.RPO = time.Duration(rpo.Duration)
	}
	return resolved
}
