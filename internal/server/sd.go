package server

import (
	"net/http"
	"slices"

	"mongodb_backup_exporter/internal/backup"
)

// group is one entry of Prometheus HTTP service discovery.
type group struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// discovery answers with one group per known instance, for scrape configurations that probe instances one by one. An
// empty answer says that there are no instances: Prometheus would drop those that it has. So there is none while no
// instance is known because a listing was never answered.
func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) {
	const meta = "__meta_mongodb_backup_"
	groups := []group{}
	snapshot := s.opts.Poller.Snapshot()
	if len(snapshot.Instances) == 0 && slices.ContainsFunc(snapshot.Regions, func(r backup.Region) bool { return r.Unmonitored.At.IsZero() }) {
		s.busy(w, "no instance is known yet, and not every region has been listed")
		return
	}
	for _, in := range snapshot.Instances {
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
