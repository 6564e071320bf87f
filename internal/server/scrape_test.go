package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/server"
)

func TestScrapeDeadline(t *testing.T) {
	tests := []struct {
		name   string
		header string
		want   time.Duration
	}{
		{"the scraper's timeout, less the offset", "2", 1500 * time.Millisecond},
		{"fractions of a second", "2.25", 1750 * time.Millisecond},
		{"no header", "", 9500 * time.Millisecond},
		{"nonsense", "soon", 9500 * time.Millisecond},
		{"negative", "-1", 9500 * time.Millisecond},
		{"not a number", "NaN", 9500 * time.Millisecond},
		{"shorter than the offset", "0.4", 200 * time.Millisecond},
		{"absurdly long", "1e300", 5*time.Minute - 500*time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &poller{refresh: func(ctx context.Context) { <-ctx.Done() }}
				p.snapshot.Instances = []backup.InstanceState{instance("a", "prod", now, nil)}
				start := time.Now()
				w := get(t, server.New(options(p)), "/metrics", "X-Prometheus-Scrape-Timeout-Seconds", test.header)
				if took := time.Since(start); took != test.want {
					t.Errorf("a scrape of a hanging cloud took %v, want %v", took, test.want)
				}
				if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `known{id="a"} 1`) {
					t.Errorf("status %d, body:\n%s\nwant what is known", w.Code, w.Body)
				}
			})
		})
	}
}

// slowly is a gatherer that needs some time.
type slowly time.Duration

func (s slowly) Gather() ([]*dto.MetricFamily, error) {
	time.Sleep(time.Duration(s))
	return nil, nil
}

func TestScrapeLeavesTimeToWriteTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &poller{refresh: func(ctx context.Context) { <-ctx.Done() }}
		opts := options(p)
		opts.Now, opts.Metrics = time.Now, slowly(2*time.Second)
		handler := server.New(opts)
		var took []time.Duration
		for range 3 {
			start := time.Now()
			get(t, handler, "/metrics", "X-Prometheus-Scrape-Timeout-Seconds", "10")
			took = append(took, time.Since(start))
		}
		// The first scrape cannot know; the others leave 2 s, and a quarter of it.
		want := []time.Duration{11500 * time.Millisecond, 9 * time.Second, 9 * time.Second}
		if diff := cmp.Diff(want, took); diff != "" {
			t.Errorf("scrapes took (-want +got):\n%s", diff)
		}
	})
}

func TestMetricsNegotiatesFormatAndEncoding(t *testing.T) {
	p := &poller{}
	p.snapshot.Instances = []backup.InstanceState{instance("a", "prod", now, nil)}
	handler := server.New(options(p))

	text := get(t, handler, "/metrics")
	if got := text.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Errorf("content type %q by default", got)
	}
	open := get(t, handler, "/metrics", "Accept", "application/openmetrics-text; version=1.0.0")
	if got := open.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text") || !strings.HasSuffix(open.Body.String(), "# EOF\n") {
		t.Errorf("content type %q, body:\n%s\nwant OpenMetrics", got, open.Body)
	}
	for encoding, compressed := range map[string]bool{
		"gzip": true, "deflate, GZIP; q=0.5": true, "gzip;q=1": true, "identity": false, "gzip;q=0": false, "gzip; q=0.0, br": false, "": false, "*": false,
	} {
		w := get(t, handler, "/metrics", "Accept-Encoding", encoding)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != compressed {
			t.Errorf("Accept-Encoding %q: compressed %v, want %v", encoding, got, compressed)
		}
		body := io.Reader(w.Body)
		if compressed {
			unzip, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			body = unzip
		}
		plain, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(plain, text.Body.Bytes()) {
			t.Errorf("Accept-Encoding %q: %q, %v; want the same metrics", encoding, plain, err)
		}
	}
}
