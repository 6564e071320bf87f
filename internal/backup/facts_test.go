package backup_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mongodb_backup_exporter/internal/backup"
)

// assess gives the verdict on a list of backups, read a minute before noon, of an old instance without a policy.
func assess(edit func(*backup.TargetState), list ...backup.Backup) backup.Health {
	in, want := verdictCase{now: noon, list: list, edit: edit}.input()
	return backup.Assess(in, want, noon)
}

func TestFactsOfAList(t *testing.T) {
	unavailable := with(full(at(20, 2, 0)), func(b *backup.Backup) { b.Unusable = backup.FlaggedUnusable })
	deleting := with(full(at(15, 2, 0)), func(b *backup.Backup) { b.State = backup.StateDeleting })
	strange := with(full(at(19, 4, 0)), func(b *backup.Backup) { b.Kind, b.State = backup.KindUnknown, backup.StateUnknown })
	list := []backup.Backup{
		running(at(22, 11, 0)), failed(at(22, 2, 0)), incremental(at(21, 12, 0)), full(at(21, 2, 0)), unavailable,
		strange, expiring(at(18, 2, 0), at(25, 2, 0)), failed(at(17, 2, 0)), deleting,
	}
	in, want := verdictCase{now: noon, list: list, policy: daily()}.input()

	got := backup.Assess(in, want, noon)

	if diff := cmp.Diff(backup.Health{
		State:  backup.HealthFailed,
		Reason: "the last attempt failed at 2026-11-22 02:20Z; recovery point 24h old is within 27h 20m (cloud's schedule)",
		RPO:    27*time.Hour + 20*time.Minute,
		Known:  true,
		Kinds: [...]backup.ByKind{
			backup.KindUnknown: {Counts: [...]int{backup.StateUnknown: 1, backup.StateDeleting: 0}},
			backup.KindFull: {
				Asked: true, LastSuccess: &list[3], LastFailure: at(22, 2, 20),
				Counts: [...]int{backup.StateSuccess: 3, backup.StateFailed: 2, backup.StateRunning: 1, backup.StateDeleting: 1},
			},
			backup.KindIncremental: {Asked: true, LastSuccess: &list[2], Counts: [...]int{backup.StateSuccess: 1, backup.StateDeleting: 0}},
		},
		Last:                &list[1],
		ConsecutiveFailures: 1,
		RecoveryPoint:       at(21, 12, 0),
		OldestRecoveryPoint: at(18, 2, 0),
		LastUsableExpiry:    at(28, 2, 0), // the full backup of the 21st, kept for 7 days
		Usable:              3,
		NewestFull:          at(21, 2, 0),
		Until:               at(22, 13, 0), // then the list is too old
	}, got); diff != "" {
		t.Errorf("Assess() (-want +got):\n%s", diff)
	}
}

func TestFactsAreAbsent(t *testing.T) {
	aged := func(in *backup.TargetState) { in.Backups.GoodUntil = noon }
	onlyAsked := backup.Health{State: backup.HealthNever, RPO: 26 * time.Hour, Known: true}
	onlyAsked.Kinds[backup.KindFull].Asked, onlyAsked.Kinds[backup.KindIncremental].Asked = true, true
	for _, c := range []struct {
		name string
		got  backup.Health
		want backup.Health
	}{
		{"list too old", assess(aged, full(at(22, 2, 0)), failed(at(21, 2, 0))), backup.Health{RPO: 26 * time.Hour}},
		{"empty list", assess(nil), onlyAsked},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.got, cmpopts.IgnoreFields(backup.Health{}, "Reason", "Until")); diff != "" {
				t.Errorf("Assess() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUndatedAndInvalidRecords(t *testing.T) {
	undated := with(failed(at(22, 2, 0)), func(b *backup.Backup) { b.StartedAt, b.EndedAt = time.Time{}, time.Time{} })
	future := full(at(29, 2, 0))
	invalid := with(full(at(22, 2, 0)), func(b *backup.Backup) { b.Kind, b.State = 77, 99 })

	h := assess(nil, undated, future, invalid)

	if f := h.Kinds[backup.KindFull]; f.Counts != [backup.NumStates]int{backup.StateSuccess: 1, backup.StateFailed: 1} {
		t.Errorf("counts of full backups = %v, want one success and one failure", f.Counts)
	}
	if u := h.Kinds[backup.KindUnknown]; u.Counts != [backup.NumStates]int{backup.StateUnknown: 1} {
		t.Errorf("counts of unknown backups = %v, want one unknown", u.Counts)
	}
	if f := h.Kinds[backup.KindFull]; h.Last != nil || f.LastSuccess != nil || !f.LastFailure.IsZero() || h.ConsecutiveFailures != 0 {
		t.Errorf("records without a believable time became facts: %+v", h)
	}
}

func TestConsecutiveFailures(t *testing.T) {
	for _, c := range []struct {
		name string
		list []backup.Backup
		want int
	}{
		{"none", []backup.Backup{full(at(22, 2, 0))}, 0},
		{"before the last success", []backup.Backup{full(at(22, 2, 0)), failed(at(21, 2, 0))}, 0},
		{"of all kinds together", []backup.Backup{
			failed(at(22, 2, 0)), failedIncremental(at(21, 14, 0)), full(at(21, 2, 0)),
		}, 2},
		{"of a full backup, ended by a full one", []backup.Backup{full(at(22, 3, 0)), failed(at(22, 2, 0))}, 0},
		{"of a full backup, not ended by an incremental one", []backup.Backup{incremental(at(22, 3, 0)), failed(at(22, 2, 0))}, 1},
		{"of a full backup, not ended by one of an unknown type", []backup.Backup{unknownKind(full(at(22, 3, 0))), failed(at(22, 2, 0))}, 1},
		{"of an incremental backup, ended by an incremental one", []backup.Backup{incremental(at(22, 3, 0)), failedIncremental(at(22, 2, 0))}, 0},
		{"of an incremental backup, ended by a full one", []backup.Backup{full(at(22, 3, 0)), failedIncremental(at(22, 2, 0))}, 0},
		{"of an unknown type, ended by the same", []backup.Backup{unknownKind(full(at(22, 3, 0))), unknownKind(failed(at(22, 2, 0)))}, 0},
		{"of an unknown type, not ended by an incremental one", []backup.Backup{incremental(at(22, 3, 0)), unknownKind(failed(at(22, 2, 0)))}, 1},
		{"failures of each kind, counted apart", []backup.Backup{
			failedIncremental(at(22, 4, 0)), incremental(at(22, 3, 0)), failedIncremental(at(22, 2, 30)), failed(at(22, 2, 0)), failed(at(21, 2, 0)),
		}, 3},
		{"ended by a zero-sized success", []backup.Backup{sized(at(22, 3, 0), 0), failed(at(22, 2, 0))}, 0},
		{"running ones do not count", []backup.Backup{running(at(22, 3, 0)), failed(at(22, 2, 0))}, 1},
		{"29 in a row", func() (list []backup.Backup) {
			for i := range 29 {
				list = append(list, failed(at(22, 2, 0).AddDate(0, 0, -i)))
			}
			return list
		}(), 29},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := assess(nil, c.list...).ConsecutiveFailures; got != c.want {
				t.Errorf("ConsecutiveFailures = %d, want %d", got, c.want)
			}
		})
	}
	t.Run("ended by an incremental backup where the list does not cover full ones", func(t *testing.T) {
		onlyIncremental := func(in *backup.TargetState) { in.Backups.Value.Asked = []backup.Kind{backup.KindIncremental} }
		h := assess(onlyIncremental, incremental(at(22, 3, 0)), failed(at(22, 2, 0)))
		if h.ConsecutiveFailures != 0 {
			t.Errorf("ConsecutiveFailures = %d, want 0", h.ConsecutiveFailures)
		}
	})
}

func TestLastAttempt(t *testing.T) {
	for _, c := range []struct {
		name string
		list []backup.Backup
		want int // index in list
	}{
		{"the newest success", []backup.Backup{incremental(at(22, 11, 0)), full(at(22, 2, 0)), failed(at(21, 2, 0))}, 0},
		{"the newest failure without a later success", []backup.Backup{
			incremental(at(22, 11, 0)), failed(at(21, 2, 0)), failed(at(22, 2, 0)), failedIncremental(at(20, 2, 0)),
		}, 2},
		{"a failed incremental backup until one succeeds", []backup.Backup{failedIncremental(at(22, 11, 0)), incremental(at(22, 10, 0))}, 0},
		{"a failure and a success of the same second", []backup.Backup{full(at(22, 2, 0)), failed(at(22, 2, 0))}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := assess(nil, c.list...).Last; got != &c.list[c.want] {
				t.Errorf("Last = %+v, want %+v", got, c.list[c.want])
			}
		})
	}
}

func TestMedianSize(t *testing.T) {
	sizes := func(newestFirst ...int64) []backup.Backup {
		var list []backup.Backup
		for i, s := range newestFirst {
			list = append(list, sized(at(22, 2, 0).AddDate(0, 0, -i), s))
		}
		return list
	}
	for _, c := range []struct {
		name string
		list []backup.Backup
		want *int64
	}{
		{"no success", nil, nil},
		{"two earlier ones are too few", sizes(9, 1, 2), nil},
		{"three earlier ones, the last left out", sizes(900, 3, 1, 2), new(int64(2))},
		{"four earlier ones: the mean of the middle two", sizes(900, 8, 1, 5, 2), new(int64(3))},
		{"no overflow", sizes(1, math.MaxInt64, math.MaxInt64, math.MaxInt64-2, math.MaxInt64-2), new(int64(math.MaxInt64 - 1))},
		{"a drop to zero is compared with earlier sizes", sizes(0, 10, 10, 10), new(int64(10))},
		{"empty ones do not become normal", sizes(0, 0, 0, 0, 10, 10, 10), new(int64(10))},
		{"empty ones do not count as three", sizes(0, 0, 10, 10), nil},
		{"unknown sizes do not count", append(sizes(9, 1, 2), with(full(at(1, 2, 0)), func(b *backup.Backup) { b.SizeBytes = nil })), nil},
		{"other kinds do not count", append(sizes(9, 1, 2), incremental(at(1, 2, 0))), nil},
		{"failures do not count", append(sizes(9, 1, 2), with(sized(at(1, 2, 0), 3), func(b *backup.Backup) { b.State = backup.StateFailed })), nil},
		{"a success from the future does not count", append(sizes(9, 1, 2), sized(at(29, 2, 0), 3)), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := assess(nil, c.list...).Kinds[backup.KindFull].MedianSize
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("MedianSize (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRecoveryPoints(t *testing.T) {
	window := func(w backup.Window) func(*backup.TargetState) {
		return func(in *backup.TargetState) { in.Recovery = read(w, noon) }
	}
	agedWindow := func(in *backup.TargetState) {
		in.Recovery = read(backup.Window{Start: at(15, 0, 0), End: at(22, 11, 0)}, noon)
		in.Recovery.GoodUntil = noon
	}
	for _, c := range []struct {
		name           string
		edit           func(*backup.TargetState)
		list           []backup.Backup
		newest, oldest time.Time
		usable         int
	}{
		{"the start, not the end", nil, []backup.Backup{full(at(22, 2, 10))}, at(22, 2, 10), at(22, 2, 10), 1},
		{"of overlapping backups the newest start", nil, []backup.Backup{
			full(at(22, 2, 10)), with(full(at(22, 1, 0)), func(b *backup.Backup) { b.EndedAt = at(22, 9, 0) }),
		}, at(22, 2, 10), at(22, 1, 0), 2},
		{
			"a window reaches further both ways", window(backup.Window{Start: at(15, 0, 0), End: at(22, 11, 0)}),
			[]backup.Backup{full(at(22, 2, 10))},
			at(22, 11, 0), at(15, 0, 0), 1,
		},
		{
			"a window within", window(backup.Window{Start: at(20, 0, 0), End: at(20, 11, 0)}),
			[]backup.Backup{full(at(22, 2, 10)), full(at(19, 2, 10))},
			at(22, 2, 10), at(19, 2, 10), 2,
		},
		{"a window read too long ago", agedWindow, []backup.Backup{full(at(22, 2, 10))}, at(22, 2, 10), at(22, 2, 10), 1},
		{"no window at present", window(backup.Window{}), []backup.Backup{full(at(22, 2, 10))}, at(22, 2, 10), at(22, 2, 10), 1},
		{"a window without a start", window(backup.Window{End: at(22, 11, 0)}), nil, at(22, 11, 0), at(22, 11, 0), 0},
		{"never after the cloud's answer", nil, []backup.Backup{
			with(full(at(22, 12, 2)), func(b *backup.Backup) { b.EndedAt = at(22, 12, 3) }),
		}, at(22, 11, 59), at(22, 11, 59), 1},
		{"incremental ones are unusable once their full backup has expired", nil, []backup.Backup{
			incremental(at(22, 2, 0)), expiring(at(21, 2, 0), at(22, 11, 0)),
		}, time.Time{}, time.Time{}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := assess(c.edit, c.list...)
			got := []any{h.RecoveryPoint, h.OldestRecoveryPoint, h.Usable}
			if diff := cmp.Diff([]any{c.newest, c.oldest, c.usable}, got); diff != "" {
				t.Errorf("newest, oldest, usable (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLastUsableExpiry(t *testing.T) {
	keep := func(d time.Duration) func(*backup.TargetState) {
		return func(in *backup.TargetState) {
			in.Policy = read(backup.Policy{Schedules: []backup.Schedule{{Retention: d}}}, noon)
		}
	}
	const week = 7 * 24 * time.Hour
	for _, c := range []struct {
		name string
		edit func(*backup.TargetState)
		list []backup.Backup
		want time.Time
	}{
		{"as the cloud says", keep(week), []backup.Backup{expiring(at(22, 2, 0), at(24, 2, 0))}, at(24, 2, 0)},
		{"the latest, not that of the newest", nil, []backup.Backup{
			expiring(at(22, 2, 0), at(24, 2, 0)), expiring(at(21, 2, 0), at(30, 2, 0)),
		}, at(30, 2, 0)},
		{"start and retention", keep(week), []backup.Backup{full(at(22, 2, 0))}, at(29, 2, 0)},
		{"the policy never deletes", keep(backup.Forever), []backup.Backup{full(at(22, 2, 0))}, backup.Never},
		{"kept forever", nil, []backup.Backup{full(at(22, 2, 0)), expiring(at(20, 2, 0), backup.Never)}, backup.Never},
		{"retention does not apply to manual backups", keep(week), []backup.Backup{full(at(22, 2, 0)), manual(at(21, 2, 0))}, at(29, 2, 0)},
		{"the newest may be kept for longer", keep(week), []backup.Backup{manual(at(22, 2, 0)), full(at(21, 2, 0))}, time.Time{}},
		{"neither the cloud nor a policy says", nil, []backup.Backup{full(at(22, 2, 0))}, time.Time{}},
		{"a policy without retention", keep(0), []backup.Backup{full(at(22, 2, 0))}, time.Time{}},
		{"unusable ones do not count", keep(week), []backup.Backup{sized(at(22, 2, 0), 0), full(at(21, 2, 0))}, at(28, 2, 0)},
		{"an incremental one lasts no longer than the full one", nil, []backup.Backup{
			with(expiring(at(22, 8, 0), at(30, 2, 0)), func(b *backup.Backup) { b.Kind = backup.KindIncremental }),
			expiring(at(22, 2, 0), at(24, 2, 0)),
		}, at(24, 2, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := assess(c.edit, c.list...).LastUsableExpiry; !got.Equal(c.want) {
				t.Errorf("LastUsableExpiry = %s, want %s", got, c.want)
			}
		})
	}
}
