package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// Duration is a duration of the file, e.g. 90s, 26h or 8d, as Prometheus reads them. The zero value is none.
type Duration time.Duration

const day = 24 * time.Hour

// String returns the duration as the documentation writes it: with days from two days on, and never with weeks.
func (d Duration) String() string {
	rest := time.Duration(d)
	if rest < 0 {
		return rest.String()
	}
	var text strings.Builder
	if rest >= 2*day {
		fmt.Fprintf(&text, "%dd", rest/day)
		rest %= day
	}
	for _, unit := range []struct {
		name string
		of   time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}} {
		if n := rest / unit.of; n > 0 {
			fmt.Fprintf(&text, "%d%s", n, unit.name)
			rest %= unit.of
		}
	}
	if text.Len() == 0 {
		return "0s"
	}
	return text.String()
}

// MarshalYAML returns the duration as String does.
func (d Duration) MarshalYAML() (any, error) { return d.String(), nil }

// UnmarshalText reads a duration. A negative one is an error.
func (d *Duration) UnmarshalText(text []byte) error {
	read, err := model.ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = Duration(read)
	return nil
}
