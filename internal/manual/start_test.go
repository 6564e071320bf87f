package manual_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/manual"
)

// starter is a source that starts backups, and keeps the orders.
type starter struct {
	source
	orders []backup.ManualOrder
	err    error
}

func (s *starter) StartBackup(_ context.Context, in backup.Instance, order backup.ManualOrder) (backup.Started, error) {
	s.orders = append(s.orders, order)
	return backup.Started{JobID: "job of " + in.InstanceID}, s.err
}

func TestStart(t *testing.T) {
	busy := &backup.Error{Op: "CreateBackup", Class: backup.ClassBusy}
	nothing := source{backups: func(int, string) (backup.List, error) { return list(), nil }}
	order := backup.ManualOrder{Method: "Snapshot", RetentionDays: 7, Name: "n", Description: "d"}
	tests := []struct {
		name   string
		source manual.Source
		want   string // the job
		err    string
	}{
		{"started", &starter{source: nothing}, "job of i", ""},
		{"busy", &starter{source: nothing, err: busy}, "job of i", "CreateBackup: busy"},
		{"a cloud that starts none", &nothing, "", "huawei cannot start backups"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := backup.Instance{Target: backup.Target{Cloud: backup.Huawei, InstanceID: "i"}}
			b, err := manual.Prepare(t.Context(), tt.source, in, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			started, err := b.Start(t.Context(), order)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if started.JobID != tt.want || got != tt.err {
				t.Errorf("Start = %+v, %v; want job %q and error %q", started, err, tt.want, tt.err)
			}
			if s, ok := tt.source.(*starter); ok {
				if diff := cmp.Diff([]backup.ManualOrder{order}, s.orders); diff != "" {
					t.Errorf("orders (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestPrepareNeedsTheList(t *testing.T) {
	refused := &backup.Error{Op: "DescribeBackups", Class: backup.ClassPermission}
	s := &source{backups: func(int, string) (backup.List, error) { return list(), refused }}
	if b, err := manual.Prepare(t.Context(), s, backup.Instance{}, time.Now); b != nil || !errors.Is(err, refused) {
		t.Errorf("Prepare = %v, %v; want nothing and the error", b, err)
	}
}
