package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Report is the state of every target at one moment, worst first: what the status page shows, /api/v1/targets sends
// and the command status prints.
type Report struct {
	At      time.Time `json:"at"`
	Notice  string    `json:"notice,omitempty"` // one sentence: why there is no target; left out when there is one
	Targets []Target  `json:"targets"`
	Regions []Region  `json:"regions"`

	// Matching is how many targets are wanted, on all pages together.
	Matching int `json:"-"`
	counts   [backup.NumHealthStates]int
}

// Target is one line of a Report. What is not known is null.
type Target struct {
	Cloud        string `json:"cloud"`
	Account      string `json:"account"`
	Region       string `json:"region"`
	InstanceID   string `json:"instance_id"`
	NodeID       string `json:"node_id"` // "" for anything but a shard
	InstanceName string `json:"instance_name"`
	Status       string `json:"instance_status,omitempty"` // of the instance, in the cloud's own word
	Owner        string `json:"owner,omitempty"`           // the value of the tag that the configuration names

	Health        string     `json:"health"`                   // ok, pending, late, missed, failed, never or unknown
	Reason        string     `json:"reason"`                   // one sentence: why
	Findings      []Finding  `json:"findings"`                 // what else is the matter with it or its instance; never null
	FailureReason string     `json:"failure_reason,omitempty"` // why the newest attempt failed, in the cloud's words
	RPOSeconds    float64    `json:"rpo_seconds"`
	LastSuccess   *time.Time `json:"last_success"`   // end of the newest successful backup of any type
	SizeBytes     *int64     `json:"size_bytes"`     // its size
	RecoveryPoint *time.Time `json:"recovery_point"` // newest moment that can be restored
	LateAt        *time.Time `json:"late_at"`        // when the verdict turns late or never if no new backup is made, or when it did
	NextBackup    *time.Time `json:"next_backup"`    // when the cloud plans the next one
	Running       bool       `json:"running"`        // a backup of the instance is running
	Progress      *float64   `json:"progress_percent"`
	ReadAt        *time.Time `json:"read_at"`                     // when the backup list was last read
	LastCopy      *time.Time `json:"last_copy,omitempty"`         // end of the newest usable copy in another region; left out when none is known
	CopyRegion    string     `json:"copy_region,omitempty"`       // the region to which the cloud copies backups; left out when it copies none
	LastRestore   *time.Time `json:"last_restore_seen,omitempty"` // when backups of it were last restored; left out when that was not seen
	LastError     string     `json:"last_error,omitempty"`

	// What is not known, or not asked for, is left out.
	WindowStart    *time.Time `json:"pitr_start,omitempty"`                 // oldest moment of the point-in-time window
	WindowEnd      *time.Time `json:"pitr_end,omitempty"`                   // its newest moment
	Kept           *bool      `json:"policy_kept_after_deletion,omitempty"` // backups outlive the instance
	RestoreChecked *time.Time `json:"restore_checked,omitempty"`            // when the cloud last said whether a backup can be restored
	RestoreRefused string     `json:"restore_refused,omitempty"`            // why that one cannot be
	RemovedEarly   []Removal  `json:"removed_early,omitempty"`              // of the last 7 days, those found last first

	state backup.HealthState
}

// Finding is something that somebody should know about a target or its instance, whatever the verdict is.
type Finding struct {
	Name  backup.FindingName `json:"name"`
	Since *time.Time         `json:"since"` // null: not known
	Text  string             `json:"text"`
}

// newFindings puts the findings about a target and about its instance into one list.
func newFindings(target, instance []backup.Finding) []Finding {
	all := slices.Concat(target, instance)
	backup.SortFindings(all)
	list := make([]Finding, 0, len(all))
	for _, f := range all {
		list = append(list, Finding{f.Name, when(f.Since), f.Text})
	}
	return list
}

// Critical reports whether a finding of any target needs a person now.
func (r Report) Critical() bool {
	return slices.ContainsFunc(r.Targets, func(t Target) bool {
		return slices.ContainsFunc(t.Findings, func(f Finding) bool { return f.Name.Critical() })
	})
}

// Name returns the instance's name, or else its id.
func (t Target) Name() string { return cmp.Or(t.InstanceName, t.InstanceID) }

// Region is what a Report says of one account in one region.
type Region struct {
	Cloud       string `json:"cloud"`
	Account     string `json:"account"`
	Region      string `json:"region"`
	Up          bool   `json:"up"`
	Listed      bool   `json:"listed"`                // the newest listing of its instances worked
	Unmonitored *int   `json:"unmonitored_instances"` // null: not known
	Instances   *int   `json:"listed_instances"`      // of the newest whole listing; null: there was none since the start
	LastError   string `json:"last_error,omitempty"`
}

// Forgets reports whether there are instances that nobody watches.
func (r Region) Forgets() bool { return r.Unmonitored != nil && *r.Unmonitored > 0 }

// New assesses every target of a snapshot.
func New(snapshot *backup.Snapshot, now time.Time) Report { return Select(snapshot, Wanted{}, now) }

// nothing says why there is no target, as far as it is known. An empty table could be taken for a good one.
func nothing(regions []backup.Region, now time.Time) string {
	listed := 0
	for _, r := range regions {
		switch {
		case !r.Asked:
			return "No instance was found yet: the first refresh is still under way."
		case !r.Up || !r.Unmonitored.OK(now):
			return "No instance was found: not everything could be listed."
		}
		n, _ := r.ListedInstances()
		listed += n
	}
	if listed > 0 {
		return fmt.Sprintf("No instance was found to watch: the clouds list %d, and none of them is watched.", listed)
	}
	return "No instance was found: the configuration names none, and the clouds list none."
}

// ReadAt returns At for a person.
func (r Report) ReadAt() string { return Moment(&r.At) }

// Count returns how many targets have the state, whatever states are wanted, on all pages together.
func (r Report) Count(state backup.HealthState) int { return r.counts[state] }

func newRegion(r backup.Region, now time.Time) Region {
	line := Region{
		Cloud: r.Cloud, Account: r.Account, Region: r.Region, Up: r.Up, Listed: r.Unmonitored.OK(now),
		LastError: text(cmp.Or(r.Err, r.Unmonitored.Err)),
	}
	if !r.Asked {
		line.LastError = "not asked yet"
	}
	if !r.OfRegions && r.Unmonitored.Known(now) {
		line.Unmonitored = &r.Unmonitored.Value
	}
	if n, ok := r.ListedInstances(); ok {
		line.Instances = &n
	}
	return line
}

// judged is a target with its verdict. What it is shown with is worked out only where it is shown.
type judged struct {
	in       *backup.InstanceState
	node     *backup.NodeState
	health   backup.Health
	findings []Finding
}

// judge returns each target of an instance with its verdict.
func judge(in *backup.InstanceState, now time.Time) []judged {
	verdicts := make([]backup.Health, len(in.Nodes))
	for i, node := range in.Nodes {
		verdicts[i] = backup.Assess(in.Target(node), in.Objectives, now)
	}
	found := in.Findings(verdicts, now)
	all := make([]judged, len(in.Nodes))
	for i := range in.Nodes {
		all[i] = judged{in, &in.Nodes[i], verdicts[i], newFindings(verdicts[i].Findings, found)}
	}
	return all
}

// line returns what is shown of a target.
func (j judged) line(now time.Time) Target {
	t := newTarget(*j.in, *j.node, j.health, now)
	t.Findings = j.findings
	return t
}

func newTarget(in backup.InstanceState, node backup.NodeState, health backup.Health, now time.Time) Target {
	state := in.Target(node)
	t := Target{
		Cloud: in.Instance.Cloud, Account: in.Instance.Account, Region: in.Instance.Region,
		InstanceID: in.Instance.InstanceID, NodeID: node.NodeID, InstanceName: in.Instance.Name,
		Status: in.Instance.Status, Owner: in.Instance.Owner,
		Health: health.State.String(), Reason: health.Reason, FailureReason: health.FailureReason, RPOSeconds: health.RPO.Seconds(),
		RecoveryPoint: when(health.RecoveryPoint),
		ReadAt:        when(node.Backups.At),
		LastError:     text(firstError(in, node)),
		state:         health.State,
	}
	outlook := state.Outlook(health, in.Objectives, now)
	if last := outlook.LastSuccess; last != nil {
		t.LastSuccess, t.SizeBytes = when(last.Finished()), last.SizeBytes
	}
	t.LateAt, t.Running, t.Progress = when(outlook.TurnsAt), outlook.Running, outlook.Progress
	if in.Policy.Known(now) {
		t.NextBackup = when(in.Policy.Value.NextAt)
		t.CopyRegion, t.Kept = in.Policy.Value.CopyRegion, in.Policy.Value.KeptAfterDeletion
	}
	if window := in.Recovery.Value; in.Recovery.Known(now) {
		t.WindowStart, t.WindowEnd = when(window.Start), when(window.End)
	}
	if last := node.RestoreChecks.Value.Newest(); last != nil {
		t.RestoreChecked, t.RestoreRefused = when(last.At), last.Refused
	}
	if last := backup.NewestCopy(node.Copies, now); last != nil {
		t.LastCopy = when(last.Finished())
	}
	t.LastRestore = when(in.LastRestore.Value)
	t.RemovedEarly = Removals(node.Removals.Recent(now))
	return t
}

// firstError returns why the newest attempt of any scope failed, the backup list first.
func firstError(in backup.InstanceState, node backup.NodeState) error {
	return cmp.Or(node.Backups.Failure(), in.Policy.Failure(), in.Jobs.Failure(), in.Recovery.Failure(), node.Copies.Failure(), node.RestoreChecks.Failure(), in.LastRestore.Failure())
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
