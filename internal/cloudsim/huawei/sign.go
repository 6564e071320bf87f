package huawei

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const (
	algorithm   = "SDK-HMAC-SHA256"
	signTime    = "20060102T150405Z"
	maxSkew     = 15 * time.Minute // between the date of a request and the clock of the cloud
	maxFailures = 5                // in a row; one more locks the key
	lockTime    = 5 * time.Minute
)

// keyLock counts a key's failed authentications.
type keyLock struct {
	failures int       // in a row
	until    time.Time // zero: not locked
}

// authorization is the Authorization header of a signed request.
type authorization struct{ httpsim.Authorization }

// parseAuthorization reads an Authorization header. ok is false when it is no signature that covers the date.
func parseAuthorization(header string) (a authorization, ok bool) {
	read, ok := httpsim.ParseAuthorization(header, algorithm, "Access")
	return authorization{read}, ok && slices.ContainsFunc(read.Signed, isDateHeader)
}

func isDateHeader(name string) bool { return strings.EqualFold(name, "X-Sdk-Date") }

// authenticate returns the account of the token or the signature. When it is nil, problem says why.
func (api *API) authenticate(req *httpsim.Request) (account *fleet.Account, problem string) {
	if token := req.HTTP.Header.Get("X-Auth-Token"); token != "" {
		return api.checkToken(req, token)
	}
	a, ok := parseAuthorization(req.HTTP.Header.Get("Authorization"))
	if !ok {
		return nil, "x-auth-token not found"
	}
	who, known := api.signer(a.KeyID)
	if !known {
		return nil, "Get secretKey failed,ak:" + a.KeyID + ",err:ak not exist"
	}
	lock := api.locks[a.KeyID]
	if req.Now.Before(lock.until) {
		return nil, "AK access failed to reach the limit,forbidden"
	}
	if problem := api.checkSignature(req, a, who); problem != "" {
		lock.failures++
		if lock.failures > maxFailures {
			lock = keyLock{until: req.Now.Add(lockTime)}
		}
		api.locks[a.KeyID] = lock
		return nil, problem
	}
	delete(api.locks, a.KeyID)
	return who.account, ""
}

func (api *API) checkToken(req *httpsim.Request, token string) (account *fleet.Account, problem string) {
	for _, a := range api.opts.World.Accounts(fleet.Huawei) {
		if a.AuthToken == token {
			return a, ""
		}
	}
	given, ok := api.tokens[token]
	if !ok {
		return nil, "decrypt token fail"
	}
	if !req.Now.Before(given.expires) {
		return nil, "token expires"
	}
	if account = api.opts.World.Account(fleet.Huawei, given.keyID); account == nil {
		return nil, "decrypt token fail"
	}
	return account, ""
}

func (api *API) checkSignature(req *httpsim.Request, a authorization, who signer) (problem string) {
	header := req.HTTP.Header
	if header.Get("X-Security-Token") != who.token {
		return "verify aksk signature fail: security token mismatch"
	}
	if !hmac.Equal([]byte(a.sign(req, who.secret)), []byte(a.Signature)) {
		return "verify aksk signature fail"
	}
	date, err := time.Parse(signTime, header.Get("X-Sdk-Date"))
	if err != nil || api.opts.WallNow().Sub(date).Abs() > maxSkew {
		return "signature expired"
	}
	if who.expired(req.Now) {
		return "the security token expires"
	}
	return ""
}

// sign computes the correct signature of the request.
func (a authorization) sign(req *httpsim.Request, secret string) string {
	digest := sha256.Sum256([]byte(a.canonical(req)))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(algorithm + "\n" + req.HTTP.Header.Get("X-Sdk-Date") + "\n" + hex.EncodeToString(digest[:])))
	return hex.EncodeToString(mac.Sum(nil))
}

func (a authorization) canonical(req *httpsim.Request) string {
	r := req.HTTP
	sum := sha256.Sum256(req.Body)
	var text strings.Builder
	text.WriteString(r.Method + "\n" + canonicalPath(r.URL.Path) + "\n" + httpsim.CanonicalQuery(r.URL.Query()) + "\n")
	for _, key := range a.Signed {
		value := r.Header.Get(key)
		if strings.EqualFold(key, "host") {
			value = r.Host
		}
		text.WriteString(strings.ToLower(key) + ":" + strings.TrimSpace(value) + "\n")
	}
	text.WriteString("\n" + strings.Join(a.Signed, ";") + "\n")
	text.WriteString(cmp.Or(r.Header.Get("X-Sdk-Content-Sha256"), hex.EncodeToString(sum[:])))
	return text.String()
}

// canonicalPath escapes each segment and ends in a slash.
func canonicalPath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = httpsim.Escape(segment)
	}
	return strings.TrimSuffix(strings.Join(segments, "/"), "/") + "/"
}
