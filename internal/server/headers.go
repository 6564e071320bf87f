package server

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// secured gives every answer the headers that tell a browser to trust nothing in it: no script, no frame, no form, no
// style but that of the status page. What the web configuration file says of these headers takes precedence.
func secured(next http.Handler) http.Handler {
	policy := "default-src 'none'; style-src '" + styleHash(statusHTML) + "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

// styleHash returns the name of the page's style sheet in a Content-Security-Policy.
func styleHash(page string) string {
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
