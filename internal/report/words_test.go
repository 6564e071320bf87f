package report_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/report"
)

func TestAge(t *testing.T) {
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) *time.Time { return new(now.Add(-d)) }
	for want, at := range map[string]*time.Time{
		"–": nil, "0s": ago(0), "59s": ago(59 * time.Second), "1m": ago(119 * time.Second), "2h 5m": ago(125 * time.Minute),
		"27h": ago(27 * time.Hour), "47h 59m": ago(48*time.Hour - time.Second), "2d": ago(48 * time.Hour),
		"3d 4h": ago(76*time.Hour + 59*time.Minute), "in 5m": ago(-5 * time.Minute),
	} {
		if got := report.Age(at, now); got != want {
			t.Errorf("Age of %v: %q, want %q", at, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for want, n := range map[string]*int64{
		"–": nil, "0 B": new(int64(0)), "1023 B": new(int64(1023)), "1.0 KiB": new(int64(1024)),
		"320.0 MiB": new(int64(320 << 20)), "8192.0 PiB": new(int64(1<<63 - 1)),
	} {
		if got := report.Bytes(n); got != want {
			t.Errorf("Bytes: %q, want %q", got, want)
		}
	}
}

func TestMomentSecondsPercent(t *testing.T) {
	shanghai := time.Date(2026, time.November, 22, 12, 0, 59, 0, time.FixedZone("", 8*3600))
	for _, c := range []struct{ got, want string }{
		{report.Moment(nil), "–"},
		{report.Moment(&shanghai), "2026-11-22 04:00Z"},
		{report.Seconds(27 * 3600), "27h"},
		{report.Seconds(0), "0s"},
		{report.Seconds(183 * 3600), "7d 15h"},
		{report.Percent(nil), "–"},
		{report.Percent(new(37.4)), "37 %"},
		{report.OrNone(""), "–"},
		{report.OrNone("a"), "a"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
