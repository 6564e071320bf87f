package server_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/server"
)

func TestProbeShowsOneInstance(t *testing.T) {
	p := &poller{}
	p.snapshot.Instances = []backup.InstanceState{
		instance("a", "prod", now, nil), instance("a", "test", now, nil), instance("b", "prod", now, nil),
	}
	body := get(t, server.New(options(p)), "/probe?instance_id=a&account=prod&region=cn-hangzhou").Body.String()
	if !strings.Contains(body, `known{id="a"} 1`) || strings.Contains(body, `"b"`) {
		t.Errorf("probe of a shows:\n%s", body)
	}
	if diff := cmp.Diff([]string{"a"}, p.refreshed); diff != "" {
		t.Errorf("refreshed instances (-want +got):\n%s", diff)
	}
}

func TestProbeOfAnUnknownInstance(t *testing.T) {
	appear := func(p *poller) { p.snapshot.Instances = []backup.InstanceState{instance("a", "prod", now, nil)} }
	tests := []struct {
		name    string
		listing func(p *poller) // what the wait for listings brings
		status  int
		body    string // a part of it
	}{
		{"listed, without it", func(p *poller) { p.ready = true }, 404, `no instance "a" is configured or discovered; /sd lists those that are`},
		{"not listed in time", func(*poller) {}, 503, "the instances are still being listed; try again in some seconds\n"},
		{"listed, with it", func(p *poller) { p.ready = true; appear(p) }, 200, `known{id="a"} 1`},
		{"listed in its region only", appear, 200, `known{id="a"} 1`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := &poller{}
			p.refreshInstance = func(context.Context, string) { test.listing(p) }
			w := get(t, server.New(options(p)), "/probe?instance_id=a")
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.body) {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, test.status, test.body)
			}
			if retry := w.Header().Get("Retry-After") != ""; retry != (test.status == 503) {
				t.Errorf("Retry-After %v with status %d", retry, w.Code)
			}
		})
	}
}

func TestProbesOfUnknownInstancesKeepNoScrapeAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &poller{refreshInstance: func(ctx context.Context, _ string) { <-ctx.Done() }}
		opts := options(p)
		opts.MaxRequests = 2
		l := serve(t, server.New(opts))
		start := time.Now()
		var waiting []net.Conn
		for i := range 2 {
			waiting = append(waiting, l.request(t, fmt.Sprintf("GET /probe?instance_id=ghost%d HTTP/1.1", i)))
		}
		synctest.Wait()
		resp, body := read(t, l.request(t, "GET /probe?instance_id=ghost HTTP/1.1"))
		if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "many requests wait for that already") {
			t.Errorf("a third probe of an unknown instance: %s %q, want 503", resp.Status, body)
		}
		if resp, _ := read(t, l.request(t, "GET /metrics HTTP/1.1")); resp.StatusCode != http.StatusOK || time.Since(start) > 0 {
			t.Errorf("meanwhile a scrape got %s after %v", resp.Status, time.Since(start))
		}
		for _, conn := range waiting {
			if resp, _ := read(t, conn); resp.StatusCode != http.StatusServiceUnavailable || time.Since(start) != 9500*time.Millisecond {
				t.Errorf("a probe of an unknown instance got %s after %v, want 503 after 9.5s", resp.Status, time.Since(start))
			}
		}
		if _, body := read(t, l.request(t, "GET /probe?instance_id=ghost HTTP/1.1")); body != "the instances are still being listed; try again in some seconds\n" {
			t.Errorf("a later probe got %q", body)
		}
	})
}
