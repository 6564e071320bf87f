package server

import (
	"net/http"
	"time"
)

// readyAfter is when the exporter is ready at the latest, so that a slow account keeps nobody from scraping the others.
const readyAfter = 30 * time.Second

func (s *Server) healthy(w http.ResponseWriter, _ *http.Request) {
	s.text(w, http.StatusOK, "healthy\n")
}

// ready answers whether a scrape would show something of every account. It does not wait for that for ever.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	switch {
	case s.opts.Poller.Ready():
		s.text(w, http.StatusOK, "ready\n")
	case s.opts.Now().Sub(s.started) >= readyAfter:
		s.text(w, http.StatusOK, "ready; some accounts have not answered yet\n")
	default:
		s.text(w, http.StatusServiceUnavailable, "not ready: the first refresh has not asked every account yet\n")
	}
}
