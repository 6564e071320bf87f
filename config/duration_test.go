package config

import (
	"testing"
	"time"
)

// What is written is what the documentation writes, and is read as it was.
func TestDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "1m30s": 90 * time.Second, "26h": 26 * time.Hour, "24h": 24 * time.Hour, "2d": 48 * time.Hour, "8d": 8 * day, "35d": 35 * day,
		"2d1h": 49 * time.Hour, "8d1h": 193 * time.Hour, "1h30m": 90 * time.Minute, "200ms": 200 * time.Millisecond, "400d": 400 * day,
	} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%v is written as %s, want %s", d, got, want)
		}
		var again Duration
		if err := again.UnmarshalText([]byte(want)); err != nil || time.Duration(again) != d {
			t.Errorf("%s is read as %v, %v", want, time.Duration(again), err)
		}
	}
}
