package server

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// secured gives every answer the headers that tell a browser to trust nothing in it: no script, no frame, no form, no
// style but that of the pages. What the web configuration file says of these headers takes precedence.
func secured(next http.Handler) http.Handler {
	sum := sha256.Sum256([]byte(styleSheet))
	policy := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}
