package backup_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mongodb_backup_exporter/internal/backup"
)

// findingCase is an instance and what is found about it. It is a healthy replica set with a daily schedule and a backup of
// last night, unless edit says otherwise.
type findingCase struct {
	name string
	edit func(*backup.InstanceState)
	want []backup.Finding
}

func found(name backup.FindingName, since time.Time, text string) []backup.Finding {
	return []backup.Finding{{Name: name, Since: since, Text: text}}
}

func (c findingCase) instance() backup.InstanceState {
	in := backup.InstanceState{
		Instance:   backup.Instance{CreatedAt: time.Date(2026, time.January, 2, 0, 0, 0, 0, time.UTC)},
		Objectives: objectives(), RecoveryEvery: 10 * time.Minute,
		Jobs: read([]backup.Job{}, noon), Policy: read(*daily(), noon), Recovery: read(backup.Window{}, noon),
		Nodes: []backup.NodeState{{Backups: listed(full(at(22, 2, 10)), full(at(21, 2, 10)))}},
	}
	if c.edit != nil {
		c.edit(&in)
	}
	return in
}

func listed(list ...backup.Backup) backup.Reading[backup.List] {
	return read(backup.List{Backups: list, Asked: []backup.Kind{backup.KindFull, backup.KindIncremental}}, noon)
}

// findAll returns what is found about an instance and about its targets.
func findAll(in backup.InstanceState, now time.Time) []backup.Finding {
	var nodes []backup.Health
	var all []backup.Finding
	for _, node := range in.Nodes {
		nodes = append(nodes, backup.Assess(in.Target(node), in.Objectives, now))
		all = append(all, nodes[len(nodes)-1].Findings...)
	}
	return append(all, in.Findings(nodes, now)...)
}

func checkFindings(t *testing.T, cases []findingCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, findAll(c.instance(), noon), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func backups(list ...backup.Backup) func(*backup.InstanceState) {
	return func(in *backup.InstanceState) { in.Nodes[0].Backups = listed(list...) }
}

func lasting(b backup.Backup, d time.Duration) backup.Backup {
	b.EndedAt = b.StartedAt.Add(d)
	return b
}

func TestFindingsAboutTheLastBackup(t *testing.T) {
	usual := []backup.Backup{sized(at(21, 2, 10), 100), sized(at(20, 2, 10), 100), sized(at(19, 2, 10), 100)}
	before := func(b backup.Backup) []backup.Backup { return append([]backup.Backup{b}, usual...) }
	checkFindings(t, []findingCase{
		{name: "nothing"},
		{name: "a much smaller one", edit: backups(before(sized(at(22, 2, 10), 49))...), want: found(
			backup.FindingSizeDropped, at(22, 2, 30), "the last full backup has 49 % of the usual size, at least 50 % are expected",
		)},
		{name: "a smaller one, as small as allowed", edit: backups(before(sized(at(22, 2, 10), 50))...)},
		{name: "a much smaller one, without such an objective", edit: func(in *backup.InstanceState) {
			backups(before(sized(at(22, 2, 10), 1))...)(in)
			in.Objectives.MinSizeRatio = 0
		}},
		{name: "an incremental one is always small", edit: backups(append([]backup.Backup{
			incremental(at(22, 11, 0)), with(incremental(at(22, 10, 0)), func(b *backup.Backup) { b.SizeBytes = new(int64(1)) }),
			incremental(at(22, 9, 0)), incremental(at(22, 8, 0)), sized(at(22, 2, 10), 100),
		}, usual...)...)},
		{name: "one of 9 h, on disks whose jobs are not listed", edit: func(in *backup.InstanceState) {
			in.Jobs = backup.Reading[[]backup.Job]{At: noon, GoodUntil: noon.Add(time.Hour), NotOffered: true, Err: &backup.Error{Class: backup.ClassUnsupported}}
			backups(lasting(full(at(21, 16, 0)), 9*time.Hour), full(at(20, 16, 0)))(in)
		}, want: found(backup.FindingTookTooLong, at(22, 1, 0), "the last full backup took 9h, at most 6h are expected")},
		{name: "one of 6 h", edit: backups(lasting(full(at(22, 2, 10)), 6*time.Hour))},
		{name: "one of 9 h, and a shorter one since", edit: backups(full(at(22, 2, 10)), lasting(full(at(21, 2, 10)), 9*time.Hour))},
		{name: "one of 9 h, and incremental ones since", edit: backups(
			incremental(at(22, 11, 50)), lasting(full(at(22, 2, 10)), 9*time.Hour),
		), want: found(backup.FindingTookTooLong, at(22, 11, 10), "the last full backup took 9h, at most 6h are expected")},
		{name: "one of 9 h that failed", edit: backups(lasting(failed(at(22, 2, 0)), 9*time.Hour), full(at(21, 2, 10)))},
		{name: "one of 9 h in a list that is withdrawn", edit: func(in *backup.InstanceState) {
			backups(lasting(full(at(22, 2, 10)), 9*time.Hour))(in)
			in.Nodes[0].Backups.GoodUntil = noon
		}},
		{name: "one of 9 h of an instance that is being deleted", edit: func(in *backup.InstanceState) {
			backups(lasting(full(at(22, 2, 10)), 9*time.Hour))(in)
			in.Instance.Lifecycle = backup.LifecycleDeleting
		}},
	})
}

func TestFindingThatTheLastUsableBackupExpires(t *testing.T) {
	soon := expiring(at(21, 2, 10), at(23, 9, 0))
	missed := "the last usable backup expires at 2026-11-23 09:00Z, and none is coming to replace it: no backup was begun in the window of 2026-11-22 02:00Z or since"
	off := edited(daily(), func(p *backup.Policy) { p.Automatic = new(false) })
	checkFindings(t, []findingCase{
		{name: "the next window was missed", edit: backups(soon), want: found(backup.FindingLastUsableExpiring, at(22, 9, 0), missed)},
		{name: "whatever a configured RPO says", edit: func(in *backup.InstanceState) {
			backups(soon)(in)
			in.Objectives.RPO = 100 * time.Hour
		}, want: found(backup.FindingLastUsableExpiring, at(22, 9, 0), missed)},
		{name: "whatever the log says", edit: func(in *backup.InstanceState) {
			backups(soon)(in)
			in.Recovery = read(backup.Window{Start: at(21, 2, 30), End: at(22, 11, 55)}, noon)
		}, want: found(backup.FindingLastUsableExpiring, at(22, 9, 0), missed)},
		{name: "the next one failed", edit: backups(failed(at(22, 2, 10)), soon), want: found(
			backup.FindingLastUsableExpiring, at(22, 9, 0),
			"the last usable backup expires at 2026-11-23 09:00Z, and none is coming to replace it: the attempt of 2026-11-22 02:10Z failed",
		)},
		{name: "incremental ones do not replace it", edit: backups(incremental(at(22, 11, 0)), failed(at(22, 2, 10)), soon), want: found(
			backup.FindingLastUsableExpiring, at(22, 9, 0),
			"the last usable backup expires at 2026-11-23 09:00Z, and none is coming to replace it: the attempt of 2026-11-22 02:10Z failed",
		)},
		{name: "the next one is running", edit: backups(running(at(22, 8, 0)), soon)},
		{name: "one failed before it", edit: backups(expiring(at(22, 2, 10), at(22, 23, 0)), failed(at(21, 2, 10)))},
		{name: "it expires after one interval", edit: backups(expiring(at(21, 2, 10), at(23, 12, 1)))},
		{name: "another one is kept for longer", edit: backups(soon, expiring(at(20, 2, 10), backup.Never))},
		{name: "automatic backup is off: within the RPO", edit: func(in *backup.InstanceState) {
			in.Policy = read(*off, noon)
			in.PolicyChanges = []backup.PolicyChange{{At: at(22, 11, 0), Former: *daily()}}
			backups(expiring(at(22, 2, 10), at(23, 13, 30)))(in)
		}, want: append(found(
			backup.FindingLastUsableExpiring, at(22, 11, 0),
			"the last usable backup expires at 2026-11-23 13:30Z, and none is coming to replace it: automatic backup is switched off",
		), found(backup.FindingAutomaticOff, at(22, 11, 0), "automatic backup is switched off")...)},
		{name: "a high-frequency schedule stands still", edit: func(in *backup.InstanceState) {
			in.Policy = read(*every4h(), noon)
			in.Objectives.RPO = 100 * time.Hour
			backups(expiring(at(22, 5, 0), at(22, 15, 0)))(in)
		}, want: found(
			backup.FindingLastUsableExpiring, at(22, 11, 20),
			"the last usable backup expires at 2026-11-22 15:00Z, and none is coming to replace it: the schedule has made no full backup since 2026-11-22 05:00Z",
		)},
	})
}

func TestFindingsAboutJobs(t *testing.T) {
	job := func(state backup.JobState, started time.Time) backup.Job {
		return backup.Job{State: state, StartedAt: started}
	}
	moving := func(progress float64, since time.Time) func(*backup.InstanceState) {
		return func(in *backup.InstanceState) {
			in.Jobs.Value = []backup.Job{{State: backup.JobRunning, StartedAt: at(22, 9, 0), Progress: &progress}}
			in.JobsUnmoved = []time.Time{since}
		}
	}
	jobs := func(list ...backup.Job) func(*backup.InstanceState) {
		return func(in *backup.InstanceState) { in.Jobs.Value = list }
	}
	tooLong := found(backup.FindingRunningTooLong, at(21, 22, 0), "a backup is running since 2026-11-21 16:00Z, at most 6h are expected")
	checkFindings(t, []findingCase{
		{name: "running for 20 h", edit: jobs(job(backup.JobRunning, at(22, 11, 0)), job(backup.JobRunning, at(21, 16, 0))), want: tooLong},
		{name: "checking for 20 h", edit: jobs(job(backup.JobChecking, at(21, 16, 0))), want: tooLong},
		{name: "running for 6 h", edit: jobs(job(backup.JobRunning, at(22, 5, 59)))},
		{name: "running since nobody knows when", edit: jobs(job(backup.JobRunning, time.Time{}))},
		{name: "a backup that runs without a job", edit: backups(running(at(21, 16, 0)), full(at(21, 2, 10))), want: tooLong},
		{name: "finished and failed long ago", edit: jobs(job(backup.JobFinished, at(21, 16, 0)), job(backup.JobFailed, at(21, 16, 0)))},
		{name: "polls fail: what was found stands", edit: func(in *backup.InstanceState) {
			jobs(job(backup.JobRunning, at(21, 16, 0)))(in)
			in.Jobs.Err = errors.New("timeout")
		}, want: tooLong},
		{name: "polls fail: nothing new is found of jobs that may have ended", edit: func(in *backup.InstanceState) {
			jobs(job(backup.JobRunning, at(22, 5, 30)), job(backup.JobScheduled, at(22, 10, 30)))(in)
			backups(running(at(22, 5, 30)), full(at(22, 2, 10)))(in)
			in.Jobs.At, in.Jobs.Err = at(22, 11, 20), errors.New("timeout")
			in.Nodes[0].Backups.At, in.Nodes[0].Backups.Err = at(22, 11, 20), errors.New("timeout")
			in.JobsUnmoved = []time.Time{at(22, 10, 30), at(22, 10, 30)}
		}},
		{name: "scheduled for 44 h ago", edit: jobs(job(backup.JobScheduled, at(20, 16, 0))), want: found(
			backup.FindingStuck, at(20, 16, 0), "a backup was scheduled for 2026-11-20 16:00Z and has not begun",
		)},
		{name: "scheduled for this hour, and for later", edit: jobs(job(backup.JobScheduled, at(22, 11, 0)), job(backup.JobScheduled, at(23, 2, 0)))},
		{name: "in a state that is not known, for 44 h", edit: jobs(job(backup.JobUnknown, at(20, 16, 0))), want: found(
			backup.FindingStuck, at(20, 16, 0), "a backup job has been in a state that nobody documented since 2026-11-20 16:00Z",
		)},
		{name: "in a state that is not known, and the backup has ended", edit: func(in *backup.InstanceState) {
			jobs(job(backup.JobUnknown, at(22, 2, 7)))(in)
			in.JobsUnmoved = []time.Time{at(22, 3, 0)}
		}},
		{name: "in a state that is not known, for 6 h", edit: jobs(job(backup.JobUnknown, at(22, 6, 0)))},
		{name: "in a state that is not known, seen so for an hour", edit: func(in *backup.InstanceState) {
			jobs(job(backup.JobUnknown, time.Time{}))(in)
			in.JobsUnmoved = []time.Time{at(22, 10, 59)} // it was read at 11:59
		}, want: found(backup.FindingStuck, at(22, 10, 59), "a backup job has been in a state that nobody documented since 2026-11-22 10:59Z")},
		{name: "no progress for an hour", edit: moving(17, at(22, 10, 59)), want: found(
			backup.FindingStuck, at(22, 10, 59), "the running backup has stood at 17 % since 2026-11-22 10:59Z",
		)},
		{name: "no progress for 59 minutes", edit: moving(17, at(22, 11, 0))},
		{name: "nobody knows since when", edit: moving(17, time.Time{})},
		{name: "progress that is not told", edit: func(in *backup.InstanceState) {
			moving(0, at(22, 10, 0))(in)
			in.Jobs.Value[0].Progress = nil
		}},
	})
}

func TestFindingsAboutThePolicy(t *testing.T) {
	changed := backup.PolicyChange{At: at(20, 9, 0), Former: *daily()}
	policy := func(p *backup.Policy, edit func(*backup.Policy)) func(*backup.InstanceState) {
		return func(in *backup.InstanceState) {
			in.Policy, in.PolicyChanges = read(*edited(p, edit), noon), []backup.PolicyChange{changed}
			backups(full(at(22, 2, 10)), full(at(20, 2, 10)))(in)
		}
	}
	keeps := func(d time.Duration) func(*backup.Policy) {
		return func(p *backup.Policy) { p.Schedules[0].Retention = d }
	}
	const days = 24 * time.Hour
	checkFindings(t, []findingCase{
		{name: "off", edit: policy(daily(), func(p *backup.Policy) { p.Automatic, p.Schedules[0].Retention = new(false), 30*days }), want: found(
			backup.FindingAutomaticOff, at(20, 9, 0), "automatic backup is switched off",
		)},
		{name: "it does not say", edit: policy(daily(), func(p *backup.Policy) { p.Automatic, p.Schedules[0].Retention = nil, 0 })},
		{name: "kept for less than the objective", edit: policy(daily(), keeps(5*days)), want: found(
			backup.FindingRetentionShort, at(20, 9, 0), "backups are kept for 5d, the objective is 7d",
		)},
		{name: "kept as long as the objective", edit: policy(daily(), keeps(7*days))},
		{name: "kept for ever", edit: policy(on(time.Sunday), keeps(backup.Forever))},
		{name: "weekly, kept for a week and an hour", edit: policy(on(time.Sunday), keeps(7*days+time.Hour)), want: found(
			backup.FindingRetentionShort, at(20, 9, 0), "backups are kept for 7d 1h, not longer than the 7d 1h that may pass between two of them",
		)},
		{name: "weekly, kept for longer", edit: policy(on(time.Sunday), keeps(7*days+time.Hour+time.Minute))},
		{name: "weekly, and every 4 hours", edit: policy(on(time.Sunday), func(p *backup.Policy) {
			p.Schedules = append(p.Schedules, backup.Schedule{Interval: 4 * time.Hour, Retention: days})
		})},
		{name: "a policy that is withdrawn", edit: func(in *backup.InstanceState) {
			policy(daily(), keeps(days))(in)
			in.Policy.GoodUntil = noon
		}},
	})
}

func TestFindingThatLogsAreNotBackedUp(t *testing.T) {
	logs := func(end time.Time, edit func(*backup.InstanceState)) func(*backup.InstanceState) {
		return func(in *backup.InstanceState) {
			in.Policy.Value.LogBackup = new(true)
			in.Recovery = read(backup.Window{Start: at(21, 2, 30), End: end}, noon)
			if edit != nil {
				edit(in)
			}
		}
	}
	stalled := found(backup.FindingLogStalled, at(22, 9, 59), "the policy says that logs are backed up, but the end of point-in-time recovery has not moved on")
	checkFindings(t, []findingCase{
		{name: "for more than 2 h", edit: logs(at(22, 9, 59), nil), want: stalled},
		{name: "for 2 h", edit: logs(at(22, 10, 0), nil)},
		{name: "log backup is off", edit: logs(at(22, 9, 59), func(in *backup.InstanceState) { in.Policy.Value.LogBackup = new(false) })},
		{name: "nobody says whether it is on", edit: logs(at(22, 9, 59), func(in *backup.InstanceState) { in.Policy.Value.LogBackup = nil })},
		{name: "a window that the newest poll did not get", edit: logs(at(22, 9, 59), func(in *backup.InstanceState) { in.Recovery.Err = errors.New("timeout") })},
		{name: "a shorter RPO", edit: logs(at(22, 10, 59), func(in *backup.InstanceState) { in.Objectives.RPO = time.Hour }), want: found(
			backup.FindingLogStalled, at(22, 10, 59), "the policy says that logs are backed up, but the end of point-in-time recovery has not moved on",
		)},
		{name: "a longer RPO", edit: logs(at(22, 9, 59), func(in *backup.InstanceState) { in.Objectives.RPO = 30 * time.Hour }), want: stalled},
		{name: "a window that is read seldom", edit: logs(at(22, 6, 0), func(in *backup.InstanceState) { in.RecoveryEvery = 3 * time.Hour })},
		{name: "no window, and a full backup of the night", edit: logs(time.Time{}, nil), want: found(
			backup.FindingLogStalled, at(22, 2, 10),
			"the policy says that logs are backed up, but there has been neither point-in-time recovery nor another usable full backup",
		)},
		{name: "no window, and a full backup of just now", edit: logs(time.Time{}, backups(full(at(22, 10, 30))))},
		{name: "no window, and no list of backups", edit: logs(time.Time{}, func(in *backup.InstanceState) { in.Nodes[0].Backups.GoodUntil = noon })},
		{name: "the cloud tells no windows", edit: logs(time.Time{}, func(in *backup.InstanceState) { in.Recovery.NotOffered = true })},
		{name: "a window that ends in the future", edit: logs(at(22, 14, 0), nil)},
		{name: "switched on an hour ago", edit: logs(at(22, 2, 30), func(in *backup.InstanceState) {
			in.PolicyChanges = []backup.PolicyChange{{At: at(22, 11, 0), Former: *daily()}}
		})},
	})
}

func TestFindingsAboutClusters(t *testing.T) {
	without := func(b backup.Backup, why string) backup.Backup {
		b.Unusable = why + "Failed"
		return b
	}
	shards := func(lists ...backup.Reading[backup.List]) func(*backup.InstanceState) {
		return func(in *backup.InstanceState) {
			in.Nodes = nil
			for i, list := range lists {
				in.Nodes = append(in.Nodes, backup.NodeState{NodeID: "d-" + string(rune('1'+i)), Backups: list})
			}
		}
	}
	good := listed(full(at(22, 2, 10)), full(at(21, 2, 10)))
	withdrawn := good
	withdrawn.GoodUntil = noon
	bad := listed(without(full(at(22, 2, 10)), backup.LogsNotAttached), without(full(at(21, 2, 10)), backup.LogsNotYetAttached), full(at(20, 2, 10)))
	inconsistent := "no backup of the cluster since 2026-11-20 02:10Z restores all shards to one moment: logs are not attached"
	spread := found(backup.FindingShardsSpread, at(21, 2, 10), "the shards were backed up 24h apart, so that the cluster can be restored to 2026-11-21 02:10Z only")
	missing := found(backup.FindingShardMissing, time.Time{}, "1 of 2 shards have no usable backup, so that the cluster cannot be restored: d-2")
	checkFindings(t, []findingCase{
		{name: "complete", edit: shards(good, good)},
		{name: "a shard without a backup", edit: shards(good, listed()), want: missing},
		{name: "a shard of which it is not known yet whether it has an older backup", edit: func(in *backup.InstanceState) {
			shards(good, listed())(in)
			in.Nodes[1].Backups.Value.Older = &backup.Older{By: noon.Add(time.Hour)}
		}},
		{name: "a shard whose list is withdrawn", edit: shards(good, listed(), withdrawn)},
		{name: "a new cluster", edit: func(in *backup.InstanceState) {
			shards(listed(full(at(22, 11, 0))), listed())(in)
			in.Instance.CreatedAt = at(22, 10, 0)
		}},
		{name: "a shard that is a round behind", edit: shards(good, listed(full(at(21, 2, 10)), failed(at(22, 2, 10)))), want: spread},
		{name: "a round that is under way", edit: shards(
			listed(full(at(22, 11, 0))), listed(running(at(22, 11, 30)), full(at(21, 11, 0))),
		)},
		{name: "logs are not attached", edit: shards(bad, bad), want: found(backup.FindingClusterInconsistent, at(21, 5, 30), inconsistent)},
		{name: "logs are attached within the RPO", edit: shards(
			listed(without(full(at(22, 2, 10)), backup.LogsNotYetAttached), full(at(21, 9, 0))),
		)},
		{name: "no logs are attached in the whole list", edit: shards(listed(without(full(at(22, 2, 10)), backup.LogsNotAttached))), want: append(
			found(backup.FindingShardMissing, time.Time{}, "1 of 1 shards have no usable backup, so that the cluster cannot be restored: d-1"),
			found(backup.FindingClusterInconsistent, time.Time{}, "no backup of the cluster in the list restores all shards to one moment: logs are not attached")...,
		)},
		{name: "late, with logs", edit: shards(listed(full(at(18, 2, 10))))},
	})
}

func TestFindingThatBackupsWereRemoved(t *testing.T) {
	removed := func(list ...backup.Removal) func(*backup.InstanceState) { // newest first
		return func(in *backup.InstanceState) { in.Nodes[0].Removals.Sets = list }
	}
	set := func(id string, began, left time.Time) backup.Removal {
		return backup.Removal{Backup: backup.Backup{ID: id, StartedAt: began}, LeftAt: left}
	}
	one, two, old := set("b1", at(18, 2, 10), at(20, 9, 0)), set("b2", at(19, 2, 10), at(21, 9, 0)), set("b0", at(10, 2, 10), at(15, 12, 0))
	text := "a backup was removed before its expiry: b1 of 2026-11-18 02:10Z, gone since 2026-11-20 09:00Z"
	checkFindings(t, []findingCase{
		{name: "one", edit: removed(one, old), want: found(backup.FindingRemovedEarly, at(20, 9, 0), text)},
		{name: "two", edit: removed(two, one), want: found(
			backup.FindingRemovedEarly, at(20, 9, 0),
			"2 backups were removed before their expiry, the newest b2 of 2026-11-19 02:10Z, gone since 2026-11-21 09:00Z",
		)},
		{name: "a week ago", edit: removed(old)},
		{name: "while the list cannot be read", edit: func(in *backup.InstanceState) {
			removed(one)(in)
			in.Nodes[0].Backups.GoodUntil = noon
		}, want: found(backup.FindingRemovedEarly, at(20, 9, 0), text)},
		{name: "of an instance that is being deleted", edit: func(in *backup.InstanceState) {
			removed(one)(in)
			in.Instance.Lifecycle = backup.LifecycleDeleting
		}},
	})
}

func TestFindingThatAnInstanceIsNotCreated(t *testing.T) {
	in := func(lifecycle backup.Lifecycle, created time.Time) func(*backup.InstanceState) {
		return func(in *backup.InstanceState) {
			in.Instance.Lifecycle, in.Instance.CreatedAt, in.Instance.Status = lifecycle, created, "Creating"
		}
	}
	checkFindings(t, []findingCase{
		{name: "created for 26 h", edit: in(backup.LifecycleCreating, at(21, 10, 0))},
		{name: "created for longer", edit: in(backup.LifecycleCreating, at(21, 9, 59)), want: found(
			backup.FindingCreationStuck, at(22, 11, 59), "the instance is being created since 2026-11-21 09:59Z, longer ago than its RPO of 26h: Creating",
		)},
		{name: "failed", edit: in(backup.LifecycleCreateFailed, at(20, 10, 0)), want: found(
			backup.FindingCreationStuck, at(21, 12, 0), "the instance could not be created; that was begun at 2026-11-20 10:00Z, longer ago than its RPO of 26h: Creating",
		)},
		{name: "a shorter RPO", edit: func(state *backup.InstanceState) {
			in(backup.LifecycleCreating, at(22, 9, 0))(state)
			state.Objectives.RPO = 2 * time.Hour
		}, want: found(backup.FindingCreationStuck, at(22, 11, 0), "the instance is being created since 2026-11-22 09:00Z, longer ago than its RPO of 2h: Creating")},
		{name: "nobody knows since when", edit: in(backup.LifecycleCreating, time.Time{})},
		{name: "being deleted", edit: in(backup.LifecycleDeleting, at(1, 0, 0))},
		{name: "instances cannot be listed any more", edit: func(state *backup.InstanceState) {
			in(backup.LifecycleCreating, at(20, 10, 0))(state)
			state.ListedUntil = noon
		}},
	})
}

func TestEveryFindingHasAPlace(t *testing.T) {
	all := []backup.Finding{{Name: backup.FindingCreationStuck}, {Name: backup.FindingStuck}, {Name: backup.FindingLastUsableExpiring}}
	backup.SortFindings(all)
	if all[0].Name != backup.FindingLastUsableExpiring || all[1].Name != backup.FindingStuck {
		t.Errorf("sorted: %v", all)
	}
	critical := 0
	for _, name := range backup.FindingNames() {
		if name.Critical() {
			critical++
		}
	}
	if n := len(backup.FindingNames()); n != 13 || critical != 2 {
		t.Errorf("%d findings, %d of them critical, want 13 and 2", n, critical)
	}
}

// What rests on a reading is not found while that is withdrawn, and the rest is.
func TestWithdrawnReadingsFindNothing(t *testing.T) {
	everything := func() backup.InstanceState {
		in := findingCase{}.instance()
		in.Policy.Value.Schedules[0].Retention, in.Policy.Value.LogBackup = 24*time.Hour, new(true)
		in.Recovery = read(backup.Window{Start: at(21, 2, 30), End: at(22, 9, 0)}, noon)
		in.Jobs.Value = []backup.Job{{State: backup.JobChecking, StartedAt: at(21, 2, 0)}, {State: backup.JobScheduled, StartedAt: at(21, 2, 0)}}
		in.Nodes = []backup.NodeState{
			{NodeID: "d-1", Backups: listed(lasting(full(at(22, 2, 10)), 9*time.Hour)), Removals: backup.Removals{Sets: []backup.Removal{{LeftAt: at(22, 2, 0)}}}},
			{NodeID: "d-2", Backups: listed()},
		}
		return in
	}
	lists := func(in *backup.InstanceState) {
		for i := range in.Nodes {
			in.Nodes[i].Backups.GoodUntil = noon
		}
	}
	jobs := func(in *backup.InstanceState) { in.Jobs.GoodUntil = noon }
	policy := func(in *backup.InstanceState) { in.Policy.GoodUntil = noon }
	window := func(in *backup.InstanceState) { in.Recovery.GoodUntil = noon }
	for _, c := range []struct {
		name string
		edit []func(*backup.InstanceState)
		want []backup.FindingName
	}{
		{"none", nil, []backup.FindingName{"shard_missing", "removed_early", "stuck", "running_too_long", "took_too_long", "log_stalled", "retention_short"}},
		{"the lists", []func(*backup.InstanceState){lists}, []backup.FindingName{"removed_early", "stuck", "running_too_long", "log_stalled", "retention_short"}},
		{"the jobs", []func(*backup.InstanceState){jobs}, []backup.FindingName{"shard_missing", "removed_early", "took_too_long", "log_stalled", "retention_short"}},
		{"the policy", []func(*backup.InstanceState){policy}, []backup.FindingName{"shard_missing", "removed_early", "stuck", "running_too_long", "took_too_long"}},
		{"the window", []func(*backup.InstanceState){window}, []backup.FindingName{"shard_missing", "removed_early", "stuck", "running_too_long", "took_too_long", "retention_short"}},
		{"all", []func(*backup.InstanceState){lists, jobs, policy, window}, []backup.FindingName{"removed_early"}},
	} {
		in := everything()
		for _, edit := range c.edit {
			edit(&in)
		}
		all := findAll(in, noon)
		backup.SortFindings(all)
		var got []backup.FindingName
		for _, f := range all {
			got = append(got, f.Name)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("withdrawn: %s (-want +got):\n%s", c.name, diff)
		}
	}
}
