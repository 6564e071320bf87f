package server

import (
	"fmt"
	"net/http"
)

// everything is the pattern of what no other route answers.
const everything = "/"

// unrouted answers what a mux has no route for: another method of a page that there is, or a page that there is not.
func (s *Server) unrouted(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case answers(mux, r, http.MethodGet):
			w.Header().Set("Allow", "GET, HEAD")
			s.text(w, http.StatusMethodNotAllowed, fmt.Sprintf("%.100q can be read only; ask with GET instead of %.20q\n", r.URL.Path, r.Method))
		case answers(mux, r, http.MethodPost): // which is the reload alone
			w.Header().Set("Allow", "POST")
			s.text(w, http.StatusMethodNotAllowed, s.reloadByPost())
		case belongs(r.URL.Path, "/debug/pprof/") && !s.opts.Pprof:
			s.text(w, http.StatusNotFound, "profiles are off; start the exporter with --web.enable-pprof\n")
		default:
			s.text(w, http.StatusNotFound, fmt.Sprintf("there is no page %.100q here; / shows the backups, and docs/http.md names every other page\n", r.URL.Path))
		}
	}
}

// answers reports whether a mux has a route for a request, had it that method.
func answers(mux *http.ServeMux, r *http.Request, method string) bool {
	as := *r
	as.Method = method
	_, pattern := mux.Handler(&as)
	return pattern != "" && pattern != everything
}

// reloadByPost says how to reload, to who asked for it with another method.
func (s *Server) reloadByPost() string {
	if s.opts.Reload == nil {
		return "reloading takes POST, and is off: start the exporter with --web.enable-lifecycle, or send it SIGHUP\n"
	}
	return "reloading takes POST: curl -X POST and this address, or send the exporter SIGHUP\n"
}
