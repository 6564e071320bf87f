package server_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/server"
)

func TestCompression(t *testing.T) {
	p := &poller{}
	p.snapshot.Instances = many(100)
	opts := options(p)
	opts.Config = func() ([]byte, error) { return []byte("# " + strings.Repeat("long ", 1000)), nil }
	handler := server.New(opts)
	tests := []struct {
		path, accept string
		status       int
		gzip         bool
	}{
		{"/", "gzip, deflate, br", 200, true},
		{"/", "", 200, false},
		{"/", "gzip;q=0, br", 200, false},
		{"/", "br", 200, false},
		{"/instances/alibaba/our%20account/cn-hangzhou/dds-0001", "gzip", 200, true},
		{"/runbooks/MongoDBBackupLate", "gzip", 200, true},
		{"/runbooks/None", "gzip", 404, true},
		{"/-/refresh.js", "gzip", 200, true},
		{"/-/config", "gzip", 200, true},
		{"/sd", "gzip", 200, true},
		{"/api/v1/targets", "gzip", 200, true},
		{"/api/v1/instances", "gzip", 200, false}, // tiny: nothing is listed
		{"/?sort=colour", "gzip", 400, false},     // a sentence
	}
	for _, tt := range tests {
		w := get(t, handler, tt.path, "Accept-Encoding", tt.accept)
		name := tt.path + " for " + tt.accept
		if encoding := w.Header().Get("Content-Encoding"); w.Code != tt.status || (encoding == "gzip") != tt.gzip {
			t.Errorf("%s: %d, encoded as %q", name, w.Code, encoding)
		}
		if got := w.Header().Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("%s: Vary: %q", name, got)
		}
		if !tt.gzip {
			continue
		}
		plain := get(t, handler, tt.path).Body.String()
		unpacked, err := gzip.NewReader(w.Body)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := io.ReadAll(unpacked)
		if err != nil || string(text) != plain {
			t.Errorf("%s: %v, or another text", name, err)
		}
		if small := get(t, handler, tt.path, "Accept-Encoding", "gzip").Body.Len(); small > len(plain)*3/4 {
			t.Errorf("%s: %d bytes of %d", name, small, len(plain))
		}
	}
}

// Compressors are reused: a new one for each answer would take 1.2 MB more. The race detector lets a pool forget every fourth.
func TestCompressionCostsLittleMemory(t *testing.T) {
	p := &poller{}
	p.snapshot.Instances = many(20)
	handler := server.New(options(p))
	cost := func(accept string) int64 {
		return testing.Benchmark(func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/api/v1/targets", nil)
				r.Header.Set("Accept-Encoding", accept)
				handler.ServeHTTP(httptest.NewRecorder(), r)
			}
		}).AllocedBytesPerOp()
	}
	if plain, packed := cost(""), cost("gzip"); packed > plain+700_000 {
		t.Errorf("a compressed answer allocates %d bytes, a plain one %d", packed, plain)
	}
}
