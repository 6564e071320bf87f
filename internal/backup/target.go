package backup

import "time"

// Names of the supported clouds, as used in the configuration and in the label cloud.
const (
	Alibaba = "alibaba" // ApsaraDB for MongoDB, API "dds" version 2015-12-01
	Huawei  = "huawei"  // Document Database Service (DDS), API v3
)

// Clouds returns the names of the supported clouds, sorted. Each call returns a new slice.
func Clouds() []string { return []string{Alibaba, Huawei} }

// Target is what is restored as one piece: a replica set, a standalone instance, a Huawei cluster, or one shard of an
// Alibaba sharded cluster. It is comparable, so it can be a map key.
//
// A Target with an empty NodeID names an instance as a whole. Unless the instance has shards, that is the target itself.
// With shards, it is what the jobs, the policy and the recovery window belong to.
type Target struct {
	Cloud      string // Alibaba or Huawei
	Account    string // name of the account in the configuration
	Region     string // the cloud's region id, e.g. cn-hangzhou
	InstanceID string // the cloud's instance id
	NodeID     string // shard id; "" for anything but a shard
}

// Instance returns the target that stands for the instance as a whole.
func (t Target) Instance() Target {
	t.NodeID = ""
	return t
}

// Node returns the target of one shard of the same instance; an empty nodeID gives the instance as a whole.
func (t Target) Node(nodeID string) Target {
	t.NodeID = nodeID
	return t
}

// String returns cloud/account/region/instance, and /node for a shard: the form used in logs and tables.
func (t Target) String() string {
	s := t.Cloud + "/" + t.Account + "/" + t.Region + "/" + t.InstanceID
	if t.NodeID != "" {
		s += "/" + t.NodeID
	}
	return s
}

// Values of Instance.Topology.
const (
	TopologyStandalone     = "standalone"
	TopologyReplicaSet     = "replica_set"
	TopologyShardedCluster = "sharded_cluster"
)

// Instance is one managed MongoDB instance as the cloud lists it. An empty string means unknown.
type Instance struct {
	Target                      // NodeID is always ""
	Name      string            // the name given by whoever runs it
	Engine    string            // e.g. MongoDB
	Version   string            // engine version, e.g. 4.2
	Topology  string            // one of the Topology constants
	Storage   string            // the cloud's own storage type, e.g. cloud_essd1
	Status    string            // the cloud's own word for Lifecycle, e.g. Running or LockByExpiration
	Lifecycle Lifecycle         // where it stands between its creation and its end
	Tags      map[string]string // given by whoever runs the instance
	TagsLack  bool              // the cloud's answer has tags that could not be read, so that Tags may lack some
	Owner     string            // value of the tag that the configuration calls owner_tag
	CreatedAt time.Time         // zero: unknown
	Nodes     []string          // shards that are backed up one by one, sorted; empty: the instance is one target
	NoBackup  string            // why the cloud makes no backups of it at all, in words for a person; "": it may make some
}

// Targets returns one target per shard, or the instance itself where it has no shards.
func (in Instance) Targets() []Target {
	if len(in.Nodes) == 0 {
		return []Target{in.Target.Instance()}
	}
	targets := make([]Target, 0, len(in.Nodes))
	for _, node := range in.Nodes {
		targets = append(targets, in.Target.Node(node))
	}
	return targets
}
