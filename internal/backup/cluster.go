package backup

import "time"

// ClusterHealth is what the shards of one instance say together.
type ClusterHealth struct {
	Known         bool      // every shard's list may be shown as current; when false the facts below are absent
	RecoveryPoint time.Time // newest moment for which every shard has a usable backup; zero: none
	NodesMissing  int       // shards without a usable backup
}

// AssessCluster concludes from the verdicts on the shards of one instance what can be restored of the whole: no more
// than the shard that is furthest behind, and nothing while one shard has no usable backup. Without shards, or while
// one shard is unknown, nothing is known.
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
