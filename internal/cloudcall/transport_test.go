package cloudcall

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// serve returns the address of a server with one handler, and a transport to it.
func serve(t *testing.T, handler http.HandlerFunc) (string, *Transport) {
	t.Helper()
	transport := NewTransport(4)
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return server.URL, transport
}

// reply answers with a status, a content type and a body.
func reply(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{contentType}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func gzipped(t *testing.T, text io.Reader) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.Copy(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func TestGoodAnswers(t *testing.T) {
	large := `{"a":"` + strings.Repeat("x", MaxBody-8) + `"}`
	largeFailure := `{"a":"` + strings.Repeat("x", 64<<10-8) + `"}`
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"plain", reply(200, "application/json", "{\"a\":1}\n"), "{\"a\":1}\n"},
		{"as large as may be", reply(200, "application/json", large), large},
		{"a failure as large as may be", reply(400, "application/json", largeFailure), largeFailure},
		{"an error of the API", reply(400, "application/json", `{"Code":"x"}`), `{"Code":"x"}`},
		{"without a length", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 3 {
				_, _ = fmt.Fprint(w, []string{"{", `"a":1`, "}"}[i])
				_ = http.NewResponseController(w).Flush()
			}
		}, `{"a":1}`},
		{"gzip, when asked for", func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "gzip" {
				http.Error(w, "gzip was not asked for", 500)
			}
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(gzipped(t, strings.NewReader(`{"a":1}`)))
		}, `{"a":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url, transport := serve(t, tt.handler)
			c, _ := newCaller(Options{MaxAttempts: 1})
			got, err := Do(t.Context(), c, "Op", get(transport, url))
			if err != nil || got != tt.want {
				t.Errorf("%d bytes and %v, want %d bytes", len(got), err, len(tt.want))
			}
		})
	}
}

func TestBrokenConnections(t *testing.T) {
	hijack := func(wire string, linger bool) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, wire)
			if tcp, ok := conn.(*net.TCPConn); ok && !linger {
				_ = tcp.SetLinger(0)
			}
			_ = conn.Close()
		}
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"closed before the answer", hijack("", true), "Op: network: EOF"},
		{"cut in the body", hijack("HTTP/1.1 200 OK\r\nX-Request-Id: R-1\r\nContent-Length: 100\r\n\r\n{\"a\":", true), "Op: network (HTTP 200): unexpected EOF [request id R-1]"},
		{"cut in a chunk", hijack("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\"", true), "Op: network (HTTP 200): unexpected EOF"},
		{"reset", hijack("", false), "Op: network: read tcp ADDRESS: read: connection reset by peer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			url, transport := serve(t, tt.handler)
			c, _ := newCaller(Options{MaxAttempts: 1})
			_, err := Do(t.Context(), c, "Op", get(transport, url))
			if err == nil {
				t.Fatal("no error")
			}
			if got := strings.ReplaceAll(err.Error(), strings.TrimPrefix(url, "http://"), "ADDRESS"); got != tt.want {
				t.Errorf("error = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	const address = "127.0.0.1:1" // a port that was free a moment ago may be taken by now; nobody takes this one
	c, _ := newCaller(Options{MaxAttempts: 1})
	_, err := Do(t.Context(), c, "Op", get(NewTransport(1), "http://"+address+"/?AccessKeyId=LTAIsecret&Signature=secret"))
	if want := "Op: network: dial tcp " + address + ": connect: connection refused; nobody listens there, or a firewall refuses: check the endpoint, and the way to it"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

func TestUntrustedCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(reply(200, "application/json", "{}"))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	c, _ := newCaller(Options{MaxAttempts: 1})
	_, err := Do(t.Context(), c, "Op", get(NewTransport(1), server.URL+"/?Signature=secret"))
	failed, ok := errors.AsType[*backup.Error](err)
	if !ok || failed.Class != backup.ClassNetwork || !strings.Contains(failed.Hint, "certificate") || strings.Contains(err.Error(), "secret") {
		t.Errorf("error = %v, want class network and a hint at the certificate", err)
	}
}

// The SDKs lose most headers.
func TestProxyOfTheEnvironment(t *testing.T) {
	var seen string
	proxy, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Method + " " + r.URL.String() + " " + r.Header.Get("Proxy-Authorization")
		_, _ = io.WriteString(w, "{}")
	})
	t.Setenv("http_proxy", strings.Replace(proxy, "http://", "http://user:password@", 1))
	t.Setenv("no_proxy", ".internal")
	t.Setenv("REQUEST_METHOD", "")
	transport := NewTransport(1)
	defer transport.CloseIdleConnections()
	c, _ := newCaller(Options{MaxAttempts: 1})
	if _, err := Do(t.Context(), c, "Op", get(transport, "http://mongodb.example.com/?a=1")); err != nil {
		t.Fatal(err)
	}
	if want := "POST http://mongodb.example.com/?a=1 Basic dXNlcjpwYXNzd29yZA=="; seen != want {
		t.Errorf("the proxy saw %q, want %q", seen, want)
	}
	seen = ""
	_, err := Do(t.Context(), c, "Op", get(transport, "http://mongodb.invalid.internal/"))
	if backup.ClassOf(err) != backup.ClassNetwork || seen != "" {
		t.Errorf("%v, the proxy saw %q; want no use of the proxy", err, seen)
	}
}

func TestWithContext(t *testing.T) {
	url, transport := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	c, _ := newCaller(Options{})
	_, err := Do(ctx, c, "Op", func(ctx context.Context) (string, error) {
		return get(WithContext(ctx, transport), url)(context.WithoutCancel(ctx))
	})
	if backup.ClassOf(err) != backup.ClassTimeout {
		t.Errorf("error = %v, want class timeout", err)
	}
}

func TestKeepsConnections(t *testing.T) {
	connections := 0
	server := httptest.NewUnstartedServer(reply(200, "application/json", "{}"))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections++ // by the one goroutine that accepts
		}
	}
	server.Start()
	transport := NewTransport(1)
	c, _ := newCaller(Options{})
	for range 20 {
		if _, err := Do(t.Context(), c, "Op", get(transport, server.URL)); err != nil {
			t.Fatal(err)
		}
	}
	transport.CloseIdleConnections()
	server.Close()
	if connections != 1 {
		t.Errorf("%d connections for 20 calls in a row, want one", connections)
	}
}

func TestReadBody(t *testing.T) {
	kept := []byte(`{"a":1}`)
	got, err := ReadBody(bufferedBody{bytes.NewBuffer(kept)})
	if err != nil || string(got) != `{"a":1}` || &got[0] != &kept[0] {
		t.Errorf("got %q, %v; want the bytes that are in memory, not a copy", got, err)
	}
	got, err = ReadBody(strings.NewReader(`{"b":2}`))
	if err != nil || string(got) != `{"b":2}` {
		t.Errorf("got %q, %v", got, err)
	}
}
