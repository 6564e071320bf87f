package server

import (
	"net/http"
	"slices"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// statusPage is what the template shows.
type statusPage struct {
	report.Report
	States    []backup.HealthState // worst first
	Trouble   bool                 // the accounts stand first on the page
	Version   string
	Telemetry string // path of the metrics
}

// targets answers with the state of every target as JSON.
func (s *Server) targets(w http.ResponseWriter, _ *http.Request) {
	s.json(w, report.New(s.opts.Poller.Snapshot(), s.opts.Now()))
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

// status answers with a page for a person: a row per target, worst first.
func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	page := statusPage{
		Report: report.New(s.opts.Poller.Snapshot(), s.opts.Now()), States: backup.HealthStates(),
		Version: s.opts.Version, Telemetry: s.opts.TelemetryPath,
	}
	page.Trouble = slices.ContainsFunc(page.Regions, func(r report.Region) bool { return r.LastError != "" })
	s.show(w, http.StatusOK, "status", page)
}
