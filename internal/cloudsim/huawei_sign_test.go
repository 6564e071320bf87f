package cloudsim

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	backupsPath = "/v3/" + project + "/backups"
	iamMessage  = "Incorrect IAM authentication information: "
)

func TestHuaweiAuthentication(t *testing.T) {
	list := func(change func(*http.Request)) func() *http.Request {
		return func() *http.Request {
			r := huaweiRequest(http.MethodGet, backupsPath, query("limit", "10", "begin_time", "2026-08-01 00:00:00",
				"end_time", "2026-08-06 00:00:00"), "")
			change(r)
			return r
		}
	}
	dated := func(date time.Time) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("X-Sdk-Date", date.Format("20060102T150405Z"))
			signHuawei(r, "", hwSecret, "host", "x-sdk-date")
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
		"host not signed":   {list(func(r *http.Request) { signHuawei(r, "", hwSecret, "x-sdk-date") }), 200, "", ""},
		"14 minutes behind": {list(dated(start.Add(-14 * time.Minute))), 200, "", ""},
		"16 minutes behind": {list(dated(start.Add(-16 * time.Minute))), 401, "APIGW.0301", iamMessage + "signature expired"},
		"16 minutes ahead":  {list(dated(start.Add(16 * time.Minute))), 401, "APIGW.0301", iamMessage + "signature expired"},
		"date not signed":   {list(func(r *http.Request) { signHuawei(r, "", hwSecret, "host") }), 401, "APIGW.0301", iamMessage + "x-auth-token not found"},
		"wrong secret":      {list(func(r *http.Request) { signHuawei(r, "", "no", "host", "x-sdk-date") }), 401, "APIGW.0301", iamMessage + "verify aksk signature fail"},
		"parameter changed": {list(func(r *http.Request) { r.URL.RawQuery = "limit=11" }), 401, "APIGW.0301", iamMessage + "verify aksk signature fail"},
		"unknown key": {list(func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), hwKey, "AKNO", 1))
		}), 401, "APIGW.0301", iamMessage + "Get secretKey failed,ak:AKNO,err:ak not exist"},
		"unsigned":             {list(func(r *http.Request) { r.Header.Del("Authorization") }), 401, "APIGW.0301", iamMessage + "x-auth-token not found"},
		"security token":       {list(func(r *http.Request) { r.Header.Set("X-Security-Token", "x") }), 401, "APIGW.0301", iamMessage + "verify aksk signature fail: security token mismatch"},
		"user token":           {list(token("user-token")), 200, "", ""},
		"unknown user token":   {list(token("x")), 401, "APIGW.0301", iamMessage + "decrypt token fail"},
		"another project":      {list(func(r *http.Request) { token("user-token")(r); r.URL.Path = "/v3/other/backups" }), 403, "DBS.200604", "The project does not belong to the account."},
		"another project said": {list(func(r *http.Request) { r.Header.Set("X-Project-Id", "other") }), 403, "DBS.200604", "The project does not belong to the account."},
		"unknown path":         {list(func(r *http.Request) { r.URL.Path = "/v3/" + project + "/nothing" }), 404, "APIGW.0101", "The API does not exist or has not been published in the environment"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, _ := newSim(t, testFleet())
			got := send(t, s, tc.request())
			message, _ := got.body["error_msg"].(string)
			if got.status != tc.status || got.code() != tc.code || message != tc.message {
				t.Errorf("got %d %s, want %d %s %s", got.status, got.text, tc.status, tc.code, tc.message)
			}
			if got.header.Get("X-Request-Id") == "" {
				t.Error("no X-Request-Id")
			}
		})
	}
}

func TestHuaweiLocksKeyAfterFailures(t *testing.T) {
	s, clock := newSim(t, testFleet())
	call := func(secret string) string {
		r := huaweiRequest(http.MethodGet, backupsPath, nil, "")
		signHuawei(r, "", secret, "host", "x-sdk-date")
		message, _ := send(t, s, r).body["error_msg"].(string)
		return strings.TrimPrefix(message, iamMessage)
	}
	for n := range 5 {
		if got := call("wrong"); got != "verify aksk signature fail" {
			t.Fatalf("failure %d: %q", n+1, got)
		}
	}
	if got := call(hwSecret); got != "" {
		t.Fatalf("five failures lock already: %q", got)
	}
	for range 6 {
		call("wrong")
	}
	const locked = "AK access failed to reach the limit,forbidden"
	if got := call(hwSecret); got != locked {
		t.Errorf("after six failures in a row: %q", got)
	}
	clock.advance(5*time.Minute - time.Second)
	if got := call(hwSecret); got != locked {
		t.Errorf("just before the end of the lock: %q", got)
	}
	clock.advance(time.Second)
	if got := call(hwSecret); got != "" {
		t.Errorf("after five minutes: %q", got)
	}
}

func TestKeystone(t *testing.T) {
	s, clock := newSim(t, testFleet())
	got := getHuawei(t, s, "/v3/projects", "name", "cn-north-4")
	if id := got.at(t, "projects", 0, "id"); id != project {
		t.Errorf("project %v: %s", id, got.text)
	}
	if got := getHuawei(t, s, "/v3/projects", "name", "cn-north-1"); len(got.at(t, "projects").([]any)) != 0 {
		t.Errorf("a region without a project: %s", got.text)
	}
	r := huaweiRequest(http.MethodGet, "/v3/projects", nil, "")
	signHuawei(r, "", "wrong", "x-sdk-date")
	if got := send(t, s, r); got.status != 401 || got.at(t, "error", "code") != 401.0 || got.at(t, "error", "title") != "Unauthorized" {
		t.Errorf("wrong secret: %d %s", got.status, got.text)
	}

	login := func(password, region string) reply {
		body := `{"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"name":"d"},"name":"` + hwKey +
			`","password":"` + password + `"}}},"scope":{"project":{"name":"` + region + `"}}}}`
		r := huaweiRequest(http.MethodPost, "/v3/auth/tokens", nil, body)
		r.Header.Del("Authorization")
		return send(t, s, r)
	}
	for name, bad := range map[string]reply{"password": login("no", "cn-north-4"), "region": login(hwSecret, "cn-north-1")} {
		if bad.status != 401 {
			t.Errorf("wrong %s: %d %s", name, bad.status, bad.text)
		}
	}
	given := login(hwSecret, "cn-north-4")
	if given.status != 201 || given.at(t, "token", "expires_at") != "2026-08-07T12:00:00.000000Z" ||
		given.at(t, "token", "project", "id") != project {
		t.Fatalf("token: %d %s", given.status, given.text)
	}
	use := func() reply {
		r := huaweiRequest(http.MethodGet, backupsPath, nil, "")
		r.Header.Del("Authorization")
		r.Header.Set("X-Auth-Token", given.header.Get("X-Subject-Token"))
		return send(t, s, r)
	}
	if got := use(); got.status != 200 {
		t.Errorf("token in use: %s", got.text)
	}
	clock.advance(24 * time.Hour)
	if got := use(); got.body["error_msg"] != iamMessage+"token expires" {
		t.Errorf("a day later: %s", got.text)
	}
}
