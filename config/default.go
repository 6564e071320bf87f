package config

import (
	"time"

	"github.com/prometheus/common/model"
)

// Default returns every default, and no account. Each call returns new values that share nothing with earlier ones.
func Default() Config {
	return Config{
		Poll: Poll{
			BackupsInterval:   duration(time.Minute),
			JobsInterval:      duration(time.Minute),
			PolicyInterval:    duration(time.Hour),
			RecoveryInterval:  duration(10 * time.Minute),
			DiscoveryInterval: duration(10 * time.Minute),
			CallTimeout:       duration(10 * time.Second),
			RoundTimeout:      duration(5 * time.Minute),
			Concurrency:       16,
			Lookback:          duration(8 * 24 * time.Hour),
			StaleAfter:        duration(time.Hour),
		},
		Objectives: Objectives{
			RPO:          &RPO{FromPolicy: true},
			RPODefault:   new(duration(26 * time.Hour)),
			RPOGrace:     new(duration(2 * time.Hour)),
			MinRetention: new(duration(7 * 24 * time.Hour)),
			MaxDuration:  new(duration(6 * time.Hour)),
			MinSizeRatio: new(0.5),
		},
	}
}

func duration(d time.Duration) model.Duration { return model.Duration(d) }
