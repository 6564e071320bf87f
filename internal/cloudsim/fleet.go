package cloudsim

import (
	"slices"
	"time"
)

// Names of the clouds.
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

// Fleet is what the simulated clouds hold. The zero value is empty clouds.
type Fleet struct{ Accounts []Account }

// Only returns the part of the fleet that is in the named cloud.
func (f Fleet) Only(cloud string) Fleet {
	elsewhere := func(a Account) bool { return a.Cloud != cloud }
	return Fleet{Accounts: slices.DeleteFunc(slices.Clone(f.Accounts), elsewhere)}
}

// Instance returns the instance with the given id, for a change made through [Sim.Update]; nil when there is none.
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

// Account is one customer of one cloud. Huawei's IAM also gives it a token for the user AccessKeyID with the password
// AccessKeySecret.
type Account struct {
	Cloud           string // "alibaba" or "huawei"
	AccessKeyID     string
	AccessKeySecret string
	SecurityToken   string            // when set, calls must carry it (temporary credentials)
	AuthToken       string            // Huawei: also accepted as X-Auth-Token
	ProjectIDs      map[string]string // Huawei: region id to project id
	Denied          []string          // operations that this account may not call, by the cloud's own name
	Instances       []Instance
}

// Instance is one managed MongoDB instance with its history.
type Instance struct {
	ID, Name, Region string
	Topology         string // "standalone", "replica_set" or "sharded_cluster"
	Storage          string // Alibaba: "local_ssd", "cloud_essd1", …
	Version          string // engine version
	Status           string // the cloud's own word; "": the one of an instance at work
	Tags             map[string]string
	CreatedAt        time.Time
	Shards           []string // ids of the shards of a sharded cluster (Alibaba: backed up one by one)
	ClusterBackup    bool     // Alibaba: backups are listed by DescribeClusterBackups
	Policy           Policy
	Backups          []Backup // any order
	Jobs             []Job
	Recovery         []Window  // spans of point-in-time recovery; none: not offered
	Live             *Schedule // keeps the history going as time passes; nil: it stands still
}

// Policy is an instance's schedule for automatic backups.
type Policy struct {
	Disabled      bool
	Weekdays      []time.Weekday // days with a backup, UTC
	StartsAt      time.Duration  // start of the daily window after 00:00 UTC
	Window        time.Duration
	Interval      time.Duration // high-frequency backup (Alibaba BackupInterval); 0: off
	RetentionDays int
	LogBackup     bool      // Alibaba EnableBackupLog, Huawei enable_incremental_backup
	NextAt        time.Time // Alibaba PreferredNextBackupTime; zero: not sent
}

// Backup is one backup set, in words that are the same for both clouds.
type Backup struct {
	ID, Name    string
	Node        string // shard id; "" for the instance as a whole
	Set         string // Alibaba cluster-backup mode: the ClusterBackupId that this shard's part belongs to
	Incremental bool
	Manual      bool
	Method      string // Snapshot, Physical, Logical
	Status      string // "success", "failed", "running", "deleting", or any other word, which is sent as it is
	Start, End  time.Time
	// Length is how long a running backup takes: at Start+Length it becomes a success with SizeBytes. Zero: a running
	// backup never ends.
	Length      time.Duration
	SizeBytes   int64
	JobID       string    // the job that made it; "": one is made up from ID
	Reason      string    // of a failure, where the cloud's tasks tell it (Huawei fail_reason)
	ExpiresAt   time.Time // zero: not sent
	Unavailable bool      // Alibaba IsAvail false
	// Override replaces or adds fields of the record as sent, by their JSON names: the way to send what an API should
	// not (a size as a string, a number as an id). A nil value sends null; Omit leaves the field out.
	Override map[string]any
}

// Omit as a value in an Override leaves the field out.
const Omit = "\x00omit"

// Job is one backup job.
type Job struct {
	ID       string
	Status   string // Alibaba: Scheduled, Checking, Backuping, Finished; Huawei: Running, Completed, Failed
	Manual   bool
	Start    time.Time
	End      time.Time     // zero: not ended
	Length   time.Duration // of a running job: progress is computed from Start, Length and now; 0: Progress as it stands
	Progress string        // e.g. "18%"
	Reason   string        // Huawei fail_reason
}

// Window is a span of point-in-time recovery.
type Window struct{ Start, End time.Time }
