package alibaba

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the legacy scheme is HMAC-SHA1
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const (
	algorithm = "ACS3-HMAC-SHA256"
	maxSkew   = 15 * time.Minute // between the date of a request and the clock of the cloud
)

// acs3 is the Authorization header of the current signature scheme.
type acs3 struct{ httpsim.Authorization }

func parseACS3(header string) (acs3, bool) {
	a, ok := httpsim.ParseAuthorization(header, algorithm, "Credential")
	return acs3{a}, ok
}

// authenticate returns the account that signed the request, by either scheme. When it is nil, the answer is the error.
func (api *API) authenticate(req *httpsim.Request) (*fleet.Account, httpsim.Answer) {
	header := req.HTTP.Header
	if header.Get("Authorization") == "" && req.Params.Get("Signature") != "" {
		return api.checkSigned(req, signedRequest{
			date: req.Params.Get("Timestamp"), nonce: req.Params.Get("SignatureNonce"),
			token: req.Params.Get("SecurityToken"), signature: req.Params.Get("Signature"), sign: signRPC,
		})
	}
	a, ok := parseACS3(header.Get("Authorization"))
	if !ok || !coversRequest(a.Signed, header) {
		return nil, badRequest(req, "IncompleteSignature",
			"The request signature does not conform to Alibaba Cloud standards.")
	}
	if sum := sha256.Sum256(req.Body); header.Get("X-Acs-Content-Sha256") != hex.EncodeToString(sum[:]) {
		return nil, signatureMismatch(req, "the hash of the body")
	}
	return api.checkSigned(req, signedRequest{
		date: header.Get("X-Acs-Date"), nonce: header.Get("X-Acs-Signature-Nonce"),
		token: header.Get("X-Acs-Security-Token"), signature: a.Signature, sign: a.sign,
	})
}

// coversRequest reports whether all headers are signed that must be: host and every x-acs-* header.
func coversRequest(signed []string, header http.Header) bool {
	for key := range header {
		if key = strings.ToLower(key); strings.HasPrefix(key, "x-acs-") && !slices.Contains(signed, key) {
			return false
		}
	}
	return slices.Contains(signed, "host") && header.Get("X-Acs-Date") != "" &&
		header.Get("X-Acs-Signature-Nonce") != ""
}

// signedRequest is what both schemes read from a request.
type signedRequest struct {
	date, nonce, token, signature string

	// sign returns the correct signature and the string that it is computed from.
	sign func(req *httpsim.Request, secret string) (signature, text string)
}

func (api *API) checkSigned(req *httpsim.Request, sr signedRequest) (*fleet.Account, httpsim.Answer) {
	who, known := api.signer(req.KeyID)
	if !known || (who.token != "" && sr.token == "") {
		return nil, failure(req, http.StatusNotFound, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
	}
	if sr.token != who.token {
		return nil, badRequest(req, "InvalidSecurityToken.MismatchWithAccessKey",
			"Specified SecurityToken does not match the AccessKey.")
	}
	want, text := sr.sign(req, who.secret)
	if !hmac.Equal([]byte(want), []byte(sr.signature)) {
		return nil, signatureMismatch(req, text)
	}
	if who.expired(req.Now) {
		return nil, badRequest(req, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
	}
	date, err := time.Parse(secondTime, sr.date)
	if err != nil {
		return nil, badRequest(req, "InvalidTimeStamp.Format",
			"Specified time stamp or date value is not well formatted.")
	}
	now := api.opts.WallNow()
	if now.Sub(date).Abs() > maxSkew {
		return nil, badRequest(req, "InvalidTimeStamp.Expired",
			"Specified time stamp or date value is expired.")
	}
	if sr.nonce == "" || !api.nonces.use(req.KeyID+" "+sr.nonce, now) {
		return nil, badRequest(req, "SignatureNonceUsed", "Specified signature nonce was used already.")
	}
	return who.account, httpsim.Answer{}
}

func signatureMismatch(req *httpsim.Request, text string) httpsim.Answer {
	return badRequest(req, "SignatureDoesNotMatch",
		"Specified signature is not matched with our calculation. server string to sign is:"+text)
}

// sign computes the signature of the current scheme.
func (a acs3) sign(req *httpsim.Request, secret string) (signature, text string) {
	sum := sha256.Sum256([]byte(a.canonical(req.HTTP)))
	text = algorithm + "\n" + hex.EncodeToString(sum[:])
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil)), text
}

func (a acs3) canonical(r *http.Request) string {
	var text strings.Builder
	text.WriteString(r.Method + "\n" + r.URL.EscapedPath() + "\n" + httpsim.CanonicalQuery(r.URL.Query()) + "\n")
	for _, key := range a.Signed {
		value := strings.Join(r.Header.Values(key), ",")
		if key == "host" {
			value = r.Host
		}
		text.WriteString(key + ":" + strings.TrimSpace(value) + "\n")
	}
	text.WriteString("\n" + strings.Join(a.Signed, ";") + "\n" + r.Header.Get("X-Acs-Content-Sha256"))
	return text.String()
}

// signRPC computes the signature of the legacy scheme, which covers all parameters of query and form.
func signRPC(req *httpsim.Request, secret string) (signature, text string) {
	params := make(url.Values, len(req.Params))
	for key, values := range req.Params {
		if key != "Signature" {
			params[key] = values
		}
	}
	text = req.HTTP.Method + "&%2F&" + httpsim.Escape(httpsim.CanonicalQuery(params))
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), text
}
