package manual_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
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
			started, err := manual.New(tt.source, in, time.Now).Start(t.Context(), order, func(time.Duration, error) { t.Error("it waits") })
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

// What has no managed backup is no matter for an order: the cloud would refuse it, or take it for another.
func TestPossible(t *testing.T) {
	if err := manual.Possible(backup.Instance{}); err != nil {
		t.Errorf("of an instance of which nothing is known: %v", err)
	}
	err := manual.Possible(backup.Instance{NoBackup: "it is a toy"})
	if want := "no backup can be started: it is a toy; dump its data with a tool of MongoDB, such as mongodump"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestPrepareNeedsTheList(t *testing.T) {
	refused := &backup.Error{Op: "DescribeBackups", Class: backup.ClassPermission}
	s := &source{backups: func(int, string) (backup.List, error) { return list(), refused }}
	if err := manual.New(s, backup.Instance{}, time.Now).Prepare(t.Context()); !errors.Is(err, refused) {
		t.Errorf("error %v, want that of the list", err)
	}
}

// throttling is a cloud that throttles some orders and takes the next.
type throttling struct {
	source
	refusals []error
	orders   int
}

func (s *throttling) StartBackup(context.Context, backup.Instance, backup.ManualOrder) (backup.Started, error) {
	s.orders++
	if s.orders <= len(s.refusals) {
		return backup.Started{}, s.refusals[s.orders-1]
	}
	return backup.Started{JobID: "job"}, nil
}

// An order that was throttled was not taken: it is given again. Any other may have been taken.
func TestStartAgain(t *testing.T) {
	throttled := func(after time.Duration) error {
		return &backup.Error{Op: "CreateBackup", Class: backup.ClassThrottled, RetryAfter: after}
	}
	lost := &backup.Error{Op: "CreateBackup", Class: backup.ClassNetwork}
	for _, test := range []struct {
		name     string
		refusals []error
		pauses   []time.Duration
		err      string
	}{
		{"the cloud asks for a pause", []error{throttled(200 * time.Millisecond), throttled(10 * time.Second)}, []time.Duration{time.Second, 10 * time.Second}, ""},
		{"it asks for none", []error{throttled(0), throttled(0), throttled(0)}, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, ""},
		{"for more than a minute", []error{throttled(61 * time.Second)}, nil, "CreateBackup: throttled"},
		{"for ever", slices.Repeat([]error{throttled(25 * time.Second)}, 9), []time.Duration{25 * time.Second, 25 * time.Second}, "CreateBackup: throttled"},
		{"the answer is lost after that", []error{throttled(0), lost}, []time.Duration{time.Second}, "CreateBackup: network"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				s := &throttling{refusals: test.refusals}
				var pauses []time.Duration
				var waited time.Duration
				_, err := manual.New(s, backup.Instance{}, time.Now).Start(t.Context(), backup.ManualOrder{}, func(pause time.Duration, _ error) {
					pauses, waited = append(pauses, pause), waited+pause
				})
				got := ""
				if err != nil {
					got = err.Error()
				}
				if diff := cmp.Diff(test.pauses, pauses); diff != "" || got != test.err || time.Since(began) != waited || s.orders != len(pauses)+1 {
					t.Errorf("error %q, want %q, after %v and %d orders; pauses (-want +got):\n%s", got, test.err, time.Since(began), s.orders, diff)
				}
			})
		})
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := &throttling{refusals: []error{&backup.Error{Op: "CreateBackup", Class: backup.ClassThrottled, RetryAfter: time.Minute}}}
		_, err := manual.New(s, backup.Instance{}, time.Now).Start(ctx, backup.ManualOrder{}, func(time.Duration, error) {})
		if backup.ClassOf(err) != backup.ClassThrottled || s.orders != 1 {
			t.Errorf("%v after %d orders, want that it was throttled", err, s.orders)
		}
	})
}
