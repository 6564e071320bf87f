package alibaba_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/alibaba"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

func TestErrorsAreStrings(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-none")
	want := map[string]any{
		"RequestId": got.Body["RequestId"], "HostId": "mongodb.example", "Code": "InvalidDBInstanceId.NotFound",
		"Message":   "The specified DB instance Id does not exist.",
		"Recommend": "https://api.alibabacloud.com/troubleshoot?q=InvalidDBInstanceId.NotFound&product=Dds",
	}
	if diff := cmp.Diff(want, got.Body); diff != "" || got.Status != 404 {
		t.Errorf("%d, (-want +got):\n%s", got.Status, diff)
	}
	id, _ := got.Body["RequestId"].(string)
	if !regexp.MustCompile(`^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$`).MatchString(id) {
		t.Errorf("RequestId %q", id)
	}
	if kind := got.Header.Get("Content-Type"); kind != "application/json;charset=utf-8" {
		t.Errorf("content type %q", kind)
	}
}

func TestRefusals(t *testing.T) {
	f := simtest.Fleet()
	f.Accounts[0].Denied = []string{"DescribeBackupPolicy"}
	f.Accounts[0].Instances[2].Status = "Restarting"
	set := func(more ...string) []string { return append([]string{"DBInstanceId", "dds-set"}, more...) }
	cases := map[string]struct {
		action string
		params []string
		status int
		code   string
	}{
		"no instance id":             {"DescribeBackups", nil, 400, "MissingParameter"},
		"instance of another region": {"DescribeBackups", set("RegionId", "cn-beijing"), 404, "InvalidDBInstanceId.NotFound"},
		"page size":                  {"DescribeBackups", set("PageSize", "10"), 400, "InvalidPageSize.Malformed"},
		"page size not a number":     {"DescribeBackups", set("PageSize", "all"), 400, "InvalidPageSize.Malformed"},
		"page number":                {"DescribeBackups", set("PageNumber", "0"), 400, "InvalidPageNumber.Malformed"},
		"start with seconds":         {"DescribeBackups", set("StartTime", "2026-08-01T00:00:00Z"), 400, "InvalidStartTime.Malformed"},
		"end with seconds":           {"DescribeBackups", set("EndTime", "2026-08-01T00:00:00Z"), 400, "InvalidEndTime.Malformed"},
		"end at start":               {"DescribeBackups", set("StartTime", "2026-08-01T00:00Z", "EndTime", "2026-08-01T00:00Z"), 400, "InvalidStartTimeAndEndTime.Malformed"},
		"shard missing":              {"DescribeBackups", []string{"DBInstanceId", "dds-shards"}, 400, "MissingParameter"},
		"shard unknown":              {"DescribeBackups", []string{"DBInstanceId", "dds-shards", "NodeId", "d-x"}, 404, "InvalidNodeId.NotFound"},
		"tasks on a local disk":      {"DescribeBackupTasks", []string{"DBInstanceId", "dds-local"}, 400, "StorageTypeOrInstanceTypeNotSupported"},
		"sets of a replica set":      {"DescribeClusterBackups", set(), 400, "StorageTypeOrInstanceTypeNotSupported"},
		"recovery of local disk":     {"DescribeInstanceRecoverTime", []string{"DBInstanceId", "dds-local"}, 400, "StorageTypeOrInstanceTypeNotSupported"},
		"recovery of a cluster":      {"DescribeInstanceRecoverTime", []string{"DBInstanceId", "dds-shards"}, 400, "StorageTypeOrInstanceTypeNotSupported"},
		"cluster recovery of set":    {"DescribeClusterRecoverTime", set(), 400, "StorageTypeOrInstanceTypeNotSupported"},
		"storage of a cluster":       {"DescribeBackupStorage", []string{"DBInstanceId", "dds-shards"}, 400, "MissingParameter"},
		"denied":                     {"DescribeBackupPolicy", set(), 403, "Forbidden.RAM"},
		"instance type":              {"DescribeDBInstances", []string{"DBInstanceType", "big"}, 400, "InvalidDBInstanceType.ValueNotSupport"},
		"method on a cloud disk":     {"CreateBackup", set("BackupMethod", "Physical"), 400, "InvalidBackupMethod.ValueNotSupport"},
		"method unknown":             {"CreateBackup", []string{"DBInstanceId", "dds-local", "BackupMethod", "Magic"}, 400, "InvalidBackupMethod.ValueNotSupport"},
		"retention too short":        {"CreateBackup", set("BackupRetentionPeriod", "6"), 400, "InvalidParameter"},
		"retention too long":         {"CreateBackup", set("BackupRetentionPeriod", "731"), 400, "InvalidParameter"},
		"retention on local disk":    {"CreateBackup", []string{"DBInstanceId", "dds-local", "BackupRetentionPeriod", "7"}, 400, "InvalidParameter"},
		"history without a start":    {"DescribeHistoryTasks", []string{"ToStartTime", "2026-08-01T00:00:00Z"}, 400, "MissingParameter"},
		"history without an end":     {"DescribeHistoryTasks", []string{"FromStartTime", "2026-08-01T00:00:00Z"}, 400, "MissingParameter"},
		"history without seconds":    {"DescribeHistoryTasks", []string{"FromStartTime", "2026-08-01T00:00Z", "ToStartTime", "2026-08-02T00:00:00Z"}, 400, "InvalidParameter"},
		"history, page too small":    {"DescribeHistoryTasks", []string{"PageSize", "9"}, 400, "InvalidParameter"},
		"already running":            {"CreateBackup", set(), 403, "OperationDenied.BackupJobExists"},
		"not running":                {"CreateBackup", []string{"DBInstanceId", "dds-one"}, 403, "OperationDenied.DBInstanceStatus"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, _ := simtest.New(f)
			if got := simtest.CallAlibaba(t, s, tc.action, tc.params...); got.Status != tc.status || got.Code() != tc.code {
				t.Errorf("got %d %s, want %d %s", got.Status, got.Text, tc.status, tc.code)
			}
		})
	}
}

func TestDescribeBackupsRecord(t *testing.T) {
	f := simtest.Fleet()
	f.Accounts[0].Instances[0].Backups[0].Override = map[string]any{"BackupSize": "5000", "EngineVersion": fleet.Omit, "BackupName": nil}
	s, _ := simtest.New(f)
	got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set", "EndTime", "2026-08-06T10:00Z")
	want := map[string]any{
		"PageNumber": 1.0, "PageSize": 30.0, "TotalCount": 1.0, "RequestId": got.Body["RequestId"],
		"Backups": map[string]any{"Backup": []any{map[string]any{
			"BackupId": "1", "BackupJobId": fleet.Backup{ID: "1"}.EffectiveJobID(), "BackupName": nil, "BackupStatus": "Success",
			"BackupType": "FullBackup", "BackupMode": "Automated", "BackupMethod": "Snapshot", "BackupScale": "DBInstance",
			"BackupSize": "5000", "BackupStartTime": "2026-08-05T12:00:00Z", "BackupEndTime": "2026-08-05T12:01:00Z",
			"BackupDBNames": "database", "IsAvail": true, "BackupExpireTime": "2026-08-12T12:00:00Z",
			"BackupDownloadURL": "", "BackupIntranetDownloadURL": "",
		}}},
	}
	if diff := cmp.Diff(want, got.Body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDescribeBackupsFilters(t *testing.T) {
	cases := map[string]struct {
		params []string
		want   []any
	}{
		"all but the running one":   {[]string{"DBInstanceId", "dds-set"}, []any{"2", "1"}},
		"from":                      {[]string{"DBInstanceId", "dds-set", "StartTime", "2026-08-06T00:00Z"}, []any{"2"}},
		"until":                     {[]string{"DBInstanceId", "dds-set", "EndTime", "2026-08-06T00:00Z"}, []any{"1"}},
		"ids, times ignored":        {[]string{"DBInstanceId", "dds-set", "BackupId", "1,9", "StartTime", "2026-08-06T00:00Z"}, []any{"1"}},
		"empty id ignored":          {[]string{"DBInstanceId", "dds-set", "BackupId", ""}, []any{"2", "1"}},
		"unknown parameter ignored": {[]string{"DBInstanceId", "dds-set", "OwnerId", "1"}, []any{"2", "1"}},
		"one shard":                 {[]string{"DBInstanceId", "dds-shards", "NodeId", "d-a"}, []any{"13", "11"}},
		"none":                      {[]string{"DBInstanceId", "dds-local"}, []any{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, _ := simtest.New(simtest.Fleet())
			got := simtest.CallAlibaba(t, s, "DescribeBackups", tc.params...)
			if diff := cmp.Diff(tc.want, got.Column(t, "BackupId", "Backups", "Backup")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if total := got.Body["TotalCount"]; total != float64(len(tc.want)) {
				t.Errorf("TotalCount %v", total)
			}
		})
	}
}

func TestVariants(t *testing.T) {
	s := cloudsim.New(cloudsim.Options{Fleet: simtest.Fleet(), Now: simtest.Start, Variants: cloudsim.Variants{Alibaba: alibaba.Variants{BareEmptyList: true, FutureEndRejected: true, EmptyBackupID: true}}})
	if got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-local"); !cmp.Equal(got.Body["Backups"], map[string]any{}) {
		t.Errorf("empty list: %s", got.Text)
	}
	if got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set", "EndTime", "2026-08-06T12:01Z"); got.Code() != "InvalidEndTime.Malformed" {
		t.Errorf("end in the future: %s", got.Text)
	}
	if got := simtest.CallAlibaba(t, s, "CreateBackup", "DBInstanceId", "dds-local"); got.Body["BackupId"] != "" || got.Body["BackupJobId"] == "" {
		t.Errorf("deprecated id: %s", got.Text)
	}
}

func TestDescribeBackupsPages(t *testing.T) {
	f := simtest.Fleet()
	in := f.Instance("dds-local")
	for n := range 250 {
		in.Backups = append(in.Backups, fleet.Backup{ID: fmt.Sprint(n), Status: "success", Start: start.Add(-time.Duration(n) * time.Hour)})
	}
	s, _ := simtest.New(f)
	for number, want := range map[string][2]any{"1": {"0", 100}, "2": {"100", 100}, "3": {"200", 50}, "4": {nil, 0}} {
		got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-local", "PageNumber", number, "PageSize", "100")
		ids := got.Column(t, "BackupId", "Backups", "Backup")
		if len(ids) != want[1] || (len(ids) > 0 && ids[0] != want[0]) || got.Body["TotalCount"] != 250.0 {
			t.Errorf("page %s: %d records, first %v, total %v", number, len(ids), ids[:min(1, len(ids))], got.Body["TotalCount"])
		}
	}
	if got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-local"); len(got.Column(t, "BackupId", "Backups", "Backup")) != 30 {
		t.Error("the default page size is not 30")
	}
}

func TestRunningBackupIsATaskUntilItEnds(t *testing.T) {
	s, clock := simtest.New(simtest.Fleet())
	task := func() map[string]any {
		return simtest.CallAlibaba(t, s, "DescribeBackupTasks", "DBInstanceId", "dds-set").At(t, "BackupJobs", 0).(map[string]any)
	}
	want := map[string]any{
		"BackupjobId": fleet.Backup{ID: "3"}.EffectiveJobID(), "BackupSetStatus": "Backuping", "BackupStartTime": "2026-08-06T11:59:00Z",
		"Progress": "25%", "JobMode": "Automated",
	}
	if diff := cmp.Diff(want, task()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	clock.Advance(time.Minute)
	if got := task()["Progress"]; got != "50%" {
		t.Errorf("a minute later: %v", got)
	}
	clock.Advance(2 * time.Minute)
	if got := task(); got["BackupSetStatus"] != "Finished" || got["Progress"] != nil {
		t.Errorf("at its end: %v", got)
	}
	got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set")
	if got.At(t, "Backups", "Backup", 0, "BackupId") != "3" || got.At(t, "Backups", "Backup", 0, "BackupSize") != 6000.0 {
		t.Errorf("the finished backup: %s", got.Text)
	}
	clock.Advance(5 * time.Minute)
	if got := simtest.CallAlibaba(t, s, "DescribeBackupTasks", "DBInstanceId", "dds-set"); len(got.At(t, "BackupJobs").([]any)) != 0 {
		t.Errorf("five minutes after its end: %s", got.Text)
	}
}

func TestCreateBackup(t *testing.T) {
	s, clock := simtest.New(simtest.Fleet())
	made := simtest.CallAlibaba(t, s, "CreateBackup", "DBInstanceId", "dds-shards", "BackupMethod", "Snapshot", "BackupRetentionPeriod", "-1")
	job, _ := made.Body["BackupJobId"].(string)
	if made.Status != 200 || job == "" || made.Body["BackupId"] == "" {
		t.Fatalf("%d %s", made.Status, made.Text)
	}
	if got := simtest.CallAlibaba(t, s, "CreateBackup", "DBInstanceId", "dds-shards"); got.Code() != "OperationDenied.BackupJobExists" {
		t.Errorf("a second one: %s", got.Text)
	}
	clock.Advance(20 * time.Second)
	got := simtest.CallAlibaba(t, s, "DescribeBackupTasks", "DBInstanceId", "dds-shards", "BackupJobId", job)
	if got.At(t, "BackupJobs", 0, "Progress") != "50%" || got.At(t, "BackupJobs", 0, "JobMode") != "Manual" {
		t.Errorf("halfway: %s", got.Text)
	}
	clock.Advance(20 * time.Second)
	for _, node := range []string{"d-a", "d-b"} {
		got = simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-shards", "NodeId", node)
		record := got.At(t, "Backups", "Backup", 0).(map[string]any)
		if record["BackupJobId"] != job || record["BackupStatus"] != "Success" || record["BackupMode"] != "Manual" ||
			record["BackupEndTime"] != "2026-08-06T12:00:40Z" || record["BackupExpireTime"] != "9999-01-01T00:00:00Z" {
			t.Errorf("shard %s at the end: %v", node, record)
		}
	}
}

func TestDescribeClusterBackups(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	got := simtest.CallAlibaba(t, s, "DescribeClusterBackups", "DBInstanceId", "dds-shards", "PageNo", "1", "PageSize", "100")
	if _, there := got.Body["TotalCount"]; there || got.Body["MaxResults"] != 2.0 {
		t.Errorf("counts: %s", got.Text)
	}
	if diff := cmp.Diff([]any{"cb-2", "cb-1"}, got.Column(t, "ClusterBackupId", "ClusterBackups")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{0.0, 1.0}, got.Column(t, "IsAvail", "ClusterBackups")); diff != "" {
		t.Errorf("complete (-want +got):\n%s", diff)
	}
	set := got.At(t, "ClusterBackups", 1).(map[string]any)
	if set["ClusterBackupSize"] != "30" || set["ClusterBackupStartTime"] != "2026-08-05T12:00:00Z" ||
		set["ClusterBackupEndTime"] != "2026-08-05T12:02:00Z" || set["ClusterBackupStatus"] != "OK" {
		t.Errorf("set: %v", set)
	}
	if name := got.At(t, "ClusterBackups", 1, "Backups", 1, "InstanceName"); name != "d-b\n" {
		t.Errorf("shard %q", name)
	}
}
