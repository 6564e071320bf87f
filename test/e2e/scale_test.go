package e2e

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What the tests wait for is what the rules say, made short: a minute passes in a second, an hour in a minute. Days
// stay, as does everything that the exporter measures: an RPO of 27 hours is 27 hours.
const (
	evaluationInterval = time.Second
	scrapeInterval     = 2 * time.Second // twice what a minute would be, to leave a slow machine the time to answer
	longestFor         = time.Minute     // no rule waits for longer: nothing is learned from waiting out three hours
)

// scaledRules returns a rules file with every waiting time and range made short.
func scaledRules(text string) string {
	text = regexp.MustCompile(`(\[|\boffset )(\d+)([mh])\b`).ReplaceAllStringFunc(text, func(match string) string {
		return scaledBy(match, 1, 0)
	})
	return regexp.MustCompile(`(?m)^ +(for|keep_firing_for): \d+[mh]\b`).ReplaceAllStringFunc(text, func(match string) string {
		return scaledBy(match, 1, longestFor)
	})
}

// scaledAlertmanager returns an Alertmanager configuration with its waiting times made short, though three times as
// long as the rules': on a slow machine two rules that become true together may fire seconds apart, as they may fire a
// fraction of a minute apart where a minute is one.
func scaledAlertmanager(text string) string {
	return regexp.MustCompile(`\b(group_wait|group_interval|repeat_interval): \d+[mh]\b`).ReplaceAllStringFunc(text, func(match string) string {
		return scaledBy(match, 3, 0)
	})
}

// scaledBy makes the duration at the end of the text factor seconds for a minute long, at most the given time (0: any).
func scaledBy(text string, factor int, most time.Duration) string {
	start := strings.LastIndexFunc(text[:len(text)-1], func(r rune) bool { return r < '0' || r > '9' }) + 1
	n, err := strconv.Atoi(text[start : len(text)-1])
	if err != nil {
		return text // the patterns above let nothing else in
	}
	if text[len(text)-1] == 'h' {
		n *= 60
	}
	d := time.Duration(n*factor) * time.Second
	if most > 0 {
		d = min(d, most)
	}
	return fmt.Sprintf("%s%ds", text[:start], int(d.Seconds()))
}

func TestScaledRules(t *testing.T) {
	const text = `
      # held for 10 minutes, [10m] that is
      - alert: A
        expr: last_over_time(up[10m] offset 50m) and changes(up[1h]) and up[7d] and time() > 3600
        for: 3h
        keep_firing_for: 10m
        annotations:
          summary: '{{ query "max_over_time(up[5m])" }} for: 5m of waiting'
`
	const want = `
      # held for 10 minutes, [10s] that is
      - alert: A
        expr: last_over_time(up[10s] offset 50s) and changes(up[60s]) and up[7d] and time() > 3600
        for: 60s
        keep_firing_for: 10s
        annotations:
          summary: '{{ query "max_over_time(up[5s])" }} for: 5m of waiting'
`
	if diff := cmp.Diff(want, scaledRules(text)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestScaledAlertmanager(t *testing.T) {
	got := scaledAlertmanager("group_wait: 1m # long\ngroup_interval: 5m\nrepeat_interval: 1d\nrepeat_interval: 4h")
	const want = "group_wait: 3s # long\ngroup_interval: 15s\nrepeat_interval: 1d\nrepeat_interval: 720s"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestEveryDurationIsScaled guards against a way of writing durations that the patterns do not know.
func TestEveryDurationIsScaled(t *testing.T) {
	minutes := regexp.MustCompile(`\b\d+(m|h)\b`)
	for file, scaled := range map[string]string{
		rulesFile:        scaledRules(read(t, rulesFile)),
		alertmanagerFile: scaledAlertmanager(read(t, alertmanagerFile)),
	} {
		for line := range strings.Lines(scaled) {
			code, _, _ := strings.Cut(line, "#")
			if left := minutes.FindString(code); left != "" {
				t.Errorf("%s: %s stays as it is in %s", file, left, line)
			}
		}
	}
}
