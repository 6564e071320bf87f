// Package server is the HTTP side of the exporter: /metrics with its deadline, the status page and its JSON, health
// checks, service discovery, reload, and a graceful end. It bounds what clients can cost.
//
// It asks a poller for snapshots and hands out what others render; it knows no cloud.
package server

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/http/pprof"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report/evidence"
)

// Poller is what the server needs of a poller.
type Poller interface {
	// Refresh brings what is due up to date and returns when that is done or ctx ends.
	Refresh(ctx context.Context)
	// RefreshInstance does so for one instance. For an id that is not known it waits for listings that may name it.
	RefreshInstance(ctx context.Context, id string)
	// Known reports whether an instance with this id is configured or was discovered.
	Known(id string) bool
	// Snapshot returns all that is known, never nil.
	Snapshot() *backup.Snapshot
	// Ready reports whether every account has been asked once.
	Ready() bool
}

// Options make a Server. Poller, Metrics, Probe, Now and Logger are required.
type Options struct {
	Poller  Poller
	Metrics prometheus.Gatherer                        // what /metrics shows; Texts are faster
	Probe   func(*backup.Snapshot) prometheus.Gatherer // what /probe shows of a snapshot
	Reload  func() error                               // reads the configuration again; nil: no such route
	Config  func() ([]byte, error)                     // the running configuration without secrets; nil: no such route
	// History is where the report has the past from; nil: it has the newest lists alone.
	History  evidence.History
	Lookback func() time.Duration // how far back a verdict looks; nil: as far as the lists go
	Now      func() time.Time
	Logger   log.Logger // clients can make the server log: pass one that bounds repetitions
	Version  string

	TelemetryPath string        // "": /metrics
	ScrapeTimeout time.Duration // of requests that name none; 0: 10 s
	TimeoutOffset time.Duration // how long before the scraper's timeout a scrape is answered
	MaxRequests   int           // scrapes answered at the same time; 0: no limit
	Pprof         bool          // serve /debug/pprof/
}

// CheckTelemetryPath returns what is wrong with a path for the metrics.
func CheckTelemetryPath(path string) error {
	switch {
	case !strings.HasPrefix(path, "/") || len(path) < 2:
		return fmt.Errorf("%q must begin with / and name a page, e.g. /metrics", path)
	case strings.ContainsAny(path, "{} ?#%") || strings.HasSuffix(path, "/"):
		return fmt.Errorf("%q must be a plain path, e.g. /metrics", path)
	case slices.Contains([]string{"/probe", "/sd", "/api/v1/targets", "/api/v1/instances", "/api/v1/backups", "/api/v1/report", "/runbooks"}, path), belongs(path, "/-/", "/debug/", "/runbooks/", "/instances/"):
		return fmt.Errorf("%q is taken by another page; choose a path of its own, e.g. /metrics", path)
	}
	return nil
}

// belongs reports whether a path begins with one of the prefixes.
func belongs(path string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
}

// Server answers the requests to an exporter. It is safe for concurrent use.
type Server struct {
	opts      Options
	templates *template.Template // of the pages for people
	started   time.Time
	mux       *http.ServeMux

	scrapes   slots // scrapes in progress
	searches  slots // probes that wait for a listing
	pages     slots // other answers that show every target, and profiles
	reports   slots // reports being made
	rendering slots // expositions being written to memory
	plain     slots // texts being sent that are not compressed
	reloads   slots // one, for the reload in progress

	mu         sync.Mutex
	render     time.Duration // how long writing an exposition takes
	scraped    time.Time     // when the newest scrape began; zero: there was none
	nextReload *reloading    // nil: none waits
}

// New returns a Server. It panics if CheckTelemetryPath refuses the telemetry path.
func New(opts Options) *Server {
	if opts.TelemetryPath == "" {
		opts.TelemetryPath = "/metrics"
	}
	if opts.ScrapeTimeout == 0 {
		opts.ScrapeTimeout = 10 * time.Second
	}
	s := &Server{
		opts: opts, templates: parsePages(), started: opts.Now(), mux: http.NewServeMux(),
		scrapes: newSlots(opts.MaxRequests), searches: newSlots(opts.MaxRequests),
		pages: newSlots(maxPages), reports: newSlots(maxReports), rendering: newSlots(maxRendering), plain: newSlots(maxPlain), reloads: newSlots(1),
	}
	s.route()
	return s
}

// ServeHTTP answers one request. One whose query cannot be read is refused: the parameters that can be read would be answered as
// if the others, which may narrow the answer, had not been there.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
		s.text(w, http.StatusBadRequest, fmt.Sprintf("what stands behind the ? cannot be read: %.100s; write & between parameters, and %%3B for ; and %%25 for %% in their values\n", err))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// Health returns a handler of /-/healthy and /-/ready alone. It shows nothing of what the exporter knows.
func (s *Server) Health() http.Handler {
	mux := http.NewServeMux()
	s.routeHealth(mux)
	mux.HandleFunc(everything, s.unrouted(mux))
	return mux
}

func (s *Server) routeHealth(mux *http.ServeMux) {
	mux.HandleFunc("GET /-/healthy", s.healthy)
	mux.HandleFunc("GET /-/ready", s.ready)
}

func (s *Server) route() {
	s.mux.HandleFunc("GET "+s.opts.TelemetryPath, s.metrics)
	s.mux.HandleFunc("GET /probe", s.probe)
	for path, answer := range map[string]http.HandlerFunc{
		"/sd": s.discovery, "/api/v1/targets": s.targets, "/api/v1/instances": s.instances,
		"/{$}": s.status, "/instances/{cloud}/{account}/{region}/{id}": s.instance,
		"/runbooks/{$}": s.runbookIndex, "/runbooks/{alert}": s.runbook, scriptPath: s.script,
	} {
		s.mux.HandleFunc("GET "+path, s.bounded(compressed(answer)))
	}
	s.mux.HandleFunc("GET /api/v1/backups", s.reporting(compressed(s.backups)))
	s.mux.HandleFunc("GET /api/v1/report", s.reporting(compressed(s.report)))
	s.routeHealth(s.mux)
	if s.opts.Config != nil {
		s.mux.HandleFunc("GET /-/config", s.bounded(compressed(s.config)))
	}
	reload := s.reload
	if s.opts.Reload == nil {
		reload = s.reloadIsOff
	}
	s.mux.Handle("POST /-/reload", s.sameOrigin(reload))
	if s.opts.Pprof {
		s.mux.HandleFunc("GET /debug/pprof/", s.bounded(pprof.Index))
		s.mux.HandleFunc("GET /debug/pprof/cmdline", s.bounded(pprof.Cmdline))
		s.mux.HandleFunc("GET /debug/pprof/profile", s.bounded(pprof.Profile))
		s.mux.HandleFunc("GET /debug/pprof/symbol", s.bounded(pprof.Symbol))
		s.mux.HandleFunc("GET /debug/pprof/trace", s.bounded(pprof.Trace))
	}
	s.mux.HandleFunc(everything, s.unrouted(s.mux))
}

func (s *Server) config(w http.ResponseWriter, _ *http.Request) {
	masked, err := s.opts.Config()
	if err != nil {
		s.text(w, http.StatusInternalServerError, err.Error()+"\n")
		return
	}
	s.write(w, "application/yaml; charset=utf-8", masked)
}
