package server_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/exporter-toolkit/web"

	"mongodb_backup_exporter/internal/server"
)

func TestHeadersOfEveryAnswer(t *testing.T) {
	page := get(t, server.New(options(&poller{})), "/").Body.String()
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	hash := sha256.Sum256([]byte(style))
	policy := "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; frame-ancestors 'none'; base-uri 'none'; form-action "
	tests := []struct {
		name    string
		request []string
		web     string // the web configuration
		status  int
	}{
		{"status page", []string{"GET / HTTP/1.1"}, "", 200},
		{"metrics", []string{"GET /metrics HTTP/1.1"}, "", 200},
		{"profiles", []string{"GET /debug/pprof/ HTTP/1.1"}, "", 200},
		{"no such page", []string{"GET /nowhere HTTP/1.1"}, "", 404},
		{"no such method", []string{"DELETE /metrics HTTP/1.1"}, "", 405},
		{"another form of a path", []string{"GET //metrics HTTP/1.1"}, "", 307},
		{"bad parameter", []string{"GET /probe HTTP/1.1"}, "", 400},
		{"options of the server", []string{"OPTIONS * HTTP/1.1"}, "", 400},
		{"foreign reload", []string{"POST /-/reload HTTP/1.1", "Content-Length: 0", "Origin: https://evil.example"}, "", 403},
		{"not ready", []string{"GET /-/ready HTTP/1.1"}, "", 503},
		{"no password", []string{"GET /metrics HTTP/1.1"}, alice, 401},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				resp := answer(t, test.web, test.request...)
				if resp.StatusCode != test.status {
					t.Errorf("%s, want %d", resp.Status, test.status)
				}
				forms := "'none'"
				if test.name == "status page" { // it alone has a form
					forms = "'self'"
				}
				want := map[string]string{
					"Content-Security-Policy": policy + forms,
					"X-Content-Type-Options":  "nosniff",
					"Referrer-Policy":         "no-referrer",
				}
				got := map[string]string{}
				for name := range want {
					got[name] = resp.Header.Get(name)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("headers (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWebConfigurationOverridesHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		resp := answer(t, "http_server_config: {headers: {Content-Security-Policy: own}}\n", "GET / HTTP/1.1")
		if got := resp.Header.Get("Content-Security-Policy"); got != "own" {
			t.Errorf("Content-Security-Policy: %q, want the configured one", got)
		}
	})
}

// answer sends one request to a server with a web configuration.
func answer(t *testing.T, config string, request ...string) reply {
	t.Helper()
	opts := options(&poller{})
	opts.Pprof, opts.Reload = true, func() error { return nil }
	l, file := newPipes(), webConfig(t, config)
	run(t, server.Service{Listeners: []net.Listener{l}, Handler: server.New(opts), Web: &web.FlagConfig{WebConfigFile: &file}, Logger: nopLogger})
	resp, _ := read(t, l.request(t, request...))
	return resp
}
