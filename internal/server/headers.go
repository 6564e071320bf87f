package server

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// secured gives every answer the headers that tell a browser to trust nothing in it: no script but the file of this server,
// which may ask this server alone, no frame, no style but that of the pages, and no form but that of the list of targets. What the web configuration file says of these headers takes
// precedence.
func secured(next http.Handler) http.Handler {
	sum := sha256.Sum256([]byte(styleSheet))
	policy := "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; frame-ancestors 'none'; base-uri 'none'; form-action "
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header, forms := w.Header(), "'none'"
		if r.URL.Path == "/" {
			forms = "'self'"
		}
		header.Set("Content-Security-Policy", policy+forms)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}
