package exporter

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

const (
	role   = "acs:ram::1234567890123456:role/backup-reader"
	agency = "backup-reader"
)

// delegating returns clouds in which the accounts with the known keys own nothing, but may act for those that do.
func delegating() fleet.Fleet {
	f := simtest.Fleet()
	for i, owner := range f.Accounts {
		name := map[string]string{fleet.Alibaba: role, fleet.Huawei: agency}[owner.Cloud]
		owner.Roles = []fleet.Role{{Name: name, Users: []string{owner.AccessKeyID}, ExternalID: "example"}}
		owner.AccessKeyID, owner.AuthToken, owner.Domain = "AKOWNER", "", "customer"
		f.Accounts[i].Instances, f.Accounts[i].ProjectIDs = nil, nil
		f.Accounts = append(f.Accounts, owner)
	}
	return f
}

// TestRolesAreAssumed takes each way from the configuration file to the answer of a cloud.
func TestRolesAreAssumed(t *testing.T) {
	sim := cloudsim.New(cloudsim.Options{Fleet: delegating(), Now: time.Now})
	server := httptest.NewServer(sim)
	defer server.Close()
	profile := filepath.Join(t.TempDir(), "config.json")
	const profiles = `{"profiles":[{"name":"prod","mode":"AK","access_key_id":"` + simtest.AlibabaKey + `","access_key_secret":"` + simtest.AlibabaSecret + `"}]}`
	if err := os.WriteFile(profile, []byte(profiles), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ALIBABA_CLOUD_CONFIG_FILE", profile)
	const (
		aliKey = "access_key_id: " + simtest.AlibabaKey + ", access_key_secret: " + simtest.AlibabaSecret
		hwKey  = "access_key_id: " + simtest.HuaweiKey + ", access_key_secret: " + simtest.HuaweiSecret
		assume = "role_arn: " + role + ", external_id: example, sts_endpoint: SERVER"
	)
	for _, c := range []struct{ name, cloud, region, credentials string }{
		{"role with a key", "alibaba", "cn-hangzhou", aliKey + ", " + assume},
		{"role with a profile", "alibaba", "cn-hangzhou", "profile: prod, " + assume},
		{"agency with a key", "huawei", "cn-north-4", hwKey + ", agency_name: " + agency + ", agency_domain: customer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "accounts: [{name: a, cloud: " + c.cloud + ", credentials: {" + c.credentials + "}, regions: [{id: " + c.region +
				", endpoint: SERVER, discovery: {enabled: true}IAM}]}]"
			iam := ""
			if c.cloud == "huawei" {
				iam = ", iam_endpoint: SERVER"
			}
			text = strings.ReplaceAll(strings.ReplaceAll(text, "IAM", iam), "SERVER", `"`+server.URL+`"`)
			e, err := New(load(t, text), Options{Now: time.Now, Logger: log.NewNopLogger()})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			listing, err := e.Regions()[0].Source.Instances(t.Context())
			if err != nil || len(listing.Instances) == 0 {
				t.Errorf("%d instances of the other account, error %v", len(listing.Instances), err)
			}
		})
	}
}

// TestPlaceholderInAFileReachesNoCloud states that a file that a tool has yet to fill is no key, also at run time.
func TestPlaceholderInAFileReachesNoCloud(t *testing.T) {
	sim := cloudsim.New(cloudsim.Options{Fleet: simtest.Fleet(), Now: time.Now})
	server := httptest.NewServer(sim)
	defer server.Close()
	secret := filepath.Join(t.TempDir(), "secret")
	cfg := load(t, `accounts: [{name: a, cloud: alibaba, credentials: {access_key_id: `+simtest.AlibabaKey+`, access_key_secret_file: "`+secret+`"},
  regions: [{id: cn-hangzhou, endpoint: "`+server.URL+`", discovery: {enabled: true}}]}]`)
	passed := time.Duration(0)
	e, err := New(cfg, Options{Now: func() time.Time { return time.Now().Add(passed) }, Logger: log.NewNopLogger()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, step := range []struct {
		content string
		class   backup.Class
		calls   bool
	}{
		{"${ALI_SECRET}", backup.ClassAuth, false},
		{simtest.AlibabaSecret, "", true},
	} {
		if err := os.WriteFile(secret, []byte(step.content), 0o600); err != nil {
			t.Fatal(err)
		}
		passed += 2 * time.Second // a changed file is seen after a second
		_, err := e.Regions()[0].Source.Instances(t.Context())
		if backup.ClassOf(err) != step.class || (sim.Count("") > 0) != step.calls {
			t.Errorf("%s: %v after %d calls, want class %q", step.content, err, sim.Count(""), step.class)
		}
		if err := cfg.CheckCredentials(); (err == nil) != (step.class == "") {
			t.Errorf("%s: check-config says %v", step.content, err)
		}
	}
}

// TestIdentity states which accounts share a breaker: the cloud counts the refusals of one key together, whatever is
// assumed with it.
func TestIdentity(t *testing.T) {
	base := config.Credentials{AccessKeyID: "a", AccessKeySecret: "s"}
	breaker := cloudcall.NewBreaker(clock, nil, time.Minute, nil)
	with := func(change func(*config.Credentials)) (identity, *cloudcall.Gate) {
		c := base
		change(&c)
		a := &account{cloud: cloud{name: "alibaba"}, conf: config.Account{Credentials: c}}
		return a.identity(), a.gate(breaker, config.Region{ID: "r"})
	}
	id, gate := with(func(*config.Credentials) {})
	for name, c := range map[string]struct {
		change   func(*config.Credentials)
		key, own bool // the same key; a gate of its own
	}{
		"nothing": {func(*config.Credentials) {}, true, false},
		"role":    {func(c *config.Credentials) { c.RoleARN = role }, true, true},
		"agency":  {func(c *config.Credentials) { c.AgencyName = agency }, true, true},
		"profile": {func(c *config.Credentials) { c.Profile = "p" }, false, false},
		"key":     {func(c *config.Credentials) { c.AccessKeyID = "b" }, false, false},
	} {
		otherID, otherGate := with(c.change)
		if (id == otherID) != c.key || (gate != otherGate) != c.own {
			t.Errorf("%s: same key %v, gate of its own %v; want %v, %v", name, id == otherID, gate != otherGate, c.key, c.own)
		}
	}
}
