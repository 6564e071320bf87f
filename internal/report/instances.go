package report

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Instances are the instances that the clouds list, watched or not: what /api/v1/instances sends.
type Instances struct {
	At        time.Time  `json:"at"`
	Instances []Instance `json:"instances"`
	Regions   []Region   `json:"regions"` // those that were asked for: they say whether a list is known and the newest one worked
}

// Instance is one listed instance. A text that is not known is empty.
type Instance struct {
	Cloud         string            `json:"cloud"`
	Account       string            `json:"account"`
	Region        string            `json:"region"`
	InstanceID    string            `json:"instance_id"`
	InstanceName  string            `json:"instance_name"`
	Topology      string            `json:"topology"`
	EngineVersion string            `json:"engine_version"`
	Storage       string            `json:"storage"`
	Status        string            `json:"status"` // in the cloud's own word
	Owner         string            `json:"owner"`  // the value of the tag that the configuration names
	CreatedAt     *time.Time        `json:"created_at"`
	Tags          map[string]string `json:"tags"` // never null
	Monitored     bool              `json:"monitored"`
	Unmonitored   string            `json:"unmonitored_reason,omitempty"` // why it is not monitored, for a person
}

// Selection says which listed instances are wanted.
type Selection struct {
	Account, Region string // "": all
	Monitored       *bool  // nil: both
}

// NewInstances returns the wanted instances of a snapshot, in the order of the regions, then by id.
func NewInstances(snapshot *backup.Snapshot, want Selection, now time.Time) Instances {
	list := Instances{At: now, Instances: []Instance{}, Regions: []Region{}}
	for _, r := range snapshot.Regions {
		if (want.Account != "" && want.Account != r.Account) || (want.Region != "" && want.Region != r.Region) {
			continue
		}
		list.Regions = append(list.Regions, newRegion(r, now))
		for _, in := range r.Instances {
			line := newInstance(in)
			if !r.OfRegions && (want.Monitored == nil || *want.Monitored == line.Monitored) {
				list.Instances = append(list.Instances, line)
			}
		}
	}
	return list
}

func newInstance(in backup.ListedInstance) Instance {
	tags := in.Tags
	if tags == nil {
		tags = map[string]string{}
	}
	return Instance{
		Cloud: in.Cloud, Account: in.Account, Region: in.Region, InstanceID: in.InstanceID, InstanceName: in.Name,
		Topology: in.Topology, EngineVersion: in.Version, Storage: in.Storage, Status: in.Status, Owner: in.Owner,
		CreatedAt: when(in.CreatedAt), Tags: tags, Monitored: in.Unwatched == "", Unmonitored: in.Unwatched,
	}
}
