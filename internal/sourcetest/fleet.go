package sourcetest

import (
	"fmt"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// Ids of the instances of [Fleet].
const (
	ReplicaSetID = "dds-bp1replica"
	ShardedID    = "dds-bp1sharded"
	EmptyID      = "dds-bp1empty"
)

// shards returns the shards of the sharded cluster of [Fleet], not sorted.
func shards() []string { return []string{"d-bp1bbbb", "d-bp1aaaa"} }

// Fleet is an account with one instance of each shape: a replica set with three finished backups, a job at 18 percent,
// a policy and a recovery window; a sharded cluster; and an instance that was never backed up.
func Fleet(p Provider) fleet.Fleet {
	account := fleet.Account{
		Cloud:           p.Cloud,
		AccessKeyID:     "LTAIsuite",
		AccessKeySecret: "suite-secret",
		ProjectIDs:      map[string]string{p.Region: "0123456789abcdef0123456789abcdef"},
		Instances:       []fleet.Instance{replicaSet(p), sharded(p), instance(p, EmptyID)},
	}
	return fleet.Fleet{Accounts: []fleet.Account{account}}
}

func instance(p Provider, id string) fleet.Instance {
	return fleet.Instance{
		ID: id, Name: "name of " + id, Region: p.Region, Topology: fleet.ReplicaSet,
		Storage: "cloud_essd1", Version: "4.4", CreatedAt: Now.AddDate(-1, 0, 0).Truncate(time.Minute),
		Tags: map[string]string{"env": "prod"},
		Policy: fleet.Policy{
			Weekdays: []time.Weekday{time.Monday, time.Wednesday, time.Friday},
			StartsAt: 3 * time.Hour, Window: time.Hour, RetentionDays: 7, LogBackup: true,
		},
	}
}

func replicaSet(p Provider) fleet.Instance {
	in := instance(p, ReplicaSetID)
	in.Backups = []fleet.Backup{
		dailyBackup("b-1", 3),
		dailyBackup("b-2", 2),
		dailyBackup("b-3", 1),
	}
	in.Backups[0].Manual = true
	in.Backups[1].Status = "failed"
	if p.Operations[Copies] != "" {
		copied := dailyBackup("copy-3", 1)
		copied.CopiedTo = copyRegion
		in.Backups = append(in.Backups, copied)
	}
	in.Restores = []fleet.Restore{{InstanceID: "dds-bp1restored", At: Now.Add(-time.Hour).Truncate(time.Second)}}
	in.Jobs = []fleet.Job{{ID: "170034", Status: runningJob(p), Start: Now.Add(-10 * time.Minute).Truncate(time.Second), Progress: "18%"}}
	in.Recovery = []fleet.Window{{Start: Now.AddDate(0, 0, -7).Truncate(time.Second), End: Now.Add(-5 * time.Minute).Truncate(time.Second)}}
	return in
}

// copyRegion is the region of the copies of the replica set.
const copyRegion = "cn-beijing"

func runningJob(p Provider) string {
	if p.Cloud == fleet.Huawei {
		return "Running"
	}
	return "Backuping"
}

func sharded(p Provider) fleet.Instance {
	in := instance(p, ShardedID)
	in.Topology = fleet.ShardedCluster
	in.Shards = shards()
	if !p.PerShard {
		in.Backups = []fleet.Backup{dailyBackup("c-1", 1)}
		return in
	}
	for i, shard := range in.Shards {
		set := dailyBackup(fmt.Sprintf("s-%d", i), 1)
		set.Node = shard
		in.Backups = append(in.Backups, set)
	}
	return in
}

// dailyBackup is a backup that ran at three o'clock daysAgo days ago. Its size is a whole number of kilobytes.
func dailyBackup(id string, daysAgo int) fleet.Backup {
	begin := Now.AddDate(0, 0, -daysAgo).Truncate(24 * time.Hour).Add(3 * time.Hour)
	return fleet.Backup{
		ID: id, Method: "Physical", Status: "success", Start: begin, End: begin.Add(90 * time.Second), SizeBytes: 300 << 20,
	}
}

// runningBackup gives the instance that was never backed up a backup that is running.
func runningBackup(p Provider) fleet.Fleet {
	f := Fleet(p)
	f.Instance(EmptyID).Backups = []fleet.Backup{
		{ID: "r-1", Method: "Physical", Status: "running", Start: Now.Add(-time.Minute).Truncate(time.Second)},
	}
	return f
}

// manyBackups gives the replica set n backups, one every quarter of an hour.
func manyBackups(p Provider, n int) fleet.Fleet {
	f := Fleet(p)
	in := f.Instance(ReplicaSetID)
	in.Backups = nil
	for i := range n {
		set := dailyBackup(fmt.Sprintf("b-%03d", i), 1)
		set.Start = set.Start.Add(-time.Duration(i) * 15 * time.Minute)
		set.End = set.Start.Add(time.Minute)
		in.Backups = append(in.Backups, set)
	}
	return f
}

// manyInstances returns an account with n instances.
func manyInstances(p Provider, n int) fleet.Fleet {
	f := Fleet(p)
	f.Accounts[0].Instances = nil
	for i := range n {
		f.Accounts[0].Instances = append(f.Accounts[0].Instances, instance(p, fmt.Sprintf("dds-bp1%04d", i)))
	}
	return f
}
