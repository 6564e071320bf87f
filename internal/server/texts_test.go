package server_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"mongodb_backup_exporter/internal/server"
)

// texts is a gatherer that has text ready, of which it says by whom it was asked for it. Its text is not what it gathers, so
// that a test sees where an answer comes from.
type texts struct {
	prometheus.Gatherer
	broken bool

	mu    sync.Mutex
	asked []string
}

func (f *texts) Text(format expfmt.Format, gzipped bool) ([][]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kind, _, _ := strings.Cut(string(format), ";")
	if gzipped {
		kind += " compressed"
	}
	f.asked = append(f.asked, kind)
	if f.broken || format.FormatType() == expfmt.TypeProtoDelim {
		return nil, false
	}
	pieces := [][]byte{[]byte("ready"), []byte(" text\n")}
	if gzipped {
		var file bytes.Buffer
		w := gzip.NewWriter(&file)
		for _, piece := range pieces {
			_, _ = w.Write(piece)
		}
		_ = w.Close()
		pieces = [][]byte{file.Bytes()[:7], file.Bytes()[7:]}
	}
	return pieces, true
}

func (f *texts) Gather() ([]*dto.MetricFamily, error) {
	if f.broken {
		return nil, errors.New("broken")
	}
	return f.Gatherer.Gather()
}

func withTexts(f *texts) *server.Server {
	opts := options(&poller{})
	one := prometheus.NewRegistry()
	one.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "gathered", Help: "Gathered."}))
	f.Gatherer = one
	opts.Metrics = f
	return server.New(opts)
}

func TestTextsThatAreReady(t *testing.T) {
	const openMetrics = "application/openmetrics-text;version=1.0.0"
	for _, tt := range []struct {
		name, path, accept, encoding string
		broken                       bool
		want                         string // of the body, decompressed
		code                         int
		kind, encoded                string // of the header
		asked                        []string
	}{
		{name: "plain", path: "/metrics", want: "ready text\n", code: 200, kind: "text/plain", asked: []string{"text/plain"}},
		{name: "compressed", path: "/metrics", encoding: "gzip", want: "ready text\n", code: 200, kind: "text/plain", encoded: "gzip", asked: []string{"text/plain compressed"}},
		{name: "gzip is refused", path: "/metrics", encoding: "gzip;q=0, br", want: "ready text\n", code: 200, kind: "text/plain", asked: []string{"text/plain"}},
		{
			name: "OpenMetrics", path: "/metrics", accept: openMetrics, encoding: "gzip", want: "ready text\n", code: 200,
			kind: "application/openmetrics-text", encoded: "gzip", asked: []string{"application/openmetrics-text compressed"},
		},
		{
			name: "protobuf", path: "/metrics", accept: "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", encoding: "gzip",
			want: "gathered", code: 200, kind: "application/vnd.google.protobuf", encoded: "gzip", asked: []string{"application/vnd.google.protobuf compressed"},
		},
		{name: "some metrics only", path: "/metrics?name[]=gathered", encoding: "gzip", want: "gathered 0\n", code: 200, kind: "text/plain", encoded: "gzip"},
		{name: "gathering fails", path: "/metrics", broken: true, want: "broken", code: 500, kind: "text/plain", asked: []string{"text/plain"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &texts{broken: tt.broken}
			w := get(t, withTexts(f), tt.path, "Accept", tt.accept, "Accept-Encoding", tt.encoding)
			var body io.Reader = w.Body
			if w.Header().Get("Content-Encoding") == "gzip" {
				plain, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = plain
			}
			text, err := io.ReadAll(body)
			if err != nil || w.Code != tt.code || !strings.Contains(string(text), tt.want) {
				t.Errorf("%d %q, %v; want %d %q", w.Code, text, err, tt.code, tt.want)
			}
			if kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";"); kind != tt.kind || w.Header().Get("Content-Encoding") != tt.encoded {
				t.Errorf("%q, encoded as %q", kind, w.Header().Get("Content-Encoding"))
			}
			if tt.code == 200 && !slices.Equal(w.Header().Values("Vary"), []string{"Accept", "Accept-Encoding"}) {
				t.Errorf("Vary: %q", w.Header().Values("Vary"))
			}
			if diff := cmp.Diff(tt.asked, f.asked); diff != "" {
				t.Errorf("texts that were asked for (-want +got):\n%s", diff)
			}
		})
	}
}

// stalled is a client that reads nothing until it is let go.
type stalled struct {
	*httptest.ResponseRecorder
	release chan struct{}
}

func (w stalled) Write(p []byte) (int, error) {
	<-w.release
	return w.ResponseRecorder.Write(p)
}

// Two clients may hold text that is not compressed. What others are sent is compressed in memory, and they do not see that.
func TestFewClientsHoldPlainText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &texts{}
		s, release := withTexts(f), make(chan struct{})
		var wg sync.WaitGroup
		answers := make([]stalled, 4)
		for i := range answers {
			answers[i] = stalled{httptest.NewRecorder(), release}
			wg.Go(func() {
				s.ServeHTTP(answers[i], httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
			})
			synctest.Wait()
		}
		want := []string{"text/plain", "text/plain", "text/plain compressed", "text/plain compressed"}
		if diff := cmp.Diff(want, f.asked); diff != "" {
			t.Errorf("texts that were asked for (-want +got):\n%s", diff)
		}
		close(release)
		wg.Wait()
		for i, w := range answers {
			if w.Body.String() != "ready text\n" || w.Header().Get("Content-Encoding") != "" {
				t.Errorf("answer %d: %q, %v", i, w.Body, w.Header())
			}
		}
		f.asked = nil
		for range 3 {
			get(t, s, "/metrics")
		}
		if want := []string{"text/plain", "text/plain", "text/plain"}; !slices.Equal(f.asked, want) {
			t.Errorf("after those were sent: %q, want %q", f.asked, want)
		}
	})
}
