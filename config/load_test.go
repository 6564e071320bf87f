package config

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(found) == 0 {
		t.Fatalf("no file matches testdata/%s: %v", pattern, err)
	}
	return found
}

func load(t *testing.T, file string) *Config {
	t.Helper()
	c, err := LoadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLoadFileRejects(t *testing.T) {
	for _, file := range files(t, "*.bad.yml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(strings.TrimSuffix(file, ".bad.yml") + ".err")
			if err != nil {
				t.Fatal(err)
			}
			c, err := LoadFile(file)
			if err == nil {
				t.Fatal("a bad file was accepted")
			}
			if c != nil {
				t.Error("the error came with a configuration")
			}
			if _, ok := errors.AsType[Errors](err); !ok {
				t.Errorf("the error is %T, not Errors", err)
			}
			if diff := cmp.Diff(string(want), err.Error()+"\n"); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			if strings.Contains(err.Error(), "hunter") {
				t.Error("the message shows a secret")
			}
		})
	}
}

func TestEveryMessageHasItsFile(t *testing.T) {
	for _, file := range files(t, "*.err") {
		if _, err := os.Stat(strings.TrimSuffix(file, ".err") + ".bad.yml"); err != nil {
			t.Error(err)
		}
	}
}

func TestLoadFileAccepts(t *testing.T) {
	for _, file := range files(t, "*.good.yml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, err := LoadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Validate(); err != nil {
				t.Errorf("a loaded configuration is not valid: %v", err)
			}
		})
	}
}

func TestLoadFileUnreadable(t *testing.T) {
	_, err := LoadFile(filepath.Join("testdata", "absent.yml"))
	want := "read the configuration: no such file or directory; make it, or correct the path"
	if err == nil || err.Error() != want || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want %q", err, want)
	}
}

func TestLoadReadsAWholeFile(t *testing.T) {
	want := Default()
	p, o := &want.Poll, &want.Objectives
	p.BackupsInterval, p.JobsInterval, p.PolicyInterval = duration(2*time.Minute), 0, duration(2*time.Hour)
	p.RecoveryInterval, p.DiscoveryInterval = duration(20*time.Minute), duration(15*time.Minute)
	p.CallTimeout, p.RoundTimeout = duration(5*time.Second), duration(3*time.Minute)
	p.Concurrency, p.RequestsPerSecond = 8, 2.5
	p.Lookback, p.StaleAfter = duration(10*24*time.Hour), duration(30*time.Minute)
	o.RPO, o.RPODefault, o.RPOGrace = &RPO{FromPolicy: true}, new(duration(25*time.Hour)), new(duration(time.Hour))
	o.MinRetention, o.MaxDuration, o.MinSizeRatio = new(duration(14*24*time.Hour)), new(duration(3*time.Hour)), new(0.25)
	want.Accounts = []Account{
		{
			Name: "prod", Cloud: backup.Alibaba, Concurrency: 4,
			Credentials: Credentials{
				AccessKeyID: "LTAI-example", AccessKeySecretFile: "testdata/secrets/aliyun", SecurityTokenFile: "/run/secrets/sts",
				RoleARN: "acs:ram::1234567890123456:role/backup-reader", ExternalID: "example/id", STSEndpoint: "sts-vpc.cn-hangzhou.aliyuncs.com",
			},
			Regions: []Region{{
				ID: "cn-hangzhou", Endpoint: "http://127.0.0.1:8080", OwnerTag: "team",
				Instances: []Instance{{
					ID: "dds-bp1aaaa", Nodes: []string{"d-bp1aaaa", "d-bp1bbbb"},
					Objectives: Objectives{RPO: &RPO{Duration: duration(4 * time.Hour)}},
				}},
				Discovery: Discovery{Enabled: true, Tags: map[string]string{"env": "prod", "a b": "c"}, Exclude: []Exclusion{{ID: "dds-bp1scratch"}, {Name: "tmp-*"}, {ID: "dds-bp1c", Tags: map[string]string{"env": "dev"}}}},
			}},
		},
		{
			Name: "hw", Cloud: backup.Huawei, RequestsPerSecond: 0.5,
			Credentials: Credentials{TokenFile: "testdata/token", AgencyName: "backup reader", AgencyDomain: "customer"},
			Regions: []Region{{
				ID: "cn-north-4", ProjectID: "0123456789abcdef0123456789abcdef", IAMEndpoint: "iam.example.com:443",
				Discovery: Discovery{Enabled: true},
			}},
		},
	}
	if diff := cmp.Diff(&want, load(t, "full.good.yml")); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

func TestLoadFillsInDefaults(t *testing.T) {
	for _, file := range []string{"minimal.good.yml", "nulls_are_left_out.good.yml"} {
		want := Default()
		want.Accounts = []Account{{
			Name: "prod", Cloud: backup.Alibaba, Regions: []Region{{ID: "cn-hangzhou", Discovery: Discovery{Enabled: true}}},
		}}
		if diff := cmp.Diff(&want, load(t, file)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
	}
}

func TestLoadFollowsAliasesAndMerges(t *testing.T) {
	c := load(t, "merge_and_alias.good.yml")
	second := c.Accounts[1]
	if second.Name != "second" || second.Cloud != backup.Alibaba {
		t.Errorf("second account is %s on %s", second.Name, second.Cloud)
	}
	strict := Objectives{RPO: &RPO{Duration: duration(4 * time.Hour)}, MaxDuration: new(duration(2 * time.Hour))}
	mixed := Objectives{RPO: &RPO{FromPolicy: true}, MaxDuration: new(duration(2 * time.Hour)), MinSizeRatio: new(0.9)}
	instances := second.Regions[0].Instances
	if diff := cmp.Diff([]Objectives{strict, mixed}, []Objectives{instances[0].Objectives, instances[1].Objectives}); diff != "" {
		t.Errorf("objectives (-want +got):\n%s", diff)
	}
}

func TestLoadKeepsTextThatLooksLikeANumber(t *testing.T) {
	r := load(t, "text_that_looks_like_a_number.good.yml").Accounts[0].Regions[0]
	got := []string{r.ProjectID, r.Instances[0].ID}
	for _, e := range r.Discovery.Exclude {
		got = append(got, e.ID)
	}
	if diff := cmp.Diff([]string{"01234567890123456789012345678901", "0123", "true", "0x1F"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLoadSurvivesCyclesOfAliases(t *testing.T) {
	for name, file := range map[string]string{
		"merge of itself": "&a\n<<: *a\naccounts: []\n",
		"list of itself":  "accounts: &a [*a]\n",
		"merged lists":    "poll: &a\n  <<: [*a, *a, *a]\n",
		"field of itself": "accounts:\n- &a\n  name: x\n  regions: [*a]\n",
	} {
		if _, err := Load([]byte(file), ""); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestLoadRefusesAliasBombs(t *testing.T) {
	const head = "accounts: [&a {regions: [&r {instances: [&i {nodes: [x"
	bomb := head + strings.Repeat(",x", 99) + "]}" + strings.Repeat(",*i", 99) + "]}" + strings.Repeat(",*r", 99) + "]}" + strings.Repeat(",*a", 99) + "]\n"
	_, err := Load([]byte(bomb), "")
	want := "holds more than 250000 values; do its aliases repeat each other? If not, run an exporter for each part of it (line 1)"
	if err == nil || err.Error() != want {
		t.Errorf("error %.200v, want %q", err, want)
	}
}

// TestMostValues: a file may hold maxValues values and no more.
func TestMostValues(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	const around = 8 // the file, accounts, account, regions, region, instances, instance, nodes
	for values, want := range map[int]string{maxValues: "", maxValues + 1: "holds more than 250000 values; do its aliases repeat each other? If not, run an exporter for each part of it"} {
		text := "accounts: [{regions: [{instances: [{nodes: [x" + strings.Repeat(",x", values-around-1) + "]}]}]}]"
		root, problem := parse([]byte(text))
		if problem != nil {
			t.Fatal(problem)
		}
		d := newDecoder()
		d.decode(root, new(Config))
		var got string
		if len(d.problems) > 0 {
			got = d.problems[0].Message
		}
		if got != want {
			t.Errorf("%d values: problem %q, want %q", values, got, want)
		}
	}
}

func TestDefaultsAreNotAliased(t *testing.T) {
	changed := Default()
	changed.Poll.Concurrency = 99
	*changed.Objectives.MinSizeRatio = 0.99
	*changed.Objectives.RPODefault = 1
	changed.Objectives.RPO.FromPolicy = false
	fresh := Default()
	if fresh.Poll.Concurrency != 16 || *fresh.Objectives.MinSizeRatio != 0.5 ||
		*fresh.Objectives.RPODefault != duration(26*time.Hour) || !fresh.Objectives.RPO.FromPolicy {
		t.Error("a change to one Default shows in the next")
	}
	a, b := load(t, "minimal.good.yml"), load(t, "minimal.good.yml")
	*a.Objectives.RPOGrace = 1
	if *b.Objectives.RPOGrace != duration(2*time.Hour) {
		t.Error("a change to one configuration shows in another")
	}
}

// FuzzLoad checks for every input what callers rely on: there is no panic, the result is valid or the error has a problem,
// and the masked form shows no secret and loads as the same configuration.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"*.good.yml", "*.bad.yml"} {
		found, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range found {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Load(data, "dir")
		if err != nil {
			if problems, ok := errors.AsType[Errors](err); !ok || len(problems) == 0 {
				t.Fatalf("error %T without a problem", err)
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Fatalf("loaded, but not valid: %v", err)
		}
		for i := range c.Accounts {
			if cred := &c.Accounts[i].Credentials; cred.AccessKeySecret != "" {
				cred.AccessKeySecret = "correct-horse-battery"
			}
		}
		if bytes.Contains(data, []byte(masked)) {
			return // what is filled in below would be more than the keys
		}
		out, err := c.Masked()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "correct-horse-battery") {
			t.Fatal("the masked configuration shows a secret")
		}
		filledIn := strings.TrimPrefix(string(out), maskedComment)
		again, err := Load([]byte(strings.ReplaceAll(filledIn, masked, "key")), "")
		if err != nil {
			t.Fatalf("the masked configuration does not load: %v\n%s", err, out)
		}
		if repeated, err := again.Masked(); err != nil || string(repeated) != string(out) {
			t.Fatalf("the masked configuration reads differently: %v\n%s\n%s", err, out, repeated)
		}
	})
}
