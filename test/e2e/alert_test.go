package e2e

import (
	"cmp"
	"slices"
	"strings"
)

// alert identifies an alert by the names that people use.
type alert struct {
	Name     string
	Instance string // name of the instance, else account and region, else the exporter's address, else ""
	Shard    string
	Severity string
}

// names are the names of instances by id: alerts have only the id.
type names map[string]string

func (n names) newAlert(labels map[string]string) alert {
	id := labels["instance_id"]
	about := cmp.Or(n[id], id, labels["instance"])
	if about == "" && labels["account"] != "" {
		about = labels["account"] + "/" + labels["region"]
	}
	return alert{labels["alertname"], about, labels["node_id"], labels["severity"]}
}

// sorted returns the list in order and without repetitions, never nil.
func sorted(list []alert) []alert {
	list = slices.SortedFunc(slices.Values(list), func(a, b alert) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Instance, b.Instance), strings.Compare(a.Shard, b.Shard))
	})
	return append([]alert{}, slices.Compact(list)...)
}
