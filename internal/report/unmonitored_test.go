package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// forgotten is a region in which nobody watches the instances with these ids.
func forgotten(account, region string, now time.Time, ids ...string) backup.Region {
	r := backup.Region{
		Cloud: backup.Alibaba, Account: account, Region: region,
		Unmonitored: backup.Reading[int]{Value: len(ids), At: now, TriedAt: now, GoodUntil: now.Add(time.Hour)},
	}
	for _, id := range ids {
		one := backup.ListedInstance{Unwatched: "discovery is off", Unmonitored: true}
		one.Target = backup.Target{Cloud: r.Cloud, Account: account, Region: region, InstanceID: id}
		r.Instances = append(r.Instances, one)
	}
	return r
}

// What the lines say is read again as YAML.
func TestLinesOfTheConfiguration(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	// U+0085 ends a line of YAML, and U+007F and U+009B are nowhere in it.
	strange := "no\n  - id: injected\u0085          - id: injected\u2028\u007f\u009b"
	snapshot := &backup.Snapshot{Regions: []backup.Region{
		forgotten("prod", "r1", now, "dds-a", "123", "true", strange), forgotten("prod", "r2", now, "dds-b"), forgotten("our account", "r1", now, "4e1"),
	}}
	snapshot.Regions[0].Instances[0].Name = strange
	got := report.NewUnmonitored(snapshot, report.Wanted{}, now)
	type region struct {
		ID        string
		Instances []struct{ ID string }
		Discovery struct{ Exclude []string }
	}
	type file struct {
		Accounts []struct {
			Name    string
			Regions []region
		}
	}
	flat := func(text string) (lines []string) {
		var read file
		if err := yaml.Unmarshal([]byte(text), &read); err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		for _, a := range read.Accounts {
			for _, r := range a.Regions {
				ids := r.Discovery.Exclude
				for _, in := range r.Instances {
					ids = append(ids, in.ID)
				}
				lines = append(lines, fmt.Sprintf("%s/%s %q", a.Name, r.ID, ids))
			}
		}
		return lines
	}
	want := []string{fmt.Sprintf("prod/r1 %q", []string{"dds-a", "123", "true", strange}), `prod/r2 ["dds-b"]`, `our account/r1 ["4e1"]`}
	if diff := cmp.Diff(want, flat(got.Watch)); diff != "" {
		t.Errorf("to watch them (-want +got):\n%s\n%s", diff, got.Watch)
	}
	if diff := cmp.Diff(want, flat(got.Exclude)); diff != "" {
		t.Errorf("to exclude them (-want +got):\n%s\n%s", diff, got.Exclude)
	}
	if strings.Contains(got.Watch, "entry for all regions") {
		t.Errorf("no account watches all regions:\n%s", got.Watch)
	}
	snapshot.Regions[1].OfRegions = true
	if wide := report.NewUnmonitored(snapshot, report.Wanted{}, now).Watch; strings.Count(wide, "# beside the entry for all regions") != 1 {
		t.Errorf("the account prod watches all regions:\n%s", wide)
	}
}

func TestManyThatNobodyWatches(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var ids []string
	for i := range 53 {
		ids = append(ids, fmt.Sprintf("dds-%02d", i))
	}
	got := report.NewUnmonitored(&backup.Snapshot{Regions: []backup.Region{forgotten("prod", "r1", now, ids...)}}, report.Wanted{}, now)
	if len(got.Instances) != 50 || got.More != 3 || strings.Count(got.Watch, "- id: dds-") != 50 {
		t.Errorf("%d instances and %d more:\n%s", len(got.Instances), got.More, got.Watch)
	}
}
