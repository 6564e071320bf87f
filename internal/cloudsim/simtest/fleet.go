package simtest

import (
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// Credentials and ids in Fleet.
const (
	AlibabaKey    = "AKTEST"
	AlibabaSecret = "test-secret"
	HuaweiKey     = "AKHUAWEI"
	HuaweiSecret  = "huawei-secret"
	Project       = "0123456789abcdef0123456789abcdef"     // of the Huawei account, in cn-north-4
	HuaweiSet     = "c0c9f155c7b7423a9d30f0175998b63bin02" // a replica set
	HuaweiCluster = "d0c9f155c7b7423a9d30f0175998b63bin02" // a sharded cluster
)

// Start returns the moment at which the clocks begin: a Thursday.
func Start() time.Time { return time.Date(2026, 8, 6, 12, 0, 0, 0, time.UTC) }

// Fleet returns one account in each cloud, with an instance of each topology and the history that the tests need.
func Fleet() fleet.Fleet {
	start := Start()
	daily := fleet.Policy{
		Weekdays: []time.Weekday{time.Monday, time.Wednesday, time.Sunday}, StartsAt: 9 * time.Hour, Window: time.Hour,
		RetentionDays: 7, LogBackup: true, NextAt: start.Add(21 * time.Hour),
	}
	day1 := start.Add(-24 * time.Hour)
	return fleet.Fleet{Accounts: []fleet.Account{
		{Cloud: fleet.Alibaba, AccessKeyID: AlibabaKey, AccessKeySecret: AlibabaSecret, Instances: []fleet.Instance{
			{
				ID: "dds-set", Name: "orders", Region: "cn-hangzhou", Topology: fleet.ReplicaSet, Storage: "cloud_essd1",
				Version: "6.0", Tags: map[string]string{"env": "prod", "team": "a"}, CreatedAt: start.AddDate(0, -1, 0),
				Policy: daily, Recovery: []fleet.Window{{Start: day1, End: start}},
				Backups: []fleet.Backup{
					{ID: "1", Method: "Snapshot", Status: "success", Start: day1, End: day1.Add(time.Minute), SizeBytes: 5000, ExpiresAt: start.AddDate(0, 0, 6)},
					{ID: "2", Manual: true, Method: "Snapshot", Status: "failed", Start: start.Add(-time.Hour), End: start.Add(-time.Hour)},
					{ID: "3", Method: "Snapshot", Status: "running", Start: start.Add(-time.Minute), Length: 4 * time.Minute, SizeBytes: 6000},
				},
			},
			{ID: "dds-local", Name: "local", Region: "cn-hangzhou", Topology: fleet.ReplicaSet, Storage: "local_ssd", Version: "4.2", Policy: fleet.Policy{Disabled: true, RetentionDays: 7}},
			{ID: "dds-one", Name: "one", Region: "cn-beijing", Topology: fleet.Standalone, Storage: "cloud_essd1", Version: "6.0"},
			{
				ID: "dds-shards", Name: "events", Region: "cn-hangzhou", Topology: fleet.ShardedCluster, Storage: "cloud_essd1",
				Version: "6.0", Shards: []string{"d-a", "d-b"}, ClusterBackup: true,
				Backups: []fleet.Backup{
					{ID: "11", Node: "d-a", Set: "cb-1", Status: "success", Start: day1, End: day1.Add(time.Minute), SizeBytes: 10},
					{ID: "12", Node: "d-b", Set: "cb-1", Status: "success", Start: day1, End: day1.Add(2 * time.Minute), SizeBytes: 20},
					{ID: "13", Node: "d-a", Set: "cb-2", Status: "success", Start: start.Add(-time.Hour), End: start, SizeBytes: 10},
				},
			},
		}},
		{
			Cloud: fleet.Huawei, AccessKeyID: HuaweiKey, AccessKeySecret: HuaweiSecret, AuthToken: "user-token",
			ProjectIDs: map[string]string{"cn-north-4": Project},
			Instances: []fleet.Instance{
				{
					ID: HuaweiSet, Name: "crm", Region: "cn-north-4", Topology: fleet.ReplicaSet, Version: "4.4", Policy: daily,
					Tags: map[string]string{"env": "prod"}, CreatedAt: start.AddDate(0, -1, 0), Recovery: []fleet.Window{{Start: day1, End: start}},
					Backups: []fleet.Backup{
						{ID: "a1br02", Name: "auto-1", Method: "Physical", Status: "success", Start: day1, End: day1.Add(time.Minute), SizeBytes: 2803 * 1024},
						{ID: "a2br02", Name: "manual-1", Manual: true, Status: "failed", Start: start.Add(-2 * time.Hour), End: start.Add(-time.Hour), Reason: "node abnormal"},
						{ID: "a3br02", Name: "incr-1", Incremental: true, Status: "success", Start: day1, End: day1, SizeBytes: 1},
						{ID: "a4br02", Name: "auto-2", Status: "running", Start: start.Add(-time.Minute), Length: 4 * time.Minute, SizeBytes: 7},
					},
				},
				{
					ID: HuaweiCluster, Name: "iot", Region: "cn-north-4", Topology: fleet.ShardedCluster, Version: "4.2",
					CreatedAt: start, Shards: []string{"s1gr02", "s2gr02"}, Policy: fleet.Policy{Disabled: true, RetentionDays: 7},
					Backups: []fleet.Backup{{ID: "b1br02", Name: "auto-3", Status: "deleting", Start: start.Add(-30 * time.Minute), End: start}},
				},
			},
		},
	}}
}
