package alibaba_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

func TestHistoryOfTasks(t *testing.T) {
	start := func(h int) time.Time { return simtest.Start().Add(-time.Duration(h) * time.Hour) }
	f := simtest.Fleet()
	in := f.Instance("dds-set")
	in.Backups = []fleet.Backup{
		{ID: "1", Status: fleet.StatusFailed, Manual: true, Start: start(1), Reason: "check"},
		{ID: "2", Status: fleet.StatusSuccess, Manual: true, Start: start(2), End: start(1)},
		{ID: "3", Status: fleet.StatusFailed, Start: start(3)},
		{ID: "4", Status: fleet.StatusFailed, Manual: true, Start: start(80)},
	}
	s, _ := simtest.New(f)
	span := []string{"FromStartTime", start(48).Format("2006-01-02T15:04:05Z"), "ToStartTime", start(0).Format("2006-01-02T15:04:05Z")}
	for name, tt := range map[string]struct {
		params []string
		want   int
	}{
		"all":              {nil, 2},
		"failed":           {[]string{"Status", "Failed,Canceled"}, 1},
		"of the type":      {[]string{"TaskType", "ManualBackupIns"}, 2},
		"of another type":  {[]string{"TaskType", "CloneIns"}, 0},
		"of two instances": {[]string{"InstanceId", "dds-set,dds-one"}, 2},
		"of another one":   {[]string{"InstanceId", "dds-one"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := simtest.CallAlibaba(t, s, "DescribeHistoryTasks", append(tt.params, span...)...)
			items := got.At(t, "Items").([]any)
			if len(items) != tt.want || got.At(t, "TotalCount") != float64(tt.want) {
				t.Fatalf("%d tasks of %v, want %d", len(items), got.At(t, "TotalCount"), tt.want)
			}
			if name == "failed" {
				if task := items[0].(map[string]any); task["Status"] != "Failed" || task["CurrentStepName"] != "check" || task["TaskType"] != "ManualBackupIns" {
					t.Errorf("task %v", task)
				}
			}
		})
	}
}
