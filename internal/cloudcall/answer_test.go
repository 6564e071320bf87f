package cloudcall

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

func TestAnswersThatAreNoJSON(t *testing.T) {
	const api = "this is not the cloud's API: check the endpoint, and any proxy on the way"
	bomb := bytes.Repeat(gzipped(t, bytes.NewReader(make([]byte, 1<<20))), 100) // 100 MiB in 100 kB
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"empty 200", reply(200, "application/json", ""), `Op: protocol (HTTP 200): the answer is empty: HTTP status 200, content type "application/json"`},
		{"blank 200", reply(200, "application/json", " \n"), `Op: protocol (HTTP 200): the answer is empty: HTTP status 200, content type "application/json"`},
		{"204", reply(204, "application/json", ""), `Op: protocol (HTTP 204): the answer is empty: HTTP status 204, content type "application/json"`},
		{"list", reply(200, "application/json", "[1]"), `Op: protocol (HTTP 200): the answer is not a JSON object: HTTP status 200, content type "application/json"`},
		{"byte order mark", reply(200, "application/json", "\ufeff{}"), `Op: protocol (HTTP 200): the answer is not a JSON object: HTTP status 200, content type "application/json"`},
		{"truncated", reply(200, "application/json", `{"a": 1`), `Op: protocol (HTTP 200): the answer is not valid JSON: HTTP status 200, content type "application/json"`},
		{"truncated 503", reply(503, "application/json", `{"Code": "x}`), `Op: server (HTTP 503): the answer is not valid JSON: HTTP status 503, content type "application/json"`},
		{"broken 400", reply(400, "application/json", `{"Code" "x"}`), `Op: protocol (HTTP 400): the answer is not valid JSON: HTTP status 400, content type "application/json"`},
		{"too large", reply(200, "application/json", `{"a":"`+strings.Repeat("x", MaxBody)+`"}`), `Op: protocol (HTTP 200): the answer is larger than 8388608 bytes: HTTP status 200, content type "application/json"`},
		{"gzip bomb", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		}, `Op: protocol (HTTP 200): the answer is larger than 8388608 bytes: HTTP status 200, content type "application/json"`},
		{"failure too large", reply(400, "application/json", `{"a":"`+strings.Repeat("x", 65536-7)+`"}`), `Op: protocol (HTTP 400): the answer is larger than 65536 bytes: HTTP status 400, content type "application/json"`},
		{"failure of a server too large", reply(503, "application/json", `{"a":"`+strings.Repeat("x", 65536)+`"}`), `Op: server (HTTP 503): the answer is larger than 65536 bytes: HTTP status 503, content type "application/json"`},
		{"content type too long", reply(200, "text/"+strings.Repeat("é", 100), "x"), `Op: protocol (HTTP 200): the answer is not a JSON object: HTTP status 200, content type "text/` + strings.Repeat("é", 37) + `"`},
		{"header too large", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Padding", strings.Repeat("x", 70_000))
			_, _ = io.WriteString(w, "{}")
		}, "Op: protocol: the header of the answer is larger than 65536 bytes; this is not the cloud's API: check the endpoint, and any proxy on the way"},
		{"HTML 200", reply(200, "text/html; charset=utf-8", "<html>secret</html>"), `Op: protocol (HTTP 200): the answer is not a JSON object: HTTP status 200, content type "text/html; charset=utf-8"; ` + api},
		{"HTML 403 of a proxy proves nothing", reply(403, "text/html", "<html>"), `Op: protocol (HTTP 403): the answer is not a JSON object: HTTP status 403, content type "text/html"; ` + api},
		{"HTML 407", reply(407, "text/html", "<html>"), `Op: protocol (HTTP 407): the answer is not a JSON object: HTTP status 407, content type "text/html"; the proxy wants a name and password: put them into HTTPS_PROXY or HTTP_PROXY of this process`},
		{"HTML 502", reply(502, "text/html", "<html>"), `Op: server (HTTP 502): the answer is not a JSON object: HTTP status 502, content type "text/html"`},
		{"empty 503", reply(503, "text/plain", ""), `Op: server (HTTP 503): the answer is empty: HTTP status 503, content type "text/plain"`},
		{"text 429", reply(429, "text/plain", "slow down"), `Op: throttled (HTTP 429): the answer is not a JSON object: HTTP status 429, content type "text/plain"`},
		{"empty 401", reply(401, "application/json", ""), `Op: auth (HTTP 401): the answer is empty: HTTP status 401, content type "application/json"`},
		{"empty 403", reply(403, "application/json", ""), `Op: permission (HTTP 403): the answer is empty: HTTP status 403, content type "application/json"`},
		{"empty 404", reply(404, "application/json", ""), `Op: protocol (HTTP 404): the answer is empty: HTTP status 404, content type "application/json"`},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			http.Redirect(w, r, "/elsewhere?token=secret", http.StatusFound)
		}, `Op: protocol (HTTP 302): the answer is a redirect: HTTP status 302, content type "application/json"; ` + api},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url, transport := serve(t, tt.handler)
			c, _ := newCaller(Options{MaxAttempts: 1})
			_, err := Do(t.Context(), c, "Op", get(transport, url))
			if err == nil || err.Error() != tt.want {
				t.Errorf("error:\n%v\nwant:\n%s", err, tt.want)
			}
		})
	}
}

func TestHeadersAreKept(t *testing.T) {
	tests := []struct {
		name       string
		header     map[string]string
		requestID  string
		retryAfter time.Duration
	}{
		{"Alibaba Cloud", map[string]string{"x-acs-request-id": "A-1", "x-acs-retry-after": "1500"}, "A-1", 1500 * time.Millisecond},
		{"Huawei Cloud", map[string]string{"X-Request-Id": "h1", "Retry-After": "3"}, "h1", 3 * time.Second},
		{"none", nil, "", 0},
		{"a request id too long", map[string]string{"X-Request-Id": strings.Repeat("x", LongestID+1)}, "", 0},
		{"a long request id", map[string]string{"X-Request-Id": strings.Repeat("x", LongestID)}, strings.Repeat("x", LongestID), 0},
		{"what is no request id", map[string]string{"X-Request-Id": "a b"}, "", 0},
		{"a request id of invalid UTF-8", map[string]string{"X-Request-Id": "a\xffb"}, "ab", 0},
		{"an hour is a minute", map[string]string{"Retry-After": "3600"}, "", time.Minute},
		{"an hour is a minute, in milliseconds", map[string]string{"x-acs-retry-after": "3600000"}, "", time.Minute},
		{"a number that overflows", map[string]string{"Retry-After": "99999999999999999999"}, "", 0},
		{"no number", map[string]string{"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "x-acs-retry-after": "soon"}, "", 0},
		{"negative", map[string]string{"Retry-After": "-3"}, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url, transport := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for key, value := range tt.header {
					w.Header().Set(key, value)
				}
				w.WriteHeader(400)
				_, _ = io.WriteString(w, `{"Code":"Throttling"}`)
			})
			c, _ := newCaller(Options{MaxAttempts: 1})
			c.opts.Classify = func(op string, _ error) *backup.Error {
				return &backup.Error{Op: op, Class: backup.ClassThrottled, Code: "Throttling"}
			}
			_, err := Do(t.Context(), c, "Op", func(ctx context.Context) (string, error) {
				if _, err := get(transport, url)(ctx); err != nil {
					return "", err
				}
				return "", fmt.Errorf("what the SDK made of it")
			})
			want := &backup.Error{
				Op: "Op", Class: backup.ClassThrottled, Code: "Throttling",
				Status: 400, RequestID: tt.requestID, RetryAfter: tt.retryAfter,
			}
			if diff := cmp.Diff(error(want), err); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeadersDoNotReplaceWhatTheErrorHas(t *testing.T) {
	url, transport := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Request-Id", "of the header")
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(400)
		_, _ = io.WriteString(w, `{"Code":"Throttling"}`)
	})
	c, _ := newCaller(Options{MaxAttempts: 1})
	want := backup.Error{
		Op: "Op", Class: backup.ClassThrottled, Status: 429, RequestID: "of-the-body", RetryAfter: time.Second,
	}
	c.opts.Classify = func(string, error) *backup.Error { return new(want) }
	_, err := Do(t.Context(), c, "Op", func(ctx context.Context) (string, error) {
		if _, err := get(transport, url)(ctx); err != nil {
			return "", err
		}
		return "", fmt.Errorf("what the SDK made of it")
	})
	if diff := cmp.Diff(error(&want), err); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}
