package backup_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// past returns the past of a case, of whose list nothing older was kept but what is said.
func (c verdictCase) past(kept backup.Kept) *backup.Past {
	in, want := c.input()
	return backup.NewPast(in, want, kept, c.now)
}

// weekOf returns full backups at 2:10 of some days, newest first.
func weekOf(days ...int) []backup.Backup {
	var list []backup.Backup
	for _, d := range slices.Backward(days) {
		list = append(list, with(full(at(d, 2, 10)), func(b *backup.Backup) { b.ID = fmt.Sprint(d) }))
	}
	return list
}

func TestAdherence(t *testing.T) {
	tests := []struct {
		verdictCase
		kept backup.Kept
		want backup.Adherence
	}{
		{
			verdictCase{name: "all were made", now: at(22, 12, 0), policy: daily(), list: weekOf(16, 17, 18, 19, 20, 21, 22)},
			backup.Kept{},
			backup.Adherence{Expected: 7, Made: 7},
		},
		{
			verdictCase{name: "one was left out", now: at(22, 12, 0), policy: daily(), list: weekOf(16, 17, 18, 20, 21, 22)},
			backup.Kept{},
			backup.Adherence{Expected: 7, Made: 6, Missed: 1},
		},
		{
			verdictCase{
				name: "one failed", now: at(22, 12, 0), policy: daily(),
				list: append([]backup.Backup{failed(at(22, 2, 10))}, weekOf(16, 17, 18, 19, 20, 21)...),
			},
			backup.Kept{},
			backup.Adherence{Expected: 7, Made: 6, Failed: 1},
		},
		{
			verdictCase{
				name: "a failure was made good by hand", now: at(22, 12, 0), policy: daily(),
				list: append([]backup.Backup{manual(at(22, 9, 0)), failed(at(22, 2, 10))}, weekOf(16, 17, 18, 19, 20, 21)...),
			},
			backup.Kept{},
			backup.Adherence{Expected: 7, Made: 7, Late: 1},
		},
		{
			// Backups are kept for seven days: of the 15th nobody knows any more.
			verdictCase{name: "an empty list", now: at(22, 12, 0), policy: daily()},
			backup.Kept{},
			backup.Adherence{Expected: 7, Missed: 7},
		},
		{
			verdictCase{name: "the newest window is open", now: at(22, 4, 0), policy: daily(), list: weekOf(16, 17, 18, 19, 20, 21)},
			backup.Kept{},
			backup.Adherence{Expected: 6, Made: 6},
		},
		{
			verdictCase{name: "the list goes back no further", now: at(22, 12, 0), policy: daily(), list: weekOf(20, 21, 22)},
			backup.Kept{Reach: 60 * time.Hour},
			backup.Adherence{Expected: 3, Made: 3, Unknown: 4},
		},
		{
			verdictCase{name: "what left is kept", now: at(22, 12, 0), policy: daily(), list: weekOf(20, 21, 22)},
			backup.Kept{
				Reach: 60 * time.Hour, Reads: []time.Time{at(18, 12, 0)},
				Sets: []backup.PastSet{{Backup: weekOf(16)[0], LastSeen: at(18, 12, 0), LeftAt: at(22, 12, 0)}},
			},
			backup.Adherence{Expected: 6, Made: 4, Missed: 2, Unknown: 1},
		},
		{
			verdictCase{
				name: "off", now: at(22, 12, 0), list: weekOf(20, 21, 22),
				policy: edited(daily(), func(p *backup.Policy) { p.Automatic = new(false) }),
			},
			backup.Kept{},
			backup.Adherence{},
		},
		{
			verdictCase{name: "the instance is new", now: at(22, 12, 0), policy: daily(), list: weekOf(21, 22), created: new(at(20, 12, 0))},
			backup.Kept{},
			backup.Adherence{Expected: 2, Made: 2},
		},
		{
			verdictCase{
				name: "another policy since the 20th", now: at(22, 12, 0), policy: daily(), list: weekOf(16, 18, 20, 21, 22),
				edit: func(in *backup.TargetState) {
					in.PolicyChanges = []backup.PolicyChange{{At: at(20, 12, 0), LastAt: at(20, 11, 0), Former: *monWedFri()}}
				},
			},
			backup.Kept{},
			backup.Adherence{Expected: 5, Made: 5}, // the 16th, 18th and 20th were Monday, Wednesday and Friday
		},
		{
			verdictCase{
				name: "several a day", now: at(17, 0, 0), policy: edited(every4h(), func(p *backup.Policy) { p.Schedules[0].Retention = 7 * 24 * time.Hour }),
				list: []backup.Backup{full(at(16, 19, 0)), full(at(16, 8, 10)), full(at(16, 4, 0)), full(at(16, 0, 10))},
			},
			backup.Kept{},
			backup.Adherence{Expected: 5, Made: 4, Missed: 1}, // the last interval is not over for long enough
		},
		{
			verdictCase{
				name: "several a day that drift", now: at(17, 0, 0), policy: edited(every4h(), func(p *backup.Policy) { p.Schedules[0].Retention = 7 * 24 * time.Hour }),
				list: []backup.Backup{full(at(16, 19, 50)), full(at(16, 16, 10)), full(at(16, 11, 30)), full(at(16, 8, 10)), full(at(16, 4, 0))},
			},
			backup.Kept{},
			backup.Adherence{Expected: 5, Made: 4, Missed: 1}, // none in the first four hours; of two in the third one is for the fourth
		},
		{
			verdictCase{
				name: "several by hand after an outage", now: at(17, 0, 0), policy: edited(every4h(), func(p *backup.Policy) { p.Schedules[0].Retention = 7 * 24 * time.Hour }),
				list: []backup.Backup{manual(at(16, 19, 0)), manual(at(16, 18, 0)), manual(at(16, 17, 0)), full(at(16, 16, 10)), full(at(16, 0, 10))},
			},
			backup.Kept{},
			backup.Adherence{Expected: 5, Made: 3, Late: 1, Missed: 2}, // the one next to them has one of them
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.past(tt.kept).Evidence(at(16, 0, 0), tt.now).Schedule; got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

// controls writes controls as one line of name and state each, and with a text where it is asked for.
func controls(all []backup.Control) string {
	var lines []string
	for _, c := range all {
		lines = append(lines, string(c.Name)+" "+c.State.String())
	}
	return strings.Join(lines, "\n")
}

// controlsCase is a case of TestControls.
type controlsCase struct {
	name string
	edit func(*verdictCase, *backup.Kept, *backup.Also)
	want string // the lines that differ, or are there besides
	less string // the names of those that are not there
}

func TestControls(t *testing.T) {
	good := func() verdictCase {
		return verdictCase{
			now: at(22, 12, 0), list: weekOf(15, 16, 17, 18, 19, 20, 21, 22),
			policy: edited(daily(), func(p *backup.Policy) { p.KeptAfterDeletion, p.Schedules[0].Retention = new(true), 9*24*time.Hour }),
		}
	}
	kept := backup.Kept{Reads: []time.Time{at(15, 3, 0), at(16, 3, 0), at(17, 3, 0), at(18, 3, 0), at(19, 3, 0), at(20, 3, 0), at(21, 3, 0)}}
	all := "covered_by_schedule kept\nfrequency kept\nretention kept\nlast_recovery_point kept\nnothing_removed_early kept\noutlives_instance kept"
	const every = "covered_by_schedule frequency retention last_recovery_point nothing_removed_early outlives_instance"
	tests := []controlsCase{
		{"all is well", func(*verdictCase, *backup.Kept, *backup.Also) {}, "", ""},
		{"nothing was kept", func(_ *verdictCase, k *backup.Kept, _ *backup.Also) { *k = backup.Kept{} }, "nothing_removed_early unknown", ""},
		{"nobody read for some days", func(_ *verdictCase, k *backup.Kept, _ *backup.Also) {
			k.Reads = slices.Delete(slices.Clone(k.Reads), 2, 6)
		}, "nothing_removed_early unknown", ""},
		{"a day was left out", func(c *verdictCase, _ *backup.Kept, _ *backup.Also) {
			c.list = weekOf(15, 16, 17, 18, 20, 21, 22)
		}, "frequency broken", ""},
		{"it is late", func(c *verdictCase, _ *backup.Kept, _ *backup.Also) {
			c.list = weekOf(15, 16, 17, 18, 19, 20)
		}, "frequency broken\nlast_recovery_point broken", ""},
		{"the list does not go back", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			c.list, *k = weekOf(18, 19, 20, 21, 22), backup.Kept{Reach: 100 * time.Hour}
		}, "frequency unknown\nnothing_removed_early unknown", ""},
		{"the list is not known", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			*k = backup.Kept{}
			c.edit = func(in *backup.TargetState) { in.Backups = backup.Reading[backup.List]{} }
		}, "frequency unknown\nlast_recovery_point unknown\nnothing_removed_early unknown", ""},
		{"the policy is not known", func(c *verdictCase, _ *backup.Kept, _ *backup.Also) {
			c.policy, c.rpo = nil, 30*time.Hour
		}, "covered_by_schedule unknown\nretention unknown\noutlives_instance unknown", ""},
		{"the policy was off for a time", func(c *verdictCase, _ *backup.Kept, _ *backup.Also) {
			off := *c.policy
			off.Automatic = new(false)
			c.edit = func(in *backup.TargetState) {
				in.PolicyChanges = []backup.PolicyChange{{At: at(18, 0, 0), LastAt: at(17, 23, 0), Former: off}}
			}
		}, "covered_by_schedule broken", ""},
		{"the policy keeps for too short", func(c *verdictCase, _ *backup.Kept, _ *backup.Also) {
			c.policy.Schedules[0].Retention = 6 * 24 * time.Hour
		}, "retention broken", ""},
		{"the policy says little", func(c *verdictCase, _ *backup.Kept, _ *backup.Also) {
			c.policy.KeptAfterDeletion, c.policy.Automatic, c.policy.Schedules[0].Retention = nil, nil, 0
		}, "covered_by_schedule unknown\nretention unknown\noutlives_instance unknown", ""},
		{"backups go with the instance", func(c *verdictCase, _ *backup.Kept, _ *backup.Also) {
			c.policy.KeptAfterDeletion = new(false)
		}, "outlives_instance broken", ""},
		{"a backup vanished", func(_ *verdictCase, k *backup.Kept, _ *backup.Also) {
			gone := weekOf(14)[0]
			k.Sets = []backup.PastSet{{Backup: gone, LastSeen: at(16, 3, 0), LeftAt: at(17, 3, 0), Early: true}}
		}, "nothing_removed_early broken", ""},
		{"copies are new enough", func(c *verdictCase, _ *backup.Kept, a *backup.Also) {
			c.policy.CopyRegion = "far"
			a.Copies = read(backup.Copies{Region: "far", Backups: weekOf(20, 21)}, c.now)
		}, "copy_in_another_region kept", ""},
		{"the newest copy is old", func(c *verdictCase, _ *backup.Kept, a *backup.Also) {
			c.policy.CopyRegion = "far"
			a.Copies = read(backup.Copies{Region: "far", Backups: weekOf(19)}, c.now)
		}, "copy_in_another_region broken", ""},
		{"copies were never read", func(c *verdictCase, _ *backup.Kept, _ *backup.Also) { c.policy.CopyRegion = "far" }, "copy_in_another_region unknown", ""},
		{"nobody checked yet", func(_ *verdictCase, _ *backup.Kept, a *backup.Also) { a.ChecksRestores = true }, "restorable unknown", ""},
		{"it can be restored", func(c *verdictCase, _ *backup.Kept, _ *backup.Also) {
			c.edit = func(in *backup.TargetState) {
				in.RestoreChecks = backup.RestoreChecks{{BackupID: "22", At: at(22, 6, 0)}}
			}
		}, "restorable kept", ""},
		{"it could be restored long ago", func(c *verdictCase, _ *backup.Kept, _ *backup.Also) {
			c.edit = func(in *backup.TargetState) {
				in.RestoreChecks = backup.RestoreChecks{{BackupID: "15", At: at(15, 6, 0)}}
			}
		}, "restorable unknown", ""},
		{"it is kept since yesterday", func(_ *verdictCase, k *backup.Kept, _ *backup.Also) { k.Reads = k.Reads[5:] }, "nothing_removed_early unknown", ""},
		{"a former policy that only the history has kept for too short", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			short := *c.policy
			short.Schedules = slices.Clone(short.Schedules)
			short.Schedules[0].Retention = 3 * 24 * time.Hour
			k.Changes = []backup.PolicyChange{{At: at(18, 0, 0), LastAt: at(17, 23, 0), Former: short}}
		}, "retention broken", ""},
		{"it cannot be restored", func(c *verdictCase, _ *backup.Kept, _ *backup.Also) {
			c.edit = func(in *backup.TargetState) {
				in.RestoreChecks = backup.RestoreChecks{{BackupID: "22", At: at(22, 6, 0), Refused: "cannot be restored"}}
			}
		}, "frequency broken\nlast_recovery_point broken\nrestorable broken", ""},
		{"a restore was seen", func(c *verdictCase, _ *backup.Kept, a *backup.Also) {
			a.LastRestore = read(at(18, 0, 0), c.now)
		}, "restore_seen kept", ""},
		{"no restore was seen", func(c *verdictCase, _ *backup.Kept, a *backup.Also) {
			a.LastRestore = read(time.Time{}, c.now)
		}, "restore_seen broken", ""},
		{"no restore is known", func(c *verdictCase, k *backup.Kept, a *backup.Also) {
			a.LastRestore, *k = read(time.Time{}, c.now), backup.Kept{}
		}, "nothing_removed_early unknown\nrestore_seen unknown", ""},
		{"the instance is new", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			c.created, c.list = new(at(22, 11, 0)), nil
		}, "", "frequency last_recovery_point"},
		{"the instance is not running", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			c.edit = func(in *backup.TargetState) { in.Lifecycle = backup.LifecycleDeleting }
		}, "", every},
	}
	goneSince := func(c *verdictCase, k *backup.Kept, since time.Time) {
		c.edit = func(in *backup.TargetState) { in.Lifecycle = backup.LifecycleReleased }
		k.StatusSince = since
	}
	tests = append(tests, []controlsCase{
		{"it is gone, and was well until then", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			c.list = weekOf(15, 16, 17, 18, 19, 20)
			goneSince(c, k, at(20, 12, 0))
		}, "", "last_recovery_point outlives_instance"},
		{"it is gone, and was late before", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			c.list = weekOf(15, 16, 17)
			goneSince(c, k, at(20, 12, 0))
		}, "frequency broken", "last_recovery_point outlives_instance"},
		{"it is gone, and its backups were kept for too short", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			c.policy.Schedules[0].Retention = 6 * 24 * time.Hour
			goneSince(c, k, at(20, 12, 0))
		}, "retention broken", "last_recovery_point outlives_instance"},
		{"it is gone, and nobody read before", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			k.Reads = k.Reads[:2]
			goneSince(c, k, at(20, 12, 0))
		}, "nothing_removed_early unknown", "last_recovery_point outlives_instance"},
		{"the objective is long, and nobody read for three days", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			c.rpo = 8 * 24 * time.Hour
			k.Reads = slices.Delete(slices.Clone(k.Reads), 2, 4)
		}, "nothing_removed_early unknown", ""},
		{"the objective is long, and nobody read for two days", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			c.rpo = 8 * 24 * time.Hour
			k.Reads = slices.Delete(slices.Clone(k.Reads), 2, 3)
		}, "", ""},
		{"backups are kept for shorter than nobody read", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			c.policy.Schedules[0].Retention = 30 * time.Hour
			k.Reads = slices.Delete(slices.Clone(k.Reads), 2, 3)
		}, "retention broken\nnothing_removed_early unknown", ""},
		{"nothing new for days, and somebody read all the time", func(_ *verdictCase, k *backup.Kept, _ *backup.Also) {
			k.Reads, k.Watches = k.Reads[:1], []backup.Watch{{From: at(14, 0, 0), Until: at(22, 11, 0)}}
		}, "", ""},
		{"somebody read all the time, since yesterday", func(_ *verdictCase, k *backup.Kept, _ *backup.Also) {
			*k = backup.Kept{Watches: []backup.Watch{{From: at(21, 0, 0), Until: at(22, 11, 0)}}}
		}, "nothing_removed_early unknown", ""},
		{"somebody read all the time but for three days", func(_ *verdictCase, k *backup.Kept, _ *backup.Also) {
			*k = backup.Kept{Watches: []backup.Watch{{From: at(14, 0, 0), Until: at(17, 0, 0)}, {From: at(20, 0, 0), Until: at(22, 11, 0)}}}
		}, "nothing_removed_early unknown", ""},
		{"somebody read all the time but for a day", func(_ *verdictCase, k *backup.Kept, _ *backup.Also) {
			*k = backup.Kept{Watches: []backup.Watch{{From: at(14, 0, 0), Until: at(17, 0, 0)}, {From: at(18, 0, 0), Until: at(22, 11, 0)}}}
		}, "", ""},
		{"backups are kept for shorter than lists may be apart", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			c.policy.Schedules[0].Retention = 11 * time.Hour
			*k = backup.Kept{Watches: []backup.Watch{{From: at(14, 0, 0), Until: at(22, 11, 0)}}}
		}, "retention broken\nnothing_removed_early unknown", ""},
		{"it was gone before", func(c *verdictCase, k *backup.Kept, _ *backup.Also) { goneSince(c, k, at(16, 11, 0)) }, "", every},
		{"it is still being created", func(c *verdictCase, k *backup.Kept, _ *backup.Also) {
			c.created = new(at(22, 11, 0))
			c.edit = func(in *backup.TargetState) { in.Lifecycle = backup.LifecycleCreating }
			k.StatusSince = at(22, 11, 1)
		}, "", every},
	}...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, k, also := good(), kept, backup.Also{}
			tt.edit(&c, &k, &also)
			p := c.past(k)
			p.Also = also
			got := controls(p.Evidence(at(16, 12, 0), c.now).Controls)
			if diff := cmp.Diff(merged(all, tt.want, tt.less), got); diff != "" {
				t.Errorf("controls (-want +got):\n%s", diff)
			}
		})
	}
}

// TestHoleAtTheEnd: that the list was read again after the end of the time does not close a hole before it.
func TestHoleAtTheEnd(t *testing.T) {
	c := verdictCase{now: at(29, 12, 0), list: weekOf(14, 15, 16, 17, 29), policy: edited(daily(), func(p *backup.Policy) { p.Schedules[0].Retention = 30 * 24 * time.Hour })}
	for until, want := range map[time.Time]backup.ControlState{at(18, 12, 0): backup.ControlKept, at(24, 12, 0): backup.ControlUnknown} {
		e := c.past(backup.Kept{Reads: []time.Time{at(14, 3, 0), at(15, 3, 0), at(16, 3, 0), at(17, 3, 0)}}).Evidence(at(15, 0, 0), until)
		i := slices.IndexFunc(e.Controls, func(c backup.Control) bool { return c.Name == backup.ControlRemovals })
		if got := e.Controls[i]; got.State != want {
			t.Errorf("until %s: %s (%s), want %s", until, got.State, got.Text, want)
		}
	}
}

// merged returns lines of which some are replaced by others of the same name, or left out, in the order of the names.
func merged(lines, instead, without string) string {
	states := map[string]string{}
	for line := range strings.FieldsFuncSeq(lines+"\n"+instead, func(c rune) bool { return c == '\n' }) {
		name, state, _ := strings.Cut(line, " ")
		states[name] = state
	}
	for name := range strings.FieldsSeq(without) {
		delete(states, name)
	}
	var all []string
	for _, name := range backup.ControlNames() {
		if state := states[string(name)]; state != "" {
			all = append(all, string(name)+" "+state)
		}
	}
	return strings.Join(all, "\n")
}

// TestEvidenceOfBackups: each attempt of the span once, with what is to be said of it.
func TestEvidenceOfBackups(t *testing.T) {
	named := func(id string, b backup.Backup) backup.Backup { return with(b, func(b *backup.Backup) { b.ID = id }) }
	c := verdictCase{
		now: at(22, 12, 0), policy: daily(),
		list: []backup.Backup{
			named("22", full(at(22, 2, 10))), named("21", sized(at(21, 2, 10), 0)), named("20", failed(at(20, 2, 10))),
			named("19", expiring(at(19, 2, 10), at(21, 0, 0))), named("1", full(at(1, 2, 10))),
		},
		jobs: []backup.Job{{ID: "a", State: backup.JobFailed, StartedAt: at(20, 2, 9), Reason: "disk full"}},
	}
	gone := backup.PastSet{Backup: named("18", full(at(18, 2, 10))), LastSeen: at(20, 0, 0), LeftAt: at(20, 1, 0), Early: true}
	kept := backup.Kept{
		Sets: []backup.PastSet{gone, gone, {Backup: named("22", full(at(22, 2, 10)))}},
		Jobs: []backup.Job{
			{ID: "a", State: backup.JobFailed, StartedAt: at(20, 2, 9)},
			{ID: "b", State: backup.JobFailed, StartedAt: at(17, 9, 0), Reason: "too busy"},
			{ID: "c", State: backup.JobFinished, StartedAt: at(17, 10, 0)},
			{ID: "d", State: backup.JobFailed, StartedAt: at(9, 0, 0)},
		},
	}
	for _, node := range []string{"", "shard"} {
		c.edit = func(in *backup.TargetState) { in.Target.NodeID = node }
		e := c.past(kept).Evidence(at(16, 0, 0), at(22, 9, 0))
		var got []string
		for _, b := range e.Backups {
			got = append(got, fmt.Sprintf("%s %s %s %s", b.StartedAt.Format("2.15:04"), b.State, b.Flaw, b.Reason))
		}
		want := []string{
			"22.02:10 success  ", "21.02:10 success is zero-sized ", "20.02:10 failed  disk full", "19.02:10 success  ", "18.02:10 success  ", "17.09:00 failed  too busy",
		}
		failures := 2
		if node != "" { // the jobs are of the instance as a whole
			want, failures = want[:5], 1
		}
		if diff := cmp.Diff(want, got); diff != "" || e.Failed() != failures {
			t.Errorf("%q: %d failed (-want +got):\n%s", node, e.Failed(), diff)
		}
		if len(e.Removals) != 1 || e.Removals[0].ID != "18" || !e.Until.Equal(at(22, 9, 0)) {
			t.Errorf("removals %+v until %s", e.Removals, e.Until)
		}
	}
	if e := c.past(kept).Evidence(at(21, 0, 0), at(25, 0, 0)); len(e.Removals) > 0 || !e.Until.Equal(c.now) {
		t.Errorf("what is to come counts, or what was before: %+v", e)
	}
}
