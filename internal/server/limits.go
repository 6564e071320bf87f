package server

import (
	"fmt"
	"net/http"
	"time"
)

// What clients can cost. docs/security.md has the same numbers.
const (
	readTimeout    = 10 * time.Second // to receive a whole request, and for a TLS handshake
	writeTimeout   = 30 * time.Second // to send an answer that is not a scrape
	writeSlack     = 5 * time.Second  // to send a scrape, beyond the scraper's timeout
	idleTimeout    = 2 * time.Minute  // of a connection between two requests
	maxTimeout     = 5 * time.Minute  // the longest scrape timeout that is believed
	maxHeaderBytes = 16 << 10
	maxConnections = 1000 // on one address
	maxStreams     = 32   // requests at the same time on one HTTP/2 connection
	maxStreamBytes = 64 << 10
	maxPages       = 10  // answers at the same time that are not scrapes
	maxReports     = 2   // reports at the same time
	maxRendering   = 2   // expositions at the same time that are written to memory
	maxPlain       = 2   // expositions at the same time that are sent as plain text from memory
	maxID          = 128 // bytes of an instance id; those of both clouds are much shorter
)

// slots bound how many of something happen at the same time. nil slots have no bound.
type slots chan struct{}

// newSlots returns n slots; 0: no bound.
func newSlots(n int) slots {
	if n <= 0 {
		return nil
	}
	return make(slots, n)
}

// try takes a slot if one is free. Free it afterwards.
func (s slots) try() bool {
	if s == nil {
		return true
	}
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

// take waits for a slot. Free it afterwards.
func (s slots) take() {
	if s != nil {
		s <- struct{}{}
	}
}

func (s slots) free() {
	if s != nil {
		<-s
	}
}

// bounded answers a request while few others like it are being answered.
func (s *Server) bounded(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.pages.try() {
			s.busy(w, fmt.Sprintf("%d requests for pages are being answered already", maxPages))
			return
		}
		defer s.pages.free()
		answer(w, r)
	}
}

// reporting is bounded for an answer that may cost much more than others.
func (s *Server) reporting(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.reports.try() {
			s.busy(w, fmt.Sprintf("%d reports are being made already", maxReports))
			return
		}
		defer s.reports.free()
		answer(w, r)
	}
}

// busy refuses a request that the same client may send again soon.
func (s *Server) busy(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "5")
	s.text(w, http.StatusServiceUnavailable, why+"; try again in some seconds\n")
}
