package huawei_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

// withAgencies returns clouds in which HuaweiKey has no project, but may act for the account customer, which has one.
func withAgencies() (*cloudsim.Sim, *simtest.Clock) {
	f := simtest.Fleet()
	owner := f.Accounts[1]
	owner.AccessKeyID, owner.Domain, owner.AuthToken = "AKOWNER", "customer", ""
	owner.Roles = []fleet.Role{{Name: "reader", Users: []string{simtest.HuaweiKey}}, {Name: "closed"}}
	f.Accounts[1].Instances, f.Accounts[1].ProjectIDs = nil, nil
	f.Accounts = append(f.Accounts, owner)
	return simtest.New(f)
}

const keysPath = "/v3.0/OS-CREDENTIAL/securitytokens"

func assumeBody(domain, agency, seconds string) string {
	return `{"auth":{"identity":{"methods":["assume_role"],"assume_role":{"domain_name":"` + domain + `","agency_name":"` + agency +
		`","duration_seconds":` + seconds + `}}}}`
}

func TestAssumedAgency(t *testing.T) {
	sim, clock := withAgencies()
	answer := simtest.Send(t, sim, simtest.HuaweiRequest(http.MethodPost, keysPath, nil, assumeBody("customer", "reader", "900")))
	if answer.Status != http.StatusCreated {
		t.Fatalf("%d %s", answer.Status, answer.Text)
	}
	get := func(key string) string { return answer.At(t, "credential", key).(string) }
	if got, want := get("expires_at"), "2026-08-06T12:15:00.000000Z"; got != want {
		t.Errorf("expires %s, want %s", got, want)
	}
	access, secret, token := get("access"), get("secret"), get("securitytoken")
	for _, c := range []struct {
		name          string
		secret, token string
		passed        time.Duration
		problem       string
	}{
		{"with the keys", secret, token, 0, ""},
		{"without the token", secret, "", 0, "security token mismatch"},
		{"with another secret", simtest.HuaweiSecret, token, 0, "verify aksk signature fail"},
		{"a second before they expire", secret, token, 15*time.Minute - time.Second, ""},
		{"when they expire", secret, token, time.Second, "the security token expires"},
	} {
		clock.Advance(c.passed)
		r := simtest.HuaweiRequest(http.MethodGet, simtest.BackupsPath, simtest.Query("limit", "10"), "")
		r.Header.Set("X-Sdk-Date", clock.Now().Format("20060102T150405Z"))
		if c.token != "" {
			r.Header.Set("X-Security-Token", c.token)
		}
		simtest.SignHuawei(r, "", c.secret, "host", "x-sdk-date")
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), simtest.HuaweiKey, access, 1))
		got := simtest.Send(t, sim, r)
		if (got.Status == http.StatusOK) != (c.problem == "") || !strings.Contains(got.Text, c.problem) {
			t.Errorf("%s: %s, want %q", c.name, got.Text, c.problem)
		}
	}
}

func TestAgenciesThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
	}{
		{"as documented", assumeBody("customer", "reader", "3600"), 201},
		{"unknown agency", assumeBody("customer", "writer", "3600"), 404},
		{"unknown account", assumeBody("nobody", "reader", "3600"), 404},
		{"agency of others", assumeBody("customer", "closed", "3600"), 403},
		{"default time", assumeBody("customer", "reader", "0"), 201},
		{"too short", assumeBody("customer", "reader", "899"), 400},
		{"longest", assumeBody("customer", "reader", "86400"), 201},
		{"too long", assumeBody("customer", "reader", "86401"), 400},
		{"no account", assumeBody("", "reader", "3600"), 400},
		{"another method", strings.Replace(assumeBody("customer", "reader", "3600"), "assume_role", "token", 1), 400},
		{"no JSON", "{", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim, _ := withAgencies()
			got := simtest.Send(t, sim, simtest.HuaweiRequest(http.MethodPost, keysPath, nil, c.body))
			if got.Status != c.status {
				t.Errorf("%d %s, want %d", got.Status, got.Text, c.status)
			}
		})
	}
	sim, _ := withAgencies()
	unsigned := simtest.HuaweiRequest(http.MethodPost, keysPath, nil, assumeBody("customer", "reader", "3600"))
	unsigned.Header.Del("Authorization")
	if got := simtest.Send(t, sim, unsigned); got.Status != http.StatusUnauthorized {
		t.Errorf("without a signature: %d %s", got.Status, got.Text)
	}
	unsigned = simtest.HuaweiRequest(http.MethodPost, keysPath, nil, assumeBody("customer", "reader", "3600"))
	unsigned.Header.Del("Authorization")
	unsigned.Header.Set("X-Auth-Token", "user-token")
	if got := simtest.Send(t, sim, unsigned); got.Status != http.StatusCreated {
		t.Errorf("with a user token: %d %s", got.Status, got.Text)
	}
}
