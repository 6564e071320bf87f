package simtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// BackupsPath is where Huawei lists and starts backups.
const BackupsPath = "/v3/" + Project + "/backups"

// HuaweiRequest returns a call by HuaweiKey. It is signed from the documentation, and shares no code with the simulation.
func HuaweiRequest(method, path string, params url.Values, body string) *http.Request {
	r := httptest.NewRequest(method, "http://dds.example"+path+"?"+params.Encode(), strings.NewReader(body))
	r.Header.Set("X-Sdk-Date", Start().Format("20060102T150405Z"))
	SignHuawei(r, body, HuaweiSecret, "host", "x-sdk-date")
	return r
}

// SignHuawei signs the request again, with the named headers.
func SignHuawei(r *http.Request, body, secret string, names ...string) {
	bodyHash := sha256.Sum256([]byte(body))
	text := canonical(r, r.URL.Path+"/", names) + hex.EncodeToString(bodyHash[:])
	hash := sha256.Sum256([]byte(text))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("SDK-HMAC-SHA256\n" + r.Header.Get("X-Sdk-Date") + "\n" + hex.EncodeToString(hash[:])))
	r.Header.Set("Authorization", "SDK-HMAC-SHA256 Access="+HuaweiKey+", SignedHeaders="+strings.Join(names, ";")+
		", Signature="+hex.EncodeToString(mac.Sum(nil)))
}

// GetHuawei returns the answer to a GET by HuaweiKey with the given names and values of parameters.
func GetHuawei(t *testing.T, s http.Handler, path string, pairs ...string) Reply {
	t.Helper()
	return Send(t, s, HuaweiRequest(http.MethodGet, path, Query(pairs...), ""))
}
