package sourcetest

import (
	"slices"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// testRecords changes one of the three records of the replica set.
func testRecords(t *testing.T, p Provider) {
	object := map[string]any{"unexpected": "object"}
	tests := []struct {
		name     string
		override map[string]any
		want     []string // ids of the backups that remain
		sized    bool     // whether the newest one still has a size
		rejected int      // how many records or values must be counted
	}{
		{"no change", nil, []string{"b-3", "b-2", "b-1"}, true, 0},
		{"end is an object", map[string]any{p.EndField: object}, []string{"b-2", "b-1"}, false, 1},
		{"end is no time", map[string]any{p.EndField: "yesterday"}, []string{"b-2", "b-1"}, false, 1},
		{"size is text with a unit", map[string]any{p.SizeField: "12 GB"}, []string{"b-3", "b-2", "b-1"}, false, 1},
		{"size is negative", map[string]any{p.SizeField: -1}, []string{"b-3", "b-2", "b-1"}, false, 1},
		{"size is too large to count", map[string]any{p.SizeField: 1e30}, []string{"b-3", "b-2", "b-1"}, false, 1},
		{"size is an object", map[string]any{p.SizeField: object}, []string{"b-3", "b-2", "b-1"}, false, 1},
		{"size is null", map[string]any{p.SizeField: nil}, []string{"b-3", "b-2", "b-1"}, false, 0},
		{"size is missing", map[string]any{p.SizeField: fleet.Omit}, []string{"b-3", "b-2", "b-1"}, false, 0},
		{"size is numeric text", map[string]any{p.SizeField: "307200"}, []string{"b-3", "b-2", "b-1"}, true, 0},
		{"an unknown field", map[string]any{"Brand_new": []int{1}}, []string{"b-3", "b-2", "b-1"}, true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := Fleet(p)
			f.Instance(ReplicaSetID).Backups[2].Override = tt.override
			b := start(t, p, f)
			list, err := b.Source.Backups(t.Context(), b.instance(t, ReplicaSetID), "", since())
			if err != nil {
				t.Fatal(err)
			}
			if got := ids(list); !slices.Equal(got, tt.want) {
				t.Fatalf("backups = %v, want %v", got, tt.want)
			}
			if sized := list.Backups[0].SizeBytes != nil; len(tt.want) == 3 && sized != tt.sized {
				t.Errorf("size known = %v, want %v", sized, tt.sized)
			}
			if got := b.sum(b.rejected); got != tt.rejected {
				t.Errorf("%d rejections counted, want %d: %v", got, tt.rejected, b.rejected)
			}
		})
	}
	t.Run("unknown status", func(t *testing.T) {
		f := Fleet(p)
		f.Instance(ReplicaSetID).Backups[2].Status = "Pondering"
		b := start(t, p, f)
		list, err := b.Source.Backups(t.Context(), b.instance(t, ReplicaSetID), "", since())
		if err != nil || len(list.Backups) != 3 || list.Backups[0].State != backup.StateUnknown || list.Backups[0].SizeBytes != nil {
			t.Errorf("Backups = %v, %v; want the newest of three in state unknown and without a size", list.Backups, err)
		}
	})
	t.Run("an end without a zone is in UTC", func(t *testing.T) { testEndWithoutZone(t, p) })
	for _, scope := range []Scope{Instances, Backups, Jobs} {
		if operation, ok := p.Operations[scope]; ok {
			t.Run("bad id in "+string(scope), func(t *testing.T) { testBadID(t, p, scope, operation) })
			t.Run("null for a list in "+string(scope), func(t *testing.T) { testNullList(t, p, scope, operation) })
		}
	}
	t.Run("an instance that was not read", func(t *testing.T) { testUnreadInstance(t, p, p.Operations[Instances]) })
}

func testEndWithoutZone(t *testing.T, p Provider) {
	t.Helper()
	f := Fleet(p)
	f.Instance(ReplicaSetID).Backups[2].Override = map[string]any{p.EndField: "2026-01-14T03:05:00"}
	b := start(t, p, f)
	list, err := b.Source.Backups(t.Context(), b.instance(t, ReplicaSetID), "", since())
	want := time.Date(2026, time.January, 14, 3, 5, 0, 0, time.UTC)
	if err != nil || len(list.Backups) != 3 || !list.Backups[0].EndedAt.Equal(want) {
		t.Errorf("Backups = %v, %v; want three, the newest with the end %v", list.Backups, err, want)
	}
}

// testNullList checks that null is not taken for an empty list, which would mean that everything is gone. A list of jobs may
// be null where the cloud lists none.
func testNullList(t *testing.T, p Provider, scope Scope, operation string) {
	b := start(t, p, Fleet(p))
	in := b.instance(t, ReplicaSetID)
	b.Inject(cloudsim.Fault{Operation: operation, Kind: cloudsim.FaultNullList})
	n, err := b.ask(t.Context(), scope, in)
	want := []backup.Class{backup.ClassProtocol}
	if override, ok := p.Answers[FaultCase{scope, cloudsim.FaultNullList}]; ok {
		want = override
	}
	if !slices.Contains(want, backup.ClassOf(err)) {
		t.Fatalf("%d things and %v, want one of the classes %q", n, err, want)
	}
	if err == nil && n == 0 {
		return
	}
	checkFailure(t, err, operation, n)
}
