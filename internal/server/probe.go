package server

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"mongodb_backup_exporter/internal/backup"
)

// probe answers with the series of one instance, asked for by this request.
func (s *Server) probe(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	id := query.Get("instance_id")
	if id == "" {
		s.text(w, http.StatusBadRequest, "the parameter instance_id is missing: /probe?instance_id=dds-bp1xxxxxxxx[&account=NAME][&region=ID]\n")
		return
	}
	if len(id) > maxID {
		s.text(w, http.StatusBadRequest, fmt.Sprintf("the parameter instance_id has %d bytes, %d are allowed; no cloud has an id that long\n", len(id), maxID))
		return
	}
	ctx, cancel := s.withDeadline(w, r)
	defer cancel()
	if !s.find(ctx, w, id) {
		return
	}
	if !s.scrapes.try() {
		s.tooManyScrapes(w)
		return
	}
	defer s.scrapes.free()
	s.noteScrape()
	s.opts.Poller.RefreshInstance(ctx, id)
	only := matching(s.opts.Poller.Snapshot(), query)
	if len(only.Instances) == 0 {
		s.elsewhere(w, id, query)
		return
	}
	s.send(w, r, s.exposition(r, s.opts.Probe(only)))
}

// find reports whether the instance is known, and answers the request if it is not. It waits for listings that may name
// the instance. Such requests have slots of their own, so that those for unknown instances hold up no scrape.
func (s *Server) find(ctx context.Context, w http.ResponseWriter, id string) bool {
	if s.opts.Poller.Known(id) {
		return true
	}
	if !s.searches.try() {
		s.busy(w, "the instances are still being listed, and many requests wait for that already")
		return false
	}
	defer s.searches.free()
	s.opts.Poller.RefreshInstance(ctx, id)
	switch {
	case s.opts.Poller.Known(id):
		return true
	case !s.opts.Poller.Ready():
		s.busy(w, "the instances are still being listed")
	default:
		s.notFound(w, id)
	}
	return false
}

func (s *Server) notFound(w http.ResponseWriter, id string) {
	s.text(w, http.StatusNotFound, fmt.Sprintf("no instance %q is configured or discovered; /sd lists those that are\n", id))
}

// elsewhere answers a probe of an instance that is known, but not in the account or region that was asked for.
func (s *Server) elsewhere(w http.ResponseWriter, id string, query url.Values) {
	var places []string
	for _, in := range matching(s.opts.Poller.Snapshot(), url.Values{"instance_id": {id}}).Instances {
		places = append(places, fmt.Sprintf("account=%s&region=%s", url.QueryEscape(in.Instance.Account), url.QueryEscape(in.Instance.Region)))
	}
	if len(places) == 0 { // it is gone since
		s.notFound(w, id)
		return
	}
	asked := url.Values{}
	for _, name := range []string{"account", "region"} {
		if query.Get(name) != "" {
			asked.Set(name, query.Get(name))
		}
	}
	s.text(w, http.StatusNotFound, fmt.Sprintf("instance %q is not in %.100q; it is known in %s\n", id, asked.Encode(), strings.Join(places, ", ")))
}

// matching returns the part of a snapshot that a query asks for.
func matching(all *backup.Snapshot, query url.Values) *backup.Snapshot {
	only := *all
	only.Regions, only.Instances = nil, nil
	for _, in := range all.Instances {
		if in.Instance.InstanceID == query.Get("instance_id") && allows(query.Get("account"), in.Instance.Account) && allows(query.Get("region"), in.Instance.Region) {
			only.Instances = append(only.Instances, in)
		}
	}
	return &only
}

// allows reports whether a parameter of a query is left out or has the value.
func allows(parameter, value string) bool { return parameter == "" || parameter == value }
