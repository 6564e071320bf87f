package cloudsim

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	huaweiAlgorithm = "SDK-HMAC-SHA256"
	huaweiDate      = "20060102T150405Z"
	maxFailures     = 5 // in a row; one more locks the key
	lockTime        = 5 * time.Minute
	tokenLife       = 24 * time.Hour
	incorrectIAM    = "Incorrect IAM authentication information: "
)

// keyLock counts a key's failed authentications.
type keyLock struct {
	failures int
	until    time.Time
}

// userToken is a token that IAM gave.
type userToken struct {
	keyID   string
	expires time.Time
}

// sdkAuthorization is the content of an Authorization header.
type sdkAuthorization struct {
	keyID, signature string
	signed           []string
}

func parseSDKAuthorization(header string) (sdkAuthorization, bool) {
	rest, ok := strings.CutPrefix(header, huaweiAlgorithm+" ")
	if !ok {
		return sdkAuthorization{}, false
	}
	fields := make(map[string]string)
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[key] = value
	}
	a := sdkAuthorization{
		keyID: fields["Access"], signature: fields["Signature"], signed: strings.Split(fields["SignedHeaders"], ";"),
	}
	return a, a.keyID != "" && a.signature != "" && slices.ContainsFunc(a.signed, isDateHeader)
}

func isDateHeader(name string) bool { return strings.EqualFold(name, "X-Sdk-Date") }

// authenticateHuawei finds the customer by token or signature; problem says why there is none.
func (s *Sim) authenticateHuawei(req *request) (account *Account, problem string) {
	if token := req.http.Header.Get("X-Auth-Token"); token != "" {
		return s.checkToken(req, token)
	}
	a, ok := parseSDKAuthorization(req.http.Header.Get("Authorization"))
	if !ok {
		return nil, "x-auth-token not found"
	}
	account = s.account(Huawei, a.keyID)
	if account == nil {
		return nil, "Get secretKey failed,ak:" + a.keyID + ",err:ak not exist"
	}
	lock := s.locks[a.keyID]
	if req.now.Before(lock.until) {
		return nil, "AK access failed to reach the limit,forbidden"
	}
	if problem := s.checkSignature(req, a, account); problem != "" {
		lock.failures++
		if lock.failures > maxFailures {
			lock = keyLock{until: req.now.Add(lockTime)}
		}
		s.locks[a.keyID] = lock
		return nil, problem
	}
	delete(s.locks, a.keyID)
	return account, ""
}

func (s *Sim) checkToken(req *request, token string) (account *Account, problem string) {
	for i := range s.fleet.Accounts {
		if a := &s.fleet.Accounts[i]; a.Cloud == Huawei && a.AuthToken == token {
			return a, ""
		}
	}
	given, ok := s.tokens[token]
	if !ok {
		return nil, "decrypt token fail"
	}
	if !req.now.Before(given.expires) {
		return nil, "token expires"
	}
	if account = s.account(Huawei, given.keyID); account == nil {
		return nil, "decrypt token fail"
	}
	return account, ""
}

func (s *Sim) checkSignature(req *request, a sdkAuthorization, account *Account) (problem string) {
	header := req.http.Header
	if header.Get("X-Security-Token") != account.SecurityToken {
		return "verify aksk signature fail: security token mismatch"
	}
	if !hmac.Equal([]byte(a.sign(req, account.AccessKeySecret)), []byte(a.signature)) {
		return "verify aksk signature fail"
	}
	date, err := time.Parse(huaweiDate, header.Get("X-Sdk-Date"))
	if err != nil || s.opts.WallNow().Sub(date).Abs() > maxSkew {
		return "signature expired"
	}
	return ""
}

// sign computes the right signature of the request.
func (a sdkAuthorization) sign(req *request, secret string) string {
	digest := sha256.Sum256([]byte(a.canonical(req)))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(huaweiAlgorithm + "\n" + req.http.Header.Get("X-Sdk-Date") + "\n" + hex.EncodeToString(digest[:])))
	return hex.EncodeToString(mac.Sum(nil))
}

func (a sdkAuthorization) canonical(req *request) string {
	r := req.http
	sum := sha256.Sum256(req.body)
	var text strings.Builder
	text.WriteString(r.Method + "\n" + canonicalPath(r.URL.Path) + "\n" + canonicalQuery(r.URL.Query()) + "\n")
	for _, key := range a.signed {
		value := r.Header.Get(key)
		if strings.EqualFold(key, "host") {
			value = r.Host
		}
		text.WriteString(strings.ToLower(key) + ":" + strings.TrimSpace(value) + "\n")
	}
	text.WriteString("\n" + strings.Join(a.signed, ";") + "\n")
	text.WriteString(cmp.Or(r.Header.Get("X-Sdk-Content-Sha256"), hex.EncodeToString(sum[:])))
	return text.String()
}

// canonicalPath escapes each segment and ends in a slash.
func canonicalPath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = escapeRPC(segment)
	}
	return strings.TrimSuffix(strings.Join(segments, "/"), "/") + "/"
}

// refuseHuawei is the gateway's answer to a call without valid credentials.
func refuseHuawei(req *request, problem string) answer {
	return huaweiError(req, http.StatusUnauthorized, "APIGW.0301", incorrectIAM+problem)
}
