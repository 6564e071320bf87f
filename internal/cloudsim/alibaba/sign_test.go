package alibaba

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// TestDocumentedSignatures uses the examples in Alibaba Cloud's documentation of its two signature schemes.
func TestDocumentedSignatures(t *testing.T) {
	params, err := url.ParseQuery("AccessKeyId=testid&Action=DescribeRegions&Format=XML&SignatureMethod=HMAC-SHA1" +
		"&SignatureNonce=3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf&SignatureVersion=1.0&Timestamp=2016-02-23T12%3A46%3A24Z" +
		"&Version=2014-05-26&Signature=ignored")
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	if got, text := signRPC(&httpsim.Request{HTTP: r, Params: params}, "testsecret"); got != "OLeaidS1JvxuMvnyHOwuJ+uX5qY=" {
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
	if !ok || a.KeyID != "YourAccessKeyId" {
		t.Fatalf("parsed as %+v, %t", a, ok)
	}
	if got, _ := a.sign(&httpsim.Request{HTTP: r}, "YourAccessKeySecret"); got != a.Signature {
		t.Errorf("signature %s of:\n%s", got, a.canonical(r))
	}
}

func TestCanonicalRequest(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:45311/?DBInstanceId=a+b%2Bc%2Ad~e%2Ff%3Ag%25h%3Di%26j%E4%B8%AD%27%28%29%21&BackupId=", http.NoBody)
	for key, value := range map[string]string{
		"x-acs-action": "DescribeBackups", "x-acs-version": "2015-12-01", "x-acs-date": "2026-11-22T08:51:50Z",
		"x-acs-signature-nonce": "8b6e7eac502386b44d11e89898a64178", "x-acs-content-sha256": "e3b0…b855",
	} {
		r.Header.Set(key, value)
	}
	a := acs3{httpsim.Authorization{Signed: strings.Split("host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version", ";")}}
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
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestNonceMemoryIsBounded(t *testing.T) {
	start := time.Date(2026, 8, 6, 12, 0, 0, 0, time.UTC)
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
