package backup

import "time"

// ClusterHealth is what can be restored of all shards of one instance together.
type ClusterHealth struct {
	Known         bool      // every shard's list may be shown as current; when false the facts below are absent
	RecoveryPoint time.Time // newest moment for which every shard has a usable backup; zero: none
	NodesMissing  int       // shards without a usable backup
}

// AssessCluster derives from the verdicts on the shards of one instance what can be restored of the whole. The oldest
// recovery point among the shards counts, and there is none while a shard has no usable backup. Nothing is known
// without shards, or while one of them is unknown.
func AssessCluster(nodes []Health) ClusterHealth {
	var c ClusterHealth
	for _, h := range nodes {
		if !h.Known {
			return ClusterHealth{}
		}
		if h.Usable == 0 {
			c.NodesMissing++
		}
		if c.RecoveryPoint.IsZero() || h.RecoveryPoint.Before(c.RecoveryPoint) {
			c.RecoveryPoint = h.RecoveryPoint
		}
	}
	if c.NodesMissing > 0 {
		c.RecoveryPoint = time.Time{}
	}
	c.Known = len(nodes) > 0
	return c
}
