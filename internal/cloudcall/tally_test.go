package cloudcall

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// oneUser returns fingerprints of the same user with another secret each time.
func oneUser(secret string) func() Fingerprint {
	return func() Fingerprint { return Fingerprint{User: "user", All: secret} }
}

// Refusals are counted over all breakers of a user, also where the cloud is slow to refuse.
func TestRefusalsOfOneUser(t *testing.T) {
	for _, slow := range []time.Duration{0, 3 * time.Second, 8 * time.Second} {
		t.Run(fmt.Sprint(slow), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud, memory := &gatekeeper{refuses: func(string) bool { return true }}, new(Memory)
				var calls sync.WaitGroup
				for i := range 12 {
					b := NewBreaker(time.Now, oneUser(fmt.Sprint("secret ", i/2)), lockWindow, memory)
					c, _ := newCaller(Options{Gate: b.Region(fmt.Sprint(i)), Timeout: 20 * time.Second, MaxAttempts: 1})
					calls.Go(func() {
						for range 10 {
							_, err := Do(t.Context(), c, "Op", func(ctx context.Context) (int, error) {
								time.Sleep(slow)
								return cloud.attempt("")(ctx)
							})
							if backup.ClassOf(err) != backup.ClassAuth {
								t.Errorf("error %v, want auth", err)
							}
							time.Sleep(20 * time.Second)
						}
					})
				}
				calls.Wait()
				if n := cloud.most(lockWindow); n != maxRefusals {
					t.Errorf("%d refusals of one user, want %d", n, maxRefusals)
				}
			})
		})
	}
}

// The keys of a role work until they expire. That says nothing about the credentials with which they are renewed.
func TestRefusedRenewals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := &gatekeeper{refuses: func(string) bool { return true }}
		memory := new(Memory)
		classify := func(op string, _ error) *backup.Error { return &backup.Error{Op: op, Class: backup.ClassAuth} }
		var polls sync.WaitGroup
		for i := range 4 {
			b := NewBreaker(time.Now, oneUser("secret"), lockWindow, memory)
			c, _ := newCaller(Options{Gate: b.RoleRegion(fmt.Sprint(i))})
			renew := false
			poll := func() error {
				_, err := Do(t.Context(), c, "Op", func(ctx context.Context) (int, error) {
					if renew && MayAssume(ctx) == nil {
						_, err := refused.attempt("renewal")(ctx)
						Assumed(ctx, err, classify)
					} else if !renew {
						Assumed(ctx, nil, classify)
					}
					return 1, nil
				})
				return err
			}
			if err := poll(); err != nil {
				t.Fatal(err)
			}
			renew = true
			polls.Go(func() {
				for range 20 {
					if err := poll(); err != nil {
						t.Errorf("the keys of the role work, but: %v", err)
					}
					time.Sleep(time.Minute)
				}
			})
		}
		polls.Wait()
		if n := refused.most(lockWindow); n != maxRefusals {
			t.Errorf("%d renewals were refused, want %d", n, maxRefusals)
		}
	})
}

// A role that is refused shows that the key that asks for it is good.
func TestRefusedRoleIsNoRefusedKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker(time.Now, oneUser("secret"), lockWindow, nil)
		for _, class := range []backup.Class{backup.ClassAuth, backup.ClassAuth, backup.ClassPermission} {
			g := b.RoleRegion("r")
			ctx := withEvidence(t.Context(), nil)
			Assumed(ctx, errors.New("refused"), func(op string, _ error) *backup.Error { return &backup.Error{Op: op, Class: class} })
			b.count(g, evidenceOf(ctx), refusal(), time.Now())
		}
		if n := len(b.tally().refused); n != 0 {
			t.Errorf("%d refusals are counted, want none", n)
		}
	})
}

func TestTalliesAreBounded(t *testing.T) {
	m, now := new(Memory), time.Now()
	for i := range 3 * maxTallies {
		m.tally(fmt.Sprint(i), time.Minute, now).refuse(refusal(), now.Add(time.Duration(i)*time.Microsecond))
	}
	if n := len(m.tallies); n != maxTallies {
		t.Errorf("%d users are counted, want %d", n, maxTallies)
	}
	if newest := m.tally(fmt.Sprint(3*maxTallies-1), time.Minute, now); len(newest.refused) != 1 {
		t.Error("the newest refusal is forgotten")
	}
	m.tally("another", time.Minute, now.Add(time.Hour))
	if n := len(m.tallies); n != 1 {
		t.Errorf("%d users are counted an hour later, want the new one alone", n)
	}
}
