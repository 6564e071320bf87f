package config

import (
	"cmp"
	"time"

	"github.com/prometheus/common/model"
)

// Default returns the configuration of an empty file: every default, and no account. Each call returns fresh values.
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

// Requests per second when neither the account nor poll says. Alibaba Cloud counts per operation; Huawei Cloud allows
// a user 60 calls a minute, all operations together.
const (
	defaultAlibabaRate = 10
	defaultHuaweiRate  = 1
)

// Limits is how hard an account may be asked.
type Limits struct {
	Concurrency       int     // calls in flight, at least 1
	RequestsPerSecond float64 // per region; for alibaba per operation too, for huawei all operations together
}

// LimitsFor returns the limits in force for a: its own, or else those of poll, or else the cloud's default.
func (c *Config) LimitsFor(a Account) Limits {
	rate := float64(defaultAlibabaRate)
	if a.Cloud == CloudHuawei {
		rate = defaultHuaweiRate
	}
	return Limits{
		Concurrency:       cmp.Or(a.Concurrency, c.Poll.Concurrency, 1),
		RequestsPerSecond: cmp.Or(a.RequestsPerSecond, c.Poll.RequestsPerSecond, rate),
	}
}

func firstSet[T int | float64](values ...T) T {
	for _, v := range values {
		if v > 0 {
			return v
		}
	}
	return 0
}
