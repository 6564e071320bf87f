package server

import (
	"encoding/json"
	"net/http"
)

// group is one entry of Prometheus HTTP service discovery.
type group struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// discovery answers with one group per known instance, for scrape configurations that probe instances one by one.
func (s *server) discovery(w http.ResponseWriter, _ *http.Request) {
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

func (s *server) json(w http.ResponseWriter, value any) {
	body, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		s.text(w, http.StatusInternalServerError, err.Error()+"\n")
		return
	}
	s.write(w, "application/json; charset=utf-8", append(body, '\n'))
}
