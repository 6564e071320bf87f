package simtest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the legacy scheme is HMAC-SHA1
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// ACS3Request returns a call by AlibabaKey, signed by the current scheme. It is made from the documentation, and shares no
// code with the simulation.
func ACS3Request(action string, params url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "http://mongodb.example/?"+params.Encode(), http.NoBody)
	hash := sha256.Sum256(nil)
	r.Header.Set("x-acs-action", action)
	r.Header.Set("x-acs-version", "2015-12-01")
	r.Header.Set("x-acs-date", Start().Format("2006-01-02T15:04:05Z"))
	r.Header.Set("x-acs-signature-nonce", rand.Text())
	r.Header.Set("x-acs-content-sha256", hex.EncodeToString(hash[:]))
	SignACS3(r, AlibabaKey, AlibabaSecret)
	return r
}

// SignACS3 signs the request again, by the current scheme.
func SignACS3(r *http.Request, key, secret string) {
	names := []string{"host"}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Acs-") {
			names = append(names, strings.ToLower(name))
		}
	}
	slices.Sort(names)
	text := canonical(r, "/", names) + r.Header.Get("x-acs-content-sha256")
	hash := sha256.Sum256([]byte(text))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("ACS3-HMAC-SHA256\n" + hex.EncodeToString(hash[:])))
	r.Header.Set("Authorization", "ACS3-HMAC-SHA256 Credential="+key+",SignedHeaders="+strings.Join(names, ";")+
		",Signature="+hex.EncodeToString(mac.Sum(nil)))
}

// RPCParams returns the parameters of a call by AlibabaKey, signed by the legacy scheme.
func RPCParams(method, action string, params url.Values) url.Values {
	v := Query("AccessKeyId", AlibabaKey, "Action", action, "Format", "JSON", "SignatureMethod", "HMAC-SHA1",
		"SignatureNonce", rand.Text(), "SignatureType", "", "SignatureVersion", "1.0",
		"Timestamp", Start().Format("2006-01-02T15:04:05Z"), "Version", "2015-12-01")
	maps.Copy(v, params)
	SignRPC(method, v)
	return v
}

// SignRPC sets the parameter Signature by the legacy scheme.
func SignRPC(method string, v url.Values) {
	text := method + "&%2F&" + url.QueryEscape(strings.ReplaceAll(v.Encode(), "+", "%20"))
	mac := hmac.New(sha1.New, []byte(AlibabaSecret+"&"))
	mac.Write([]byte(text))
	v.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// CallAlibaba returns the answer to a call by AlibabaKey with the given names and values of parameters.
func CallAlibaba(t *testing.T, s http.Handler, action string, pairs ...string) Reply {
	t.Helper()
	return Send(t, s, ACS3Request(action, Query(pairs...)))
}
