package backup

import "time"

// Snapshot is all that is known at one moment. It is immutable: nothing it reaches may be written to.
type Snapshot struct {
	At        time.Time       // when it was taken
	Regions   []Region        // one per account and region, in the order of the configuration
	Instances []InstanceState // in the order of Regions, then by instance id
}

// Region is what is known of one account in one region.
type Region struct {
	Cloud, Account, Region string

	Asked bool  // every call due at start-up has been tried once, even in vain
	Up    bool  // the credentials are accepted and the cloud answers
	Err   error // why it is not Up; nil when it is, or when nothing was asked yet
	// Unmonitored counts the instances that the cloud lists and the configuration neither names nor excludes. It is read
	// with the listing of instances: where that fails, new instances are not seen and vanished ones not forgotten.
	Unmonitored Reading[int]
	Round       time.Duration // how long the last refresh of this region took; 0: none ended yet
}

// InstanceState is all that is known of one instance.
type InstanceState struct {
	Instance   Instance
	Objectives Objectives
	Jobs       Reading[[]Job]
	Policy     Reading[Policy]
	Recovery   Reading[Window]
	Nodes      []NodeState // one per target, sorted by node id; never empty
}

// NodeState is what is known of one target of an instance.
type NodeState struct {
	NodeID  string // "" for anything but a shard
	Backups Reading[List]
}

// Sharded reports whether the instance's shards are targets of their own.
func (in InstanceState) Sharded() bool {
	return len(in.Nodes) > 1 || (len(in.Nodes) == 1 && in.Nodes[0].NodeID != "")
}

// Target returns all that a verdict on one of the instance's targets needs.
func (in InstanceState) Target(node NodeState) TargetState {
	return TargetState{
		Target:    in.Instance.Node(node.NodeID),
		CreatedAt: in.Instance.CreatedAt,
		Backups:   node.Backups,
		Jobs:      in.Jobs,
		Policy:    in.Policy,
		Recovery:  in.Recovery,
	}
}
