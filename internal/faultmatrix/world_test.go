package faultmatrix

import (
	"fmt"
	"slices"
	"time"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

const (
	interval   = time.Minute // between polls, of every scope
	staleAfter = 3 * time.Minute
	giveUp     = 100 * time.Second // after which a poll ends, whatever the cloud does
)

// dawn is when every case begins. No window of a schedule begins or ends in the four hours after it, so that all that
// changes in a case is the fault's doing.
func dawn() time.Time { return time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC) }

// place is one region of one account.
type place struct{ cloud, account, region string }

func (p place) host() string { return p.cloud + "-" + p.account + "-" + p.region + ".example" }

// account is one account of the world: its configuration follows from its name.
type account struct {
	name string
	fleet.Account
}

// The faults are in the first region of the account main. The account twin is one of the same cloud, in that region too.
const (
	mainAccount = "main"
	twinAccount = "twin"
)

func regionsOf(cloud string) (faulty, healthy string) {
	if cloud == fleet.Huawei {
		return "cn-north-4", "cn-east-3"
	}
	return "cn-hangzhou", "cn-beijing"
}

// otherCloud returns the other cloud.
func otherCloud(cloud string) string {
	if cloud == fleet.Huawei {
		return fleet.Alibaba
	}
	return fleet.Huawei
}

// world returns the accounts of a case about one cloud: the two of that cloud, and one of the other.
func world(cloud string) []account {
	faulty, healthy := regionsOf(cloud)
	far := replicaSet(cloud, "far", healthy)
	own := newAccount(cloud, mainAccount, append(instancesOf(cloud, faulty), far)...)
	twin := newAccount(cloud, twinAccount, replicaSet(cloud, "twin", faulty))
	other := otherCloud(cloud)
	region, _ := regionsOf(other)
	return []account{own, twin, newAccount(other, "other", replicaSet(other, "other", region))}
}

func newAccount(cloud, name string, instances ...fleet.Instance) account {
	a := account{name, fleet.Account{
		Cloud: cloud, AccessKeyID: "AK" + cloud + name, AccessKeySecret: "secret of " + name, Instances: instances,
	}}
	if cloud == fleet.Huawei {
		a.ProjectIDs = map[string]string{}
		for i, region := range a.regions() {
			a.ProjectIDs[region] = fmt.Sprintf("%032x", 16*len(name)+int(name[0])+i)
		}
	}
	return a
}

// regions returns the regions of the account's instances, the first one first.
func (a account) regions() []string {
	var regions []string
	for _, in := range a.Instances {
		if !slices.Contains(regions, in.Region) {
			regions = append(regions, in.Region)
		}
	}
	return regions
}

// allRegions is the entry that asks for the regions of an account. It finds those that have entries of their own.
const allRegions = "all"

// entries returns the regions that the configuration has for the account.
func (a account) entries() []string {
	if a.Cloud == fleet.Alibaba && a.name == mainAccount {
		return append(a.regions(), allRegions)
	}
	return a.regions()
}

// Names of the instances that faults aim at. An id is made from a name with idOf.
const (
	busy    = "busy"    // a replica set with two pages of backups, a running job and point-in-time recovery
	failing = "failing" // a replica set whose last attempt failed
	inSets  = "sets"    // Alibaba Cloud: a cluster in cluster-backup mode
	inParts = "parts"   // Alibaba Cloud: a cluster whose shards are backed up one by one
	cluster = "cluster" // Huawei Cloud: a cluster
	named   = "named"   // a replica set that the configuration names
)

func idOf(cloud, name string) string {
	if cloud == fleet.Huawei {
		return fleet.HuaweiID("in02", name)
	}
	return "dds-" + name
}

func shardsOf(name string) []string { return []string{"d-" + name + "1", "d-" + name + "2"} }

// instancesOf returns the instances of the faulty region.
func instancesOf(cloud, region string) []fleet.Instance {
	list := []fleet.Instance{busySet(cloud, region), failingSet(cloud, region), replicaSet(cloud, named, region)}
	if cloud == fleet.Huawei {
		in := replicaSet(cloud, cluster, region)
		in.Topology, in.Version, in.Shards = fleet.ShardedCluster, "4.2", shardsOf(cluster)
		return append(list, in)
	}
	return append(list, sharded(inSets, region, true), sharded(inParts, region, false))
}

// replicaSet has a backup of each of the last days.
func replicaSet(cloud, name, region string) fleet.Instance {
	in := fleet.Instance{
		ID: idOf(cloud, name), Name: name, Region: region, Topology: fleet.ReplicaSet, Storage: "cloud_essd1", Version: "6.0",
		CreatedAt: dawn().AddDate(0, -3, 0), Policy: fleet.Policy{
			Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 3 * time.Hour, Window: time.Hour, RetentionDays: 7,
			NextAt: dawn().Truncate(24 * time.Hour).Add(27 * time.Hour),
		},
	}
	for n := range 5 {
		in.Backups = append(in.Backups, daily(cloud, name, n))
	}
	return in
}

// daily is the backup of n days ago.
func daily(cloud, name string, n int) fleet.Backup {
	start := dawn().Truncate(24*time.Hour).AddDate(0, 0, -n).Add(3*time.Hour + 10*time.Minute)
	b := fleet.Backup{
		ID: fmt.Sprintf("%s%d", name, n), Method: "Physical", Status: fleet.StatusSuccess, Start: start,
		End: start.Add(20 * time.Minute), SizeBytes: 40 << 30, ExpiresAt: start.AddDate(0, 0, 7),
	}
	if cloud == fleet.Huawei {
		b.ID = fleet.HuaweiID("br02", b.ID)
	}
	return b
}

func busySet(cloud, region string) fleet.Instance {
	in := replicaSet(cloud, busy, region)
	in.Policy.LogBackup = true
	in.Recovery = []fleet.Window{{Start: dawn().AddDate(0, 0, -4), End: dawn().Add(-10 * time.Minute)}}
	for n := range 110 { // in the days before
		b := daily(cloud, fmt.Sprintf("manual%d-", n), 4)
		b.Manual, b.Start, b.End = true, b.Start.Add(-time.Duration(n)*30*time.Minute), b.End.Add(-time.Duration(n)*30*time.Minute)
		in.Backups = append(in.Backups, b)
	}
	status := "Backuping"
	if cloud == fleet.Huawei {
		status = "Running"
		more := daily(cloud, "log", 0)
		more.Incremental, more.Start, more.End = true, dawn().Add(-30*time.Minute), dawn().Add(-29*time.Minute)
		runs := daily(cloud, "running", 0) // as the job says
		runs.Status, runs.Start, runs.End, runs.SizeBytes, runs.ExpiresAt = fleet.StatusRunning, dawn().Add(-20*time.Minute), time.Time{}, 0, time.Time{}
		in.Backups = append(in.Backups, more, runs)
	}
	in.Jobs = []fleet.Job{{ID: "170034", Status: status, Start: dawn().Add(-20 * time.Minute), Progress: "18%"}}
	return in
}

func failingSet(cloud, region string) fleet.Instance {
	in := replicaSet(cloud, failing, region)
	b := daily(cloud, "failed", 0)
	b.Manual = cloud == fleet.Huawei // the history of Alibaba Cloud's manual backups is optional: its jobs may be missing
	b.Status, b.SizeBytes, b.ExpiresAt = fleet.StatusFailed, 0, time.Time{}
	b.Start, b.End = dawn().Add(-2*time.Hour), dawn().Add(-110*time.Minute)
	in.Backups = append(in.Backups, b)
	return in
}

func sharded(name, region string, sets bool) fleet.Instance {
	in := replicaSet(fleet.Alibaba, name, region)
	in.Topology, in.Shards, in.ClusterBackup, in.Backups = fleet.ShardedCluster, shardsOf(name), sets, nil
	for n := range 3 {
		for _, shard := range in.Shards {
			b := daily(fleet.Alibaba, shard, n)
			b.Node = shard
			if sets {
				b.Set = fmt.Sprintf("cb-%d", n)
			}
			in.Backups = append(in.Backups, b)
		}
	}
	if sets {
		in.Policy.LogBackup = true
		in.Recovery = []fleet.Window{{Start: dawn().AddDate(0, 0, -2), End: dawn().Add(-5 * time.Minute)}}
	}
	return in
}

// configOf watches all that the accounts hold: every region by discovery, and one instance by its id too.
func configOf(accounts []account, scheme string) *config.Config {
	cfg := config.Default()
	for _, every := range []*config.Duration{
		&cfg.Poll.BackupsInterval, &cfg.Poll.JobsInterval, &cfg.Poll.PolicyInterval, &cfg.Poll.RecoveryInterval, &cfg.Poll.DiscoveryInterval,
		&cfg.Poll.IdleInterval,
	} {
		*every = config.Duration(interval)
	}
	cfg.Poll.StaleAfter = config.Duration(staleAfter)
	cfg.Poll.RoundTimeout = config.Duration(giveUp)
	cfg.Poll.RequestsPerSecond = 50 // that a budget is divided justly is not the matter here
	for _, a := range accounts {
		account := config.Account{Name: a.name, Cloud: a.Cloud, Credentials: config.Credentials{
			AccessKeyID: config.Secret(a.AccessKeyID), AccessKeySecret: config.Secret(a.AccessKeySecret),
		}}
		for _, id := range a.entries() {
			endpoint := scheme + "://" + place{a.Cloud, a.name, id}.host()
			region := config.Region{ID: id, Endpoint: endpoint, Discovery: config.Discovery{Enabled: true}}
			if a.Cloud == fleet.Huawei {
				region.IAMEndpoint = endpoint
			}
			if faulty, _ := regionsOf(a.Cloud); a.name == mainAccount && id == faulty {
				region.Instances = []config.Instance{{ID: idOf(a.Cloud, named)}}
			}
			account.Regions = append(account.Regions, region)
		}
		cfg.Accounts = append(cfg.Accounts, account)
	}
	return &cfg
}
