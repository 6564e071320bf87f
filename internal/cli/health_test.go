package cli

import (
	"bytes"
	"io"
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestHealth(t *testing.T) {
	tests := []struct {
		name   string
		path   string // of the exporter
		answer http.HandlerFunc
		args   []string
		code   int
		stdout string // a part of it
		stderr string
	}{
		{"self-signed certificate", "", ok, nil, 1, "", "failed to verify certificate"},
		{"self-signed certificate, accepted", "", ok, []string{"--insecure"}, 0, "/-/healthy answered with HTTP 200\n", ""},
		{"below a path", "/prefix/", ok, []string{"--insecure"}, 0, "/prefix/-/healthy answered with HTTP 200\n", ""},
		{"log-in page", "", http.RedirectHandler("/login", http.StatusFound).ServeHTTP, []string{"--insecure"}, 1, "", "/-/healthy answered with HTTP 302"},
		{"no answer in time", "", hang, []string{"--insecure", "--timeout=10ms"}, 1, "", "the exporter does not answer: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc("/-/healthy", test.answer)
			mux.HandleFunc("/prefix/-/healthy", test.answer)
			mux.HandleFunc("/login", ok)
			exporter := httptest.NewUnstartedServer(mux)
			exporter.Config.ErrorLog = stdlog.New(io.Discard, "", 0)
			exporter.StartTLS()
			defer exporter.Close()
			args := append([]string{"health", "--url=" + exporter.URL + test.path}, test.args...)
			restoreLog(t)
			var stdout, stderr bytes.Buffer
			code := Run(t.Context(), args, Environment{Stdout: &stdout, Stderr: &stderr, Now: time.Now})
			if code != test.code || !strings.Contains(stdout.String(), test.stdout) || !strings.Contains(stderr.String(), test.stderr) {
				t.Errorf("exit code %d, stdout %q, stderr %q; want %d, %q, %q", code, &stdout, &stderr, test.code, test.stdout, test.stderr)
			}
		})
	}
}

func ok(http.ResponseWriter, *http.Request) {}

// hang never answers. A handler that only returned when the client leaves would: TLS says goodbye, and the answer to it may
// arrive before the connection is closed.
func hang(_ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}
