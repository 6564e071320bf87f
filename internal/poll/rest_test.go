package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/clocktest"
	"mongodb_backup_exporter/internal/poll"
)

// After a jump of the wall clock everything is asked again within a minute, also of an instance that begins to rest then.
func TestRestAfterAJumpOfTheClock(t *testing.T) {
	clock := clocktest.New(time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC))
	source := healthy()
	opts := options(log.NewNopLogger())
	opts.Now, opts.IdleInterval = clock.Now, 30*time.Minute
	conf := region(source)
	conf.Objectives = backup.Objectives{RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
	source.backups = func(context.Context, string, string) (backup.List, error) {
		b := backup.Backup{
			ID: "1", Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateSuccess,
			StartedAt: clock.Now().Round(0).Truncate(day).Add(2 * time.Hour), EndedAt: clock.Now().Round(0).Truncate(day).Add(3 * time.Hour), SizeBytes: new(int64(1)),
		}
		return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: []backup.Backup{b}}, nil
	}
	source.recovery = func(context.Context, string) (backup.Window, error) {
		return backup.Window{Start: clock.Now().Add(-3 * day), End: clock.Now().Add(-4 * time.Minute)}, nil
	}
	p := newPoller(t, opts, conf)
	p.Refresh(t.Context())
	clock.Advance(20 * time.Second)
	p.Refresh(t.Context())
	source.count()
	clock.Step(7 * time.Minute)
	for range 5 * 4 {
		clock.Advance(15 * time.Second)
		p.Refresh(t.Context())
	}
	asked := source.count()
	for _, what := range []string{"policy a", "backups a", "jobs a", "recovery a"} {
		if asked[what] == 0 {
			t.Errorf("%s: not asked in the five minutes after the clock jumped", what)
		}
	}
}

// What was asked for once and is not wanted any more keeps no instance from resting.
func TestUnwantedQuestionsKeepNobodyAwake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := healthy()
		source.increments = withIncrements("a").increments
		logs, copies := true, "r2"
		policy := source.policy
		source.policy = func(ctx context.Context, id string) (backup.Policy, error) {
			p, err := policy(ctx, id)
			p.LogBackup, p.CopyRegion = &logs, copies
			return p, err
		}
		opts := options(log.NewNopLogger())
		opts.IdleInterval = 30 * time.Minute
		conf := region(source)
		conf.Objectives = backup.Objectives{RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
		p := newPoller(t, opts, conf)
		time.Sleep(12 * time.Hour)
		shared := func() (n int) {
			var former []backup.InstanceState
			for range 120 {
				time.Sleep(time.Minute)
				p.Refresh(t.Context())
				got := p.Snapshot().Instances
				if former != nil && &former[0] == &got[0] {
					n++
				}
				former = got
			}
			return n
		}
		before := shared()
		for _, off := range []func(){func() { logs = false }, func() { copies = "" }} {
			off()
			time.Sleep(2 * time.Hour)
			p.Refresh(t.Context())
			if after := shared(); after < before-5 {
				t.Errorf("%d of 120 scrapes found everything at rest, %d before", after, before)
			}
			logs = true
		}
	})
}

// An instance that the cloud does not list, or makes no backups of, keeps no other awake.
func TestInstancesThatAreNotThereKeepNobodyAwake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := healthy()
		source.instances = func(context.Context) ([]backup.Instance, error) {
			found, _ := lists("a", "b")(t.Context())
			found[1].NoBackup = "it is too old"
			return found, nil
		}
		opts := options(log.NewNopLogger())
		opts.IdleInterval = 30 * time.Minute
		conf := region(source)
		conf.Objectives = backup.Objectives{RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
		conf.Instances = []poll.Instance{{ID: "b"}, {ID: "gone"}}
		p := newPoller(t, opts, conf)
		time.Sleep(12 * time.Hour)
		shared := 0
		var former []backup.InstanceState
		for range 120 {
			time.Sleep(time.Minute)
			p.Refresh(t.Context())
			got := p.Snapshot().Instances
			if former != nil && &former[0] == &got[0] {
				shared++
			}
			former = got
		}
		if shared < 80 {
			t.Errorf("%d of 120 scrapes found everything at rest, want 80 at least", shared)
		}
		if tried, listed := find(t, p, "gone").Policy.TriedAt, p.Snapshot().Regions[0].Listed.At; !tried.Equal(listed) {
			t.Errorf("what is not listed failed at %s, want when the list said so: %s", tried, listed)
		}
	})
}

// A question about restores that failed is put again after five minutes, also where nothing else is due.
func TestRestEndsForWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := healthy()
		source.restored = func(context.Context, string) (time.Time, error) {
			return time.Time{}, &backup.Error{Class: backup.ClassServer}
		}
		opts := options(log.NewNopLogger())
		opts.IdleInterval, opts.RecoveryInterval = 30*time.Minute, time.Hour
		conf := region(source)
		conf.Restores = true
		conf.Objectives = backup.Objectives{RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}
		p := newPoller(t, opts, conf)
		time.Sleep(12 * time.Hour)
		for range 60 {
			p.Refresh(t.Context())
			time.Sleep(time.Minute)
		}
		if n := source.count()["restores a"]; n < 11 {
			t.Errorf("asked %d times in an hour, want 12", n)
		}
	})
}

// When the last usable backup of a list expires, the next scrape asks for older ones: no verdict says meanwhile that there is none.
func TestOlderBackupsAreAskedForAtOnce(t *testing.T) {
	for later := time.Duration(0); later < 6*time.Minute; later += 50 * time.Second {
		synctest.Test(t, func(t *testing.T) { noticesExpiry(t, 12*time.Hour+94*time.Minute+later) })
	}
}

// noticesExpiry lets the only backup of a list expire.
func noticesExpiry(t *testing.T, in time.Duration) {
	source := healthy()
	now := time.Now()
	expires := now.Add(in)
	set := func(id string, at time.Time) backup.Backup {
		return backup.Backup{ID: id, Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: at, EndedAt: at.Add(time.Minute), SizeBytes: new(int64(1))}
	}
	expiring := set("1", now.Add(-time.Hour))
	expiring.ExpiresAt = expires
	source.backups = func(context.Context, string, string) (backup.List, error) {
		return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: []backup.Backup{expiring}}, nil
	}
	source.older = func(context.Context, string, time.Time) (backup.List, error) {
		return backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: []backup.Backup{expiring, set("0", now.Add(-20*day))}}, nil
	}
	source.recovery, source.policy = nil, func(context.Context, string) (backup.Policy, error) {
		return backup.Policy{Automatic: new(false), LogBackup: new(false)}, nil
	}
	opts := options(log.NewNopLogger())
	opts.IdleInterval, opts.BackupsInterval, opts.JobsInterval, opts.RecoveryInterval = 30*time.Minute, 4*time.Minute, 4*time.Minute, time.Hour
	conf := region(source)
	conf.Objectives = backup.Objectives{RPO: 60 * day, MaxDuration: 6 * time.Hour}
	p := newPoller(t, opts, conf)
	time.Sleep(12 * time.Hour)
	for time.Now().Before(expires.Add(20 * time.Minute)) {
		p.Refresh(t.Context())
		in := find(t, p, "a")
		h := backup.Assess(in.Target(in.Nodes[0]), in.Objectives, time.Now())
		if h.State == backup.HealthNever {
			t.Errorf("%v after the expiry: %s: %s", time.Since(expires), h.State, h.Reason)
		}
		time.Sleep(15 * time.Second)
	}
}
