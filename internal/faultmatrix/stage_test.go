package faultmatrix

import (
	"io"
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/server"
)

const (
	scrapeTimeout = 10 * time.Second
	offset        = 500 * time.Millisecond // by how much a scrape must end earlier
)

// stage is an exporter and the clouds that it watches, in one bubble of synctest.
type stage struct {
	*cloudsim.Sim
	exporter *exporter.Exporter
	handler  http.Handler
	servers  []*http.Server
	running  sync.WaitGroup
}

// newStage starts the clouds with their accounts, and an exporter that watches all of them. With an authority the
// endpoints speak TLS.
func newStage(t *testing.T, accounts []account, authority *cloudsim.Authority) *stage {
	t.Helper()
	world := fleet.Fleet{}
	for _, a := range accounts {
		world.Accounts = append(world.Accounts, a.Account)
	}
	s := &stage{Sim: cloudsim.New(cloudsim.Options{Fleet: world, Now: time.Now})}
	net := newNetwork()
	for _, a := range accounts {
		for _, region := range a.entries() {
			s.listen(t, net, a, region, authority)
		}
	}
	scheme := "http"
	if authority != nil {
		scheme = "https"
	}
	var err error
	s.exporter, err = exporter.New(configOf(accounts, scheme), exporter.Options{Now: time.Now, Logger: log.NewNopLogger(), Dial: net.dial})
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := s.exporter.Gatherer()
	if err != nil {
		t.Fatal(err)
	}
	s.handler = server.New(server.Options{
		Poller: s.exporter.Poller(), Metrics: metrics, Probe: s.exporter.Probe, Now: time.Now, Logger: log.NewNopLogger(), TimeoutOffset: offset,
	})
	return s
}

// listen serves the clouds at the endpoint of one region of an account.
func (s *stage) listen(t *testing.T, net *network, a account, region string, authority *cloudsim.Authority) {
	t.Helper()
	host, port := place{a.Cloud, a.name, region}.host(), ":80"
	if authority != nil {
		port = ":443"
	}
	at := cloudsim.Endpoint{Cloud: a.Cloud, Region: region, AccessKeyID: a.AccessKeyID, Authority: authority, Host: host}
	l, err := s.Listen(net.listen(host+port), at)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: s.Sim, ErrorLog: stdlog.New(io.Discard, "", 0)}
	s.servers = append(s.servers, srv)
	s.running.Go(func() { _ = srv.Serve(l) })
}

// close ends the exporter and the clouds. It returns how long the exporter took.
func (s *stage) close() time.Duration {
	began := time.Now()
	s.exporter.Close()
	took := time.Since(began)
	for _, srv := range s.servers {
		_ = srv.Close() // an error means that it is closed
	}
	s.running.Wait()
	return took
}

// get returns what the exporter answers.
func (s *stage) get(path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "10")
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// scrape is one scrape.
type scrape struct {
	at    time.Time // when it began
	took  time.Duration
	ready bool // after it
	exposition
}

func (s *stage) scrape() scrape {
	at := time.Now()
	text := s.get("/metrics").Body.String()
	took := time.Since(at)
	return scrape{at: at, took: took, ready: s.get("/-/ready").Code == http.StatusOK, exposition: parse(text)}
}

// exposition is the series about backups, by name and labels.
type exposition map[string]sample

// sample is one line.
type sample struct {
	family string // without the prefix
	labels map[string]string
	value  string
}

// parse reads the lines about backups. It leaves out those about the exporter itself, and those about restores: these are
// asked for once a day, so that no case is long enough for them.
func parse(text string) exposition {
	const prefix = "mongodb_backup_"
	all := exposition{}
	for line := range strings.SplitSeq(text, "\n") {
		series, ok := strings.CutPrefix(line, prefix)
		if !ok || strings.HasPrefix(series, "exporter_") {
			continue
		}
		key, value, _ := cutLast(series, " ")
		family, rest, _ := strings.Cut(strings.TrimSuffix(key, "}"), "{")
		s := sample{family: family, labels: map[string]string{}, value: value}
		for pair := range strings.SplitSeq(rest, `",`) {
			name, text, _ := strings.Cut(pair, `="`)
			s.labels[name] = strings.TrimSuffix(text, `"`)
		}
		if s.labels["scope"] != "restores" {
			all[key] = s
		}
	}
	return all
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
