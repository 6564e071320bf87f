package cloudcall

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"mongodb_backup_exporter/internal/backup"
)

// hidden stands where a secret was in a text of a cloud.
const hidden = "(hidden)"

// LongestID is how many characters the code of an error and a request id have at most.
const LongestID = 128

// shortestSecret is how many characters a credential has at least that is looked for. Real ones have 16 or more.
const shortestSecret = 4

// How many of its first characters tell a credential that was cut: anywhere, and at the end of a text.
const (
	shortestStart = 12
	shortestRest  = 6
)

// shortestRun is how many characters longRun has at least.
const shortestRun = 40

// Names of what may not be shown, as headers, parameters and members of JSON have them. What follows Authorization is
// several values, so that all the rest is hidden.
var (
	authorization = regexp.MustCompile(`(?is)\b(authorization["']?\s*[:=]).*`)
	named         = regexp.MustCompile(`(?i)((?:x-acs-[a-z0-9-]*(?:signature|token|credential)[a-z0-9-]*|[a-z_-]*token|signature|[a-z_-]*secret[a-z_-]*|password)["']?\s*[:=]\s*["']?)[^\s,;&"'<>(){}\[\]]+`)
	sensitiveWord = regexp.MustCompile(`(?i)signature|authorization|token|secret|password|credential`)
	longRun       = regexp.MustCompile(`[A-Za-z0-9+/=_%.~-]{40,}`)
)

// Redact hides in a text of a cloud the values of credentials, and what looks like a signature, a token or a secret.
func Redact(text string, keys ...Keys) string {
	for _, secret := range secretsOf(keys) {
		text = strings.ReplaceAll(text, secret, hidden)
		text = withoutStart(withoutRest(text, secret), secret)
	}
	if strings.ContainsAny(text, ":=") { // as after every name
		text = authorization.ReplaceAllString(text, "$1 "+hidden)
		text = named.ReplaceAllString(text, "${1}"+hidden)
	}
	if len(text) <= shortestRun { // as most ids of requests, of which every call has one
		return text
	}
	if at := sensitiveWord.FindStringIndex(text); at != nil {
		text = text[:at[1]] + longRun.ReplaceAllString(text[at[1]:], hidden)
	}
	return text
}

// secretsOf returns the values of keys and their forms in URLs, the longest first: one may be a part of another.
func secretsOf(keys []Keys) []string {
	var all []string
	for _, k := range keys {
		for _, secret := range []string{k.AccessKeySecret, k.SecurityToken, k.AuthToken, k.AccessKeyID} {
			if len(secret) >= shortestSecret {
				all = append(all, secret, url.QueryEscape(secret))
			}
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(all)
}

// withoutRest hides the beginning of a secret at the end of a text: texts of clouds are cut before they come here.
func withoutRest(text, secret string) string {
	whole := strings.TrimRight(text, `…"`)
	for n := min(len(secret)-1, len(whole)); n >= shortestRest; n-- {
		if strings.HasSuffix(whole, secret[:n]) {
			return whole[:len(whole)-n] + hidden
		}
	}
	return text
}

// withoutStart hides the beginning of a secret inside a text, and what follows it up to a space or quote.
func withoutStart(text, secret string) string {
	if len(secret) < shortestStart {
		return text
	}
	before, after, found := strings.Cut(text, secret[:shortestStart])
	if !found {
		return text
	}
	if end := strings.IndexAny(after, " \"'"); end >= 0 {
		return before + hidden + withoutStart(after[end:], secret)
	}
	return before + hidden
}

// cleanID returns a code or a request id of a cloud; "" for what is not of the form of one.
func cleanID(id string, keys []Keys) string {
	if len(id) > LongestID || Redact(id, keys...) != id || strings.ContainsFunc(id, notInID) {
		return ""
	}
	return id
}

func notInID(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("._:-", r)
}

// Redacted returns a failure whose message, code and request id show no secret.
func Redacted(failure *backup.Error, keys ...Keys) *backup.Error {
	clean := *failure
	clean.Code, clean.RequestID = cleanID(failure.Code, keys), cleanID(failure.RequestID, keys)
	changed := clean.Code != failure.Code || clean.RequestID != failure.RequestID
	if failure.Err != nil && !ownWords(failure.Err) {
		if text := failure.Err.Error(); Redact(text, keys...) != text {
			clean.Err, changed = errors.New(Redact(text, keys...)), true
		}
	}
	if !changed {
		return failure
	}
	return &clean
}

// ownWords reports whether nothing in the text of an error comes from a cloud.
func ownWords(err error) bool {
	_, credentials := errors.AsType[*CredentialsError](err)
	_, network := errors.AsType[*net.OpError](err)
	return credentials || network
}

// Uses notes the keys that the attempt of ctx is made with, so that no error shows them.
func Uses(ctx context.Context, keys Keys) {
	if e := evidenceOf(ctx); e != nil {
		e.keys = append(e.keys, keys)
	}
}

// keysOf returns the keys that the attempt of ctx was made with.
func keysOf(ctx context.Context) []Keys {
	if e := evidenceOf(ctx); e != nil {
		return e.keys
	}
	return nil
}
