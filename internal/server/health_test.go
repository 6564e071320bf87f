package server_test

import (
	"net/http"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/server"
)

func TestReady(t *testing.T) {
	tests := []struct {
		name   string
		since  time.Duration // the start
		asked  bool          // every account
		status int
		body   string
	}{
		{"at the start", 0, false, 503, "not ready: the first refresh has not asked every account yet\n"},
		{"all are asked", 0, true, 200, "ready\n"},
		{"just before the wait ends", 30*time.Second - 1, false, 503, "not ready: the first refresh has not asked every account yet\n"},
		{"a slow account", 30 * time.Second, false, 200, "ready; some accounts have not answered yet\n"},
		{"all are asked, late", time.Hour, true, 200, "ready\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock := now
			opts := options(&poller{ready: test.asked})
			opts.Now = func() time.Time { return clock }
			s := server.New(opts)
			clock = now.Add(test.since)
			for place, handler := range map[string]http.Handler{"main": s, "health": s.Health()} {
				w := get(t, handler, "/-/ready")
				if w.Code != test.status || w.Body.String() != test.body {
					t.Errorf("%s: %d %q, want %d %q", place, w.Code, w.Body, test.status, test.body)
				}
			}
		})
	}
}
