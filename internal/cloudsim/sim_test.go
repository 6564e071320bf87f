package cloudsim_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

// The clouds tell the time of the fleet, whatever they answer.
func TestDate(t *testing.T) {
	for name, tc := range map[string]struct {
		ahead time.Duration
		kind  cloudsim.FaultKind // "": none
	}{
		"of the fleet": {0, ""},
		"ahead":        {10 * time.Minute, ""},
		"behind":       {-24 * time.Hour, cloudsim.FaultThrottle},
		"of an error":  {time.Second, cloudsim.FaultBadGatewayHTML},
	} {
		t.Run(name, func(t *testing.T) {
			s := cloudsim.New(cloudsim.Options{Fleet: simtest.Fleet(), Now: simtest.Start, ClockAhead: tc.ahead})
			if tc.kind != "" {
				s.Inject(cloudsim.Fault{Kind: tc.kind})
			}
			want := simtest.Start().Add(tc.ahead).Format(http.TimeFormat)
			for cloud, got := range map[string]simtest.Reply{
				"Alibaba": simtest.CallAlibaba(t, s, "DescribeRegions"), "Huawei": simtest.GetHuawei(t, s, simtest.BackupsPath),
			} {
				if date := got.Header.Get("Date"); date != want {
					t.Errorf("%s: %q, want %q", cloud, date, want)
				}
			}
		})
	}
}

func TestUpdateAndCalls(t *testing.T) {
	f := simtest.Fleet()
	s, _ := simtest.New(f)
	f.Instance("dds-set").Backups[0].ID = "changed after New"
	s.Update(func(f *fleet.Fleet) {
		f.Accounts[0].Instances = append(f.Accounts[0].Instances, fleet.Instance{ID: "dds-new", Region: "cn-beijing"})
	})
	simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-new")
	simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-none", "RegionId", "cn-hangzhou", "NodeId", "d-1")
	simtest.GetHuawei(t, s, simtest.BackupsPath, "instance_id", simtest.HuaweiSet)
	want := []cloudsim.Call{
		{Time: simtest.Start(), Cloud: fleet.Alibaba, Operation: "DescribeBackups", Region: "cn-beijing", InstanceID: "dds-new", Status: 200},
		{Time: simtest.Start(), Cloud: fleet.Alibaba, Operation: "DescribeBackups", Region: "cn-hangzhou", InstanceID: "dds-none", NodeID: "d-1", Status: 404, Code: "InvalidDBInstanceId.NotFound"},
		{Time: simtest.Start(), Cloud: fleet.Huawei, Operation: "ListBackups", Region: "cn-north-4", InstanceID: simtest.HuaweiSet, Status: 200},
	}
	if diff := cmp.Diff(want, s.Calls()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Count("DescribeBackups") != 2 || s.Count("") != 3 || s.Count("ListTasks") != 0 {
		t.Errorf("counts %d, %d, %d", s.Count("DescribeBackups"), s.Count(""), s.Count("ListTasks"))
	}
	got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set")
	if diff := cmp.Diff([]any{"2", "1"}, got.Column(t, "BackupId", "Backups", "Backup")); diff != "" {
		t.Errorf("the fleet is not a copy (-want +got):\n%s", diff)
	}
}
