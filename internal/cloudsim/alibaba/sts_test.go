package alibaba_test

import (
	"maps"
	"net/http"
	"net/url"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

const (
	readerARN = "acs:ram::1234567890123456:role/backup-reader"
	closedARN = "acs:ram::1234567890123456:role/closed"
	secretARN = "acs:ram::1234567890123456:role/with-id"
)

// withRoles returns clouds in which AlibabaKey has no instances, but may assume a role of the account that has them.
func withRoles() (*cloudsim.Sim, *simtest.Clock) {
	f := simtest.Fleet()
	owner := f.Accounts[0]
	owner.AccessKeyID = "AKOWNER"
	owner.Roles = []fleet.Role{
		{Name: readerARN, Users: []string{simtest.AlibabaKey}},
		{Name: secretARN, Users: []string{simtest.AlibabaKey}, ExternalID: "example"},
		{Name: closedARN, Users: []string{"AKNOBODY"}},
	}
	f.Accounts[0].Instances = nil
	f.Accounts = append(f.Accounts, owner)
	return simtest.New(f)
}

// stsRequest returns a signed call of STS.
func stsRequest(params url.Values) *http.Request {
	r := simtest.ACS3Request("AssumeRole", params)
	r.Header.Set("x-acs-version", "2015-04-01")
	simtest.SignACS3(r, simtest.AlibabaKey, simtest.AlibabaSecret)
	return r
}

// asSession returns a call signed with temporary credentials at a time.
func asSession(keyID, secret, token string, at time.Time) *http.Request {
	r := simtest.ACS3Request("DescribeDBInstances", simtest.Query("RegionId", "cn-hangzhou"))
	r.Header.Set("x-acs-date", at.Format("2006-01-02T15:04:05Z"))
	r.Header.Set("x-acs-accesskey-id", keyID)
	if token != "" {
		r.Header.Set("x-acs-security-token", token)
	}
	simtest.SignACS3(r, keyID, secret)
	return r
}

func TestAssumedRole(t *testing.T) {
	sim, clock := withRoles()
	answer := simtest.Send(t, sim, stsRequest(simtest.Query("RoleArn", readerARN, "RoleSessionName", "test", "DurationSeconds", "900")))
	if answer.Status != http.StatusOK {
		t.Fatalf("AssumeRole: %d %s", answer.Status, answer.Text)
	}
	get := func(key string) string { return answer.At(t, "Credentials", key).(string) }
	if got, want := get("Expiration"), "2026-08-06T12:15:00Z"; got != want {
		t.Errorf("expires %s, want %s", got, want)
	}
	id, secret, token := get("AccessKeyId"), get("AccessKeySecret"), get("SecurityToken")
	for _, c := range []struct {
		name              string
		id, secret, token string
		passed            time.Duration
		code              string
	}{
		{"with the session", id, secret, token, 0, ""},
		{"without the token", id, secret, "", 0, "InvalidAccessKeyId.NotFound"},
		{"with another token", id, secret, "other", 0, "InvalidSecurityToken.MismatchWithAccessKey"},
		{"with another secret", id, simtest.AlibabaSecret, token, 0, "SignatureDoesNotMatch"},
		{"a second before it expires", id, secret, token, 15*time.Minute - time.Second, ""},
		{"when it expires", id, secret, token, time.Second, "InvalidSecurityToken.Expired"},
	} {
		clock.Advance(c.passed)
		got := simtest.Send(t, sim, asSession(c.id, c.secret, c.token, clock.Now()))
		if got.Code() != c.code {
			t.Errorf("%s: %s, want %q", c.name, got.Text, c.code)
		}
		if c.code == "" && got.At(t, "TotalCount") == 0.0 {
			t.Errorf("%s: the session does not see the owner's instances: %s", c.name, got.Text)
		}
	}
}

func TestRolesThatAreRefused(t *testing.T) {
	good := simtest.Query("RoleArn", readerARN, "RoleSessionName", "test")
	for _, c := range []struct {
		name   string
		change url.Values
		status int
		code   string
	}{
		{"as documented", nil, 200, ""},
		{"unknown role", simtest.Query("RoleArn", readerARN+"x"), 404, "EntityNotExist.Role"},
		{"role of others", simtest.Query("RoleArn", closedARN), 403, "NoPermission"},
		{"no external id", simtest.Query("RoleArn", secretARN), 403, "NoPermission"},
		{"external id", simtest.Query("RoleArn", secretARN, "ExternalId", "example"), 200, ""},
		{"no role", simtest.Query("RoleArn", ""), 400, "MissingRoleArn"},
		{"no name of the session", simtest.Query("RoleSessionName", ""), 400, "InvalidParameter.RoleSessionName"},
		{"too short", simtest.Query("DurationSeconds", "899"), 400, "InvalidParameter.DurationSeconds"},
		{"shortest", simtest.Query("DurationSeconds", "900"), 200, ""},
		{"longest", simtest.Query("DurationSeconds", "43200"), 200, ""},
		{"too long", simtest.Query("DurationSeconds", "43201"), 400, "InvalidParameter.DurationSeconds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sim, _ := withRoles()
			params := maps.Clone(good)
			maps.Copy(params, c.change)
			if got := simtest.Send(t, sim, stsRequest(params)); got.Status != c.status || got.Code() != c.code {
				t.Errorf("%d %s, want %d %s", got.Status, got.Text, c.status, c.code)
			}
		})
	}
	sim, _ := withRoles()
	unsigned := stsRequest(good)
	unsigned.URL.RawQuery += "&ExternalId=x"
	if got := simtest.Send(t, sim, unsigned); got.Code() != "SignatureDoesNotMatch" {
		t.Errorf("a changed request: %s", got.Text)
	}
	if got := simtest.Send(t, sim, simtest.ACS3Request("AssumeRole", good)); got.Code() != "InvalidVersion" {
		t.Errorf("the version of another API: %s", got.Text)
	}
}
