package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// pageOf returns the page of a replica set with a daily schedule, which the edit changes.
func pageOf(t *testing.T, now time.Time, edit func(*backup.InstanceState)) report.Page {
	t.Helper()
	var in backup.InstanceState
	in.Instance.Target = backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", InstanceID: "dds-1"}
	in.Objectives = backup.Objectives{RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
	in.Policy = reading(backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Retention: 7 * 24 * time.Hour, StartsAt: 2 * time.Hour, Window: time.Hour, Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}}}}, now)
	in.Jobs = reading([]backup.Job(nil), now)
	in.Nodes = []backup.NodeState{{Backups: reading(backup.List{Asked: []backup.Kind{backup.KindFull}}, now)}}
	edit(&in)
	page, ok := report.NewPage(&backup.Snapshot{At: now, Instances: []backup.InstanceState{in}}, in.Instance.Target, now)
	if !ok {
		t.Fatal("there is no page")
	}
	return page
}

var noon = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// made returns a full backup that began so long before noon and took half an hour.
func made(ago time.Duration, state backup.State) backup.Backup {
	b := backup.Backup{ID: "b", Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: state, StartedAt: noon.Add(-ago), EndedAt: noon.Add(30*time.Minute - ago)}
	if state == backup.StateSuccess {
		b.SizeBytes = new(int64(1 << 30))
	}
	return b
}

func TestPageOfPolicyChanges(t *testing.T) {
	page := pageOf(t, noon, func(in *backup.InstanceState) {
		first, second := in.Policy.Value, in.Policy.Value
		daily := in.Policy.Value.Schedules[0]
		daily.Retention, first.Automatic = 30*24*time.Hour, nil
		first.Schedules = []backup.Schedule{daily}
		daily.Retention, daily.Weekdays, second.LogBackup = 7*24*time.Hour, []time.Weekday{1, 4}, new(true)
		second.Schedules = []backup.Schedule{daily, {Interval: 4 * time.Hour}}
		in.PolicyChanges = []backup.PolicyChange{{At: noon.Add(-48 * time.Hour), Former: first}, {At: noon.Add(-24 * time.Hour), LastAt: noon.Add(-25 * time.Hour), Former: second}}
	})
	want := []report.Change{
		{
			At: noon.Add(-24 * time.Hour), Since: new(noon.Add(-25 * time.Hour)),
			What: []string{"Schedule: Mon, Thu 02:00–03:00Z → daily 02:00–03:00Z", "High-frequency backup: every 4h → off", "Log backup: on → not said"},
		},
		{
			At: noon.Add(-48 * time.Hour),
			What: []string{
				"Automatic backup: not said → on", "Schedule: daily 02:00–03:00Z → Mon, Thu 02:00–03:00Z", "High-frequency backup: off → every 4h",
				"Kept for: 30d → 7d", "Log backup: not said → on",
			},
		},
	}
	if diff := cmp.Diff(want, page.Policy.Changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}

func TestPageOfWhatRuns(t *testing.T) {
	half := 50.0
	tests := []struct {
		name string
		edit func(*backup.InstanceState)
		want []string
	}{
		{"a job of a cluster ends with its slowest shard", func(in *backup.InstanceState) {
			quick, slow := made(24*time.Hour, backup.StateSuccess), made(24*time.Hour, backup.StateSuccess)
			slow.EndedAt = slow.StartedAt.Add(2 * time.Hour)
			in.Nodes = []backup.NodeState{
				{NodeID: "a", Backups: reading(backup.List{Backups: []backup.Backup{quick}}, noon)}, {NodeID: "b", Backups: reading(backup.List{Backups: []backup.Backup{slow}}, noon)},
			}
			in.Jobs.Value = []backup.Job{{ID: "7", State: backup.JobRunning, StartedAt: noon.Add(-time.Hour), Progress: &half}}
		}, []string{"running  should end by 2026-11-22 13:00Z, in 1h, if it takes as long as the longest one before"}},
		{"one that takes longer than any before", func(in *backup.InstanceState) {
			in.Nodes[0].Backups.Value.Backups = []backup.Backup{made(24*time.Hour, backup.StateSuccess)}
			in.Jobs.Value = []backup.Job{{ID: "7", State: backup.JobRunning, StartedAt: noon.Add(-time.Hour)}}
		}, []string{"running  should have ended by 2026-11-22 11:30Z, 30m ago, if it took as long as the longest one before"}},
		{"the lists of shards show them", func(in *backup.InstanceState) {
			run := made(time.Hour, backup.StateRunning)
			run.EndedAt = time.Time{}
			list := reading(backup.List{Backups: []backup.Backup{run}}, noon)
			in.Nodes = []backup.NodeState{{NodeID: "a", Backups: list}, {NodeID: "b", Backups: list}}
		}, []string{"running a ", "running b "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range pageOf(t, noon, tt.edit).Running {
				got = append(got, r.State+" "+r.NodeID+" "+r.End)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("running (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPageOfGapsAndAttempts(t *testing.T) {
	page := pageOf(t, noon, func(in *backup.InstanceState) {
		list := []backup.Backup{made(10*time.Hour, backup.StateFailed), made(58*time.Hour, backup.StateSuccess), made(130*time.Hour, backup.StateSuccess)}
		for i := range 50 {
			list = append(list, made(131*time.Hour+time.Duration(i)*time.Minute, backup.StateFailed))
		}
		extra := made(5*time.Hour, backup.StateSuccess)
		extra.Kind = backup.KindIncremental
		in.Nodes[0].Backups.Value.Backups = append([]backup.Backup{extra}, list...)
		in.Nodes[0].Backups.Value.Asked = []backup.Kind{backup.KindFull}
		in.Nodes[0].Backups.Value.Backups[0].StartedAt = noon.Add(-140 * time.Hour) // before any full one: it restores nothing
		in.Jobs.Value = []backup.Job{{ID: "7", State: backup.JobFailed, StartedAt: noon.Add(-10 * time.Hour), Reason: "disk full"}}
	})
	target := page.Targets[0]
	if diff := cmp.Diff([]string{"since 2026-11-21 05:30Z, 30h 30m", "2026-11-18 05:30Z to 2026-11-20 02:30Z, 45h"}, target.GapsText); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	if target.GapsTotal != "3d 3h" {
		t.Errorf("together %s", target.GapsTotal)
	}
	if len(target.Attempts) != 40 || target.Unlisted != 14 {
		t.Errorf("%d rows and %d more, want 40 and 14", len(target.Attempts), target.Unlisted)
	}
	if got := target.Attempts[1]; target.Attempts[0].Note != "it has no usable full backup before it" || got.Note != "disk full" || got.Took != "30m" {
		t.Errorf("the first rows are %+v", target.Attempts[:2])
	}
	if len(page.Failed) != 1 || page.Failed[0].Reason != "disk full" {
		t.Errorf("failed jobs: %+v", page.Failed)
	}
}

func TestCommandsOfAPage(t *testing.T) {
	lines := func(in backup.Instance) string {
		var all []string
		for _, c := range pageOf(t, noon, func(state *backup.InstanceState) { state.Instance = in }).Commands {
			all = append(all, c.Line)
		}
		return strings.Join(all, "\n")
	}
	in := backup.Instance{Target: backup.Target{Cloud: backup.Huawei, Account: "our account", Region: "cn-north-4", InstanceID: "abc02"}}
	want := `mongodb_backup_exporter backup create --config.file=FILE --instance=abc02 --region=cn-north-4 --wait
mongodb_backup_exporter backup follow --config.file=FILE --instance=abc02 --region=cn-north-4
mongodb_backup_exporter backup list --config.file=FILE --instance=abc02 --region=cn-north-4
hcloud DDS ListBackups --cli-region=cn-north-4 --project_id=PROJECT --instance_id=abc02
hcloud DDS ShowBackupPolicy --cli-region=cn-north-4 --project_id=PROJECT --instance_id=abc02`
	if diff := cmp.Diff(want, lines(in)); diff != "" {
		t.Errorf("Huawei Cloud (-want +got):\n%s", diff)
	}
	in.Cloud, in.Account, in.Nodes = backup.Alibaba, "prod", []string{"d-1"}
	for _, part := range []string{"--account=prod ", "DescribeBackups --region cn-north-4 --DBInstanceId abc02 --NodeId d-1 --StartTime"} {
		if !strings.Contains(lines(in), part) {
			t.Errorf("no %q in:\n%s", part, lines(in))
		}
	}
	for _, id := range []string{"$(reboot)", "a b", "a;b", "--help", "a'b", "`a`", ""} {
		in.InstanceID = id
		if got := lines(in); got != "" {
			t.Errorf("the id %q gets commands:\n%s", id, got)
		}
	}
}

func TestChartStaysInItsBounds(t *testing.T) {
	chart := pageOf(t, noon, func(in *backup.InstanceState) {
		late := made(-48*time.Hour, backup.StateSuccess) // a record with a wrong date
		none := made(0, backup.StateFailed)
		none.StartedAt, none.EndedAt = time.Time{}, time.Time{}
		list := []backup.Backup{late, none, made(400*24*time.Hour, backup.StateSuccess)}
		for i := range 600 {
			list = append(list, made(time.Duration(i)*time.Hour, backup.StateSuccess))
		}
		in.Nodes[0].Backups.Value.Backups = list
	}).Targets[0].Chart
	if len(chart.Sizes) != 300 || chart.Undrawn != 301 {
		t.Errorf("%d bars and %d left out, want 300 and 301", len(chart.Sizes), chart.Undrawn)
	}
	var boxes []report.Box
	boxes = append(append(append(append(boxes, chart.Gaps...), chart.Windows...), chart.Sizes...), chart.Took...)
	for _, b := range boxes {
		if b.X < chart.Left || b.X+b.Width > chart.Right+0.01 || b.Width <= 0 || b.Y < 0 || b.Height <= 0 || b.Y+b.Height > float64(chart.Height) {
			t.Errorf("outside of the drawing: %+v", b)
		}
	}
}

// The point-in-time window stands under the others, as long as the timeline has some of it.
func TestChartShowsWhatCanBeRestored(t *testing.T) {
	draw := func(from, until time.Duration) report.Chart {
		return pageOf(t, noon, func(in *backup.InstanceState) {
			in.Recovery = reading(backup.Window{Start: noon.Add(-from), End: noon.Add(-until)}, noon)
		}).Targets[0].Chart
	}
	without := pageOf(t, noon, func(*backup.InstanceState) {}).Targets[0].Chart
	for name, tt := range map[string]struct {
		from, until time.Duration
		drawn       int
		wide        float64 // of 920 for a week and two days
	}{
		"of the last day":      {24 * time.Hour, 0, 1, 102},
		"from before it":       {400 * time.Hour, 0, 1, 770},
		"that ended before it": {400 * time.Hour, 300 * time.Hour, 0, 0},
	} {
		c := draw(tt.from, tt.until)
		if len(c.Restorable) != tt.drawn || c.Has("pitr") != (tt.drawn > 0) || (c.Height > without.Height) != (tt.drawn > 0) {
			t.Errorf("a window %s is drawn %d times, %d high", name, len(c.Restorable), c.Height)
			continue
		}
		for _, b := range c.Restorable {
			if b.Width < tt.wide*0.95 || b.Width > tt.wide*1.05 || b.X < c.Left || b.X+b.Width > c.Right || b.Y+b.Height > float64(c.Height) {
				t.Errorf("a window %s: %+v", name, b)
			}
		}
	}
}

// Some clouds list a backup only when it has ended.
func TestChartShowsAJobThatTheListLacks(t *testing.T) {
	draw := func(list ...backup.Backup) (running int, wide float64) {
		chart := pageOf(t, noon, func(in *backup.InstanceState) {
			in.Nodes[0].Backups.Value.Backups = list
			in.Jobs.Value = []backup.Job{
				{ID: "8", State: backup.JobScheduled, StartedAt: noon.Add(time.Hour)}, {ID: "7", State: backup.JobRunning, StartedAt: noon.Add(-12 * time.Hour)},
			}
		}).Targets[0].Chart
		for _, b := range chart.Took {
			if b.Class == "bar running" {
				running, wide = running+1, b.Width
			}
		}
		if chart.Has("bar running") != (running > 0) {
			t.Errorf("the key has it: %t, the drawing %d times", chart.Has("bar running"), running)
		}
		return running, wide
	}
	// The drawing of a week and a day and a half is 920 wide, from a midnight on.
	if n, wide := draw(made(24*time.Hour, backup.StateSuccess)); n != 1 || wide < 45 || wide > 55 {
		t.Errorf("%d bars, %.1f wide; want one of half a day", n, wide)
	}
	run := made(12*time.Hour, backup.StateRunning)
	run.EndedAt = time.Time{}
	if n, _ := draw(run); n != 1 {
		t.Errorf("%d bars, want the one of the list alone", n)
	}
}
