package server

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"mongodb_backup_exporter/internal/backup"
)

// metrics answers a scrape: it brings what is due up to date for as long as the scraper waits, then shows all that is
// known.
func (s *server) metrics(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := s.withDeadline(r)
	defer cancel()
	s.opts.Poller.Refresh(ctx)
	start := s.opts.Now()
	s.expose(w, r, s.opts.Metrics)
	s.rendered(s.opts.Now().Sub(start))
}

// rendered remembers how long it took to write a scrape down, so that the next one leaves time for it. A slow one is
// forgotten slowly.
func (s *server) rendered(took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.render = max(took, s.render*9/10)
}

// reserve is how much earlier than the scraper's timeout asking the clouds must end.
func (s *server) reserve() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts.TimeoutOffset + s.render*5/4
}

// probe answers with the series of one instance, asked for by this request.
func (s *server) probe(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	id := query.Get("instance_id")
	if id == "" {
		s.text(w, http.StatusBadRequest, "the parameter instance_id is missing: /probe?instance_id=dds-bp1xxxxxxxx[&account=NAME][&region=ID]\n")
		return
	}
	ctx, cancel := s.withDeadline(r)
	defer cancel()
	s.opts.Poller.RefreshInstance(ctx, id)
	snapshot := s.opts.Poller.Snapshot()
	only := *snapshot
	only.Regions = nil
	only.Instances = slices.DeleteFunc(slices.Clone(snapshot.Instances), func(in backup.InstanceState) bool {
		return in.Instance.InstanceID != id || differs(query.Get("account"), in.Instance.Account) || differs(query.Get("region"), in.Instance.Region)
	})
	if len(only.Instances) == 0 {
		s.text(w, http.StatusNotFound, fmt.Sprintf("no instance %q is configured or discovered; /sd lists those that are\n", id))
		return
	}
	s.expose(w, r, s.opts.Probe(&only))
}

func differs(want, got string) bool { return want != "" && want != got }

// withDeadline returns the request's context, ended so long before the scraper gives up that the answer can be written.
func (s *server) withDeadline(r *http.Request) (context.Context, context.CancelFunc) {
	timeout := s.opts.ScrapeTimeout
	if seconds, err := strconv.ParseFloat(r.Header.Get("X-Prometheus-Scrape-Timeout-Seconds"), 64); err == nil && seconds > 0 {
		timeout = time.Duration(min(seconds, 3600) * float64(time.Second))
	}
	return context.WithTimeout(r.Context(), max(timeout-s.reserve(), timeout/2))
}

// expose writes what a gatherer has, in the format and encoding that the request asks for.
func (s *server) expose(w http.ResponseWriter, r *http.Request, from prometheus.Gatherer) {
	promhttp.HandlerFor(from, promhttp.HandlerOpts{
		ErrorLog:          errorLog{s},
		EnableOpenMetrics: true,
	}).ServeHTTP(w, r)
}

// errorLog passes what promhttp has to say on to the log.
type errorLog struct{ *server }

// Println logs one error.
func (l errorLog) Println(values ...any) {
	level.Error(l.opts.Logger).Log("msg", "Writing metrics failed", "err", fmt.Sprint(values...))
}

// body writes a response. A client that went away is not worth a line in the log.
func (s *server) body(w http.ResponseWriter, body []byte) {
	if _, err := w.Write(body); err != nil {
		level.Debug(s.opts.Logger).Log("msg", "The client went away", "err", err)
	}
}
