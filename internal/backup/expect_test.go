package backup_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

func TestNewsFrom(t *testing.T) {
	runs := []backup.Job{{State: backup.JobRunning, StartedAt: at(22, 11, 50)}}
	for _, tt := range []struct {
		verdictCase
		want time.Time // zero: none are expected; now: they are
	}{
		{verdictCase{name: "the window is over, its backup is there", now: noon, policy: daily(), list: []backup.Backup{full(at(22, 2, 10))}}, at(23, 1, 55)},
		{verdictCase{name: "before the window", now: at(22, 1, 50), policy: daily(), list: []backup.Backup{full(at(21, 2, 10))}}, at(22, 1, 55)},
		{verdictCase{name: "in the window", now: at(22, 2, 30), policy: daily(), list: []backup.Backup{full(at(21, 2, 10))}}, at(22, 1, 55)},
		{verdictCase{name: "in the window, its backup is there", now: at(22, 2, 45), policy: daily(), list: []backup.Backup{full(at(22, 2, 10)), full(at(21, 2, 10))}}, at(23, 1, 55)},
		{verdictCase{name: "it may still come", now: at(22, 5, 19), policy: daily(), rpo: 50 * time.Hour, list: []backup.Backup{full(at(21, 2, 10))}}, at(22, 1, 55)},
		{verdictCase{name: "it will not come", now: at(22, 5, 20), policy: daily(), rpo: 50 * time.Hour, list: []backup.Backup{full(at(21, 2, 10))}}, at(23, 1, 55)},
		{verdictCase{name: "missed", now: at(22, 5, 20), policy: daily(), list: []backup.Backup{full(at(21, 2, 10))}}, at(22, 5, 20)},
		{verdictCase{
			name: "its job has ended, and the list does not have it yet", now: at(22, 2, 45), policy: daily(), list: []backup.Backup{full(at(21, 2, 10))},
			jobs: []backup.Job{{State: backup.JobFinished, StartedAt: at(22, 2, 10)}},
		}, at(22, 1, 55)},
		{verdictCase{
			name: "one by hand has ended in the window", now: at(22, 2, 45), policy: daily(), list: []backup.Backup{manual(at(22, 2, 10)), full(at(21, 2, 10))},
		}, at(22, 1, 55)},
		{verdictCase{
			name: "backups take long", now: at(22, 9, 0), policy: daily(), rpo: 50 * time.Hour,
			list: []backup.Backup{with(full(at(21, 2, 10)), func(b *backup.Backup) { b.EndedAt = at(21, 7, 0) })},
		}, at(22, 1, 55)},
		{verdictCase{
			name: "the cloud plans it late in the window", now: noon, list: []backup.Backup{full(at(22, 2, 10))},
			policy: edited(daily(), func(p *backup.Policy) { p.NextAt = at(23, 2, 40) }),
		}, at(23, 2, 35)},
		{verdictCase{
			name: "a plan of yesterday", now: noon, list: []backup.Backup{full(at(22, 2, 10))},
			policy: edited(daily(), func(p *backup.Policy) { p.NextAt = at(22, 2, 10) }),
		}, at(23, 1, 55)},
		{verdictCase{name: "a job runs", now: noon, policy: daily(), list: []backup.Backup{full(at(22, 2, 10))}, jobs: runs}, noon},
		{verdictCase{name: "the last attempt failed", now: noon, policy: daily(), list: []backup.Backup{failed(at(22, 2, 10)), full(at(21, 14, 10))}}, noon},
		{verdictCase{name: "late", now: noon, policy: daily(), list: []backup.Backup{full(at(20, 2, 10))}}, noon},
		{verdictCase{name: "no policy is known", now: noon, list: []backup.Backup{full(at(22, 2, 10))}}, noon},
		{verdictCase{
			name: "automatic backup is off", now: noon, list: []backup.Backup{full(at(22, 2, 10))},
			policy: edited(daily(), func(p *backup.Policy) { p.Automatic = new(false) }),
		}, at(23, 4, 0).Add(time.Second)},
		{verdictCase{
			name: "a log that stands still", now: noon, list: []backup.Backup{full(at(22, 2, 10))},
			policy: edited(daily(), func(p *backup.Policy) { p.LogBackup = new(true) }),
			window: &backup.Window{Start: at(20, 0, 0), End: at(22, 9, 0)},
		}, noon},
		{verdictCase{
			name: "a log that goes on", now: noon, list: []backup.Backup{full(at(22, 2, 10))},
			policy: edited(daily(), func(p *backup.Policy) { p.LogBackup = new(true) }),
			window: &backup.Window{Start: at(20, 0, 0), End: at(22, 11, 0)},
		}, at(23, 1, 55)},
		{verdictCase{name: "every four hours", now: noon, policy: every4h(), list: []backup.Backup{full(at(22, 10, 0))}}, at(22, 13, 55)},
		{verdictCase{
			name: "every twelve hours beside the daily window", now: noon, list: []backup.Backup{full(at(22, 6, 0))},
			policy: edited(daily(), func(p *backup.Policy) {
				often(12 * time.Hour)(p)
				p.Schedules[0].StartsAt = 14 * time.Hour
			}),
		}, at(22, 13, 55)},
		{verdictCase{name: "every four hours, overdue", now: noon, policy: every4h(), list: []backup.Backup{full(at(22, 7, 0))}}, at(22, 10, 55)},
		{verdictCase{name: "every four hours, one left out", now: at(22, 13, 21), rpo: 50 * time.Hour, policy: every4h(), list: []backup.Backup{full(at(22, 7, 0))}}, at(22, 14, 55)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in, want := tt.input()
			whole := backup.InstanceState{
				Instance:   backup.Instance{CreatedAt: in.CreatedAt},
				Objectives: want, Jobs: in.Jobs, Policy: in.Policy, Recovery: in.Recovery,
				Nodes: []backup.NodeState{{Backups: in.Backups}},
			}
			if got := whole.NewsFrom(tt.now); !got.Equal(tt.want) {
				t.Errorf("news from %s, want %s", got, tt.want)
			}
		})
	}
}
