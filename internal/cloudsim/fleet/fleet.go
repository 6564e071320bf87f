package fleet

import (
	"slices"
	"strings"
	"time"
)

// Values of Account.Cloud.
const (
	Alibaba = "alibaba"
	Huawei  = "huawei"
)

// Values of Instance.Topology.
const (
	Standalone     = "standalone"
	ReplicaSet     = "replica_set"
	ShardedCluster = "sharded_cluster"
)

// Values of Backup.Status that the clouds know. Each cloud has its own words for them.
const (
	StatusSuccess  = "success"
	StatusFailed   = "failed"
	StatusRunning  = "running"
	StatusDeleting = "deleting"
)

// Fleet is what the simulated clouds hold. The zero value is empty clouds.
type Fleet struct{ Accounts []Account }

// Instance returns the instance with the given id, to be changed in place. It returns nil when there is none.
func (f *Fleet) Instance(id string) *Instance {
	for i := range f.Accounts {
		for j := range f.Accounts[i].Instances {
			if in := &f.Accounts[i].Instances[j]; in.ID == id {
				return in
			}
		}
	}
	return nil
}

// Account is one customer of one cloud. Huawei's IAM also accepts AccessKeyID and AccessKeySecret as the name and the
// password of a user, and gives out a token for them.
type Account struct {
	Cloud           string // Alibaba or Huawei
	AccessKeyID     string
	AccessKeySecret string
	SecurityToken   string            // of temporary credentials: calls must carry it; "": the credentials are permanent
	AuthToken       string            // Huawei: a user token that is accepted instead of a signature; "": none
	ProjectIDs      map[string]string // Huawei: region id to project id
	Regions         []string          // Alibaba: regions that it may use beside those of its instances
	Denied          []string          // operations that the account may not call, by the cloud's own name
	Domain          string            // Huawei: name of the account, for agencies; "": none can be assumed
	Roles           []Role            // by which others act for this account
	Instances       []Instance
}

// Role is what others may assume to act for an account: a RAM role of Alibaba, an agency of Huawei.
type Role struct {
	Name       string   // ARN of the RAM role, or name of the agency
	ExternalID string   // Alibaba: what must be stated to assume it; "": nothing
	Users      []string // access key ids that may assume it
}

// Admits reports whether the user with the access key id may assume the role.
func (r Role) Admits(accessKeyID string) bool { return slices.Contains(r.Users, accessKeyID) }

// Instance is one managed MongoDB instance with its history.
type Instance struct {
	ID, Name, Region string
	Topology         string // Standalone, ReplicaSet or ShardedCluster
	Storage          string // Alibaba: "local_ssd", "cloud_essd1", …
	Version          string // engine version
	Status           string // the cloud's own word; "": in service
	LockMode         string // Alibaba; "": Unlock; Released: deleted, and in the recycle bin since ReleasedAt
	ReleasedAt       time.Time
	Serverless       bool // Alibaba: of the type serverless, which has no managed backup
	Tags             map[string]string
	CreatedAt        time.Time // zero: not sent
	DeletedAt        time.Time // Huawei: since when it is in the recycle bin; zero: it is not
	LogGaps          []Window  // Huawei: spans without log backup; without an End: until the next full backup has ended
	Shards           []string  // ids of the shards of a sharded cluster (Alibaba: each is backed up on its own)
	ClusterBackup    bool      // Alibaba's cluster-backup mode: the backups of all shards form a set
	Policy           Policy
	Backups          []Backup // any order
	Jobs             []Job
	Restores         []Restore // Alibaba: instances that were made from its backups
	Recovery         []Window  // spans of point-in-time recovery; empty: not offered
	Live             *Schedule // adds backups as time passes; nil: the history stands still
}

// Recycled reports whether the instance was deleted and is in the recycle bin.
func (in *Instance) Recycled() bool { return !in.DeletedAt.IsZero() }

// OnCloudDisk reports whether the instance has cloud disks, of which Alibaba takes snapshots.
func (in *Instance) OnCloudDisk() bool { return strings.HasPrefix(in.Storage, "cloud_") }

// DefaultMethod returns the Backup.Method of backups that name no other.
func (in *Instance) DefaultMethod() string {
	if in.OnCloudDisk() || in.Topology == Standalone {
		return "Snapshot"
	}
	return "Physical"
}

// HasTags reports whether the instance has all of the tags. A value of "" asks for the key only.
func (in *Instance) HasTags(tags map[string]string) bool {
	for key, value := range tags {
		have, ok := in.Tags[key]
		if !ok || (value != "" && have != value) {
			return false
		}
	}
	return true
}

// Restore is an instance that was made from backups of another.
type Restore struct {
	InstanceID string
	At         time.Time // when it was created
	Deleted    bool      // it was deleted since
}

// Policy is an instance's schedule for automatic backups. The zero value makes none.
type Policy struct {
	Disabled      bool
	Weekdays      []time.Weekday // days with a backup, UTC
	StartsAt      time.Duration  // start of the daily window after 00:00 UTC
	Window        time.Duration  // length of the window
	Interval      time.Duration  // between windows of high-frequency backup; 0: a window a day, on Weekdays
	RetentionDays int            // 0: backups do not expire
	LogBackup     bool           // whether logs are backed up too, for point-in-time recovery
	NextAt        time.Time      // Alibaba: the next backup of an instance without Live; zero: not sent

	IntervalRetentionDays int    // Alibaba: how long high-frequency backups are kept; 0: a day
	CopyTo                string // Alibaba: the region to which automatic backups are copied; "": none

	KeptOnDeletion int // Alibaba: which backups outlive the instance: 0 none, 1 the last, 2 all

	// Override replaces or adds fields of Alibaba's answer, as in Backup.
	Override map[string]any
}

// Backup is one backup set, in words that are the same for both clouds.
type Backup struct {
	ID, Name    string
	Node        string // shard id; "": the whole instance
	Set         string // Alibaba's cluster-backup mode: id of the set that this shard's part belongs to
	Incremental bool
	Manual      bool
	Method      string // Snapshot, Physical, Logical
	Status      string // StatusSuccess, …; any other word is sent as it is
	Start, End  time.Time
	Length      time.Duration // of a running backup, which succeeds at Start+Length with SizeBytes; 0: it never ends
	SizeBytes   int64
	JobID       string    // the job that made it; "": an id is derived from ID
	Reason      string    // why it failed, where the cloud's jobs say so (Huawei), or the step at which it did (Alibaba)
	ExpiresAt   time.Time // zero: not sent
	Unavailable bool      // Alibaba: a success that cannot be restored from
	RestoreCode string    // Alibaba: CheckRecoveryCondition refuses the backup: "false", or with this code; "": it does not
	AttachLogs  string    // Alibaba: AttachLogStatus of the set; "": Ready when the set has ended, Init before
	CopiedTo    string    // Alibaba: the region that this copy is in; "": it is no copy
	// Override replaces or adds fields of the record as sent, by their JSON names. It makes the records that an API
	// should not send: a size as a string, a number as an id. A nil value sends null, Omit leaves the field out.
	Override map[string]any
	// SetOverride does the same for the record of the set. The first part that has one counts.
	SetOverride map[string]any
}

// Released is the LockMode of an instance that was deleted and is in the recycle bin.
const Released = "Released"

// LogsOn reports whether logs are backed up. Alibaba's sharded clusters cannot switch that off.
func (in *Instance) LogsOn() bool {
	return in.Policy.LogBackup || (in.Topology == ShardedCluster && !in.ofHuawei())
}

// Omit is a value in an Override that leaves the field out.
const Omit = "\x00omit"

// Job is one backup job.
type Job struct {
	ID       string
	Status   string // the cloud's word; Alibaba: Scheduled, Checking, Backuping, Finished; Huawei: Running, Completed, Failed
	Manual   bool
	Start    time.Time
	End      time.Time     // zero: not ended
	Length   time.Duration // of a running job, whose progress and end follow from it; 0: Status and Progress never change
	Progress string        // for example "18%"
	Reason   string        // why it failed (Huawei), or the step at which it did (Alibaba)
}

// Window is a span of time.
type Window struct{ Start, End time.Time }
