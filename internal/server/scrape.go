package server

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
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
	s.opts.Poller.Refresh(ctx)
	start := s.opts.Now()
	answer := s.exposition(r, s.opts.Metrics)
	s.rendered(s.opts.Now().Sub(start))
	s.send(w, r, answer)
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
