package server

import "net/http"

// group is one entry of Prometheus HTTP service discovery.
type group struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// discovery answers with one group per known instance, for scrape configurations that probe instances one by one.
func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) {
	const meta = "__meta_mongodb_backup_"
	groups := []group{}
	for _, in := range s.opts.Poller.Snapshot().Instances {
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
