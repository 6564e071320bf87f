package server_test

import (
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/server"
)

func TestNobodyScrapes(t *testing.T) {
	const (
		never   = "Nobody has scraped this exporter since it was started on 2026-11-22 12:00Z, "
		since   = "Nobody has scraped this exporter since 2026-11-22 12:01Z, "
		nothing = ""
	)
	tests := []struct {
		name, first string        // a request a minute after the start; "": none
		later       time.Duration // after the start
		want        string
	}{
		{"it has just started", "", 4 * time.Minute, nothing},
		{"since the start", "", 6 * time.Minute, never + "6m ago"},
		{"it was scraped a moment ago", "/metrics", 5 * time.Minute, nothing},
		{"since a scrape", "/metrics", 2*time.Hour + time.Minute, since + "2h ago"},
		{"since a probe", "/probe?instance_id=dds-orders", 31 * time.Minute, since + "30m ago"},
		{"a probe of nothing is no scrape", "/probe?instance_id=none", 6 * time.Minute, never},
		{"a page is no scrape", "/", 6 * time.Minute, never},
		{"JSON is no scrape", "/api/v1/targets", 6 * time.Minute, never},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &poller{ready: true}
			p.snapshot.Instances = []backup.InstanceState{orders()}
			at := now
			opts := options(p)
			opts.Now = func() time.Time { return at }
			handler := server.New(opts)
			if tt.first != "" {
				at = now.Add(time.Minute)
				get(t, handler, tt.first)
			}
			at = now.Add(tt.later)
			for _, path := range []string{"/", "/instances/alibaba/our%20account/cn-hangzhou/dds-orders"} {
				page := get(t, handler, path).Body.String()
				if strings.Contains(page, "Nobody has scraped") != (tt.want != nothing) || !strings.Contains(page, tt.want) {
					t.Errorf("%s: want %q in\n%s", path, tt.want, bodyOf(page))
				}
			}
		})
	}
}

func TestScrapeOfAProgramThatScrapesItself(t *testing.T) {
	at := now
	opts := options(&poller{})
	opts.Now = func() time.Time { return at }
	handler := server.New(opts)
	at = now.Add(time.Hour)
	handler.Scrape(t.Context())
	if page := get(t, handler, "/").Body.String(); strings.Contains(page, "Nobody has scraped") {
		t.Errorf("it has scraped itself:\n%s", bodyOf(page))
	}
}
