package evidence

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maxSpan is the longest span of a report.
const maxSpan = 3 * 366 * 24 * time.Hour

// ReadSpan reads the ends of a span: since and until are a time ago, like 90d or 36h, a day in UTC, like 2026-11-01, or a moment, like
// 2026-11-01T12:00:00Z. An until that is left out is now. The errors say what is wrong, in words that follow the name of the
// parameter. All moments are whole seconds.
func ReadSpan(since, until string, now time.Time) (from, to time.Time, err error) {
	now = now.Truncate(time.Second).UTC()
	to = now
	if until != "" {
		if to, err = readMoment(until, now); err != nil {
			return from, to, fmt.Errorf("until: %w", err)
		}
	}
	if from, err = readMoment(since, now); err != nil {
		return from, to, fmt.Errorf("since: %w", err)
	}
	switch {
	case from.After(now):
		return from, to, fmt.Errorf("since: %s is still to come", since)
	case to.After(now):
		to = now
	}
	switch {
	case !from.Before(to):
		return from, to, fmt.Errorf("since: it must be before until")
	case to.Sub(from) > maxSpan:
		return from, to, fmt.Errorf("since: a report is about three years at most")
	}
	return from, to, nil
}

// readMoment reads one end of a span.
func readMoment(text string, now time.Time) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().Truncate(time.Second), nil
		}
	}
	if ago, ok := readAgo(text); ok {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("%q is neither a time ago, like 90d or 36h, nor a day or a moment, like 2026-11-01 or 2026-11-01T12:00:00Z", text)
}

// readAgo reads a number of days or weeks, or a duration of Go.
func readAgo(text string) (time.Duration, bool) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour, "y": 365 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.Atoi(number)
			n = min(n, int(2*maxSpan/length)) // is refused for its length
			return time.Duration(n) * length, err == nil && n > 0
		}
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}
