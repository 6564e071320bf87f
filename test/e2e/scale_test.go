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

// The tests use the rules with shorter times: a minute becomes a second, an hour becomes a minute. Days stay, and so does
// everything that the exporter measures: an RPO of 27 hours is 27 hours.
const (
	evaluationInterval = time.Second
	scrapeInterval     = 2 * time.Second // twice a scaled minute, because a slow machine needs time to answer
	longestFor         = time.Minute     // limit for "for": waiting for three scaled hours would show nothing more
)

// scaledRules returns a rules file with shorter ranges and waiting times.
func scaledRules(text string) string {
	text = regexp.MustCompile(`(\[|\boffset )(\d+)([mh])\b`).ReplaceAllStringFunc(text, func(match string) string {
		return scaledBy(match, 1, 0)
	})
	return regexp.MustCompile(`(?m)^ +(for|keep_firing_for): \d+[mh]\b`).ReplaceAllStringFunc(text, func(match string) string {
		return scaledBy(match, 1, longestFor)
	})
}

// scaledAlertmanager returns an Alertmanager configuration with shorter waiting times. They are three times as long as
// those of the rules, because on a slow machine two rules that become true together may fire seconds apart.
func scaledAlertmanager(text string) string {
	return regexp.MustCompile(`\b(group_wait|group_interval|repeat_interval): \d+[mh]\b`).ReplaceAllStringFunc(text, func(match string) string {
		return scaledBy(match, 3, 0)
	})
}

// scaledBy replaces the duration at the end of the text: each minute becomes factor seconds, with most as the limit (0: no
// limit).
func scaledBy(text string, factor int, most time.Duration) string {
	start := strings.LastIndexFunc(text[:len(text)-1], func(r rune) bool { return r < '0' || r > '9' }) + 1
	n, err := strconv.Atoi(text[start : len(text)-1])
	if err != nil {
		return text // never: the patterns above match numbers only
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

// TestEveryDurationIsScaled finds durations in a form that the patterns do not match.
func TestEveryDurationIsScaled(t *testing.T) {
	minutes := regexp.MustCompile(`\b\d+(m|h)\b`)
	for file, scaled := range map[string]string{
		rulesFile:        scaledRules(read(t, rulesFile)),
		alertmanagerFile: scaledAlertmanager(read(t, alertmanagerFile)),
	} {
		for line := range strings.Lines(scaled) {
			code, _, _ := strings.Cut(line, "#")
			if left := minutes.FindString(code); left != "" {
				t.Errorf("%s: %s is not scaled in %s", file, left, line)
			}
		}
	}
}
