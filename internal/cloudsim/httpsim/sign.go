package httpsim

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Authorization is the content of an Authorization header. Both clouds write it as
// "ALGORITHM KeyField=id,SignedHeaders=a;b,Signature=…".
type Authorization struct {
	KeyID, Signature string
	Signed           []string // names of the signed headers, as sent
}

// ParseAuthorization reads an Authorization header. Each cloud has its own algorithm, and its own name for the field
// with the access key id. ok is false when the algorithm is another or a field is missing.
func ParseAuthorization(header, algorithm, keyField string) (a Authorization, ok bool) {
	rest, ok := strings.CutPrefix(header, algorithm+" ")
	if !ok {
		return Authorization{}, false
	}
	fields := make(map[string]string)
	for part := range strings.SplitSeq(rest, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[key] = value
	}
	a = Authorization{
		KeyID: fields[keyField], Signature: fields["Signature"], Signed: strings.Split(fields["SignedHeaders"], ";"),
	}
	return a, a.KeyID != "" && a.Signature != "" && fields["SignedHeaders"] != ""
}

// CanonicalQuery writes parameters sorted by name, empty values included.
func CanonicalQuery(params url.Values) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(params)) {
		for _, value := range slices.Sorted(slices.Values(params[key])) {
			pairs = append(pairs, Escape(key)+"="+Escape(value))
		}
	}
	return strings.Join(pairs, "&")
}

// Escape escapes all but A-Z a-z 0-9 - _ . ~ as RFC 3986 says. Both clouds do so.
func Escape(s string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
}
