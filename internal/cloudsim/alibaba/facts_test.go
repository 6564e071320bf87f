package alibaba_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/alibaba"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

// changed returns clouds with the tests' fleet after a change.
func changed(v alibaba.Variants, change func(*fleet.Fleet)) *cloudsim.Sim {
	f := simtest.Fleet()
	change(&f)
	return cloudsim.New(cloudsim.Options{Fleet: f, Now: simtest.Start, Variants: cloudsim.Variants{Alibaba: v}})
}

func TestInstancesThatAreNotAtWork(t *testing.T) {
	released := func(f *fleet.Fleet) {
		in := f.Instance("dds-set")
		in.LockMode, in.ReleasedAt = fleet.Released, simtest.Start().Add(-time.Hour)
	}
	t.Run("locked and released", func(t *testing.T) {
		s := changed(alibaba.Variants{}, func(f *fleet.Fleet) {
			released(f)
			f.Instance("dds-local").LockMode = "LockByExpiration"
		})
		got := simtest.CallAlibaba(t, s, "DescribeDBInstances", "RegionId", "cn-hangzhou")
		if diff := cmp.Diff([]any{"Released", "LockByExpiration"}, got.Column(t, "LockMode", "DBInstances", "DBInstance")); diff != "" {
			t.Errorf("LockMode (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]any{"2026-08-06T11:00Z", nil}, got.Column(t, "ReleaseTime", "DBInstances", "DBInstance")); diff != "" {
			t.Errorf("ReleaseTime (-want +got):\n%s", diff)
		}
	})
	t.Run("released ones are not listed", func(t *testing.T) {
		got := simtest.CallAlibaba(t, changed(alibaba.Variants{ReleasedHidden: true}, released), "DescribeDBInstances", "RegionId", "cn-hangzhou")
		if diff := cmp.Diff([]any{"dds-local"}, got.Column(t, "DBInstanceId", "DBInstances", "DBInstance")); diff != "" {
			t.Errorf("instances (-want +got):\n%s", diff)
		}
	})
	t.Run("what may be asked about a released one", func(t *testing.T) {
		s := changed(alibaba.Variants{}, released)
		for _, tc := range []struct {
			operation, region string
			status            int
		}{
			{"DescribeBackups", "cn-hangzhou", 200},
			{"DescribeBackups", "", 404},
			{"DescribeBackups", "cn-beijing", 404},
			{"DescribeBackupPolicy", "cn-hangzhou", 200},
			{"DescribeBackupTasks", "cn-hangzhou", 404},
			{"DescribeInstanceRecoverTime", "cn-hangzhou", 404},
			{"DescribeDBInstanceAttribute", "", 200},
		} {
			if got := simtest.CallAlibaba(t, s, tc.operation, "DBInstanceId", "dds-set", "SrcRegion", tc.region); got.Status != tc.status {
				t.Errorf("%s of %q: %s, want %d", tc.operation, tc.region, got.Text, tc.status)
			}
		}
	})
	t.Run("serverless", func(t *testing.T) {
		serverless := func(f *fleet.Fleet) { f.Instance("dds-local").Serverless = true }
		for name, tc := range map[string]struct {
			variants alibaba.Variants
			want     []any
			code     string
		}{
			"offered":           {alibaba.Variants{}, []any{"dds-local"}, ""},
			"not offered":       {alibaba.Variants{ServerlessRefused: true}, nil, "InvalidDBInstanceType.ValueNotSupport"},
			"lists the default": {alibaba.Variants{TypesIgnored: true}, []any{"dds-set"}, ""},
		} {
			got := simtest.CallAlibaba(t, changed(tc.variants, serverless), "DescribeDBInstances", "RegionId", "cn-hangzhou", "DBInstanceType", "serverless")
			if got.Code() != tc.code {
				t.Errorf("%s: %s", name, got.Text)
			}
			if tc.code == "" && !cmp.Equal(tc.want, got.Column(t, "DBInstanceId", "DBInstances", "DBInstance")) {
				t.Errorf("%s: %s, want %v", name, got.Text, tc.want)
			}
		}
		if got := simtest.CallAlibaba(t, changed(alibaba.Variants{}, serverless), "CreateBackup", "DBInstanceId", "dds-local"); got.Code() != "IncorrectDBInstanceType" {
			t.Errorf("a backup of one: %s", got.Text)
		}
	})
}

func TestCopiesInOtherRegions(t *testing.T) {
	s := changed(alibaba.Variants{}, func(f *fleet.Fleet) {
		in := f.Instance("dds-set")
		copied := in.Backups[0]
		copied.ID, copied.CopiedTo = "1-copy", "cn-beijing"
		in.Backups = append(in.Backups, copied)
		sets := f.Instance("dds-shards")
		copied = sets.Backups[0]
		copied.ID, copied.Set, copied.CopiedTo = "11-copy", "cb-copy", "cn-beijing"
		sets.Backups = append(sets.Backups, copied)
	})
	for _, tc := range []struct {
		name, src, dest string
		backups, sets   []any
	}{
		{"no region", "", "", []any{"2", "1"}, []any{"cb-2", "cb-1"}},
		{"the instance's region", "cn-hangzhou", "", []any{"2", "1"}, []any{"cb-2", "cb-1"}},
		{"the copies' region", "cn-hangzhou", "cn-beijing", []any{"1-copy"}, []any{"cb-copy"}},
		{"a region without copies", "cn-hangzhou", "cn-shanghai", []any{}, []any{}},
		{"from another region", "cn-beijing", "", []any{}, []any{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			backups := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set", "SrcRegion", tc.src, "DestRegion", tc.dest)
			if diff := cmp.Diff(tc.backups, backups.Column(t, "BackupId", "Backups", "Backup")); diff != "" {
				t.Errorf("backups (-want +got):\n%s", diff)
			}
			sets := simtest.CallAlibaba(t, s, "DescribeClusterBackups", "DBInstanceId", "dds-shards", "SrcRegion", tc.src, "DestRegion", tc.dest)
			if diff := cmp.Diff(tc.sets, sets.Column(t, "ClusterBackupId", "ClusterBackups")); diff != "" {
				t.Errorf("sets (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSetRecords(t *testing.T) {
	call := func(t *testing.T, v alibaba.Variants, change func(*fleet.Instance), pairs ...string) map[string]any {
		t.Helper()
		s := changed(v, func(f *fleet.Fleet) { change(f.Instance("dds-shards")) })
		got := simtest.CallAlibaba(t, s, "DescribeClusterBackups", append([]string{"DBInstanceId", "dds-shards", "BackupId", "cb-1"}, pairs...)...)
		return got.At(t, "ClusterBackups", 0).(map[string]any)
	}
	same := func(*fleet.Instance) {}
	logs := func(word string) func(*fleet.Instance) {
		return func(in *fleet.Instance) { in.Backups[0].AttachLogs = word }
	}
	running := func(in *fleet.Instance) { in.Backups[0].Status = "running" }
	failed := func(in *fleet.Instance) { in.Backups[0].Status = "failed" }
	tests := []struct {
		name     string
		variants alibaba.Variants
		change   func(*fleet.Instance)
		want     map[string]any // fields of the record; nil: not there
	}{
		{"good", alibaba.Variants{}, same, map[string]any{"ClusterBackupStatus": "OK", "IsAvail": 1.0, "AttachLogStatus": "Ready", "Progress": nil}},
		{"logs not attached", alibaba.Variants{}, logs("Failed"), map[string]any{"ClusterBackupStatus": "OK", "AttachLogStatus": "Failed"}},
		{"no logs needed", alibaba.Variants{}, logs("No_Need"), map[string]any{"AttachLogStatus": "No_Need"}},
		{"running", alibaba.Variants{}, running, map[string]any{"ClusterBackupStatus": "RUNNING", "IsAvail": 0.0, "AttachLogStatus": "Init", "Progress": "50", "ClusterBackupEndTime": ""}},
		{"failed", alibaba.Variants{}, failed, map[string]any{"ClusterBackupStatus": "Failed", "IsAvail": 0.0, "Progress": nil}},
		{"a word that is not listed", alibaba.Variants{UnlistedSetWords: true}, failed, map[string]any{"ClusterBackupStatus": "PENDING", "Progress": nil}},
		{"a progress always", alibaba.Variants{ProgressAlways: true}, same, map[string]any{"ClusterBackupStatus": "OK", "Progress": "50"}},
		{"logs not said", alibaba.Variants{NoAttachLogStatus: true}, logs("Failed"), map[string]any{"AttachLogStatus": nil}},
		{"a field as the test wants it", alibaba.Variants{}, func(in *fleet.Instance) {
			in.Backups[1].SetOverride = map[string]any{"IsAvail": "1", "Progress": "100%"}
		}, map[string]any{"IsAvail": "1", "Progress": "100%"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := call(t, tt.variants, tt.change)
			for field, want := range tt.want {
				if got[field] != want {
					t.Errorf("%s is %v, want %v", field, got[field], want)
				}
			}
		})
	}
	t.Run("sets alone", func(t *testing.T) {
		if got := call(t, alibaba.Variants{}, same, "IsOnlyGetClusterBackUp", "true"); got["Backups"] != nil {
			t.Errorf("parts %v, want none", got["Backups"])
		}
	})
}

func TestPartRecords(t *testing.T) {
	part := func(v alibaba.Variants) map[string]any {
		got := simtest.CallAlibaba(t, changed(v, func(*fleet.Fleet) {}), "DescribeClusterBackups", "DBInstanceId", "dds-shards", "BackupId", "cb-1")
		return got.At(t, "ClusterBackups", 0, "Backups", 0).(map[string]any)
	}
	likeliest := part(alibaba.Variants{})
	extra := map[string]any{"NodeId": "d-a", "NodeType": "db", "StorageSize": 20480.0, "InstanceClass": "mdb.shard.4x.large.d"}
	if diff := cmp.Diff(extra, likeliest["ExtraInfo"]); diff != "" {
		t.Errorf("ExtraInfo (-want +got):\n%s", diff)
	}
	for field, want := range map[string]any{"InstanceName": "d-a\n", "BackupStatus": "Success", "BackupEndTime": "2026-08-05T12:01:00Z"} {
		if likeliest[field] != want || likeliest["BackupDownloadURL"] == "" {
			t.Errorf("%s is %v, want %v, and a URL", field, likeliest[field], want)
		}
	}
	odd := part(alibaba.Variants{SiblingPartWords: true, EndsWithoutZone: true, OtherInstanceName: true, OtherNodeID: true})
	extra["NodeId"] = "d-a-node"
	for field, want := range map[string]any{
		"InstanceName": "d-a-host\n", "BackupStatus": "OK", "BackupEndTime": "2026-08-05T12:01:00", "ExtraInfo": extra,
	} {
		if !cmp.Equal(odd[field], want) {
			t.Errorf("%s is %v, want %v", field, odd[field], want)
		}
	}
}

func TestPolicyRecords(t *testing.T) {
	tests := []struct {
		name     string
		variants alibaba.Variants
		id       string
		change   func(*fleet.Policy)
		want     map[string]any // nil: not there
	}{
		{"of a cluster: logs are always on", alibaba.Variants{}, "dds-shards", func(*fleet.Policy) {}, map[string]any{"EnableBackupLog": 1.0}},
		{"of a replica set without logs", alibaba.Variants{}, "dds-set", func(p *fleet.Policy) { p.LogBackup = false }, map[string]any{"EnableBackupLog": 0.0}},
		{"off", alibaba.Variants{}, "dds-local", func(*fleet.Policy) {}, map[string]any{"PreferredBackupPeriod": "", "HighFrequencyBackupRetention": "1"}},
		{"off, and the days left out", alibaba.Variants{NoPeriodWhenOff: true}, "dds-local", func(*fleet.Policy) {}, map[string]any{"PreferredBackupPeriod": nil}},
		{"high-frequency backup", alibaba.Variants{}, "dds-set", func(p *fleet.Policy) { p.Interval, p.IntervalRetentionDays = 4*time.Hour, 3 }, map[string]any{
			"BackupInterval": 240.0, "SnapshotBackupType": "Flash", "HighFrequencyBackupRetention": "3",
		}},
		{"kept on deletion", alibaba.Variants{}, "dds-set", func(p *fleet.Policy) { p.KeptOnDeletion = 2 }, map[string]any{"BackupRetentionPolicyOnClusterDeletion": 2.0}},
		{"fields as the test wants them", alibaba.Variants{}, "dds-set", func(p *fleet.Policy) {
			p.Override = map[string]any{"SnapshotBackupType": fleet.Omit, "BackupInterval": "15"}
		}, map[string]any{"SnapshotBackupType": nil, "BackupInterval": "15"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := changed(tt.variants, func(f *fleet.Fleet) { tt.change(&f.Instance(tt.id).Policy) })
			got := simtest.CallAlibaba(t, s, "DescribeBackupPolicy", "DBInstanceId", tt.id)
			for field, want := range tt.want {
				if got.Body[field] != want {
					t.Errorf("%s is %v, want %v", field, got.Body[field], want)
				}
			}
		})
	}
}

func TestOrderFilterAndEmptyLists(t *testing.T) {
	ids := func(v alibaba.Variants, pairs ...string) []any {
		s := changed(v, func(*fleet.Fleet) {})
		return simtest.CallAlibaba(t, s, "DescribeBackups", append([]string{"DBInstanceId", "dds-set"}, pairs...)...).Column(t, "BackupId", "Backups", "Backup")
	}
	if got := ids(alibaba.Variants{OldestFirst: true}); !cmp.Equal(got, []any{"1", "2"}) {
		t.Errorf("oldest first: %v", got)
	}
	// Backup 1 began at 12:00 the day before, and took a minute.
	for v, want := range map[alibaba.Variants]int{{}: 1, {FilteredByEnd: true}: 2} {
		if got := ids(v, "StartTime", "2026-08-05T12:01Z"); len(got) != want {
			t.Errorf("%+v: %v, want %d", v, got, want)
		}
	}
	s := changed(alibaba.Variants{MissingEmptyLists: true}, func(f *fleet.Fleet) {
		f.Instance("dds-set").Backups, f.Instance("dds-set").Recovery = nil, nil
	})
	for operation, list := range map[string]string{"DescribeBackupTasks": "BackupJobs", "DescribeInstanceRecoverTime": "RestoreRanges"} {
		got := simtest.CallAlibaba(t, s, operation, "DBInstanceId", "dds-set")
		if _, there := got.Body[list]; there || got.Status != 200 {
			t.Errorf("%s: %s, want no %s", operation, got.Text, list)
		}
	}
}

func TestClusterRecoverTimeOnLocalDisks(t *testing.T) {
	for version, status := range map[string]int{"4.2": 200, "4.0": 400} {
		s := changed(alibaba.Variants{}, func(f *fleet.Fleet) {
			in := f.Instance("dds-shards")
			in.Storage, in.Version, in.ClusterBackup = "local_ssd", version, false
		})
		if got := simtest.CallAlibaba(t, s, "DescribeClusterRecoverTime", "DBInstanceId", "dds-shards"); got.Status != status {
			t.Errorf("version %s: %s, want %d", version, got.Text, status)
		}
	}
}
