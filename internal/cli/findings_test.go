package cli

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/report"
)

// TestFindingsOfAnswers reads an instance through the SDK, and compares the names of what is found. Its last success began 20
// hours ago, and its objective is 27 hours. On local disks the cloud lists no jobs.
func TestFindingsOfAnswers(t *testing.T) {
	noon := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	lasting := func(began, length time.Duration) fleet.Backup {
		start := noon.Add(-began)
		return fleet.Backup{ID: "1", Status: fleet.StatusSuccess, Method: "Physical", Start: start, End: start.Add(length), SizeBytes: 3e9}
	}
	job := func(status string, began time.Duration) []fleet.Job {
		return []fleet.Job{{ID: "1", Status: status, Start: noon.Add(-began)}}
	}
	usual := lasting(20*time.Hour, 10*time.Minute)
	for _, test := range []struct {
		name    string
		storage string
		backups []fleet.Backup
		jobs    []fleet.Job
		want    string
	}{
		{"local disks, 9 h", "local_ssd", []fleet.Backup{lasting(20*time.Hour, 9*time.Hour)}, nil, "took_too_long"},
		{"local disks, 5 h", "local_ssd", []fleet.Backup{lasting(20*time.Hour, 5*time.Hour)}, nil, "–"},
		{"cloud disks, 9 h", "cloud_essd1", []fleet.Backup{lasting(20*time.Hour, 9*time.Hour)}, nil, "took_too_long"},
		{"checking for 44 h", "cloud_essd1", []fleet.Backup{usual}, job("Checking", 44*time.Hour), "running_too_long"},
		{"running for 44 h", "cloud_essd1", []fleet.Backup{usual}, job("Backuping", 44*time.Hour), "running_too_long"},
		{"checking for an hour", "cloud_essd1", []fleet.Backup{usual}, job("Checking", time.Hour), "–"},
		{"scheduled for 44 h ago", "cloud_essd1", []fleet.Backup{usual}, job("Scheduled", 44*time.Hour), "stuck"},
		{"scheduled for later", "cloud_essd1", []fleet.Backup{usual}, job("Scheduled", -time.Hour), "–"},
		{"in a state that nobody documented for 44 h", "cloud_essd1", []fleet.Backup{usual}, job("Waiting", 44*time.Hour), "stuck"},
		{"finished 44 h ago", "cloud_essd1", []fleet.Backup{usual}, job("Finished", 44*time.Hour), "–"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := fleet.Instance{
				ID: "dds-bp1orders", Region: fleet.DemoAlibabaRegion, Topology: fleet.ReplicaSet, Storage: test.storage, Version: "4.2",
				CreatedAt: noon.AddDate(0, -1, 0), Backups: test.backups, Jobs: test.jobs,
				Policy: fleet.Policy{
					Weekdays: fleetDays(), StartsAt: 15 * time.Hour, Window: 2 * time.Hour, RetentionDays: 7,
				},
			}
			world := fleet.Fleet{Accounts: []fleet.Account{{
				Cloud: fleet.Alibaba, AccessKeyID: "AKTEST", AccessKeySecret: "test-secret", Instances: []fleet.Instance{in},
			}}}
			now := func() time.Time { return noon }
			clouds := httptest.NewServer(cloudsim.New(cloudsim.Options{Fleet: world, Now: now, WallNow: time.Now}))
			defer clouds.Close()
			e, err := exporter.New(demoConfig(world, clouds.URL, 0), exporter.Options{Now: now, Logger: log.NewNopLogger()})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			e.Poller().Refresh(ctx)
			target := report.New(e.Poller().Snapshot(), noon).Targets[0]
			if diff := cmp.Diff([]string{test.want, "ok"}, []string{findings(target), target.Health}); diff != "" {
				t.Errorf("findings and verdict (-want +got):\n%s\n%s", diff, target.Reason)
			}
		})
	}
}

// fleetDays are all days of the week.
func fleetDays() []time.Weekday {
	var days []time.Weekday
	for day := range time.Saturday + 1 {
		days = append(days, day)
	}
	return days
}
