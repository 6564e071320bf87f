package cloudsim

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The examples of Alibaba Cloud's own documentation of its two signature schemes.
func TestAlibabaSignatureExamples(t *testing.T) {
	params, err := url.ParseQuery("AccessKeyId=testid&Action=DescribeRegions&Format=XML&SignatureMethod=HMAC-SHA1" +
		"&SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&SignatureVersion=1.0&Timestamp=2016-02-23T12%3A46%3A24Z" +
		"&Version=2014-05-26&Signature=ignored")
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	if got, text := signRPC(&request{http: r, params: params}, "testsecret"); got != "OLeaidS1JvxuMvnyHOwuJ+uX5qY=" {
		t.Errorf("legacy signature %s of %s", got, text)
	}

	r = httptest.NewRequest(http.MethodPost, "http://ecs.cn-shanghai.aliyuncs.com/?ImageId="+
		"win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai", http.NoBody)
	for key, value := range map[string]string{
		"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26", "x-acs-date": "2023-10-26T10:22:32Z",
		"x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
		"x-acs-content-sha256":  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	} {
		r.Header.Set(key, value)
	}
	a, ok := parseACS3("ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;" +
		"x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")
	if !ok || a.keyID != "YourAccessKeyId" {
		t.Fatalf("parsed as %+v, %t", a, ok)
	}
	if got, _ := a.sign(&request{http: r}, "YourAccessKeySecret"); got != a.signature {
		t.Errorf("signature %s of:\n%s", got, a.canonical(r))
	}
}

func TestCanonicalRequests(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:45311/?DBInstanceId=a+b%2Bc%2Ad~e%2Ff%3Ag%25h%3Di%26j%E4%B8%AD%27%28%29%21&BackupId=", http.NoBody)
	for key, value := range map[string]string{
		"x-acs-action": "DescribeBackups", "x-acs-version": "2015-12-01", "x-acs-date": "2026-11-22T08:51:50Z",
		"x-acs-signature-nonce": "8b6e7eac502386b44d11e89898a64178", "x-acs-content-sha256": "e3b0…b855",
	} {
		r.Header.Set(key, value)
	}
	a := acs3{signed: strings.Split("host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version", ";")}
	want := `POST
/
BackupId=&DBInstanceId=a%20b%2Bc%2Ad~e%2Ff%3Ag%25h%3Di%26j%E4%B8%AD%27%28%29%21
host:127.0.0.1:45311
x-acs-action:DescribeBackups
x-acs-content-sha256:e3b0…b855
x-acs-date:2026-11-22T08:51:50Z
x-acs-signature-nonce:8b6e7eac502386b44d11e89898a64178
x-acs-version:2015-12-01

host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version
e3b0…b855`
	if got := a.canonical(r); got != want {
		t.Errorf("Alibaba:\n%s\nwant:\n%s", got, want)
	}

	r = httptest.NewRequest(http.MethodGet, "http://127.0.0.1:41215/v3/0123/backups?limit=100", http.NoBody)
	for key, value := range map[string]string{
		"User-Agent": "huaweicloud-usdk-go/3.0; probe/1.0", "X-Project-Id": "0123", "X-Sdk-Date": "20261122T085035Z",
		"X-Security-Token": "STS-TOKEN",
	} {
		r.Header.Set(key, value)
	}
	h := sdkAuthorization{signed: strings.Split("user-agent;x-project-id;x-sdk-date;x-security-token", ";")}
	want = "GET\n/v3/0123/backups/\nlimit=100\nuser-agent:huaweicloud-usdk-go/3.0; probe/1.0\nx-project-id:0123\n" +
		"x-sdk-date:20261122T085035Z\nx-security-token:STS-TOKEN\n\nuser-agent;x-project-id;x-sdk-date;x-security-token\n" +
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if got := h.canonical(&request{http: r}); got != want {
		t.Errorf("Huawei:\n%q\nwant:\n%q", got, want)
	}
}

func TestCanonicalQuerySortsByName(t *testing.T) {
	v := url.Values{"Tag.1.Key": {"x"}, "Tag": {"~*"}, "Tag.10.Key": {"b", "a"}}
	if got, want := canonicalQuery(v), "Tag=~%2A&Tag.1.Key=x&Tag.10.Key=a&Tag.10.Key=b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAlibabaAuthentication(t *testing.T) {
	resign := func(change func(*http.Request)) func() *http.Request {
		return func() *http.Request {
			r := acs3Request("DescribeRegions", query("RegionId", "cn-hangzhou"))
			change(r)
			signACS3(r, aliKey, aliSecret)
			return r
		}
	}
	tamper := func(change func(*http.Request)) func() *http.Request {
		return func() *http.Request {
			r := acs3Request("DescribeRegions", query("RegionId", "cn-hangzhou"))
			change(r)
			return r
		}
	}
	legacy := func(method string, change func(url.Values)) func() *http.Request {
		return func() *http.Request {
			v := rpcParams(method, "DescribeRegions", query("RegionId", "cn-hangzhou"))
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
		"signed":               {tamper(func(*http.Request) {}), 200, ""},
		"14 minutes behind":    {resign(as(start.Add(-14 * time.Minute))), 200, ""},
		"16 minutes behind":    {resign(as(start.Add(-16 * time.Minute))), 400, "InvalidTimeStamp.Expired"},
		"16 minutes ahead":     {resign(as(start.Add(16 * time.Minute))), 400, "InvalidTimeStamp.Expired"},
		"date in another form": {resign(func(r *http.Request) { r.Header.Set("x-acs-date", "today") }), 400, "InvalidTimeStamp.Format"},
		"parameter changed": {
			tamper(func(r *http.Request) { r.URL.RawQuery = "RegionId=cn-beijing" }), 400,
			"SignatureDoesNotMatch",
		},
		"body added": {
			tamper(func(r *http.Request) { r.Body = http.NoBody; r.Header.Set("x-acs-content-sha256", "00") }), 400,
			"SignatureDoesNotMatch",
		},
		"header changed":  {tamper(func(r *http.Request) { r.Header.Set("x-acs-action", "CreateBackup") }), 400, "SignatureDoesNotMatch"},
		"header unsigned": {tamper(func(r *http.Request) { r.Header.Set("x-acs-more", "1") }), 400, "IncompleteSignature"},
		"no signature":    {tamper(func(r *http.Request) { r.Header.Del("Authorization") }), 400, "IncompleteSignature"},
		"another scheme":  {tamper(func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }), 400, "IncompleteSignature"},
		"wrong secret":    {tamper(func(r *http.Request) { signACS3(r, aliKey, "wrong") }), 400, "SignatureDoesNotMatch"},
		"unknown key":     {tamper(func(r *http.Request) { signACS3(r, "AKNOBODY", aliSecret) }), 404, "InvalidAccessKeyId.NotFound"},
		"token for a permanent key": {
			resign(func(r *http.Request) { r.Header.Set("x-acs-security-token", "t") }), 400,
			"InvalidSecurityToken.MismatchWithAccessKey",
		},
		"another version": {resign(func(r *http.Request) { r.Header.Set("x-acs-version", "2014-05-26") }), 400, "InvalidVersion"},
		"unknown action":  {resign(func(r *http.Request) { r.Header.Set("x-acs-action", "Nothing") }), 404, "InvalidAction.NotFound"},
		"another path":    {tamper(func(r *http.Request) { r.URL.Path = "/x" }), 404, "InvalidApi.NotFound"},
		"legacy GET":      {legacy("GET", func(url.Values) {}), 200, ""},
		"legacy POST":     {legacy("POST", func(url.Values) {}), 200, ""},
		"legacy changed":  {legacy("GET", func(v url.Values) { v.Set("RegionId", "cn-beijing") }), 400, "SignatureDoesNotMatch"},
		"legacy key":      {legacy("GET", func(v url.Values) { v.Set("AccessKeyId", "AKNOBODY") }), 404, "InvalidAccessKeyId.NotFound"},
		"legacy too old": {legacy("GET", func(v url.Values) {
			v.Del("Signature")
			v.Set("Timestamp", start.Add(-time.Hour).Format("2006-01-02T15:04:05Z"))
			signRPCParams("GET", v)
		}), 400, "InvalidTimeStamp.Expired"},
		"legacy without nonce": {legacy("GET", func(v url.Values) {
			v.Del("Signature")
			v.Del("SignatureNonce")
			signRPCParams("GET", v)
		}), 400, "SignatureNonceUsed"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, _ := newSim(t, testFleet())
			if got := send(t, s, tc.request()); got.status != tc.status || got.code() != tc.code {
				t.Errorf("got %d %s, want %d %s: %s", got.status, got.code(), tc.status, tc.code, got.text)
			}
		})
	}
}

func TestLegacyFormCounts(t *testing.T) {
	s, _ := newSim(t, testFleet())
	v := rpcParams("POST", "DescribeBackupPolicy", query("DBInstanceId", "dds-set"))
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if got := send(t, s, r); got.status != 200 {
		t.Errorf("got %d: %s", got.status, got.text)
	}
}

// TestCommandLineToolIsUnderstood sends what version 3.4.11 of the aliyun command-line tool was seen to send.
func TestCommandLineToolIsUnderstood(t *testing.T) {
	s, _ := newSim(t, testFleet())
	v := rpcParams("POST", "DescribeBackups", query("DBInstanceId", "dds-set", "RegionId", "cn-hangzhou",
		"StartTime", "2026-08-01T00:00Z", "EndTime", "2026-08-02T00:00Z"))
	r := httptest.NewRequest(http.MethodPost, "/?"+v.Encode(), http.NoBody)
	for key, value := range map[string]string{
		"Accept-Encoding": "identity", "Content-Type": "application/x-www-form-urlencoded",
		"X-Acs-Action": "DescribeBackups", "X-Acs-Version": "2015-12-01", "X-Acs-Credentials-Provider": "static_ak",
		"X-Sdk-Client": "golang/1.0.0", "X-Sdk-Invoke-Type": "normal",
	} {
		r.Header.Set(key, value)
	}
	if got := send(t, s, r); got.status != 200 || got.body["TotalCount"] != 0.0 {
		t.Errorf("%d %s", got.status, got.text)
	}
}

func TestNonceServesOnce(t *testing.T) {
	s, clock := newSim(t, testFleet())
	r := acs3Request("DescribeRegions", nil)
	if got := send(t, s, r); got.status != 200 {
		t.Fatalf("first use: %s", got.text)
	}
	if got := send(t, s, r); got.code() != "SignatureNonceUsed" {
		t.Errorf("second use: %s", got.text)
	}
	clock.advance(10 * time.Minute)
	if got := send(t, s, r); got.code() != "SignatureNonceUsed" {
		t.Errorf("ten minutes later: %s", got.text)
	}
}

func TestNonceMemoryIsBounded(t *testing.T) {
	var m nonceMemory
	for n := range maxNonces + 100 {
		if !m.use(strconv.Itoa(n), start.Add(time.Duration(n)*time.Millisecond)) {
			t.Fatalf("nonce %d refused", n)
		}
	}
	if len(m.used) > maxNonces {
		t.Errorf("%d nonces remembered", len(m.used))
	}
	if !m.use("new", start.Add(time.Hour)) || len(m.used) != 1 {
		t.Errorf("%d nonces remembered an hour later, want 1", len(m.used))
	}
}

func TestTemporaryAlibabaCredentials(t *testing.T) {
	fleet := testFleet()
	fleet.Accounts[0].SecurityToken = "sts"
	for name, tc := range map[string]struct{ token, code string }{
		"token":       {"sts", ""},
		"wrong token": {"other", "InvalidSecurityToken.MismatchWithAccessKey"},
		"no token":    {"", "InvalidAccessKeyId.NotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newSim(t, fleet)
			r := acs3Request("DescribeRegions", nil)
			if tc.token != "" {
				r.Header.Set("x-acs-security-token", tc.token)
				signACS3(r, aliKey, aliSecret)
			}
			if got := send(t, s, r); got.code() != tc.code {
				t.Errorf("header: %s", got.text)
			}
			v := rpcParams("GET", "DescribeRegions", query("SecurityToken", tc.token))
			if got := send(t, s, httptest.NewRequest("GET", "/?"+v.Encode(), http.NoBody)); got.code() != tc.code {
				t.Errorf("query: %s", got.text)
			}
		})
	}
}
