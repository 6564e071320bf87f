package server

import (
	"fmt"
	"net/http"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// instancePage is what the template of the page of an instance shows.
type instancePage struct {
	report.Page
	Unscraped string // that nobody scrapes, in a sentence; "": somebody does
}

// instance answers with the page of one instance. A request causes no call to a cloud.
func (s *Server) instance(w http.ResponseWriter, r *http.Request) {
	want := backup.Target{
		Cloud: r.PathValue("cloud"), Account: r.PathValue("account"), Region: r.PathValue("region"), InstanceID: r.PathValue("id"),
	}
	page, ok := report.NewPage(s.opts.Poller.Snapshot(), want, s.opts.Now())
	if !ok {
		s.missingPage(w, missing{Sentence: s.unwatched(want)})
		return
	}
	s.show(w, http.StatusOK, "instance", instancePage{page, s.unscraped()})
}

// unwatched says in a sentence why there is no page of an instance.
func (s *Server) unwatched(want backup.Target) string {
	what := fmt.Sprintf("The instance %q of the account %q in %q (%q) ", want.InstanceID, want.Account, want.Region, want.Cloud)
	for _, r := range s.opts.Poller.Snapshot().Regions {
		for _, in := range r.Instances {
			switch {
			case in.Target != want || in.Unwatched == "":
			case in.Unmonitored:
				return what + "is not watched: " + in.Unwatched + ". The page of all instances has the lines of a configuration that would watch it, or exclude it."
			default:
				return what + "is not watched: " + in.Unwatched + "."
			}
		}
	}
	if !s.opts.Poller.Ready() {
		return what + "is not known yet: the instances are still being listed."
	}
	return what + "is neither configured nor discovered. Check the address, and the instances, tags and exclusions of the configuration."
}
