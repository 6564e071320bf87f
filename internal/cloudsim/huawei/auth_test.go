package huawei_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

// start is the time at which all requests are signed.
var start = simtest.Start()

const iamMessage = "Incorrect IAM authentication information: "

func TestAuthentication(t *testing.T) {
	list := func(change func(*http.Request)) func() *http.Request {
		return func() *http.Request {
			r := simtest.HuaweiRequest(http.MethodGet, simtest.BackupsPath, simtest.Query("limit", "10", "begin_time", "2026-08-01 00:00:00",
				"end_time", "2026-08-06 00:00:00"), "")
			change(r)
			return r
		}
	}
	dated := func(date time.Time) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("X-Sdk-Date", date.Format("20060102T150405Z"))
			simtest.SignHuawei(r, "", simtest.HuaweiSecret, "host", "x-sdk-date")
		}
	}
	token := func(value string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Del("Authorization")
			r.Header.Set("X-Auth-Token", value)
		}
	}
	cases := map[string]struct {
		request       func() *http.Request
		status        int
		code, message string
	}{
		"host signed":       {list(func(*http.Request) {}), 200, "", ""},
		"host not signed":   {list(func(r *http.Request) { simtest.SignHuawei(r, "", simtest.HuaweiSecret, "x-sdk-date") }), 200, "", ""},
		"14 minutes behind": {list(dated(start.Add(-14 * time.Minute))), 200, "", ""},
		"16 minutes behind": {list(dated(start.Add(-16 * time.Minute))), 401, "APIGW.0301", iamMessage + "signature expired"},
		"16 minutes ahead":  {list(dated(start.Add(16 * time.Minute))), 401, "APIGW.0301", iamMessage + "signature expired"},
		"date not signed":   {list(func(r *http.Request) { simtest.SignHuawei(r, "", simtest.HuaweiSecret, "host") }), 401, "APIGW.0301", iamMessage + "x-auth-token not found"},
		"wrong secret":      {list(func(r *http.Request) { simtest.SignHuawei(r, "", "no", "host", "x-sdk-date") }), 401, "APIGW.0301", iamMessage + "verify aksk signature fail"},
		"parameter changed": {list(func(r *http.Request) { r.URL.RawQuery = "limit=11" }), 401, "APIGW.0301", iamMessage + "verify aksk signature fail"},
		"unknown key": {list(func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), simtest.HuaweiKey, "AKNO", 1))
		}), 401, "APIGW.0301", iamMessage + "Get secretKey failed,ak:AKNO,err:ak not exist"},
		"not signed":                    {list(func(r *http.Request) { r.Header.Del("Authorization") }), 401, "APIGW.0301", iamMessage + "x-auth-token not found"},
		"security token":                {list(func(r *http.Request) { r.Header.Set("X-Security-Token", "x") }), 401, "APIGW.0301", iamMessage + "verify aksk signature fail: security token mismatch"},
		"user token":                    {list(token("user-token")), 200, "", ""},
		"unknown user token":            {list(token("x")), 401, "APIGW.0301", iamMessage + "decrypt token fail"},
		"another project":               {list(func(r *http.Request) { token("user-token")(r); r.URL.Path = "/v3/other/backups" }), 403, "DBS.200604", "The project does not belong to the account."},
		"another project in the header": {list(func(r *http.Request) { r.Header.Set("X-Project-Id", "other") }), 403, "DBS.200604", "The project does not belong to the account."},
		"unknown path":                  {list(func(r *http.Request) { r.URL.Path = "/v3/" + simtest.Project + "/nothing" }), 404, "APIGW.0101", "The API does not exist or has not been published in the environment"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, _ := simtest.New(simtest.Fleet())
			got := simtest.Send(t, s, tc.request())
			message, _ := got.Body["error_msg"].(string)
			if got.Status != tc.status || got.Code() != tc.code || message != tc.message {
				t.Errorf("got %d %s, want %d %s %s", got.Status, got.Text, tc.status, tc.code, tc.message)
			}
			if got.Header.Get("X-Request-Id") == "" {
				t.Error("no X-Request-Id")
			}
		})
	}
}

func TestFailuresLockTheKey(t *testing.T) {
	s, clock := simtest.New(simtest.Fleet())
	call := func(secret string) string {
		r := simtest.HuaweiRequest(http.MethodGet, simtest.BackupsPath, nil, "")
		simtest.SignHuawei(r, "", secret, "host", "x-sdk-date")
		message, _ := simtest.Send(t, s, r).Body["error_msg"].(string)
		return strings.TrimPrefix(message, iamMessage)
	}
	for n := range 5 {
		if got := call("wrong"); got != "verify aksk signature fail" {
			t.Fatalf("failure %d: %q", n+1, got)
		}
	}
	if got := call(simtest.HuaweiSecret); got != "" {
		t.Fatalf("five failures lock already: %q", got)
	}
	for range 6 {
		call("wrong")
	}
	const locked = "AK access failed to reach the limit,forbidden"
	if got := call(simtest.HuaweiSecret); got != locked {
		t.Errorf("after six failures in a row: %q", got)
	}
	clock.Advance(5*time.Minute - time.Second)
	if got := call(simtest.HuaweiSecret); got != locked {
		t.Errorf("just before the end of the lock: %q", got)
	}
	clock.Advance(time.Second)
	if got := call(simtest.HuaweiSecret); got != "" {
		t.Errorf("after five minutes: %q", got)
	}
}

func TestKeystone(t *testing.T) {
	s, clock := simtest.New(simtest.Fleet())
	got := simtest.GetHuawei(t, s, "/v3/projects", "name", "cn-north-4")
	if id := got.At(t, "projects", 0, "id"); id != simtest.Project {
		t.Errorf("project %v: %s", id, got.Text)
	}
	if got := simtest.GetHuawei(t, s, "/v3/projects", "name", "cn-north-1"); len(got.At(t, "projects").([]any)) != 0 {
		t.Errorf("a region without a project: %s", got.Text)
	}
	r := simtest.HuaweiRequest(http.MethodGet, "/v3/projects", nil, "")
	simtest.SignHuawei(r, "", "wrong", "x-sdk-date")
	if got := simtest.Send(t, s, r); got.Status != 401 || got.At(t, "error", "code") != 401.0 || got.At(t, "error", "title") != "Unauthorized" {
		t.Errorf("wrong secret: %d %s", got.Status, got.Text)
	}

	login := func(password, region string) simtest.Reply {
		body := `{"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"name":"d"},"name":"` + simtest.HuaweiKey +
			`","password":"` + password + `"}}},"scope":{"project":{"name":"` + region + `"}}}}`
		r := simtest.HuaweiRequest(http.MethodPost, "/v3/auth/tokens", nil, body)
		r.Header.Del("Authorization")
		return simtest.Send(t, s, r)
	}
	for name, bad := range map[string]simtest.Reply{"password": login("no", "cn-north-4"), "region": login(simtest.HuaweiSecret, "cn-north-1")} {
		if bad.Status != 401 {
			t.Errorf("wrong %s: %d %s", name, bad.Status, bad.Text)
		}
	}
	given := login(simtest.HuaweiSecret, "cn-north-4")
	if given.Status != 201 || given.At(t, "token", "expires_at") != "2026-08-07T12:00:00.000000Z" ||
		given.At(t, "token", "project", "id") != simtest.Project {
		t.Fatalf("token: %d %s", given.Status, given.Text)
	}
	use := func() simtest.Reply {
		r := simtest.HuaweiRequest(http.MethodGet, simtest.BackupsPath, nil, "")
		r.Header.Del("Authorization")
		r.Header.Set("X-Auth-Token", given.Header.Get("X-Subject-Token"))
		return simtest.Send(t, s, r)
	}
	if got := use(); got.Status != 200 {
		t.Errorf("token in use: %s", got.Text)
	}
	clock.Advance(24 * time.Hour)
	if got := use(); got.Body["error_msg"] != iamMessage+"token expires" {
		t.Errorf("a day later: %s", got.Text)
	}
}
