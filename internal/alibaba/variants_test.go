package alibaba_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	api "mongodb_backup_exporter/internal/cloudsim/alibaba"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/sourcetest"
)

// openQuestions adds what the documentation leaves open to the suite's fleet: a cluster with a good, a failed and a running
// set, an instance whose automatic backup is off, a released one and a serverless one.
func openQuestions(f *fleet.Fleet) {
	today := sourcetest.Now.Truncate(24 * time.Hour)
	clusterMode(
		set("cb-1", today.AddDate(0, 0, -2).Add(3*time.Hour), func(int, *fleet.Backup) {}),
		set("cb-2", today.AddDate(0, 0, -1).Add(3*time.Hour), func(i int, p *fleet.Backup) {
			if i == 1 {
				p.Status = "failed"
			}
		}),
		set("cb-3", sourcetest.Now.Add(-time.Minute), func(_ int, p *fleet.Backup) { p.Status, p.End = "running", time.Time{} }),
	)(f)
	off, released, serverless := *f.Instance(sourcetest.ReplicaSetID), *f.Instance(sourcetest.ReplicaSetID), *f.Instance(sourcetest.EmptyID)
	off.ID, off.Policy.Disabled, off.Recovery = "dds-bp1off", true, nil
	released.ID, released.LockMode, released.ReleasedAt = "dds-bp1released", fleet.Released, sourcetest.Now.AddDate(0, 0, -1)
	serverless.ID, serverless.Serverless = "dds-bp1serverless", true
	f.Accounts[0].Instances = append(f.Accounts[0].Instances, off, released, serverless, often(off, 0), often(off, 10*time.Hour))
}

// often returns an instance with a backup every four hours, the first of a day at midnight in the daily window. The other ones
// have not been made for a while.
func often(like fleet.Instance, since time.Duration) fleet.Instance {
	in := like
	in.ID = fmt.Sprintf("dds-bp1often%.0f", since.Hours())
	in.Policy = fleet.Policy{Weekdays: allDays(), Window: time.Hour, Interval: 4 * time.Hour, RetentionDays: 7}
	in.Backups = nil
	for start := sourcetest.Now.Truncate(24*time.Hour).AddDate(0, 0, -3); start.Before(sourcetest.Now); start = start.Add(4 * time.Hour) {
		if start.Hour() == 0 || sourcetest.Now.Sub(start) > since {
			in.Backups = append(in.Backups, fleet.Backup{
				ID: in.ID + start.Format("0215"), Status: "success", Start: start, End: start.Add(time.Minute), SizeBytes: 300 << 20,
			})
		}
	}
	return in
}

func allDays() []time.Weekday {
	return []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday}
}

// verdicts reads all that the cloud says, and returns a line for each target.
func verdicts(t *testing.T, b *bench) map[string]string {
	t.Helper()
	found := map[string]string{}
	for id, in := range b.instances(t) {
		if in.NoBackup != "" {
			found[id] = "has no backup"
			continue
		}
		for _, target := range in.Targets() {
			list, err1 := b.Backups(t.Context(), in, target.NodeID, since())
			policy, err2 := b.Policy(t.Context(), in)
			_, err3 := b.Jobs(t.Context(), in)
			window, err4 := b.Recovery(t.Context(), in)
			for _, err := range []error{err1, err2, err3, err4} {
				if err != nil && backup.ClassOf(err) != backup.ClassUnsupported {
					t.Errorf("%s: %v", target, err)
				}
			}
			state := backup.TargetState{
				Lifecycle: in.Lifecycle, Status: in.Status, CreatedAt: in.CreatedAt,
				Backups: known(list), Policy: known(policy), Recovery: known(window),
			}
			h := backup.Assess(state, backup.Objectives{RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour}, sourcetest.Now)
			full := h.Kinds[backup.KindFull].Counts
			found[id+target.NodeID] = fmt.Sprintf("%s, %d usable, %d failed, %d running, %d unknown, automatic %s", h.State, h.Usable,
				full[backup.StateFailed], full[backup.StateRunning], full[backup.StateUnknown], said(policy.Automatic))
		}
	}
	return found
}

func said(flag *bool) string {
	if flag == nil {
		return "not said"
	}
	return map[bool]string{true: "on", false: "off"}[*flag]
}

func known[T any](value T) backup.Reading[T] {
	return backup.Reading[T]{Value: value, At: sourcetest.Now, TriedAt: sourcetest.Now, GoodUntil: sourcetest.Now.Add(time.Hour)}
}

// Whatever the documentation leaves open, the exporter is right, or says that it does not know. Every switch of the
// simulation that can change a verdict has a row.
func TestVerdictsUnderEveryVariant(t *testing.T) {
	const (
		replicaSet = "ok, 2 usable, 1 failed, 0 running, 0 unknown, automatic on"
		partGood   = "failed, 1 usable, 1 failed, 1 running, 0 unknown, automatic on"
		partBad    = "failed, 1 usable, 1 failed, 1 running, 0 unknown, automatic on"
		unlisted   = "ok, 1 usable, 0 failed, 1 running, 1 unknown, automatic on"
	)
	likeliest := map[string]string{
		sourcetest.ReplicaSetID: replicaSet, sourcetest.EmptyID: "never, 0 usable, 0 failed, 0 running, 0 unknown, automatic on",
		sourcetest.ShardedID + "d-bp1bbbb": partGood, sourcetest.ShardedID + "d-bp1aaaa": partBad,
		"dds-bp1off": "late, 2 usable, 1 failed, 0 running, 0 unknown, automatic off", "dds-bp1serverless": "has no backup",
		"dds-bp1released": "pending, 2 usable, 1 failed, 0 running, 0 unknown, automatic on",
		"dds-bp1often0":   "ok, 21 usable, 0 failed, 0 running, 0 unknown, automatic on",
		"dds-bp1often10":  "late, 19 usable, 0 failed, 0 running, 0 unknown, automatic on",
	}
	tests := []struct {
		name     string
		variants api.Variants
		differs  map[string]string // from the likeliest; "": the target is not there
	}{
		{"the likeliest", api.Variants{}, nil},
		{"BareEmptyList", api.Variants{BareEmptyList: true}, nil},
		{"FutureEndRejected", api.Variants{FutureEndRejected: true}, nil},
		{"MissingEmptyLists", api.Variants{MissingEmptyLists: true}, nil},
		{"OldestFirst", api.Variants{OldestFirst: true}, nil},
		{"FilteredByEnd", api.Variants{FilteredByEnd: true}, nil},
		{"UnlistedSetWords", api.Variants{UnlistedSetWords: true}, map[string]string{
			sourcetest.ShardedID + "d-bp1bbbb": unlisted, sourcetest.ShardedID + "d-bp1aaaa": unlisted,
		}},
		{"SiblingPartWords", api.Variants{SiblingPartWords: true}, nil},
		{"EndsWithoutZone", api.Variants{EndsWithoutZone: true}, nil},
		{"ProgressAlways", api.Variants{ProgressAlways: true}, nil},
		{"OtherInstanceName", api.Variants{OtherInstanceName: true}, nil},
		{"OtherNodeID", api.Variants{OtherNodeID: true}, nil},
		{"NoAttachLogStatus", api.Variants{NoAttachLogStatus: true}, nil},
		{"NoPeriodWhenOff", api.Variants{NoPeriodWhenOff: true}, map[string]string{
			"dds-bp1off": "late, 2 usable, 1 failed, 0 running, 0 unknown, automatic not said",
		}},
		{"ReleasedHidden", api.Variants{ReleasedHidden: true}, map[string]string{"dds-bp1released": ""}},
		{"ServerlessRefused", api.Variants{ServerlessRefused: true}, map[string]string{"dds-bp1serverless": ""}},
		{"FrequentUnlisted", api.Variants{FrequentUnlisted: true}, map[string]string{
			"dds-bp1often0":  "unknown, 4 usable, 0 failed, 0 running, 0 unknown, automatic on",
			"dds-bp1often10": "unknown, 4 usable, 0 failed, 0 running, 0 unknown, automatic on",
		}},
		{"TypesIgnored", api.Variants{TypesIgnored: true}, map[string]string{"dds-bp1serverless": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := maps.Clone(likeliest)
			maps.Copy(want, tt.differs)
			maps.DeleteFunc(want, func(_, verdict string) bool { return verdict == "" })
			_, b := simulate(t, cloudsim.Variants{Alibaba: tt.variants}, openQuestions)
			if diff := cmp.Diff(want, verdicts(t, b)); diff != "" {
				t.Errorf("verdicts (-want +got):\n%s", diff)
			}
			if unread := slices.DeleteFunc(b.rejected, func(field string) bool { return field == "ClusterBackupStatus" }); len(unread) != 0 {
				t.Errorf("rejected %v", unread)
			}
		})
	}
}
