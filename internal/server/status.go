package server

import (
	"net/http"

	"mongodb_backup_exporter/internal/report"
)

// targets answers with the state of every target that is asked for as JSON.
func (s *Server) targets(w http.ResponseWriter, r *http.Request) {
	want, err := parseWanted(r.URL.Query(), "health")
	if err != nil {
		s.text(w, http.StatusBadRequest, err.Error()+": /api/v1/targets[?health=late,never][&account=NAME][&region=ID][&instance=ID]\n")
		return
	}
	s.json(w, report.Select(s.opts.Poller.Snapshot(), want, s.opts.Now()))
}

// instances answers with the instances that the clouds list, watched or not, as JSON.
func (s *Server) instances(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	want := report.Selection{Account: query.Get("account"), Region: query.Get("region")}
	switch monitored := query.Get("monitored"); monitored {
	case "":
	case "true", "false":
		want.Monitored = new(monitored == "true")
	default:
		s.text(w, http.StatusBadRequest, "the parameter monitored is true or false: /api/v1/instances[?monitored=false][&account=NAME][&region=ID]\n")
		return
	}
	s.json(w, report.NewInstances(s.opts.Poller.Snapshot(), want, s.opts.Now()))
}
