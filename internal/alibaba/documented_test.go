package alibaba_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// documented is a cloud that answers every operation with an example of the documentation, byte for byte.
type documented struct {
	t     *testing.T
	files map[string]string // by operation; a missing one is an error
}

func (d documented) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := r.Header.Get("X-Acs-Action")
	name := d.files[op]
	if op == "DescribeDBInstances" && r.FormValue("DBInstanceType") != "replicate" {
		name = "" // the example has both types: one list is enough
	}
	if name == "" {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"Code":"InvalidDBInstanceType.ValueNotSupport","RequestId":"R"}`))
		return
	}
	body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		d.t.Error(err)
	}
	_, _ = w.Write(body)
}

func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}

// The instances of these tests: a replica set, and a cluster with one shard.
func replica() backup.Instance {
	return backup.Instance{Target: backup.Target{InstanceID: "dds-bp1"}, Topology: backup.TopologyReplicaSet, Storage: "cloud_essd1"}
}

func cluster(shard string) backup.Instance {
	return backup.Instance{
		Target: backup.Target{InstanceID: "dds-bp2"}, Topology: backup.TopologyShardedCluster, Storage: "cloud_essd1", Nodes: []string{shard},
	}
}

// longAgo is before everything in the examples.
func longAgo() time.Time { return moment("2018-01-01T00:00:00Z") }

// Each documented answer goes through the whole provider, over HTTP, and every value that is read is stated.
func TestDocumentedAnswers(t *testing.T) {
	const day = 24 * time.Hour
	setPart := backup.Backup{
		ID: "1111111111", Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateSuccess,
		StartedAt: moment("2024-01-09T17:16:13Z"), EndedAt: moment("2024-01-09T17:21:57Z"), ExpiresAt: moment("2025-08-30T09:49:11Z"),
		SizeBytes: new(int64(1083904)),
	}
	both := []backup.Kind{backup.KindFull, backup.KindIncremental}
	inSets := map[string]string{
		"DescribeDBInstanceAttribute": "describe_db_instance_attribute", "DescribeClusterBackups": "describe_cluster_backups",
		"DescribeClusterRecoverTime": "describe_recover_time",
	}
	window := backup.Window{Start: moment("2024-01-13T00:00:00Z"), End: moment("2024-01-16T11:00:00Z")}
	target := func(id string) backup.Target {
		return backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", InstanceID: id}
	}
	tests := []struct {
		name  string
		files map[string]string
		ask   func(b *bench) (any, error)
		want  any
	}{
		{
			"DescribeDBInstances",
			map[string]string{"DescribeDBInstances": "describe_db_instances"},
			func(b *bench) (any, error) { return b.Instances(t.Context()) },
			backup.Listing{Op: "DescribeDBInstances", Instances: []backup.Instance{
				{
					Target: target("dds-bp1"), Name: "orders", Engine: "MongoDB", Version: "4.2", Topology: backup.TopologyReplicaSet,
					Storage: "cloud_essd1", Status: "Running", Tags: map[string]string{"env": "prod"}, CreatedAt: moment("2024-01-02T03:04:00Z"),
				},
				{Target: target("dds-bp2"), Topology: backup.TopologyShardedCluster, Nodes: []string{"d-bp1aaaa", "d-bp1bbbb"}},
			}},
		},
		{
			"DescribeBackups",
			map[string]string{"DescribeBackups": "describe_backups"},
			func(b *bench) (any, error) { return b.Backups(t.Context(), replica(), "", longAgo()) },
			backup.List{Op: "DescribeBackups", Asked: both, Backups: []backup.Backup{{
				ID: "32102****", Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, Method: "Physical", State: backup.StateSuccess,
				StartedAt: moment("2022-01-14T03:56:17Z"), EndedAt: moment("2022-01-14T03:57:34Z"), ExpiresAt: moment("2025-08-30T09:49:11Z"),
				SizeBytes: new(int64(6168576)),
			}}},
		},
		{
			"DescribeBackups of 2019",
			map[string]string{"DescribeBackups": "describe_backups_2019"},
			func(b *bench) (any, error) { return b.Backups(t.Context(), replica(), "", longAgo()) },
			backup.List{Op: "DescribeBackups", Asked: both, Backups: []backup.Backup{{
				ID: "11111111", Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, Method: "Physical", State: backup.StateSuccess,
				StartedAt: moment("2019-03-13T04:32:42Z"), EndedAt: moment("2019-03-13T04:34:57Z"), SizeBytes: new(int64(335520510)),
			}}},
		},
		{
			"DescribeBackups without a backup",
			map[string]string{"DescribeBackups": "describe_backups_empty"},
			func(b *bench) (any, error) { return b.Backups(t.Context(), replica(), "", longAgo()) },
			backup.List{Op: "DescribeBackups", Asked: both, Backups: []backup.Backup{}},
		},
		{
			"DescribeClusterBackups, InstanceName is the shard", inSets,
			func(b *bench) (any, error) {
				return b.Backups(t.Context(), cluster("d-bp16cb162771****"), "d-bp16cb162771****", longAgo())
			},
			backup.List{Op: "DescribeClusterBackups", Asked: both, Backups: []backup.Backup{setPart}},
		},
		{
			"DescribeClusterBackups, NodeId is the shard", inSets,
			func(b *bench) (any, error) {
				return b.Backups(t.Context(), cluster("d-2ze75ab1fa5d****"), "d-2ze75ab1fa5d****", longAgo())
			},
			backup.List{Op: "DescribeClusterBackups", Asked: both, Backups: []backup.Backup{setPart}},
		},
		{
			"DescribeClusterRecoverTime", inSets,
			func(b *bench) (any, error) { return b.Recovery(t.Context(), cluster("d-bp16cb162771****")) }, window,
		},
		{
			"DescribeInstanceRecoverTime",
			map[string]string{"DescribeInstanceRecoverTime": "describe_recover_time"},
			func(b *bench) (any, error) { return b.Recovery(t.Context(), replica()) }, window,
		},
		{
			"DescribeBackupTasks",
			map[string]string{"DescribeBackupTasks": "describe_backup_tasks"},
			func(b *bench) (any, error) { return b.Jobs(t.Context(), replica()) },
			[]backup.Job{{
				ID: "170034", State: backup.JobScheduled, Trigger: backup.TriggerManual, StartedAt: moment("2024-01-16T11:04:56Z"), Progress: new(18.0),
			}},
		},
		{
			"DescribeBackupPolicy",
			map[string]string{"DescribeBackupPolicy": "describe_backup_policy_standard"},
			func(b *bench) (any, error) { return b.Policy(t.Context(), replica()) },
			backup.Policy{Automatic: new(true), LogBackup: new(true), NextAt: moment("2024-06-19T19:11:00Z"), KeptAfterDeletion: new(true), Schedules: []backup.Schedule{{Retention: 7 * day, StartsAt: 9 * time.Hour, Window: time.Hour, Weekdays: []time.Weekday{time.Sunday, time.Monday, time.Wednesday, time.Friday}}}},
		},
		{
			"DescribeBackupPolicy with high-frequency backup",
			map[string]string{"DescribeBackupPolicy": "describe_backup_policy"},
			func(b *bench) (any, error) { return b.Policy(t.Context(), replica()) },
			backup.Policy{Automatic: new(true), MayBeUnlisted: true, LogBackup: new(true), NextAt: moment("2024-06-19T19:11:00Z"), Schedules: []backup.Schedule{{Retention: 7 * day, StartsAt: 23*time.Hour + 30*time.Minute, Window: time.Hour, Weekdays: []time.Weekday{time.Sunday, time.Monday, time.Tuesday}}, {Interval: 4 * time.Hour, Retention: day}}},
		},
		{
			"DescribeRegions",
			map[string]string{"DescribeRegions": "describe_regions"},
			func(b *bench) (any, error) { return b.Regions(t.Context()) },
			[]string{"cn-hangzhou"},
		},
		{
			"CreateBackup",
			map[string]string{"CreateBackup": "create_backup"},
			func(b *bench) (any, error) { return b.StartBackup(t.Context(), replica(), backup.ManualOrder{}) },
			backup.Started{JobID: "775051"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := on(t, documented{t, tt.files})
			got, err := tt.ask(b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || len(b.rejected) != 0 {
				t.Errorf("rejected %v, answer (-want +got):\n%s", b.rejected, diff)
			}
		})
	}
}
