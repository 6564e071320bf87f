package server_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/exporter-toolkit/web"

	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/server"
)

func TestConnectionsEnd(t *testing.T) {
	tests := []struct {
		name string
		send string
		want time.Duration
	}{
		{"nothing is sent", "", 10 * time.Second},
		{"a header that never ends", "GET / HTTP/1.1\r\nHost: exporter\r\nX-A: ", 10 * time.Second},
		{"a body that never comes", "GET /metrics HTTP/1.1\r\nHost: exporter\r\nContent-Length: 5\r\n\r\n", 10 * time.Second},
		{"a body that never ends", "POST /-/reload HTTP/1.1\r\nHost: exporter\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", 10 * time.Second},
		{"no second request", "GET /-/healthy HTTP/1.1\r\nHost: exporter\r\n\r\n", 2 * time.Minute},
		{"nonsense", "\x16\x03\x01\r\n\r\n", 0},
		{"a header of 1 MiB", "GET / HTTP/1.1\r\nHost: exporter\r\nX-A: " + strings.Repeat("a", 21<<10), 500 * time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := options(&poller{})
				opts.Reload = func() error { return nil }
				conn := serve(t, server.New(opts)).dial(t)
				go func() { _, _ = io.WriteString(conn, test.send) }()
				if got := untilClosed(conn); got != test.want {
					t.Errorf("the connection was closed after %v, want %v", got, test.want)
				}
			})
		})
	}
}

func TestTLSHandshakesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		file := webConfig(t, tlsConfig(t))
		run(t, server.Service{
			Listeners: []net.Listener{l}, Handler: server.New(options(&poller{})), Web: &web.FlagConfig{WebConfigFile: &file}, Logger: nopLogger,
		})
		if got := untilClosed(l.dial(t)); got != 10*time.Second {
			t.Errorf("a connection without a handshake was closed after %v, want 10s", got)
		}
	})
}

func TestClientThatDoesNotReadIsCut(t *testing.T) {
	for after, cut := range map[time.Duration]bool{7*time.Second - time.Millisecond: false, 7*time.Second + time.Millisecond: true} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := options(&poller{})
				opts.MaxRequests = 1
				opts.Metrics = wide(2000) // more than the buffers of net/http hold
				l := serve(t, server.New(opts))
				conn := l.request(t, "GET /metrics HTTP/1.1", "X-Prometheus-Scrape-Timeout-Seconds: 2")
				time.Sleep(after)
				_, err := conn.Read(make([]byte, 1))
				if got := errors.Is(err, io.EOF); got != cut {
					t.Errorf("reading after %v: %v; cut %v, want %v", after, err, got, cut)
				}
				if !cut {
					return
				}
				if resp, _ := read(t, l.request(t, "GET /metrics HTTP/1.1")); resp.StatusCode != http.StatusOK {
					t.Errorf("the next scrape got %s", resp.Status)
				}
			})
		})
	}
}

func TestFewScrapesAreWrittenAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := options(&poller{})
		opts.Now, opts.Metrics = time.Now, slowly(time.Second)
		l := serve(t, server.New(opts))
		start := time.Now()
		var all []net.Conn
		for range 6 {
			all = append(all, l.request(t, "GET /metrics HTTP/1.1"))
		}
		for _, conn := range all {
			read(t, conn)
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("6 scrapes that take 1s each to write took %v, want 3s: 2 at the same time", took)
		}
	})
}

func TestScrapeOutlastsTheTimeToReceiveIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &poller{refresh: func(ctx context.Context) { <-ctx.Done() }}
		start := time.Now()
		resp, _ := read(t, serve(t, server.New(options(p))).request(t, "GET /metrics HTTP/1.1", "X-Prometheus-Scrape-Timeout-Seconds: 60"))
		if took := time.Since(start); resp.StatusCode != http.StatusOK || took != 59500*time.Millisecond {
			t.Errorf("a scrape of a hanging cloud got %s after %v, want 200 after 59.5s", resp.Status, took)
		}
	})
}

func TestScrapesAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &poller{refresh: func(ctx context.Context) { <-ctx.Done() }}
		p.snapshot.Instances = []backup.InstanceState{instance("a", "prod", now, nil)}
		p.refreshInstance = func(ctx context.Context, _ string) { <-ctx.Done() }
		opts := options(p)
		opts.MaxRequests = 2
		l := serve(t, server.New(opts))
		first := []net.Conn{l.request(t, "GET /metrics HTTP/1.1"), l.request(t, "GET /probe?instance_id=a HTTP/1.1")}
		synctest.Wait()
		for _, path := range []string{"/metrics", "/probe?instance_id=a"} {
			resp, body := read(t, l.request(t, "GET "+path+" HTTP/1.1"))
			want := "2 scrapes are being answered already, as many as --web.max-requests allows; try again in some seconds\n"
			if resp.StatusCode != http.StatusServiceUnavailable || body != want || resp.Header.Get("Retry-After") != "5" {
				t.Errorf("a third scrape at %s: %s, Retry-After %q, %q; want 503, 5, %q", path, resp.Status, resp.Header.Get("Retry-After"), body, want)
			}
		}
		if resp, _ := read(t, l.request(t, "GET /-/healthy HTTP/1.1")); resp.StatusCode != http.StatusOK {
			t.Errorf("meanwhile /-/healthy answers %s", resp.Status)
		}
		for _, conn := range append(first, l.request(t, "GET /-/healthy HTTP/1.1")) {
			if resp, _ := read(t, conn); resp.StatusCode != http.StatusOK {
				t.Errorf("%s, want 200", resp.Status)
			}
		}
		p.refresh = nil
		if resp, _ := read(t, l.request(t, "GET /metrics HTTP/1.1")); resp.StatusCode != http.StatusOK {
			t.Errorf("a later scrape: %s", resp.Status)
		}
	})
}

func TestNoLimitOfScrapes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &poller{refresh: func(ctx context.Context) { <-ctx.Done() }}
		l := serve(t, server.New(options(p)))
		var all []net.Conn
		for range 100 {
			all = append(all, l.request(t, "GET /metrics HTTP/1.1"))
		}
		for _, conn := range all {
			if resp, _ := read(t, conn); resp.StatusCode != http.StatusOK {
				t.Errorf("%s, want 200", resp.Status)
			}
		}
	})
}

func TestPagesAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &poller{}
		for i := range 100 { // so that no answer fits into the buffers of net/http
			p.snapshot.Instances = append(p.snapshot.Instances, instance(fmt.Sprint(i), "prod", now, nil))
		}
		p.snapshot.Regions = []backup.Region{listed("prod", "r1", strings.Repeat("id ", 100))}
		l := serve(t, server.New(options(p)))
		for _, path := range []string{"/", "/sd", "/api/v1/targets", "/api/v1/instances"} {
			for range 10 {
				l.request(t, "GET "+path+" HTTP/1.1") // and never reads
			}
			synctest.Wait()
			resp, body := read(t, l.request(t, "GET "+path+" HTTP/1.1"))
			if resp.StatusCode != http.StatusServiceUnavailable || !strings.HasPrefix(body, "10 requests for pages are being answered already") {
				t.Errorf("an eleventh request for %s: %s, %q; want 503", path, resp.Status, body)
			}
			time.Sleep(30 * time.Second)
			synctest.Wait()
			if resp, _ := read(t, l.request(t, "GET "+path+" HTTP/1.1")); resp.StatusCode != http.StatusOK {
				t.Errorf("30 s later %s answers %s", path, resp.Status)
			}
		}
	})
}

// wide is a gatherer whose metrics are much larger than their text.
type wide int

func (n wide) Gather() ([]*dto.MetricFamily, error) {
	registry := prometheus.NewRegistry()
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "wide", Help: "Many samples."}, []string{"account", "instance"})
	registry.MustRegister(gauge)
	for i := range int(n) {
		gauge.WithLabelValues("prod", fmt.Sprint("dds-bp1", i)).Set(float64(i))
	}
	return registry.Gather()
}

func TestClientsThatDoNotReadHoldLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opts := options(&poller{})
		opts.Metrics = wide(2500)
		l := serve(t, server.New(opts))
		before := heap()
		for range 20 {
			l.request(t, "GET /metrics HTTP/1.1")
		}
		synctest.Wait()
		// What one scrape gathers is some 2 MiB, its compressed text is some 20 KiB.
		if held := (heap() - before) >> 20; held > 8 {
			t.Errorf("20 clients that do not read hold %d MiB", held)
		}
	})
}

// heap returns how many bytes are in use, without those in pools.
func heap() int64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestConnectionsAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &poller{refresh: func(ctx context.Context) { <-ctx.Done() }}
		l := serve(t, server.New(options(p)))
		busy := l.request(t, "GET /metrics HTTP/1.1")
		idle := l.dial(t)
		synctest.Wait()
		for range 998 {
			l.dial(t)
		}
		synctest.Wait()
		closed := make(chan time.Duration, 1)
		go func() { closed <- untilClosed(idle) }()
		synctest.Wait()
		if len(closed) != 0 {
			t.Fatal("a connection was closed before there were too many")
		}
		last := l.request(t, "GET /-/healthy HTTP/1.1")
		synctest.Wait()
		if len(closed) == 0 {
			t.Error("the connection that waited longest was not closed for a new one")
		}
		for _, conn := range []net.Conn{last, busy} {
			if resp, _ := read(t, conn); resp.StatusCode != http.StatusOK {
				t.Errorf("%s, want 200", resp.Status)
			}
		}
	})
}
