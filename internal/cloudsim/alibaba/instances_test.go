package alibaba_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

func TestDescribeDBInstances(t *testing.T) {
	for name, tc := range map[string]struct {
		params []string
		want   []any
	}{
		"replica sets and standalone":    {nil, []any{"dds-set", "dds-local", "dds-one"}},
		"region":                         {[]string{"RegionId", "cn-hangzhou"}, []any{"dds-set", "dds-local"}},
		"sharded":                        {[]string{"DBInstanceType", "sharding"}, []any{"dds-shards"}},
		"serverless":                     {[]string{"DBInstanceType", "serverless"}, []any{}},
		"by id":                          {[]string{"DBInstanceId", "dds-one"}, []any{"dds-one"}},
		"by id of another type":          {[]string{"DBInstanceId", "dds-shards"}, []any{}},
		"tag":                            {[]string{"Tag.1.Key", "env", "Tag.1.Value", "prod"}, []any{"dds-set"}},
		"both tags":                      {[]string{"Tag.1.Key", "env", "Tag.2.Key", "team", "Tag.2.Value", "b"}, []any{}},
		"tag key only":                   {[]string{"Tag.1.Key", "team"}, []any{"dds-set"}},
		"status":                         {[]string{"DBInstanceStatus", "Restarting"}, []any{}},
		"second page of a short listing": {[]string{"PageNumber", "2"}, []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := simtest.New(simtest.Fleet())
			got := simtest.CallAlibaba(t, s, "DescribeDBInstances", tc.params...)
			if diff := cmp.Diff(tc.want, got.Column(t, "DBInstanceId", "DBInstances", "DBInstance")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	s, _ := simtest.New(simtest.Fleet())
	got := simtest.CallAlibaba(t, s, "DescribeDBInstances", "DBInstanceType", "sharding")
	shards := got.Column(t, "NodeId", "DBInstances", "DBInstance", 0, "ShardList", "ShardAttribute")
	if diff := cmp.Diff([]any{"d-a", "d-b"}, shards); diff != "" {
		t.Errorf("shards (-want +got):\n%s", diff)
	}
	got = simtest.CallAlibaba(t, s, "DescribeDBInstanceAttribute", "DBInstanceId", "dds-shards")
	if got.At(t, "DBInstances", "DBInstance", 0, "UseClusterBackup") != true {
		t.Errorf("attribute: %s", got.Text)
	}
	got = simtest.CallAlibaba(t, s, "DescribeRegions")
	if diff := cmp.Diff([]any{"cn-beijing", "cn-beijing", "cn-hangzhou", "cn-hangzhou"}, got.Column(t, "RegionId", "Regions", "DdsRegion")); diff != "" {
		t.Errorf("regions (-want +got):\n%s", diff)
	}
}

func TestPolicyAndRecovery(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	got := simtest.CallAlibaba(t, s, "DescribeBackupPolicy", "DBInstanceId", "dds-set")
	for key, want := range map[string]any{
		"PreferredBackupPeriod": "Monday,Wednesday,Sunday", "PreferredBackupTime": "09:00Z-10:00Z",
		"BackupRetentionPeriod": "7", "EnableBackupLog": 1.0, "BackupInterval": -1.0,
		"PreferredNextBackupTime": "2026-08-07T09:00Z",
	} {
		if got.Body[key] != want {
			t.Errorf("%s: %v, want %v", key, got.Body[key], want)
		}
	}
	off := simtest.CallAlibaba(t, s, "DescribeBackupPolicy", "DBInstanceId", "dds-local")
	if off.Body["PreferredBackupPeriod"] != "" || off.Body["PreferredBackupTime"] != "" {
		t.Errorf("disabled: %s", off.Text)
	}
	spans := simtest.CallAlibaba(t, s, "DescribeInstanceRecoverTime", "DBInstanceId", "dds-set")
	want := []any{map[string]any{"RestoreBeginTime": "2026-08-05T12:00:00Z", "RestoreEndTime": "2026-08-06T12:00:00Z", "RestoreType": "PointInTime"}}
	if diff := cmp.Diff(want, spans.Body["RestoreRanges"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	size := simtest.CallAlibaba(t, s, "DescribeBackupStorage", "DBInstanceId", "dds-set")
	if size.Body["FullStorageSize"] != 5000.0 {
		t.Errorf("storage: %s", size.Text)
	}
}
