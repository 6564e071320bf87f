package server

import (
	"net/http"
)

// sameOrigin refuses requests that a browser sends for the page of another site. Programs such as curl, which name no
// origin, pass.
func (s *Server) sameOrigin(answer http.HandlerFunc) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.text(w, http.StatusForbidden, "the page of another site asked for this; only pages of this exporter, and programs that are no browser, may\n")
	}))
	return protection.Handler(answer)
}

// reload reads the configuration again.
func (s *Server) reload(w http.ResponseWriter, _ *http.Request) {
	if err := s.shareReload(); err != nil {
		s.text(w, http.StatusInternalServerError, "the running configuration stays in force:\n"+err.Error()+"\n")
		return
	}
	s.text(w, http.StatusOK, "reloaded\n")
}

// reloadIsOff answers where no reload is served.
func (s *Server) reloadIsOff(w http.ResponseWriter, _ *http.Request) {
	s.text(w, http.StatusForbidden, "reloading by HTTP is off: start the exporter with --web.enable-lifecycle, or send it SIGHUP\n")
}

// reloading is a reload that waits for its turn.
type reloading struct {
	ended chan struct{} // closed when err is set
	err   error
}

// shareReload returns the error of a reload that began after the call. Reloads follow each other, and all requests that
// come during one share the next: many requests cost no more than a few.
func (s *Server) shareReload() error {
	s.mu.Lock()
	waiting := s.nextReload
	if waiting != nil {
		s.mu.Unlock()
		<-waiting.ended
		return waiting.err
	}
	mine := &reloading{ended: make(chan struct{})}
	s.nextReload = mine
	s.mu.Unlock()
	defer close(mine.ended)
	s.reloads.take()
	defer s.reloads.free()
	s.mu.Lock()
	s.nextReload = nil
	s.mu.Unlock()
	mine.err = s.opts.Reload()
	return mine.err
}
