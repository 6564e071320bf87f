package cloudsim

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the legacy scheme is HMAC-SHA1
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	acs3Algorithm = "ACS3-HMAC-SHA256"
	maxSkew       = 15 * time.Minute
	maxNonces     = 1 << 16
	alibabaTime   = "2006-01-02T15:04:05Z"
)

// acs3 is the content of an Authorization header of the current signature scheme.
type acs3 struct {
	keyID, signature string
	signed           []string // names of the signed headers
}

func parseACS3(header string) (acs3, bool) {
	rest, ok := strings.CutPrefix(header, acs3Algorithm+" ")
	if !ok {
		return acs3{}, false
	}
	fields := make(map[string]string)
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[key] = value
	}
	a := acs3{
		keyID: fields["Credential"], signature: fields["Signature"],
		signed: strings.Split(fields["SignedHeaders"], ";"),
	}
	return a, a.keyID != "" && a.signature != "" && fields["SignedHeaders"] != ""
}

// authenticateAlibaba finds the customer who signed, by either scheme; on a refusal account is nil.
func (s *Sim) authenticateAlibaba(req *request) (*Account, answer) {
	header := req.http.Header
	if header.Get("Authorization") == "" && req.params.Get("Signature") != "" {
		return s.checkSigned(req, signedRequest{
			date: req.params.Get("Timestamp"), nonce: req.params.Get("SignatureNonce"),
			token: req.params.Get("SecurityToken"), signature: req.params.Get("Signature"), sign: signRPC,
		})
	}
	a, ok := parseACS3(header.Get("Authorization"))
	if !ok || !coversRequest(a.signed, header) {
		return nil, alibabaError(req, http.StatusBadRequest, "IncompleteSignature",
			"The request signature does not conform to Alibaba Cloud standards.")
	}
	if sum := sha256.Sum256(req.body); header.Get("X-Acs-Content-Sha256") != hex.EncodeToString(sum[:]) {
		return nil, signatureMismatch(req, "the hash of the body")
	}
	return s.checkSigned(req, signedRequest{
		date: header.Get("X-Acs-Date"), nonce: header.Get("X-Acs-Signature-Nonce"),
		token: header.Get("X-Acs-Security-Token"), signature: a.signature, sign: a.sign,
	})
}

// coversRequest reports whether all that must be signed is: host and every x-acs-* header.
func coversRequest(signed []string, header http.Header) bool {
	for key := range header {
		if key = strings.ToLower(key); strings.HasPrefix(key, "x-acs-") && !slices.Contains(signed, key) {
			return false
		}
	}
	return slices.Contains(signed, "host") && header.Get("X-Acs-Date") != "" &&
		header.Get("X-Acs-Signature-Nonce") != ""
}

// signedRequest is what both schemes have in common.
type signedRequest struct {
	date, nonce, token, signature string

	// sign returns the right signature and the string that it is computed from.
	sign func(req *request, secret string) (signature, text string)
}

func (s *Sim) checkSigned(req *request, sr signedRequest) (*Account, answer) {
	account := s.account(Alibaba, req.keyID)
	if account == nil || (account.SecurityToken != "" && sr.token == "") {
		return nil, alibabaError(req, http.StatusNotFound, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
	}
	if sr.token != account.SecurityToken {
		return nil, alibabaError(req, http.StatusBadRequest, "InvalidSecurityToken.MismatchWithAccessKey",
			"Specified SecurityToken does not match the AccessKey.")
	}
	want, text := sr.sign(req, account.AccessKeySecret)
	if !hmac.Equal([]byte(want), []byte(sr.signature)) {
		return nil, signatureMismatch(req, text)
	}
	date, err := time.Parse(alibabaTime, sr.date)
	if err != nil {
		return nil, alibabaError(req, http.StatusBadRequest, "InvalidTimeStamp.Format",
			"Specified time stamp or date value is not well formatted.")
	}
	now := s.opts.WallNow()
	if now.Sub(date).Abs() > maxSkew {
		return nil, alibabaError(req, http.StatusBadRequest, "InvalidTimeStamp.Expired",
			"Specified time stamp or date value is expired.")
	}
	if sr.nonce == "" || !s.nonces.use(req.keyID+" "+sr.nonce, now) {
		return nil, alibabaError(req, http.StatusBadRequest, "SignatureNonceUsed", "Specified signature nonce was used already.")
	}
	return account, answer{}
}

func signatureMismatch(req *request, text string) answer {
	return alibabaError(req, http.StatusBadRequest, "SignatureDoesNotMatch",
		"Specified signature is not matched with our calculation. server string to sign is:"+text)
}

// sign computes the signature of the current scheme.
func (a acs3) sign(req *request, secret string) (signature, text string) {
	sum := sha256.Sum256([]byte(a.canonical(req.http)))
	text = acs3Algorithm + "\n" + hex.EncodeToString(sum[:])
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)), text
}

func (a acs3) canonical(r *http.Request) string {
	var text strings.Builder
	text.WriteString(r.Method + "\n" + r.URL.EscapedPath() + "\n" + canonicalQuery(r.URL.Query()) + "\n")
	for _, key := range a.signed {
		value := strings.Join(r.Header.Values(key), ",")
		if key == "host" {
			value = r.Host
		}
		text.WriteString(key + ":" + strings.TrimSpace(value) + "\n")
	}
	text.WriteString("\n" + strings.Join(a.signed, ";") + "\n" + r.Header.Get("X-Acs-Content-Sha256"))
	return text.String()
}

// signRPC computes the signature of the legacy scheme, which covers all parameters of query and form.
func signRPC(req *request, secret string) (signature, text string) {
	params := make(url.Values, len(req.params))
	for key, values := range req.params {
		if key != "Signature" {
			params[key] = values
		}
	}
	text = req.http.Method + "&%2F&" + escapeRPC(canonicalQuery(params))
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), text
}

// canonicalQuery writes parameters sorted by name, empty values included.
func canonicalQuery(params url.Values) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(params)) {
		for _, value := range slices.Sorted(slices.Values(params[key])) {
			pairs = append(pairs, escapeRPC(key)+"="+escapeRPC(value))
		}
	}
	return strings.Join(pairs, "&")
}

// escapeRPC escapes all but A-Z a-z 0-9 - _ . ~, as RFC 3986 asks; both clouds do it so.
func escapeRPC(s string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
}

// nonceMemory knows which nonces were used lately. The zero value knows none.
type nonceMemory struct {
	used  map[string]struct{}
	queue []usedNonce // oldest first
}

type usedNonce struct {
	nonce string
	at    time.Time
}

// use reports whether the nonce is new, and remembers it for as long as a date can be valid, or until there are too
// many.
func (m *nonceMemory) use(nonce string, now time.Time) bool {
	old := 0
	for old < len(m.queue) && (len(m.queue)-old >= maxNonces || now.Sub(m.queue[old].at) > 2*maxSkew) {
		delete(m.used, m.queue[old].nonce)
		old++
	}
	m.queue = m.queue[old:]
	if _, seen := m.used[nonce]; seen {
		return false
	}
	if m.used == nil {
		m.used = make(map[string]struct{})
	}
	m.used[nonce] = struct{}{}
	m.queue = append(m.queue, usedNonce{nonce, now})
	return true
}
