package config

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// durationKey is a key whose value is a duration.
type durationKey struct {
	path string
	set  func(*Config, time.Duration)
}

// durationKeys ranges over the types, so that a new key needs no line here.
func durationKeys() []durationKey {
	var keys []durationKey
	add := func(section string, of reflect.Type, in func(*Config) reflect.Value) {
		for i, key := range keysOf(of) {
			pointer := of.Field(i).Type == reflect.TypeFor[*Duration]()
			if !pointer && of.Field(i).Type != reflect.TypeFor[Duration]() {
				continue
			}
			keys = append(keys, durationKey{section + "." + key, func(c *Config, d time.Duration) {
				value := reflect.ValueOf(duration(d))
				if pointer {
					value = reflect.ValueOf(new(duration(d)))
				}
				in(c).Field(i).Set(value)
			}})
		}
	}
	add("poll", reflect.TypeFor[Poll](), func(c *Config) reflect.Value { return reflect.ValueOf(&c.Poll).Elem() })
	add("objectives", reflect.TypeFor[Objectives](), func(c *Config) reflect.Value { return reflect.ValueOf(&c.Objectives).Elem() })
	return keys
}

// pathsOf returns where the problems of c are.
func pathsOf(c *Config) []string {
	problems, _ := errors.AsType[Errors](c.Validate())
	var paths []string
	for _, p := range problems {
		paths = append(paths, p.Path)
	}
	return paths
}

func TestEveryDurationIsChecked(t *testing.T) {
	mustBePositive := []string{
		"poll.call_timeout", "poll.round_timeout", "poll.lookback", "poll.stale_after",
		"objectives.rpo_default", "objectives.max_duration",
	}
	keys := durationKeys()
	if len(keys) < 13 {
		t.Errorf("%d keys, want at least 13", len(keys))
	}
	for _, key := range keys {
		for value, want := range map[time.Duration]bool{-time.Second: true, 0: slices.Contains(mustBePositive, key.path)} {
			c := load(t, "minimal.good.yml")
			key.set(c, value)
			if got := slices.Contains(pathsOf(c), key.path); got != want {
				t.Errorf("%s: %v is a problem: %t, want %t", key.path, value, got, want)
			}
		}
	}
}

// The least value that is accepted, and what is next to it.
func TestValidateLimits(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"one call at a time", func(c *Config) { c.Poll.Concurrency = 1 }, nil},
		{"no call at a time", func(c *Config) { c.Poll.Concurrency = 0 }, []string{"poll.concurrency"}},
		{"an account's own concurrency is left out", func(c *Config) { c.Accounts[0].Concurrency = 0 }, nil},
		{"a round as long as a call", func(c *Config) { c.Poll.RoundTimeout = c.Poll.CallTimeout }, nil},
		{"a round shorter than a call", func(c *Config) { c.Poll.RoundTimeout = c.Poll.CallTimeout - 1 }, []string{"poll.round_timeout"}},
		{"a round of no time is one problem", func(c *Config) { c.Poll.RoundTimeout = 0 }, []string{"poll.round_timeout"}},
		{"any rate", func(c *Config) { c.Poll.RequestsPerSecond = 0.001 }, nil},
		{"the greatest rate", func(c *Config) { c.Poll.RequestsPerSecond = math.MaxFloat64 }, nil},
		{"no negative rate", func(c *Config) { c.Poll.RequestsPerSecond = -0.001 }, []string{"poll.requests_per_second"}},
		{"no infinite rate", func(c *Config) { c.Poll.RequestsPerSecond = math.Inf(1) }, []string{"poll.requests_per_second"}},
		{"a rate is a number", func(c *Config) { c.Poll.RequestsPerSecond = math.NaN() }, []string{"poll.requests_per_second"}},
		{"any size", func(c *Config) { c.Objectives.MinSizeRatio = new(0.0) }, nil},
		{"no smaller size", func(c *Config) { c.Objectives.MinSizeRatio = new(1.0) }, nil},
		{"a size above the median", func(c *Config) { c.Objectives.MinSizeRatio = new(1.01) }, []string{"objectives.min_size_ratio"}},
		{"a negative size", func(c *Config) { c.Objectives.MinSizeRatio = new(-0.01) }, []string{"objectives.min_size_ratio"}},
		{"an RPO as long as the lookback", func(c *Config) {
			c.Objectives.RPO = &RPO{Duration: c.Poll.Lookback}
			c.Objectives.RPODefault = new(c.Poll.Lookback)
		}, nil},
		{"an RPO longer than the lookback", func(c *Config) {
			c.Objectives.RPO = &RPO{Duration: c.Poll.Lookback + 1}
			c.Objectives.RPODefault = new(c.Poll.Lookback + 1)
		}, []string{"objectives.rpo", "objectives.rpo_default"}},
		{"a lookback of a week, the window and the grace", func(c *Config) { c.Poll.Lookback = duration(171 * time.Hour) }, nil},
		{"a shorter lookback", func(c *Config) { c.Poll.Lookback = duration(171*time.Hour - 1) }, []string{"poll.lookback"}},
		{"a lookback of a day", func(c *Config) {
			c.Poll.Lookback, c.Objectives.RPODefault = duration(24*time.Hour), new(duration(time.Hour))
		}, []string{"poll.lookback"}},
		{"a grace that overflows", func(c *Config) { c.Objectives.RPOGrace = new(duration(math.MaxInt64)) }, []string{"poll.lookback"}},
		{"as many tags as an instance can have", func(c *Config) { c.Accounts[0].Regions[0].Discovery.Tags = tags(20) }, nil},
		{"more tags", func(c *Config) { c.Accounts[0].Regions[0].Discovery.Tags = tags(21) }, []string{"accounts[0].regions[0].discovery.tags"}},
		{"port 0", func(c *Config) { c.Accounts[0].Regions[0].Endpoint = "h:0" }, []string{"accounts[0].regions[0].endpoint"}},
		{"port 1", func(c *Config) { c.Accounts[0].Regions[0].Endpoint = "h:1" }, nil},
		{"port 65535", func(c *Config) { c.Accounts[0].Regions[0].Endpoint = "h:65535" }, nil},
		{"port 65536", func(c *Config) { c.Accounts[0].Regions[0].Endpoint = "h:65536" }, []string{"accounts[0].regions[0].endpoint"}},
		{"names that are missing are not given twice", func(c *Config) {
			c.Accounts = append(c.Accounts, c.Accounts[0])
			c.Accounts[0].Name, c.Accounts[1].Name = "", ""
		}, []string{"accounts[0].name", "accounts[1].name"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := load(t, "minimal.good.yml")
			tt.change(c)
			if diff := cmp.Diff(tt.want, pathsOf(c)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// tags returns n tags.
func tags(n int) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[fmt.Sprintf("tag-%d", i)] = ""
	}
	return all
}

func TestExternalID(t *testing.T) {
	for name, c := range map[string]struct {
		id   string
		want bool
	}{
		"shortest":  {"ab", true},
		"too short": {"a", false},
		"longest":   {strings.Repeat("a", 1224), true},
		"too long":  {strings.Repeat("a", 1225), false},
		"all signs": {"Az09=,.@:/-_+", true},
		"space":     {"a b", false},
		"quote":     {`a"b`, false},
	} {
		if got := isExternalID(c.id); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestCredentialsThatDoNotGoTogether(t *testing.T) {
	const id, secret, token = "access_key_id", "access_key_secret", "security_token"
	tests := []struct {
		name, cloud string
		credentials Credentials
		want        []string // below credentials
	}{
		{"key", backup.Alibaba, Credentials{AccessKeyID: id, AccessKeySecret: secret}, nil},
		{"key and security token", backup.Alibaba, Credentials{AccessKeyID: id, AccessKeySecret: secret, SecurityToken: token}, nil},
		{"token", backup.Huawei, Credentials{TokenFile: "t"}, nil},
		{"token and id", backup.Huawei, Credentials{TokenFile: "t", AccessKeyID: id}, []string{".token_file"}},
		{"token and secret", backup.Huawei, Credentials{TokenFile: "t", AccessKeySecret: secret}, []string{".token_file"}},
		{"token and security token", backup.Huawei, Credentials{TokenFile: "t", SecurityToken: token}, []string{".token_file"}},
		{"token and key where there are no tokens", backup.Alibaba, Credentials{TokenFile: "t", AccessKeyID: id}, []string{".token_file"}},
		{"id alone", backup.Huawei, Credentials{AccessKeyID: id, SecurityToken: token}, []string{""}},
		{"secret alone", backup.Huawei, Credentials{AccessKeySecret: secret, SecurityToken: token}, []string{""}},
		{"security token alone", backup.Huawei, Credentials{SecurityToken: token}, []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := load(t, "minimal.good.yml")
			c.Accounts[0].Cloud, c.Accounts[0].Credentials = tt.cloud, tt.credentials
			var want []string
			for _, key := range tt.want {
				want = append(want, "accounts[0].credentials"+key)
			}
			if diff := cmp.Diff(want, pathsOf(c)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}
