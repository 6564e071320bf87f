package backup_test

import (
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Clouds do not say which job made a backup: the two begin at about the same time.
func TestReasonOfTheNewestFailure(t *testing.T) {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	began := at.Add(-2 * time.Hour)
	set := func(state backup.State, start time.Time) backup.Backup {
		return backup.Backup{ID: start.String(), Kind: backup.KindFull, State: state, StartedAt: start, EndedAt: start.Add(time.Minute)}
	}
	good, bad := set(backup.StateSuccess, at.Add(-20*time.Hour)), set(backup.StateFailed, began)
	endOnly := bad
	endOnly.StartedAt, endOnly.EndedAt = time.Time{}, began
	job := func(state backup.JobState, start time.Time, reason string) backup.Job {
		return backup.Job{ID: reason, State: state, StartedAt: start, Reason: reason}
	}
	tests := []struct {
		name string
		sets []backup.Backup
		jobs []backup.Job
		old  bool // the list of jobs is too old to be shown
		want string
	}{
		{"at the same moment", []backup.Backup{good, bad}, []backup.Job{job(backup.JobFailed, began, "disk full")}, false, "disk full"},
		{"a little later", []backup.Backup{good, bad}, []backup.Job{job(backup.JobFailed, began.Add(5*time.Minute), "disk full")}, false, "disk full"},
		{"a little earlier", []backup.Backup{good, bad}, []backup.Job{job(backup.JobFailed, began.Add(-5*time.Minute), "disk full")}, false, "disk full"},
		{"another attempt", []backup.Backup{good, bad}, []backup.Job{job(backup.JobFailed, began.Add(5*time.Minute+time.Second), "disk full")}, false, ""},
		{
			"the closest of several",
			[]backup.Backup{good, bad},
			[]backup.Job{job(backup.JobFailed, began.Add(-4*time.Minute), "far"), job(backup.JobFailed, began.Add(time.Minute), "near"), job(backup.JobFailed, began.Add(2*time.Minute), "far")},
			false, "near",
		},
		{"a failure without a start", []backup.Backup{good, endOnly}, []backup.Job{job(backup.JobFailed, began, "disk full")}, false, "disk full"},
		{"a job that did not fail", []backup.Backup{good, bad}, []backup.Job{job(backup.JobFinished, began, "odd")}, false, ""},
		{"a job without a reason", []backup.Backup{good, bad}, []backup.Job{job(backup.JobFailed, began, "")}, false, ""},
		{"a job without a start", []backup.Backup{good, bad}, []backup.Job{job(backup.JobFailed, time.Time{}, "disk full")}, false, ""},
		{"a list of jobs that is too old", []backup.Backup{good, bad}, []backup.Job{job(backup.JobFailed, began, "disk full")}, true, ""},
		{"a success since", []backup.Backup{set(backup.StateSuccess, at.Add(-time.Hour)), bad}, []backup.Job{job(backup.JobFailed, began, "disk full")}, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := backup.TargetState{
				Backups: backup.Reading[backup.List]{Value: backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: tt.sets}, At: at, GoodUntil: at.Add(time.Hour)},
				Jobs:    backup.Reading[[]backup.Job]{Value: tt.jobs, At: at, GoodUntil: at.Add(time.Hour)},
			}
			if tt.old {
				in.Jobs.GoodUntil = at
			}
			h := backup.Assess(in, backup.Objectives{RPODefault: 26 * time.Hour}, at)
			if h.FailureReason != tt.want {
				t.Errorf("FailureReason = %q, want %q", h.FailureReason, tt.want)
			}
			if has := strings.Contains(h.Reason, "failed at 2026-11-22 10:0"); has != (h.State == backup.HealthFailed) {
				t.Errorf("%s: %s", h.State, h.Reason)
			}
			if shown := strings.Contains(h.Reason, " (disk full)") || strings.Contains(h.Reason, " (near)"); shown != (tt.want != "") {
				t.Errorf("reason %q", h.Reason)
			}
		})
	}
}

func TestPointInTime(t *testing.T) {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return at.Add(-d) }
	tests := []struct {
		name       string
		start, end time.Time
		old        bool
		want       backup.Window
	}{
		{"as given", ago(time.Hour), ago(time.Minute), false, backup.Window{Start: ago(time.Hour), End: ago(time.Minute)}},
		{"none", time.Time{}, time.Time{}, false, backup.Window{}},
		{"too old", ago(time.Hour), ago(time.Minute), true, backup.Window{}},
		{"an end in the next minutes counts as now", ago(time.Hour), ago(-5 * time.Minute), false, backup.Window{Start: ago(time.Hour), End: at}},
		{"an end further ahead is not believed", ago(time.Hour), ago(-5*time.Minute - time.Second), false, backup.Window{}},
		{"no start", time.Time{}, ago(time.Minute), false, backup.Window{Start: ago(time.Minute), End: ago(time.Minute)}},
		{"start after the end", ago(time.Minute), ago(time.Hour), false, backup.Window{Start: ago(time.Hour), End: ago(time.Hour)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := backup.Reading[backup.Window]{Value: backup.Window{Start: tt.start, End: tt.end}, At: at, GoodUntil: at.Add(time.Hour)}
			if tt.old {
				r.GoodUntil = at
			}
			if got := backup.PointInTime(r, at); got != tt.want {
				t.Errorf("PointInTime = %v, want %v", got, tt.want)
			}
		})
	}
}
