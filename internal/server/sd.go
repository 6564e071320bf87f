package server

import (
	"fmt"
	"net/http"
	"slices"

	"mongodb_backup_exporter/internal/backup"
)

// group is one entry of Prometheus HTTP service discovery.
type group struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// discovery answers with one group per known instance of the account and region that the query asks for, for scrape
// configurations that probe instances one by one. Prometheus would drop every target that an answer lacks. So there is none
// before each region that discovers was listed, now or by what is kept of earlier times, nor for an account that is not
// configured. What was known stays while listings fail.
func (s *Server) discovery(w http.ResponseWriter, r *http.Request) {
	const meta = "__meta_mongodb_backup_"
	account, region := r.URL.Query().Get("account"), r.URL.Query().Get("region")
	snapshot := s.opts.Poller.Snapshot()
	if account != "" && !slices.ContainsFunc(snapshot.Regions, func(r backup.Region) bool { return r.Account == account }) {
		s.text(w, http.StatusNotFound, fmt.Sprintf("the configuration has no account %q; /-/config shows those that it has\n", account))
		return
	}
	for _, r := range snapshot.Regions {
		if allows(account, r.Account) && (r.OfRegions || allows(region, r.Region)) && unlisted(r, snapshot.Regions) {
			s.busy(w, fmt.Sprintf("the instances of the account %s in %s have not been listed yet", r.Account, r.Region))
			return
		}
	}
	groups := []group{}
	for _, in := range snapshot.Instances {
		if !allows(account, in.Instance.Account) || !allows(region, in.Instance.Region) {
			continue
		}
		groups = append(groups, group{
			Targets: []string{in.Instance.InstanceID},
			Labels: map[string]string{
				meta + "instance_id":   in.Instance.InstanceID,
				meta + "instance_name": in.Instance.Name,
				meta + "cloud":         in.Instance.Cloud,
				meta + "account":       in.Instance.Account,
				meta + "region":        in.Instance.Region,
			},
		})
	}
	s.json(w, groups)
}

// unlisted reports whether it is not known which instances discovery watches in a region. The regions of an account that is
// watched in all are known once there is one.
func unlisted(r backup.Region, all []backup.Region) bool {
	if !r.Discovers || !r.Unmonitored.At.IsZero() {
		return false
	}
	return !r.OfRegions || !slices.ContainsFunc(all, func(other backup.Region) bool {
		return other.Account == r.Account && other.Discovers && !other.OfRegions
	})
}
