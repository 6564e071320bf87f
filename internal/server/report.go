package server

import (
	"errors"
	"net/http"

	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/internal/report/evidence"
)

// defaultSpan is how far back a report goes that does not say.
const defaultSpan = "90d"

// report answers with the evidence about a time as JSON.
func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	opts, ok := s.span(w, r, "/api/v1/report[?since=90d][&until=2026-11-01][&instance=ID]")
	if !ok {
		return
	}
	opts.Instance = r.URL.Query().Get("instance")
	subjects, err := evidence.Gather(r.Context(), opts)
	if err != nil {
		s.noEvidence(w, err)
		return
	}
	s.json(w, subjects.New())
}

// backups answers with what is kept of the backups of one instance as JSON.
func (s *Server) backups(w http.ResponseWriter, r *http.Request) {
	const usage = "/api/v1/backups?instance_id=ID[&since=90d]"
	opts, ok := s.span(w, r, usage)
	if !ok {
		return
	}
	opts.Instance = r.URL.Query().Get("instance_id")
	if opts.Instance == "" || len(opts.Instance) > maxID {
		s.text(w, http.StatusBadRequest, "the parameter instance_id is the id of an instance: "+usage+"\n")
		return
	}
	records, err := evidence.Backups(r.Context(), opts)
	if err != nil {
		s.noEvidence(w, err)
		return
	}
	s.json(w, records)
}

// span reads what time a request is about. An answer has been sent when it is false.
func (s *Server) span(w http.ResponseWriter, r *http.Request, usage string) (evidence.Options, bool) {
	query, now := r.URL.Query(), s.opts.Now()
	since := query.Get("since")
	if since == "" {
		since = defaultSpan
	}
	opts := evidence.Options{Snapshot: s.opts.Poller.Snapshot(), History: s.opts.History, Now: now}
	if s.opts.Lookback != nil {
		opts.Lookback = s.opts.Lookback()
	}
	var err error
	opts.Since, opts.Until, err = evidence.ReadSpan(since, query.Get("until"), now)
	if err != nil {
		s.text(w, http.StatusBadRequest, "the parameter "+err.Error()+": "+usage+"\n")
		return opts, false
	}
	return opts, true
}

// noEvidence answers that there is no report, and why.
func (s *Server) noEvidence(w http.ResponseWriter, err error) {
	instance, ok := errors.AsType[*evidence.InstanceError](err)
	switch {
	case ok && len(instance.Unlisted) > 0:
		s.busy(w, err.Error())
	case ok && len(instance.Fits) == 0:
		s.text(w, http.StatusNotFound, err.Error()+"\n")
	case ok:
		s.text(w, http.StatusBadRequest, err.Error()+"\n")
	default:
		level.Error(s.opts.Logger).Log("msg", "What was kept cannot be read", "err", err)
		s.text(w, http.StatusInternalServerError, "what was kept cannot be read: "+err.Error()+"\n")
	}
}
