package backup

import "time"

// Snapshot is all that is known at one moment. It is immutable: neither it nor anything that it refers to may be
// changed.
type Snapshot struct {
	At        time.Time       // when it was taken
	Regions   []Region        // one per account and region, in the order of the configuration
	Instances []InstanceState // in the order of Regions, then by instance id
}

// Region is what is known of one account in one region.
type Region struct {
	Cloud, Account, Region string

	// OfRegions says that this stands for the list of the account's regions: the listing is of regions, and there are no
	// instances here. While it fails, new regions are not noticed.
	OfRegions bool

	Discovers bool // instances that the listing brings are watched: without one it is not known which there are

	Asked bool  // the listing of instances has been tried once, whether or not it worked
	Up    bool  // the cloud accepts the credentials and answers
	Err   error // why it is not Up; nil: it is Up, or nothing was asked yet
	// Unmonitored counts the listed instances that are neither watched nor excluded. It is the reading of the listing:
	// while that fails, new instances are not noticed and deleted ones not forgotten.
	Unmonitored Reading[int]
	// Listed counts the instances of the newest whole listing, before tags and exclusions. A listing that failed or was
	// incomplete does not change it. Read it with ListedInstances.
	Listed    Reading[int]
	Instances []ListedInstance // every instance that is known from listings, by id; the newest listing may lack some
	Round     time.Duration    // how long the last round of questions took; 0: none has ended yet
	// Skew is how far the cloud's clock is ahead of ours, in whole seconds; nil: the cloud has not told the time yet.
	Skew *time.Duration
	// Demand is by operation, sorted; of one that shares its rate with other regions, the demand of all of them. Empty: there is
	// no limit, or nothing was asked yet. It is never written to.
	Demand []Demand
}

// ListedInstances returns how many instances the newest whole listing has, however old it is: that they were there is a
// fact, and whoever compares it with an earlier one must not lose it while listings fail. ok is false before the first whole
// listing, and for the list of regions.
func (r Region) ListedInstances() (n int, ok bool) {
	return r.Listed.Value, !r.OfRegions && !r.Listed.At.IsZero()
}

// ListedInstance is an instance that the cloud lists, whether or not it is watched.
type ListedInstance struct {
	Instance
	Unwatched string // why it is not watched, in words for a person; "": it is
	// Unmonitored says that it is neither watched nor excluded, although it has managed backup: Region.Unmonitored counts it.
	Unmonitored bool
}

// InstanceState is all that is known of one instance.
type InstanceState struct {
	Instance   Instance
	Objectives Objectives
	Jobs       Reading[[]Job]
	Policy     Reading[Policy]
	Recovery   Reading[Window]

	PolicyChanges []PolicyChange // the newest changes of the policy that were seen, the oldest first
	PolicyBy      time.Time      // until when verdicts wait for a policy that was never read; zero: they do not
	WindowBy      time.Time      // until when verdicts wait for a point-in-time window that is not known; zero: they do not
	// LastRestore is when an instance was last seen to be made from backups of this one; a zero value: never. What was seen
	// counts however old the reading is.
	LastRestore Reading[time.Time]
	Nodes       []NodeState // one per target, sorted by node id; never empty

	// JobsUnmoved says of each job in Jobs, in the same order, since when it has been seen with the same state and progress.
	// Empty, or a zero time: not known.
	JobsUnmoved []time.Time
	// ListedUntil is until when the listing that has the instance may be shown as current; zero: there is none.
	ListedUntil time.Time
	// RecoveryEvery is how old a reading of the point-in-time window may get before it is read again; 0: not known.
	RecoveryEvery time.Duration
}

// NodeState is what is known of one target of an instance.
type NodeState struct {
	NodeID  string // "" for anything but a shard
	Backups Reading[List]
	Copies  Reading[Copies] // zero where the policy asks for no copies
	// RestoreChecks is zero where nobody asks for them. Its value counts however old it is, because it is about single
	// backups.
	RestoreChecks Reading[RestoreChecks]
	Removals      Removals // sets that vanished before their expiry; none where the instance is gone
}

// Sharded reports whether each shard of the instance is a target.
func (in InstanceState) Sharded() bool {
	return len(in.Nodes) > 1 || (len(in.Nodes) == 1 && in.Nodes[0].NodeID != "")
}

// Target returns what the verdict on one target of the instance is computed from.
func (in InstanceState) Target(node NodeState) TargetState {
	return TargetState{
		Target:    in.Instance.Node(node.NodeID),
		CreatedAt: in.Instance.CreatedAt,
		Lifecycle: in.Instance.Lifecycle,
		Status:    in.Instance.Status,
		Backups:   node.Backups,
		Jobs:      in.Jobs,
		Policy:    in.Policy,
		Recovery:  in.Recovery,

		PolicyChanges: in.PolicyChanges,
		PolicyBy:      in.PolicyBy,
		WindowBy:      in.WindowBy,
		RestoreChecks: node.RestoreChecks.Value,
		Removals:      node.Removals,
	}
}
