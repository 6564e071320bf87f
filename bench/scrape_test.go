package bench

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-kit/log"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/server"
)

// moving is how many instances there are for each that is read every minute.
const moving = 30

// warmScrapes measure the processor time of a scrape of which nothing is due, after a part of the fleet was read again.
func warmScrapes(t *testing.T, _ string, g *goals) {
	out := table{{"warm scrape", "text", "gzip", "all moved", "1 in 30 moved", "none moved", "none moved, gzip", "OpenMetrics, none moved", "MetricFamilyToText"}}
	results := map[int]*warm{}
	for _, n := range []int{1000, 10_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWarm(t, n)
			w.measure(t)
			results[n] = w
			cell := func(d time.Duration) string {
				return fmt.Sprintf("%s (%s)", d.Round(100*time.Microsecond), number(d.Seconds()/w.written.Seconds()))
			}
			out.add(w.crowd.String(), number(float64(len(w.text))/1e6)+" MB", number(float64(w.compressed)/1e6)+" MB", cell(w.all), cell(w.some), cell(w.none), cell(w.zipped), cell(w.open), cell(w.written))
		})
	}
	out.print("Warm scrapes: processor time, and that ÷ expfmt.MetricFamilyToText of the same families")
	small, big := results[1000], results[10_000]
	if big == nil || small == nil {
		return
	}
	ratio := func(d time.Duration) float64 { return d.Seconds() / big.written.Seconds() }
	g.add("warm scrape 10,000 ÷ MetricFamilyToText, all moved", ratio(big.all), 2.5, "")
	g.add("warm scrape 10,000 ÷ MetricFamilyToText, 1 in 30 moved", ratio(big.some), 0.3, "")
	g.add("warm scrape 10,000 ÷ MetricFamilyToText, none moved", ratio(big.none), 0.1, "")
	g.add("warm scrape 10,000 ÷ MetricFamilyToText, none moved, gzip", ratio(big.zipped), 0.15, "")
	g.add("calls of eight scrapes at once ÷ calls of one", float64(big.eight)/float64(big.one), 1.1, "") // of two minutes, in which not quite the same is due
	g.add("growth of a scrape's time, 1,000 to 10,000, all moved", big.all.Seconds()/small.all.Seconds(), 11, " ×")
}

// warm is an exporter whose clock the test sets, of clouds in another process.
type warm struct {
	crowd
	clouds   clouds
	exporter *exporter.Exporter
	handler  http.Handler
	began    time.Time
	ahead    atomic.Int64 // of the exporter's clock and the clouds'
	minute   int

	text                                   []byte // of the newest scrape
	all, some, none, zipped, open, written time.Duration
	one, eight                             int // calls that one scrape costs, and eight at once
	compressed                             int // bytes of a scrape with gzip
}

func (w *warm) now() time.Time { return w.began.Add(time.Duration(w.ahead.Load())) }

// newWarm reads everything once.
func newWarm(t *testing.T, n int) *warm {
	t.Helper()
	w := &warm{crowd: quiet(n), began: time.Now()}
	w.Failing = moving
	progress("warm scrape: %s", w.crowd)
	w.clouds = startClouds(t, simulation{w.crowd, 0})
	cfg, err := config.Load([]byte(w.configuration(w.clouds.url, unhurried)), ".")
	if err != nil {
		t.Fatal(err)
	}
	if w.exporter, err = exporter.New(cfg, exporter.Options{Now: w.now, Logger: log.NewNopLogger()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.exporter.Close)
	metrics, err := w.exporter.Gatherer()
	if err != nil {
		t.Fatal(err)
	}
	w.handler = server.New(server.Options{
		Poller: w.exporter.Poller(), Metrics: metrics, Probe: w.exporter.Probe, Now: w.now, Logger: log.NewNopLogger(), TimeoutOffset: time.Second,
	})
	w.exporter.Poller().Refresh(bounded(t))
	if read := listsRead(w.exporter); read != n {
		t.Fatalf("%d lists were read, want %d", read, n)
	}
	return w
}

// goOn lets a minute pass, and all that is due be read.
func (w *warm) goOn(t *testing.T) {
	w.minute++
	w.ahead.Store(int64(w.minute) * int64(time.Minute))
	w.clouds.goTo(t, time.Duration(w.ahead.Load()))
}

// measure scrapes after all, some and none of the fleet was read again.
func (w *warm) measure(t *testing.T) {
	poller := w.exporter.Poller()
	w.scrape(t, "", "", &sink{header: http.Header{}})
	w.some = w.mean(t, 5, "", "", func() { w.goOn(t); poller.Refresh(bounded(t)) })
	if moved := w.moved(); moved < w.instances()/moving/2 || moved > w.instances()/moving*2 {
		t.Errorf("%d instances were read within a minute, want one in %d", moved, moving)
	}
	w.callsOf(t, 1) // the first minute has fewer instances that are due than those after it
	w.one, w.eight = w.callsOf(t, 1), w.callsOf(t, 8)
	w.none = w.mean(t, 20, "", "", func() {})
	w.zipped = w.mean(t, 20, "", "gzip", func() {})
	w.compressed = len(w.text)
	w.scrape(t, "application/openmetrics-text", "", &sink{header: http.Header{}})
	w.open = w.mean(t, 20, "application/openmetrics-text", "", func() {})
	w.all = w.mean(t, 4, "", "", func() {
		w.minute += 61
		w.goOn(t)
		poller.Refresh(bounded(t))
	})
	if moved := w.moved(); moved != w.instances() {
		t.Errorf("%d instances were read, want all", moved)
	}
	w.written = w.write(t)
}

// callsOf returns how many calls scrapes at the same moment cost, a minute after the ones before.
func (w *warm) callsOf(t *testing.T, scrapes int) int {
	w.goOn(t)
	w.clouds.counts(t)
	var running sync.WaitGroup
	for range scrapes {
		running.Go(func() {
			r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			r.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "60")
			w.handler.ServeHTTP(&sink{header: http.Header{}}, r)
		})
	}
	running.Wait()
	return sum(w.clouds.counts(t)).Asked
}

// moved returns how many instances were read at this minute.
func (w *warm) moved() int {
	n := 0
	for _, in := range w.exporter.Poller().Snapshot().Instances {
		if in.Nodes[0].Backups.At.Equal(w.now().Round(0)) {
			n++
		}
	}
	return n
}

// mean returns the processor time of a scrape, each after prepare. What is written goes nowhere, as what it is compared with.
func (w *warm) mean(t *testing.T, n int, accept, encoding string, prepare func()) time.Duration {
	t.Helper()
	var all time.Duration
	for range n {
		prepare()
		runtime.GC() // what was done before leaves its garbage to nobody else
		all += w.scrape(t, accept, encoding, &sink{header: http.Header{}})
	}
	kept := &sink{header: http.Header{}, keeps: true}
	w.scrape(t, accept, encoding, kept)
	w.text = kept.text
	return all / time.Duration(n)
}

// scrape returns the processor time of one scrape.
func (w *warm) scrape(t *testing.T, accept, encoding string, answer *sink) time.Duration {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", accept)
	r.Header.Set("Accept-Encoding", encoding)
	r.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "60")
	used := processorTime(t)
	w.handler.ServeHTTP(answer, r)
	used = processorTime(t) - used
	if answer.code > http.StatusOK {
		t.Fatalf("a scrape was answered with %d", answer.code)
	}
	return used
}

// sink is a ResponseWriter that keeps what is written, or drops it.
type sink struct {
	header http.Header
	code   int // 0: 200
	keeps  bool
	text   []byte
}

func (s *sink) Header() http.Header  { return s.header }
func (s *sink) WriteHeader(code int) { s.code = code }
func (s *sink) Write(p []byte) (int, error) {
	if s.keeps {
		s.text = append(s.text, p...)
	}
	return len(p), nil
}

// write returns the processor time of writing the same families with expfmt alone.
func (w *warm) write(t *testing.T) time.Duration {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(w.text))
	if err != nil {
		t.Fatal(err)
	}
	list := make([]*dto.MetricFamily, 0, len(families))
	for _, f := range families {
		list = append(list, f)
	}
	const times = 5
	runtime.GC()
	used := processorTime(t)
	for range times {
		for _, f := range list {
			if _, err := expfmt.MetricFamilyToText(io.Discard, f); err != nil {
				t.Fatal(err)
			}
		}
	}
	return (processorTime(t) - used) / times
}
