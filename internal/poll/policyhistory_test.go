package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
)

func TestPolicyChangesAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := time.Duration(0)
		source := &cloud{
			instances: lists("a"),
			policy: func(context.Context, string) (backup.Policy, error) {
				if kept < 0 {
					return backup.Policy{}, &backup.Error{Class: backup.ClassServer}
				}
				return backup.Policy{NextAt: time.Now(), Schedules: []backup.Schedule{{Retention: kept}}}, nil
			},
		}
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		refresh := func(days int) []backup.PolicyChange {
			kept = time.Duration(days) * 24 * time.Hour
			time.Sleep(24 * time.Hour)
			p.Refresh(t.Context())
			return find(t, p, "a").PolicyChanges
		}
		for _, days := range []int{7, 7, -1, 7} {
			if got := refresh(days); len(got) != 0 {
				t.Fatalf("changes %+v, want none: the first policy always was in force, and a failure is none", got)
			}
		}
		first := refresh(8)
		if len(first) != 1 || first[0].Former.Retention() != 7*24*time.Hour || !first[0].At.Equal(time.Now().Round(0)) {
			t.Fatalf("changes %+v, want one of now, from 7 days", first)
		}
		if day := first[0].At.Sub(first[0].LastAt); day != 24*time.Hour {
			t.Errorf("the former policy was read %v before, want a day", day)
		}
		for days := range 30 {
			if got := refresh(10 + days); len(got) > 16 {
				t.Fatalf("%d changes are kept", len(got))
			}
		}
		if last := find(t, p, "a").PolicyChanges[15]; last.Former.Retention() != 38*24*time.Hour || first[0].Former.Retention() != 7*24*time.Hour {
			t.Errorf("the last change is from %v, the first snapshot has %v", last.Former.Retention(), first[0].Former.Retention())
		}
	})
}

// A verdict waits for the first policy as long as its interval, unless the cloud refuses to tell.
func TestVerdictWaitsForThePolicy(t *testing.T) {
	for _, test := range []struct {
		err   error
		waits bool
	}{
		{&backup.Error{Class: backup.ClassTimeout}, true},
		{&backup.Error{Class: backup.ClassAuth}, true},
		{&backup.Error{Class: backup.ClassPermission}, false},
		{&backup.Error{Class: backup.ClassUnsupported}, false},
		{nil, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			source := &cloud{instances: lists("a"), policy: func(context.Context, string) (backup.Policy, error) {
				return backup.Policy{}, test.err
			}}
			opts := options(log.NewNopLogger())
			p := newPoller(t, opts, region(source))
			began := time.Now()
			p.Refresh(t.Context())
			got := find(t, p, "a").PolicyBy
			if !test.waits && !got.IsZero() || test.waits && !got.Equal(began.Add(opts.PolicyInterval)) {
				t.Errorf("%v: waits until %v", test.err, got)
			}
		})
	}
}

// What one answer does not say is as it was said last, and no change of the policy.
func TestPolicyThatLacksSomethingOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := healthy()
		whole := source.policy
		p := newPoller(t, options(log.NewNopLogger()), region(source))
		p.Refresh(t.Context())
		source.policy = func(ctx context.Context, id string) (backup.Policy, error) {
			policy, err := whole(ctx, id)
			policy.LogBackup, policy.Schedules[0].Window, policy.Schedules[0].Weekdays = nil, 0, nil
			return policy, err
		}
		time.Sleep(time.Hour)
		p.Refresh(t.Context())
		in := find(t, p, "a")
		if got := in.Policy.Value; got.LogBackup == nil || got.Schedules[0].Window != time.Hour || len(got.Schedules[0].Weekdays) != 7 || len(in.PolicyChanges) != 0 {
			t.Errorf("policy %+v, changes %+v; want it as before", got, in.PolicyChanges)
		}
	})
}
