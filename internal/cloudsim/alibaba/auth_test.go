package alibaba_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

// start is the time at which all requests are signed.
var start = simtest.Start()

func TestAuthentication(t *testing.T) {
	resign := func(change func(*http.Request)) func() *http.Request {
		return func() *http.Request {
			r := simtest.ACS3Request("DescribeRegions", simtest.Query("RegionId", "cn-hangzhou"))
			change(r)
			simtest.SignACS3(r, simtest.AlibabaKey, simtest.AlibabaSecret)
			return r
		}
	}
	tamper := func(change func(*http.Request)) func() *http.Request {
		return func() *http.Request {
			r := simtest.ACS3Request("DescribeRegions", simtest.Query("RegionId", "cn-hangzhou"))
			change(r)
			return r
		}
	}
	legacy := func(method string, change func(url.Values)) func() *http.Request {
		return func() *http.Request {
			v := simtest.RPCParams(method, "DescribeRegions", simtest.Query("RegionId", "cn-hangzhou"))
			change(v)
			return httptest.NewRequest(method, "/?"+v.Encode(), http.NoBody)
		}
	}
	as := func(date time.Time) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("x-acs-date", date.Format("2006-01-02T15:04:05Z")) }
	}
	cases := map[string]struct {
		request func() *http.Request
		status  int
		code    string
	}{
		"signed":                 {tamper(func(*http.Request) {}), 200, ""},
		"14 minutes behind":      {resign(as(start.Add(-14 * time.Minute))), 200, ""},
		"16 minutes behind":      {resign(as(start.Add(-16 * time.Minute))), 400, "InvalidTimeStamp.Expired"},
		"16 minutes ahead":       {resign(as(start.Add(16 * time.Minute))), 400, "InvalidTimeStamp.Expired"},
		"date in another format": {resign(func(r *http.Request) { r.Header.Set("x-acs-date", "today") }), 400, "InvalidTimeStamp.Format"},
		"parameter changed": {
			tamper(func(r *http.Request) { r.URL.RawQuery = "RegionId=cn-beijing" }), 400,
			"SignatureDoesNotMatch",
		},
		"hash of the body changed": {
			tamper(func(r *http.Request) { r.Header.Set("x-acs-content-sha256", "00") }), 400,
			"SignatureDoesNotMatch",
		},
		"header changed":    {tamper(func(r *http.Request) { r.Header.Set("x-acs-action", "CreateBackup") }), 400, "SignatureDoesNotMatch"},
		"header not signed": {tamper(func(r *http.Request) { r.Header.Set("x-acs-more", "1") }), 400, "IncompleteSignature"},
		"no signature":      {tamper(func(r *http.Request) { r.Header.Del("Authorization") }), 400, "IncompleteSignature"},
		"another scheme":    {tamper(func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }), 400, "IncompleteSignature"},
		"wrong secret":      {tamper(func(r *http.Request) { simtest.SignACS3(r, simtest.AlibabaKey, "wrong") }), 400, "SignatureDoesNotMatch"},
		"unknown key":       {tamper(func(r *http.Request) { simtest.SignACS3(r, "AKNOBODY", simtest.AlibabaSecret) }), 404, "InvalidAccessKeyId.NotFound"},
		"token for a permanent key": {
			resign(func(r *http.Request) { r.Header.Set("x-acs-security-token", "t") }), 400,
			"InvalidSecurityToken.MismatchWithAccessKey",
		},
		"another version":           {resign(func(r *http.Request) { r.Header.Set("x-acs-version", "2014-05-26") }), 400, "InvalidVersion"},
		"unknown action":            {resign(func(r *http.Request) { r.Header.Set("x-acs-action", "Nothing") }), 404, "InvalidAction.NotFound"},
		"another path":              {tamper(func(r *http.Request) { r.URL.Path = "/x" }), 404, "InvalidApi.NotFound"},
		"legacy, GET":               {legacy("GET", func(url.Values) {}), 200, ""},
		"legacy, POST":              {legacy("POST", func(url.Values) {}), 200, ""},
		"legacy, parameter changed": {legacy("GET", func(v url.Values) { v.Set("RegionId", "cn-beijing") }), 400, "SignatureDoesNotMatch"},
		"legacy, unknown key":       {legacy("GET", func(v url.Values) { v.Set("AccessKeyId", "AKNOBODY") }), 404, "InvalidAccessKeyId.NotFound"},
		"legacy, too old": {legacy("GET", func(v url.Values) {
			v.Del("Signature")
			v.Set("Timestamp", start.Add(-time.Hour).Format("2006-01-02T15:04:05Z"))
			simtest.SignRPC("GET", v)
		}), 400, "InvalidTimeStamp.Expired"},
		"legacy, no nonce": {legacy("GET", func(v url.Values) {
			v.Del("Signature")
			v.Del("SignatureNonce")
			simtest.SignRPC("GET", v)
		}), 400, "SignatureNonceUsed"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, _ := simtest.New(simtest.Fleet())
			if got := simtest.Send(t, s, tc.request()); got.Status != tc.status || got.Code() != tc.code {
				t.Errorf("got %d %s, want %d %s: %s", got.Status, got.Code(), tc.status, tc.code, got.Text)
			}
		})
	}
}

func TestLegacyParametersInForm(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	v := simtest.RPCParams("POST", "DescribeBackupPolicy", simtest.Query("DBInstanceId", "dds-set"))
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if got := simtest.Send(t, s, r); got.Status != 200 {
		t.Errorf("got %d: %s", got.Status, got.Text)
	}
}

// TestCommandLineTool sends the request that was recorded of version 3.4.11 of the aliyun command-line tool.
func TestCommandLineTool(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	v := simtest.RPCParams("POST", "DescribeBackups", simtest.Query("DBInstanceId", "dds-set", "RegionId", "cn-hangzhou",
		"StartTime", "2026-08-01T00:00Z", "EndTime", "2026-08-02T00:00Z"))
	r := httptest.NewRequest(http.MethodPost, "/?"+v.Encode(), http.NoBody)
	for key, value := range map[string]string{
		"Accept-Encoding": "identity", "Content-Type": "application/x-www-form-urlencoded",
		"X-Acs-Action": "DescribeBackups", "X-Acs-Version": "2015-12-01", "X-Acs-Credentials-Provider": "static_ak",
		"X-Sdk-Client": "golang/1.0.0", "X-Sdk-Invoke-Type": "normal",
	} {
		r.Header.Set(key, value)
	}
	if got := simtest.Send(t, s, r); got.Status != 200 || got.Body["TotalCount"] != 0.0 {
		t.Errorf("%d %s", got.Status, got.Text)
	}
}

func TestNonceIsAcceptedOnce(t *testing.T) {
	s, clock := simtest.New(simtest.Fleet())
	r := simtest.ACS3Request("DescribeRegions", nil)
	if got := simtest.Send(t, s, r); got.Status != 200 {
		t.Fatalf("first use: %s", got.Text)
	}
	if got := simtest.Send(t, s, r); got.Code() != "SignatureNonceUsed" {
		t.Errorf("second use: %s", got.Text)
	}
	clock.Advance(10 * time.Minute)
	if got := simtest.Send(t, s, r); got.Code() != "SignatureNonceUsed" {
		t.Errorf("ten minutes later: %s", got.Text)
	}
}

func TestTemporaryCredentials(t *testing.T) {
	f := simtest.Fleet()
	f.Accounts[0].SecurityToken = "sts"
	for name, tc := range map[string]struct{ token, code string }{
		"token":       {"sts", ""},
		"wrong token": {"other", "InvalidSecurityToken.MismatchWithAccessKey"},
		"no token":    {"", "InvalidAccessKeyId.NotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := simtest.New(f)
			r := simtest.ACS3Request("DescribeRegions", nil)
			if tc.token != "" {
				r.Header.Set("x-acs-security-token", tc.token)
				simtest.SignACS3(r, simtest.AlibabaKey, simtest.AlibabaSecret)
			}
			if got := simtest.Send(t, s, r); got.Code() != tc.code {
				t.Errorf("header: %s", got.Text)
			}
			v := simtest.RPCParams("GET", "DescribeRegions", simtest.Query("SecurityToken", tc.token))
			if got := simtest.Send(t, s, httptest.NewRequest("GET", "/?"+v.Encode(), http.NoBody)); got.Code() != tc.code {
				t.Errorf("query: %s", got.Text)
			}
		})
	}
}
