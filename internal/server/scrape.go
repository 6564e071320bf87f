package server

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"mongodb_backup_exporter/internal/report"
)

// metrics answers a scrape: it brings what is due up to date for as long as the scraper waits, then shows all that is
// known.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	if !s.scrapes.try() {
		s.tooManyScrapes(w)
		return
	}
	defer s.scrapes.free()
	ctx, cancel := s.withDeadline(w, r)
	defer cancel()
	s.Scrape(ctx)
	start := s.opts.Now()
	answer := s.exposition(r, s.opts.Metrics)
	s.rendered(s.opts.Now().Sub(start))
	s.send(w, r, answer)
}

// Scrape brings what is due up to date, as a scrape does: for a program that scrapes itself.
func (s *Server) Scrape(ctx context.Context) {
	s.noteScrape()
	s.opts.Poller.Refresh(ctx)
}

func (s *Server) noteScrape() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scraped = s.opts.Now()
}

// patience is for how long nobody may scrape before the pages say so. Prometheus should come every minute.
const patience = 5 * time.Minute

// unscraped says in a sentence that nobody has scraped the exporter for a while; "": somebody has, or it has just started.
func (s *Server) unscraped() string {
	s.mu.Lock()
	scraped := s.scraped
	s.mu.Unlock()
	now, since := s.opts.Now(), ""
	if scraped.IsZero() {
		scraped, since = s.started, " it was started on"
	}
	if now.Sub(scraped) < patience {
		return ""
	}
	return fmt.Sprintf("Nobody has scraped this exporter since%s %s, %s ago. It asks the clouds when it is scraped, so what is shown here may be as old as that: see whether Prometheus runs and scrapes %s.",
		since, report.Moment(&scraped), report.Age(&scraped, now), s.opts.TelemetryPath)
}

func (s *Server) tooManyScrapes(w http.ResponseWriter) {
	s.busy(w, fmt.Sprintf("%d scrapes are being answered already, as many as --web.max-requests allows", s.opts.MaxRequests))
}

// rendered notes how long it took to write an exposition, so that the next scrape leaves time for it. One slow
// exposition counts for several scrapes.
func (s *Server) rendered(took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.render = max(took, s.render*9/10)
}

// reserve is how long before the scraper's timeout the calls to the clouds must end.
func (s *Server) reserve() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts.TimeoutOffset + s.render*5/4
}

// withDeadline returns the request's context, ended early enough to write the answer before the scraper gives up. A
// client that has not received the answer soon after that is cut off.
func (s *Server) withDeadline(w http.ResponseWriter, r *http.Request) (context.Context, context.CancelFunc) {
	timeout := s.timeout(r)
	reserve := min(s.reserve(), timeout/2)
	ctx, cancel := context.WithTimeout(r.Context(), timeout-reserve)
	end, _ := ctx.Deadline()
	_ = http.NewResponseController(w).SetWriteDeadline(end.Add(reserve + writeSlack)) // not supported by test recorders only
	return ctx, cancel
}

// timeout is how long the scraper waits for the answer.
func (s *Server) timeout(r *http.Request) time.Duration {
	seconds, err := strconv.ParseFloat(r.Header.Get("X-Prometheus-Scrape-Timeout-Seconds"), 64)
	if err != nil || !(seconds > 0) { // NaN is neither
		return s.opts.ScrapeTimeout
	}
	return time.Duration(min(seconds, maxTimeout.Seconds()) * float64(time.Second))
}
