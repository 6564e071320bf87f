// Package server is what listens: /metrics with its deadline, the status page and its JSON, health checks, service
// discovery, reload, and a graceful end.
//
// It asks a poller for snapshots and hands out what others render; it knows no cloud.
package server

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/http/pprof"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/internal/backup"
)

// Poller is what the server needs of a poller.
type Poller interface {
	// Refresh brings what is due up to date and returns when that is done or ctx ends.
	Refresh(ctx context.Context)
	// RefreshInstance does so for one instance.
	RefreshInstance(ctx context.Context, id string)
	// Snapshot returns all that is known, never nil.
	Snapshot() *backup.Snapshot
	// Ready reports whether every account has been asked once.
	Ready() bool
}

// Options make a handler. Poller, Metrics, Probe, Now and Logger are required.
type Options struct {
	Poller  Poller
	Metrics prometheus.Gatherer                        // what /metrics shows
	Probe   func(*backup.Snapshot) prometheus.Gatherer // what /probe shows of a snapshot
	Reload  func() error                               // reads the configuration again; nil: no such route
	Config  func() ([]byte, error)                     // the running configuration without secrets; nil: no such route
	Now     func() time.Time
	Logger  log.Logger
	Version string

	TelemetryPath string        // "": /metrics
	ScrapeTimeout time.Duration // of a request that does not say its own; 0: 10 s
	TimeoutOffset time.Duration // how much earlier than the scraper gives up a scrape is answered
	Pprof         bool          // serve /debug/pprof/
}

// CheckTelemetryPath returns what is wrong with a path for the metrics.
func CheckTelemetryPath(path string) error {
	switch {
	case !strings.HasPrefix(path, "/") || len(path) < 2:
		return fmt.Errorf("%q must begin with / and name a page, e.g. /metrics", path)
	case strings.ContainsAny(path, "{} ?#%") || strings.HasSuffix(path, "/"):
		return fmt.Errorf("%q must be a plain path, e.g. /metrics", path)
	case slices.Contains([]string{"/probe", "/sd", "/api/v1/targets"}, path) || strings.HasPrefix(path, "/-/") || strings.HasPrefix(path, "/debug/"):
		return fmt.Errorf("%q is taken by another page", path)
	}
	return nil
}

// New returns the handler of all routes. It panics if CheckTelemetryPath refuses the telemetry path.
func New(opts Options) http.Handler {
	if opts.TelemetryPath == "" {
		opts.TelemetryPath = "/metrics"
	}
	if opts.ScrapeTimeout == 0 {
		opts.ScrapeTimeout = 10 * time.Second
	}
	s := &server{opts: opts, page: parseStatus()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+opts.TelemetryPath, s.metrics)
	mux.HandleFunc("GET /probe", s.probe)
	mux.HandleFunc("GET /sd", s.discovery)
	mux.HandleFunc("GET /api/v1/targets", s.targets)
	mux.HandleFunc("GET /{$}", s.status)
	mux.HandleFunc("GET /-/healthy", s.healthy)
	mux.HandleFunc("GET /-/ready", s.ready)
	if opts.Config != nil {
		mux.HandleFunc("GET /-/config", s.config)
	}
	if opts.Reload != nil {
		mux.HandleFunc("POST /-/reload", s.reload)
	}
	if opts.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

type server struct {
	opts Options
	page *template.Template // of the status page

	mu     sync.Mutex
	render time.Duration // how long writing a scrape down takes
}

func (s *server) healthy(w http.ResponseWriter, _ *http.Request) {
	s.text(w, http.StatusOK, "healthy\n")
}

func (s *server) ready(w http.ResponseWriter, _ *http.Request) {
	if s.opts.Poller.Ready() {
		s.text(w, http.StatusOK, "ready\n")
		return
	}
	s.text(w, http.StatusServiceUnavailable, "not ready: the first refresh has not asked every account yet\n")
}

func (s *server) reload(w http.ResponseWriter, _ *http.Request) {
	if err := s.opts.Reload(); err != nil {
		s.text(w, http.StatusInternalServerError, "the running configuration stays in force:\n"+err.Error()+"\n")
		return
	}
	s.text(w, http.StatusOK, "reloaded\n")
}

func (s *server) config(w http.ResponseWriter, _ *http.Request) {
	masked, err := s.opts.Config()
	if err != nil {
		s.text(w, http.StatusInternalServerError, err.Error()+"\n")
		return
	}
	s.write(w, "application/yaml; charset=utf-8", masked)
}

func (s *server) text(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	s.body(w, []byte(text))
}

func (s *server) write(w http.ResponseWriter, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	s.body(w, body)
}
