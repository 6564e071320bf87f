package cloudcall

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// refusal is what a cloud answers to credentials that it does not take.
func refusal() *backup.Error {
	return &backup.Error{Op: "Op", Class: backup.ClassAuth, Code: "InvalidAccessKeyId.NotFound", Err: errors.New("refused"), Hint: "check the key"}
}

// printed makes fingerprints of names: each is that of a user of its own.
func printed(name func() string) func() Fingerprint {
	if name == nil {
		return nil
	}
	return func() Fingerprint { return Fingerprint{name(), name()} }
}

// gatekeeper is a cloud that refuses the calls that it is told to refuse, and notes all of them.
type gatekeeper struct {
	refuses func(call string) bool // call is "region operation instance"; nil: refuses nothing

	mu       sync.Mutex
	inFlight int
	crowd    int         // most calls at once
	calls    []string    // all, in the order of their ends
	refused  []time.Time // when
	row      int         // refusals since the last call that worked
	longest  int         // the longest such row
}

func (g *gatekeeper) attempt(call string) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		g.mu.Lock()
		g.inFlight++
		g.crowd = max(g.crowd, g.inFlight)
		g.mu.Unlock()
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		g.inFlight--
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		g.calls = append(g.calls, call)
		if g.refuses != nil && g.refuses(call) {
			g.refused = append(g.refused, time.Now())
			g.row++
			g.longest = max(g.longest, g.row)
			return 0, refusal()
		}
		g.row = 0
		return 1, nil
	}
}

// most returns the largest number of refusals within a span of time.
func (g *gatekeeper) most(within time.Duration) (most int) {
	for i := range g.refused {
		n := 0
		for _, at := range g.refused[i:] {
			if at.Sub(g.refused[i]) < within {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// fleet polls some regions with one set of credentials, as the exporter does: a listing, then calls about instances.
type fleet struct {
	cloud   *gatekeeper
	callers map[string]*Caller // by region
	every   time.Duration      // how often it polls

	mu     sync.Mutex
	failed map[string][]backup.Class // by call
	worked map[string]int            // by call
}

func newFleet(cloud *gatekeeper, b *Breaker, regions ...string) *fleet {
	f := &fleet{cloud: cloud, callers: map[string]*Caller{}, every: time.Minute, failed: map[string][]backup.Class{}, worked: map[string]int{}}
	for _, region := range regions {
		f.callers[region], _ = newCaller(Options{Gate: b.Region(region)})
	}
	return f
}

func (f *fleet) call(ctx context.Context, region, op, instance string) {
	call := region + " " + op + " " + instance
	_, err := Do(ctx, f.callers[region], op, f.cloud.attempt(call))
	f.mu.Lock()
	defer f.mu.Unlock()
	if err != nil {
		f.failed[call] = append(f.failed[call], backup.ClassOf(err))
		return
	}
	f.worked[call]++
}

// rounds polls every region, once a minute or as often as every says.
func (f *fleet) rounds(ctx context.Context, n int, instances ...string) {
	for range n {
		next := time.Now().Add(f.every)
		var calls sync.WaitGroup
		for region := range f.callers {
			calls.Go(func() {
				f.call(ctx, region, "List", "")
				var each sync.WaitGroup
				for _, in := range instances {
					for _, op := range []string{"Backups", "Tasks", "Policy"} {
						each.Go(func() { f.call(ctx, region, op, in) })
					}
				}
				each.Wait()
			})
		}
		calls.Wait()
		time.Sleep(time.Until(next))
	}
}

// healthy fails the test unless every call that the cloud takes worked in every round.
func (f *fleet) healthy(t *testing.T, rounds int) {
	t.Helper()
	for region := range f.callers {
		for _, op := range []string{"Backups", "Tasks", "Policy"} {
			for _, in := range []string{"a", "b", "c"} {
				call := region + " " + op + " " + in
				if !f.cloud.refuses(call) && (f.worked[call] != rounds || len(f.failed[call]) > 0) {
					t.Errorf("%s worked %d times of %d, failed as %v", call, f.worked[call], rounds, f.failed[call])
				}
			}
		}
	}
}

// Whatever the regions and operations, refused credentials cost five calls in five minutes at most: Huawei Cloud locks a
// key at the sixth failure in a row.
func TestRefusedCredentialsCostFewCalls(t *testing.T) {
	all := func(string) bool { return true }
	for name, regions := range map[string][]string{
		"one region": {"r-1"}, "two regions": {"r-1", "r-2"}, "eight regions": {"1", "2", "3", "4", "5", "6", "7", "8"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := &gatekeeper{refuses: all}
				f := newFleet(cloud, NewBreaker(time.Now, nil, lockWindow, nil), regions...)
				f.rounds(t.Context(), 40, "a", "b", "c")
				if n := cloud.most(5 * time.Minute); n < 3 || n > 5 {
					t.Errorf("%d refusals in 5 min, want three to five", n)
				}
				if n := cloud.most(30 * time.Second); n > 5 {
					t.Errorf("%d refusals in 30 s, want five at most", n)
				}
				if last := cloud.refused[len(cloud.refused)-1]; time.Since(last) > 6*time.Minute {
					t.Errorf("the last attempt was %v ago: a refusal must not last for ever", time.Since(last))
				}
				for call, classes := range f.failed {
					for _, class := range classes {
						if class != backup.ClassAuth {
							t.Fatalf("%s failed as %s, want auth", call, class)
						}
					}
				}
			})
		})
	}
}

// A fault of one region, operation or instance stays that one's: everything else goes on as if nothing were wrong.
func TestRefusalsKeepTheirScope(t *testing.T) {
	tests := []struct {
		name  string
		match string
		class backup.Class // of the refused calls, once something works
	}{
		{"a region that does not know the key", `^r-1 `, backup.ClassAuth},
		{"an operation in one region", `^r-1 Tasks `, backup.ClassPermission},
		{"an operation everywhere", ` Tasks `, backup.ClassPermission},
		{"one instance", `^r-1 \w+ b$`, backup.ClassPermission},
		{"one operation of one instance", `^r-2 Tasks b$`, backup.ClassPermission},
		{"the listing of instances", ` List `, backup.ClassPermission},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := &gatekeeper{refuses: regexp.MustCompile(test.match).MatchString}
				f := newFleet(cloud, NewBreaker(time.Now, nil, lockWindow, nil), "r-1", "r-2")
				const rounds = 30
				f.rounds(t.Context(), rounds, "a", "b", "c")
				f.healthy(t, rounds)
				if cloud.longest > 5 {
					t.Errorf("%d refusals in a row: Huawei Cloud would have locked the key", cloud.longest)
				}
				refused := 0
				for call, classes := range f.failed {
					refused++
					if last := classes[len(classes)-1]; last != test.class {
						t.Errorf("%s failed as %s, want %s", call, last, test.class)
					}
				}
				if refused == 0 {
					t.Error("nothing was refused")
				}
			})
		})
	}
}

// Sixty instances of which one operation is refused hold up nothing else, and do not call in vain for ever.
func TestRefusedOperationPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := &gatekeeper{refuses: func(call string) bool { return strings.Contains(call, " Tasks ") }}
		f := newFleet(cloud, NewBreaker(time.Now, nil, lockWindow, nil), "r-1")
		instances := make([]string, 60)
		for i := range instances {
			instances[i] = strconv.Itoa(i)
		}
		begin := time.Now()
		f.rounds(t.Context(), 30, instances...)
		if took := time.Since(begin); took != 30*time.Minute {
			t.Errorf("30 rounds took %v", took)
		}
		if n := len(cloud.refused); n > 60 {
			t.Errorf("%d calls of the refused operation in 30 min for 60 instances, want one an instance at most", n)
		}
		if cloud.longest > 5 {
			t.Errorf("%d refusals in a row", cloud.longest)
		}
	})
}

// Calls in flight when good credentials are withdrawn fail together. All others wait for the confirmation, and nothing
// more is sent.
func TestWithdrawnCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var withdrawn atomic.Bool
		cloud := &gatekeeper{refuses: func(string) bool { return withdrawn.Load() }}
		f := newFleet(cloud, NewBreaker(time.Now, nil, lockWindow, nil), "r-1", "r-2")
		f.rounds(t.Context(), 1, "a", "b", "c")
		withdrawn.Store(true)
		var calls sync.WaitGroup
		for i := range 40 {
			calls.Go(func() {
				time.Sleep(time.Duration(i) * 10 * time.Millisecond) // the first ten are in flight when the first is refused
				f.call(t.Context(), "r-1", "Backups", "a")
			})
		}
		calls.Wait()
		if n := len(cloud.refused); n < 10 || n > 12 {
			t.Errorf("%d refusals, want the ten in flight and one confirmation", n)
		}
		if n := len(f.failed["r-1 Backups a"]); n != 40 {
			t.Errorf("%d of 40 calls failed", n)
		}
		for _, class := range f.failed["r-1 Backups a"] {
			if class != backup.ClassAuth {
				t.Fatalf("a call failed as %s, want auth", class)
			}
		}
		before := len(cloud.refused)
		f.rounds(t.Context(), 5, "a", "b", "c")
		if n := len(cloud.refused) - before; n > 5 {
			t.Errorf("%d refusals in the 5 min after, want five at most", n)
		}
		withdrawn.Store(false)
		time.Sleep(maxPause)
		f.failed, f.worked = map[string][]backup.Class{}, map[string]int{}
		f.rounds(t.Context(), 1, "a", "b", "c")
		f.healthy(t, 1)
	})
}

// Credentials that work again after a short while are found out soon, in all regions: one of them tries, and the others
// follow.
func TestCredentialsThatWorkAgain(t *testing.T) {
	for name, regions := range map[string][]string{"one region": {"r-1"}, "two regions": {"r-1", "r-2"}, "three": {"r-1", "r-2", "r-3"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var withdrawn atomic.Bool
				cloud := &gatekeeper{refuses: func(string) bool { return withdrawn.Load() }}
				f := newFleet(cloud, NewBreaker(time.Now, nil, 30*time.Second, nil), regions...)
				f.every = 5 * time.Second
				f.rounds(t.Context(), 2, "a", "b", "c")
				withdrawn.Store(true)
				f.rounds(t.Context(), 8, "a", "b", "c")
				withdrawn.Store(false)
				f.rounds(t.Context(), 12, "a", "b", "c") // a minute
				f.failed, f.worked = map[string][]backup.Class{}, map[string]int{}
				f.rounds(t.Context(), 1, "a", "b", "c")
				f.healthy(t, 1)
			})
		})
	}
}

// Where the confirmation fails for another reason, nobody knows: the failure is of that reason, and the region stays open.
func TestConfirmationThatCannotTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Gate: NewGate(time.Now, nil)})
		broken := false
		list := func(context.Context) (int, error) {
			if broken {
				return 0, failure(backup.ClassServer)
			}
			return 1, nil
		}
		if _, err := Do(t.Context(), c, "List", list); err != nil {
			t.Fatal(err)
		}
		broken = true
		refused := func(context.Context) (int, error) { return 0, refusal() }
		_, err := Do(t.Context(), c, "Tasks", refused)
		if e, ok := errors.AsType[*backup.Error](err); !ok || e.Class != backup.ClassServer || e.Code != "InvalidAccessKeyId.NotFound" ||
			!strings.Contains(e.Hint, "could not be told, since Op failed: server") {
			t.Errorf("error %v, want one of class server that says why", err)
		}
		if _, err := Do(t.Context(), c, "List", newScript(nil).attempt); err != nil {
			t.Errorf("another call after it: %v", err)
		}
	})
}

// A call that hangs while it is on trial holds up nobody for long.
func TestHangingCallOnTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Gate: NewGate(time.Now, nil), Timeout: 10 * time.Second, MaxAttempts: 1})
		begin := time.Now()
		var callers sync.WaitGroup
		for i := range 20 {
			callers.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond) // the first one is the one that hangs
				_, err := Do(t.Context(), c, "Op", func(ctx context.Context) (int, error) {
					if i == 0 {
						<-ctx.Done()
						return 0, ctx.Err()
					}
					return 1, nil
				})
				if took := time.Since(begin); i > 0 && (err != nil || took > trialPatience+time.Second) {
					t.Errorf("call %d ended after %v: %v", i, took, err)
				}
			})
		}
		callers.Wait()
	})
}

func TestOneGoodCallOpensAnOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, seen := newCaller(Options{Gate: NewGate(time.Now, nil)})
		cloud := &gatekeeper{}
		begin := time.Now()
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				if _, err := Do(t.Context(), c, "Op", cloud.attempt("call")); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		if took := time.Since(begin); took != 200*time.Millisecond || cloud.crowd != 49 || len(seen.results) != 50 {
			t.Errorf("50 calls took %v, %d at once; want one of 100 ms, then all the others together", took, cloud.crowd)
		}
	})
}

func TestShutGateSaysWhy(t *testing.T) {
	for name, test := range map[string]struct {
		fingerprint func() string
		hint        string
	}{
		"credentials that can be read": {func() string { return "same" }, "; asked again at 00:00:20 UTC or with new credentials"},
		"a default chain":              {nil, "; asked again at 00:00:20 UTC"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newCaller(Options{Gate: NewGate(time.Now, printed(test.fingerprint))})
				call := newScript(refusal(), nil)
				begin := time.Now()
				const said = "Op: auth InvalidAccessKeyId.NotFound: refused; check the key"
				for _, want := range []string{said, said + test.hint} {
					if _, err := Do(t.Context(), c, "Op", call.attempt); err == nil || err.Error() != want || time.Since(begin) != 0 {
						t.Errorf("%v after %v, want at once: %s", err, time.Since(begin), want)
					}
				}
				time.Sleep(firstPause)
				if _, err := Do(t.Context(), c, "Op", call.attempt); err != nil {
					t.Errorf("after the pause: %v", err)
				}
			})
		})
	}
}

func TestNewCredentialsOpenEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var keys atomic.Pointer[string]
		keys.Store(new("old"))
		cloud := &gatekeeper{refuses: func(string) bool { return *keys.Load() != "good" }}
		f := newFleet(cloud, NewBreaker(time.Now, printed(func() string { return *keys.Load() }), lockWindow, nil), "r-1", "r-2")
		f.rounds(t.Context(), 10, "a", "b", "c")
		keys.Store(new("new, and wrong too"))
		refused := len(cloud.refused)
		f.rounds(t.Context(), 1, "a", "b", "c")
		if n := len(cloud.refused) - refused; n < 1 || n > 5 {
			t.Errorf("%d refusals of the new credentials in a minute, want one to five", n)
		}
		keys.Store(new("good"))
		f.failed, f.worked = map[string][]backup.Class{}, map[string]int{}
		f.rounds(t.Context(), 1, "a", "b", "c")
		f.healthy(t, 1)
	})
}

// Credentials that cannot be read cost no call, and are tried again soon.
func TestMissingCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var missing atomic.Bool
		missing.Store(true)
		asked := 0
		c, _ := newCaller(Options{Gate: NewGate(time.Now, nil)})
		attempt := func(context.Context) (int, error) {
			asked++
			if missing.Load() {
				return 0, &CredentialsError{Cause: errors.New("no file"), Hint: "make one"}
			}
			return 1, nil
		}
		for range 50 {
			if _, err := Do(t.Context(), c, "Op", attempt); backup.ClassOf(err) != backup.ClassAuth {
				t.Fatalf("error %v, want class auth", err)
			}
		}
		if asked != 1 {
			t.Errorf("looked %d times at once, want once", asked)
		}
		time.Sleep(keysPause)
		missing.Store(false)
		if _, err := Do(t.Context(), c, "Op", attempt); err != nil {
			t.Errorf("once they are there: %v", err)
		}
	})
}

// A success that was on its way when the region was shut says nothing about the credentials now.
func TestGateIsNotOpenedByOldNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(time.Now, nil)
		refused := func(context.Context) *backup.Error { return failure(backup.ClassAuth) }
		_ = enter(t, g).leave(t.Context(), nil, refused)
		slow, quick := enter(t, g), enter(t, g)
		_ = quick.leave(t.Context(), failure(backup.ClassAuth), nil)
		_ = slow.leave(t.Context(), nil, nil)
		if _, err := g.enter(t.Context(), "Op"); backup.ClassOf(err) != backup.ClassAuth {
			t.Errorf("enter = %v, want the refusal", err)
		}
	})
}

func enter(t *testing.T, g *Gate) *permit {
	t.Helper()
	p, err := g.enter(t.Context(), "Op")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What starts a backup is never made again to find out about credentials.
func TestOnceIsNoWitness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Gate: NewGate(time.Now, nil)})
		create := newScript(nil, nil)
		if _, err := Once(t.Context(), c, "Create", create.attempt); err != nil {
			t.Fatal(err)
		}
		if _, err := Do(t.Context(), c, "List", newScript(refusal()).attempt); backup.ClassOf(err) != backup.ClassAuth {
			t.Errorf("error %v, want class auth", err)
		}
		if len(create.at) != 1 {
			t.Errorf("a backup was started %d times", len(create.at))
		}
	})
}

func TestWhatProvesCredentials(t *testing.T) {
	tests := map[backup.Class]bool{
		backup.ClassPermission: true, backup.ClassNotFound: true, backup.ClassUnsupported: true, backup.ClassBusy: true,
		backup.ClassBadRequest: true, backup.ClassThrottled: false, backup.ClassServer: false, backup.ClassTimeout: false,
		backup.ClassCanceled: false, backup.ClassNetwork: false, backup.ClassProtocol: false, backup.ClassAuth: false,
	}
	for class, want := range tests {
		t.Run(string(class), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewGate(time.Now, nil)
				_ = enter(t, g).leave(t.Context(), failure(class), nil)
				if g.proven != want {
					t.Errorf("proven = %v, want %v", g.proven, want)
				}
			})
		})
	}
}

func TestWaitingAtTheGateEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, seen := newCaller(Options{Gate: NewGate(time.Now, nil)})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first, err := c.opts.Gate.enter(ctx, "Op") // takes the turn
		if err != nil {
			t.Fatal(err)
		}
		_, err = Do(ctx, c, "Op", newScript(nil).attempt)
		if backup.ClassOf(err) != backup.ClassTimeout || len(seen.results) != 0 {
			t.Errorf("%v, counted %q; want class timeout and no attempt", err, seen.results)
		}
		_ = first.leave(t.Context(), nil, nil)
		if _, err := Do(t.Context(), c, "Op", newScript(nil).attempt); err != nil {
			t.Errorf("after the turn was given back: %v", err)
		}
	})
}

func TestNoGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{})
		cloud := &gatekeeper{refuses: func(string) bool { return true }}
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() { _, _ = Do(t.Context(), c, "Op", cloud.attempt("call")) })
		}
		callers.Wait()
		if cloud.crowd != 50 {
			t.Errorf("%d calls at once, want all 50", cloud.crowd)
		}
	})
}

// A file with a key that goes away and comes back makes no new key of it.
func TestFlappingKeyIsNoNewKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var there atomic.Bool
		there.Store(true)
		fingerprint := func() string {
			if there.Load() {
				return "key"
			}
			return ""
		}
		cloud := &gatekeeper{refuses: func(string) bool { return true }}
		c, _ := newCaller(Options{Gate: NewGate(time.Now, printed(fingerprint))})
		for i := range 200 {
			there.Store(i%2 == 0)
			_, err := Do(t.Context(), c, "Op", func(ctx context.Context) (int, error) {
				if !there.Load() {
					return 0, &CredentialsError{Cause: errors.New("no file"), Hint: "make one"}
				}
				return cloud.attempt("call")(ctx)
			})
			if backup.ClassOf(err) != backup.ClassAuth {
				t.Fatalf("error %v, want class auth", err)
			}
			time.Sleep(1500 * time.Millisecond)
		}
		if n := cloud.most(5 * time.Minute); n > 5 {
			t.Errorf("%d refusals of one key in 5 min", n)
		}
	})
}
