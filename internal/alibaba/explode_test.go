package alibaba_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/manual"
	"mongodb_backup_exporter/internal/poll"
	"mongodb_backup_exporter/internal/sourcetest"
)

func TestAnswersThatExplode(t *testing.T) {
	replica := backup.Instance{Target: backup.Target{InstanceID: "dds-1"}, Topology: backup.TopologyReplicaSet}
	cluster := backup.Instance{Target: backup.Target{InstanceID: "dds-2"}, Topology: backup.TopologyShardedCluster, Nodes: []string{"d-1"}}
	const (
		times    = `"BackupStatus":"Success","BackupStartTime":"2026-01-14T03:00:00Z","BackupEndTime":"2026-01-14T03:01:00Z"`
		instance = `{"DBInstanceId":"dds-1","Tags":{"Tag":[{"Key":"a","Value":"b"}]},"ShardList":{"ShardAttribute":[ENTRIES]}}`
		set      = `{"ClusterBackupId":"1","ClusterBackupStatus":"OK","ClusterBackupEndTime":"2026-01-14T03:01:00Z","Backups":[ENTRIES]}`
		window   = `{"RestoreBeginTime":"2026-01-14T03:00:00Z","RestoreEndTime":"2026-01-14T03:01:00Z"}`
		task     = `"TaskType":"ManualBackupIns","Status":"Failed","StartTime":"2026-01-14T03:00Z"`
		inSets   = `{"DBInstances":{"DBInstance":[{"UseClusterBackup":true}]}}`
	)
	recovery := func(in backup.Instance) func(context.Context, poll.Source) error {
		return func(ctx context.Context, s poll.Source) error { _, err := s.Recovery(ctx, in); return err }
	}
	jobs := func(ctx context.Context, s poll.Source) error { _, err := s.Jobs(ctx, replica); return err }
	shard := func(ctx context.Context, s poll.Source) error {
		_, err := s.Backups(ctx, cluster, "d-1", sourcetest.Now.AddDate(0, 0, -30))
		return err
	}
	sourcetest.RunExplosions(t, provider(), func(r *http.Request) string { return r.Header.Get("X-Acs-Action") }, []sourcetest.Question{
		{
			Op: "DescribeDBInstances", Answer: `{"DBInstances":{"DBInstance":[RECORDS]}}`, Record: instance,
			Ask: func(ctx context.Context, s poll.Source) error { _, err := s.Instances(ctx); return err },
		},
		{Op: "DescribeDBInstanceAttribute", Answer: `{"DBInstances":{"DBInstance":[RECORDS]}}`, Record: instance, Ask: shard, Others: map[string]string{"DescribeBackups": `{"Backups":{}}`}},
		{
			Op: "DescribeBackups", Answer: `{"Backups":{"Backup":[RECORDS]}}`, Record: `{"BackupId":"1","BackupType":"FullBackup",` + times + `}`,
			Ask: func(ctx context.Context, s poll.Source) error {
				_, err := s.Backups(ctx, replica, "", sourcetest.Now.AddDate(0, 0, -30))
				return err
			},
		},
		{Op: "DescribeClusterBackups", Answer: `{"ClusterBackups":[RECORDS]}`, Record: set, Ask: shard, Others: map[string]string{"DescribeDBInstanceAttribute": inSets}},
		{
			Op: "DescribeBackupTasks", Answer: `{"BackupJobs":[RECORDS]}`, Record: `{"BackupjobId":"1","BackupSetStatus":"Backuping"}`,
			Ask: jobs, Others: map[string]string{"DescribeHistoryTasks": `{"Items":[]}`},
		},
		{
			Op: "DescribeHistoryTasks", Answer: `{"Items":[RECORDS]}`, Record: `{"TaskId":"1","InstanceId":"dds-1",` + task + `}`,
			Ask: jobs, Others: map[string]string{"DescribeBackupTasks": `{"BackupJobs":[]}`},
		},
		{
			Op: "DescribeBackupPolicy", Answer: `{"PreferredBackupPeriod":"Monday","X":[RECORDS]}`,
			Ask: func(ctx context.Context, s poll.Source) error { _, err := s.Policy(ctx, replica); return err },
		},
		{Op: "DescribeInstanceRecoverTime", Answer: `{"RestoreRanges":[RECORDS]}`, Record: window, Ask: recovery(replica)},
		{Op: "DescribeClusterRecoverTime", Answer: `{"RestoreRanges":[RECORDS]}`, Record: window, Ask: recovery(cluster), Others: map[string]string{"DescribeDBInstanceAttribute": inSets}},
		{
			Op: "CheckRecoveryCondition", Answer: `{"IsValid":true,"X":[RECORDS]}`,
			Ask: func(ctx context.Context, s poll.Source) error {
				_, err := s.CheckRestore(ctx, replica, "1")
				return err
			},
		},
		{
			Op: "DescribeRestoreDBInstanceList", Answer: `{"DBInstances":{"DBInstance":[RECORDS]}}`, Record: instance,
			Ask: func(ctx context.Context, s poll.Source) error { _, err := s.LastRestore(ctx, replica); return err },
		},
		{
			Op: "DescribeRegions", Answer: `{"Regions":{"DdsRegion":[RECORDS]}}`, Record: `{"RegionId":"cn-hangzhou","Zones":{"Zone":[ENTRIES]}}`,
			Ask: func(ctx context.Context, s poll.Source) error {
				_, err := s.(*alibaba.Source).Regions(ctx)
				return err
			},
		},
		{
			Op: "CreateBackup", Answer: `{"BackupJobId":"1","X":[RECORDS]}`,
			Ask: func(ctx context.Context, s poll.Source) error {
				_, err := s.(manual.Starter).StartBackup(ctx, replica, backup.ManualOrder{})
				return err
			},
		},
	})
}

func TestRolesThatExplode(t *testing.T) {
	p := provider()
	p.New = func(t *testing.T, env sourcetest.Env) poll.Source {
		source, err := alibaba.New(alibaba.Options{
			Account: env.Account, Region: env.Region, Endpoint: env.URL, Transport: env.Transport, Now: env.Now,
			Keys: env.Keys, Caller: env.Caller(alibaba.Classify), Role: alibaba.Role{ARN: "acs:ram::1:role/reader", Endpoint: env.URL},
		})
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	sourcetest.RunExplosions(t, p, func(r *http.Request) string { return r.Header.Get("X-Acs-Action") }, []sourcetest.Question{{
		Op: "AssumeRole", Answer: `{"Credentials":{"AccessKeyId":"a","AccessKeySecret":"b","SecurityToken":"c","X":[RECORDS]}}`,
		Ask:    func(ctx context.Context, s poll.Source) error { _, err := s.Instances(ctx); return err },
		Others: map[string]string{"DescribeDBInstances": `{"DBInstances":{}}`},
	}})
}

// No answer that a cloud may send is refused.
func TestLargeAnswers(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	var sets, instances []string
	for i := range 100 {
		var shards []string
		for j := range 100 {
			shards = append(shards, fmt.Sprintf(`{"InstanceName":"d-%d","BackupId":"%d","BackupStatus":"Success","BackupSize":1024,`+
				`"BackupStartTime":"2026-01-14T03:00:00Z","BackupEndTime":"2026-01-14T03:01:00Z"}`, j, i*100+j))
		}
		sets = append(sets, fmt.Sprintf(`{"ClusterBackupId":"c%d","ClusterBackupStatus":"OK","ClusterBackupEndTime":"2026-01-14T03:01:00Z","Backups":[%s]}`, i, strings.Join(shards, ",")))
	}
	tags := strings.TrimSuffix(strings.Repeat(`{"Key":"team","Value":"payments"},`, 50), ",")
	shards := strings.TrimSuffix(strings.Repeat(`{"NodeId":"d-1"},`, 40), ",")
	for i := range 1000 {
		instances = append(instances, fmt.Sprintf(`{"DBInstanceId":"dds-%d","Tags":{"Tag":[%s]},"ShardList":{"ShardAttribute":[%s]}}`, i, tags, shards))
	}
	answers := map[string]string{
		"DescribeDBInstances":         `{"TotalCount":1000,"DBInstances":{"DBInstance":[` + strings.Join(instances, ",") + `]}}`,
		"DescribeDBInstanceAttribute": `{"DBInstances":{"DBInstance":[{"UseClusterBackup":true}]}}`,
		"DescribeClusterBackups":      `{"ClusterBackups":[` + strings.Join(sets, ",") + `]}`,
	}
	source := sourcetest.Serve(t, provider(), func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(answers[r.Header.Get("X-Acs-Action")]))
	})
	listing, err := source.Instances(t.Context())
	if err != nil || listing.Unread > 0 || len(listing.Instances) != 1000 {
		t.Errorf("%d instances, %d unread, %v; want 1000", len(listing.Instances), listing.Unread, err)
	}
	cluster := backup.Instance{Target: backup.Target{InstanceID: "dds-2"}, Topology: backup.TopologyShardedCluster, Nodes: []string{"d-6", "d-7"}}
	list, err := source.Backups(t.Context(), cluster, "d-7", sourcetest.Now.AddDate(0, 0, -30))
	if err != nil || len(list.Backups) != 100 {
		t.Errorf("%d backups, %v; want 100", len(list.Backups), err)
	}
}
