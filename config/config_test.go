package config

import (
	"math"
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
		"defaults":      {want: std},
		"file":          {file: Objectives{RPO: fixed}, want: with(func(r *ResolvedObjectives) { r.RPO = 4 * time.Hour })},
		"instance":      {own: Objectives{RPO: fixed}, want: with(func(r *ResolvedObjectives) { r.RPO = 4 * time.Hour })},
		"instance wins": {file: Objectives{RPO: fixed}, own: Objectives{RPO: &RPO{FromPolicy: true}}, want: std},
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
		{Path: "poll.requests_per_second", Message: "must be a number above 0; leave it out for the cloud's default"},
		{Path: "objectives.rpo_grace", Message: "must be at least 0s, not -1s"},
		{Path: "accounts[0].name", Message: "must not begin or end with a space, nor hold line breaks or other control characters"},
	}
	if diff := cmp.Diff(error(want), c.Validate()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDefaultLacksAccountsOnly(t *testing.T) {
	c := Default()
	want := "accounts: at least one account is needed, with name, cloud and regions"
	if err := c.Validate(); err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"backups_interval", "jobs_interval", "access_key_id", "id", "rpo"}
	for name, want := range map[string]string{
		"backup_interval": "backups_interval",
		"BackupsInterval": "backups_interval",
		"job-interval":    "jobs_interval",
		"accessKeyId":     "access_key_id",
		"ID":              "id",
		"rto":             "rpo",
		"x":               "",
		"endpoint":        "",
		"":                "",
		"interval":        "",
		"jobs_intervalllllllllllllllllllllllllllllllllllllllllllllllllllllll": "",
	} {
		if got := nearest(name, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
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
