package cloudcall

import (
	"errors"
	"net/url"
	"strings"
)

// Endpoint splits the host or URL of an API. It refuses a path, because the SDKs leave it out or sign a different one.
func Endpoint(s string) (scheme, host string, err error) {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", "", errors.New("must be a host, or an http or https URL without a path")
	}
	return u.Scheme, u.Host, nil
}
