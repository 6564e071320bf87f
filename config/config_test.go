package config

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestObjectivesFor(t *testing.T) {
	std := ResolvedObjectives{
		RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour, MinRetention: 7 * 24 * time.Hour,
		MaxDuration: 6 * time.Hour, MinSizeRatio: 0.5,
	}
	with := func(change func(*ResolvedObjectives)) ResolvedObjectives {
		changed := std
		change(&changed)
		return changed
	}
	fixed := &RPO{Duration: duration(4 * time.Hour)}
	for name, c := range map[string]struct {
		file, own Objectives
		want      ResolvedObjectives
	}{
		"defaults":                              {want: std},
		"file":                                  {file: Objectives{RPO: fixed}, want: with(func(r *ResolvedObjectives) { r.RPO = 4 * time.Hour })},
		"instance":                              {own: Objectives{RPO: fixed}, want: with(func(r *ResolvedObjectives) { r.RPO = 4 * time.Hour })},
		"a duration counts only without policy": {own: Objectives{RPO: &RPO{FromPolicy: true, Duration: 1}}, want: std},
		"instance wins":                         {file: Objectives{RPO: fixed}, own: Objectives{RPO: &RPO{FromPolicy: true}}, want: std},
		"zero is a value": {
			file: Objectives{MinSizeRatio: new(0.9), RPOGrace: new(duration(time.Hour))},
			own:  Objectives{MinSizeRatio: new(0.0), RPOGrace: new(duration(0))},
			want: with(func(r *ResolvedObjectives) { r.MinSizeRatio, r.RPOGrace = 0, 0 }),
		},
		"each by itself": {
			file: Objectives{RPODefault: new(duration(1)), MinRetention: new(duration(2))},
			own:  Objectives{MinRetention: new(duration(3)), MaxDuration: new(duration(4))},
			want: with(func(r *ResolvedObjectives) { r.RPODefault, r.MinRetention, r.MaxDuration = 1, 3, 4 }),
		},
	} {
		got := (&Config{Objectives: c.file}).ObjectivesFor(Instance{Objectives: c.own})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestValidateConstructed covers what a file cannot say.
func TestValidateConstructed(t *testing.T) {
	c := load(t, "minimal.good.yml")
	c.Poll.BackupsInterval = duration(-time.Second)
	c.Poll.RequestsPerSecond = math.Inf(1)
	c.Objectives.RPOGrace = new(duration(-time.Second))
	c.Accounts[0].Name = "a\x00b"
	want := Errors{
		{Path: "poll.backups_interval", Message: "must be at least 0s, not -1s"},
		{Path: "poll.requests_per_second", Message: "must be a number, 0 or above, not +Inf; leave it out for the cloud's default"},
		{Path: "objectives.rpo_grace", Message: "must be at least 0s, not -1s"},
		{Path: "accounts[0].name", Message: `"a\x00b" must not begin or end with a space, nor hold line breaks or other control characters`},
	}
	if diff := cmp.Diff(error(want), c.Validate()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDefaultIsValidButForAccounts(t *testing.T) {
	c := Default()
	want := "accounts: at least one account is needed, with name, cloud and regions"
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"backups_interval", "jobs_interval", "access_key_id", "id", "rpo"}
	for name, want := range map[string]string{
		"backup_interval":              "backups_interval",
		"BackupsInterval":              "backups_interval",
		"job-interval":                 "jobs_interval",
		"accessKeyId":                  "access_key_id",
		"ID":                           "id",
		"rto":                          "rpo",
		"r--p--o":                      "rpo",
		"x":                            "",
		"endpoint":                     "",
		"":                             "",
		"interval":                     "",
		"backups_interval" + "llllll":  "backups_interval", // 6 of 21 letters are wrong: 1 and a quarter of them
		"backups_interval" + "lllllll": "",                 // 7 of 22 letters are wrong
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestNearestPrefersTheFirst(t *testing.T) {
	if got := Nearest("abcz", []string{"wxyz", "abcd", "abce"}); got != "abcd" {
		t.Errorf("nearest = %q, want the first of the two that differ least, abcd", got)
	}
}

// A name is compared with the keys up to a length of 64, and may be part of a message up to a length of 40.
func TestLimitsOfLength(t *testing.T) {
	of := func(n int) string { return strings.Repeat("a", n) }
	for _, length := range []int{63, 64, 65} {
		want := of(length)
		if length > 64 {
			want = ""
		}
		if got := Nearest(of(length-1)+"b", []string{of(length)}); got != want {
			t.Errorf("nearest of %d letters = %q, want %q", length, got, want)
		}
	}
	for _, length := range []int{0, 1, 39, 40, 41} {
		if got, want := isWord(of(length)), length > 0 && length <= 40; got != want {
			t.Errorf("isWord of %d letters = %t, want %t", length, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "ab", 2},
		{"ab", "", 2},
		{"abc", "abc", 0},
		{"abc", "abd", 1},
		{"abc", "ac", 1},
		{"ac", "abc", 1},
		{"ab", "ba", 2},
		{"kitten", "sitting", 3},
		{"sunday", "saturday", 3},
		{"abcd", "bcd", 1},
		{"abcde", "cde", 2},
		{"cde", "abcde", 2},
		{"intention", "execution", 5},
	} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestProblemString(t *testing.T) {
	for want, p := range map[string]Problem{
		"wrong":               {Message: "wrong"},
		"wrong (line 3)":      {Message: "wrong", Line: 3},
		"a.b: wrong":          {Message: "wrong", Path: "a.b"},
		"a.b: wrong (line 3)": {Message: "wrong", Path: "a.b", Line: 3},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
