package cloudcall

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// door is a cloud that counts its calls at the same time, and refuses them while shut.
type door struct {
	shut atomic.Bool

	mu      sync.Mutex
	inside  int
	crowd   int         // most calls at once
	refused []time.Time // when
}

func (d *door) attempt(ctx context.Context) (int, error) {
	d.mu.Lock()
	d.inside++
	d.crowd = max(d.crowd, d.inside)
	d.mu.Unlock()
	select {
	case <-time.After(100 * time.Millisecond):
	case <-ctx.Done():
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.inside--
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if d.shut.Load() {
		d.refused = append(d.refused, time.Now())
		return 0, &backup.Error{Op: "Op", Class: backup.ClassAuth, Code: "InvalidAccessKeyId.NotFound", Err: errors.New("refused"), Hint: "check the key"}
	}
	return 1, nil
}

// storm makes calls with 50 callers for a time.
func storm(ctx context.Context, c *Caller, d *door, length time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() {
			for ctx.Err() == nil {
				if _, err := Do(ctx, c, "Op", d.attempt); err != nil {
					select {
					case <-time.After(time.Second):
					case <-ctx.Done():
					}
				}
			}
		})
	}
	callers.Wait()
}

func TestGateHoldsBackRefusedCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Gate: NewGate(time.Now, nil)})
		d := &door{}
		d.shut.Store(true)
		begin := time.Now()
		storm(t.Context(), c, d, 30*time.Minute)
		within := func(length time.Duration) (most int) {
			for i := range d.refused {
				n := 0
				for _, at := range d.refused[i:] {
					if at.Sub(d.refused[i]) <= length {
						n++
					}
				}
				most = max(most, n)
			}
			return most
		}
		if n := within(30 * time.Second); n < 2 || n > 3 {
			t.Errorf("%d refusals in 30 s, want two or three", n)
		}
		if n := within(5 * time.Minute); n < 4 || n > 5 {
			t.Errorf("%d refusals in 5 min, want four or five", n)
		}
		if d.crowd != 1 {
			t.Errorf("%d calls at once, want one", d.crowd)
		}
		if last := d.refused[len(d.refused)-1]; last.Sub(begin) < 25*time.Minute {
			t.Errorf("the last refusal came after %v: the gate must not stay shut for ever", last.Sub(begin))
		}
	})
}

func TestGateOpensAfterOneGoodCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, seen := newCaller(Options{Gate: NewGate(time.Now, nil)})
		d := &door{}
		begin := time.Now()
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				if _, err := Do(t.Context(), c, "Op", d.attempt); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		if took := time.Since(begin); took != 200*time.Millisecond || d.crowd != 49 || len(seen.results) != 50 {
			t.Errorf("50 calls took %v, %d at once; want one of 100 ms, then all the others together", took, d.crowd)
		}
	})
}

func TestGateShutsForAllAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Gate: NewGate(time.Now, func() string { return "same" })})
		d := &door{}
		d.shut.Store(true)
		if _, err := Do(t.Context(), c, "Op", d.attempt); err == nil {
			t.Fatal("no error")
		}
		begin := time.Now()
		_, err := Do(t.Context(), c, "Op", d.attempt)
		want := "Op: auth InvalidAccessKeyId.NotFound: refused; check the key; asked again at 00:00:10 UTC or with new credentials"
		if err == nil || err.Error() != want || time.Since(begin) != 0 {
			t.Errorf("%v after %v, want at once: %s", err, time.Since(begin), want)
		}
		time.Sleep(10 * time.Second)
		d.shut.Store(false)
		if _, err := Do(t.Context(), c, "Op", d.attempt); err != nil {
			t.Errorf("after the pause: %v", err)
		}
	})
}

// The Gate cannot see that a default chain has new credentials, so that it must not promise to open for them.
func TestGateWithoutFingerprintPromisesATimeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Gate: NewGate(time.Now, nil)})
		d := &door{}
		d.shut.Store(true)
		for _, hint := range []string{"check the key", "check the key; asked again at 00:00:10 UTC"} {
			_, err := Do(t.Context(), c, "Op", d.attempt)
			if want := "Op: auth InvalidAccessKeyId.NotFound: refused; " + hint; err == nil || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestGateOpensForNewCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var keys atomic.Pointer[string]
		keys.Store(new("old"))
		c, _ := newCaller(Options{Gate: NewGate(time.Now, func() string { return *keys.Load() })})
		d := &door{}
		d.shut.Store(true)
		storm(t.Context(), c, d, 10*time.Minute)
		begin := time.Now()
		keys.Store(new("new, and wrong too"))
		refused := len(d.refused)
		storm(t.Context(), c, d, 9*time.Second)
		if n := len(d.refused) - refused; n != 1 {
			t.Errorf("%d refusals of the new credentials in 9 s, want one", n)
		}
		keys.Store(new("good"))
		d.shut.Store(false)
		if _, err := Do(t.Context(), c, "Op", d.attempt); err != nil {
			t.Errorf("good credentials after %v: %v", time.Since(begin), err)
		}
	})
}

// Calls that are already sent when good credentials are withdrawn fail together. They count as one refusal.
func TestGateCountsRefusalsOfSentCallsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{Gate: NewGate(time.Now, nil)})
		d := &door{}
		if _, err := Do(t.Context(), c, "Op", d.attempt); err != nil {
			t.Fatal(err)
		}
		d.shut.Store(true)
		storm(t.Context(), c, d, time.Second)
		if len(d.refused) != 50 {
			t.Fatalf("%d refusals, want the 50 already sent", len(d.refused))
		}
		d.shut.Store(false)
		time.Sleep(9200 * time.Millisecond)
		if _, err := Do(t.Context(), c, "Op", d.attempt); err != nil {
			t.Errorf("ten seconds after the first refusal: %v", err)
		}
	})
}

// A success of a call that was sent before the credentials were refused proves nothing.
func TestGateIsNotOpenedByAnOldSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(time.Now, nil)
		enter := func() func(*backup.Error) {
			leave, err := g.enter(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return leave
		}
		enter()(nil)
		slow, quick := enter(), enter()
		quick(failure(backup.ClassAuth))
		slow(nil)
		if _, err := g.enter(t.Context()); backup.ClassOf(err) != backup.ClassAuth {
			t.Errorf("enter = %v, want the refusal", err)
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
				leave, err := g.enter(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				leave(failure(class))
				if p, _ := g.check(); p.free != want {
					t.Errorf("free = %v, want %v", p.free, want)
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
		leave, err := c.opts.Gate.enter(ctx) // takes the turn
		if err != nil {
			t.Fatal(err)
		}
		_, err = Do(ctx, c, "Op", newScript(nil).attempt)
		if backup.ClassOf(err) != backup.ClassTimeout || len(seen.results) != 0 {
			t.Errorf("%v, counted %q; want class timeout and no attempt", err, seen.results)
		}
		leave(nil)
		if _, err := Do(t.Context(), c, "Op", newScript(nil).attempt); err != nil {
			t.Errorf("after the turn was given back: %v", err)
		}
	})
}

func TestNoGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := newCaller(Options{})
		d := &door{}
		d.shut.Store(true)
		storm(t.Context(), c, d, 400*time.Millisecond)
		if d.crowd != 50 {
			t.Errorf("%d calls at once, want all 50", d.crowd)
		}
	})
}

func TestGateStaysShutAfterManyRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(time.Now, nil)
		for n := range 80 { // more than a shift of the first pause can take
			leave, err := g.enter(t.Context())
			if err != nil {
				t.Fatalf("after %d refusals and a pause: %v", n, err)
			}
			leave(failure(backup.ClassAuth))
			if _, err := g.enter(t.Context()); backup.ClassOf(err) != backup.ClassAuth {
				t.Fatalf("right after refusal %d: enter = %v, want the refusal", n+1, err)
			}
			time.Sleep(maxPause)
		}
	})
}

// The pause grows with the refusals of the same credentials. Other credentials begin with the first pause.
func TestGatePausesAnewForNewCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := "old"
		g := NewGate(time.Now, func() string { return key })
		refuse := func() {
			t.Helper()
			leave, err := g.enter(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			leave(failure(backup.ClassAuth))
		}
		for range 4 {
			refuse()
			time.Sleep(maxPause)
		}
		key = "new"
		refuse()
		time.Sleep(firstPause)
		if _, err := g.enter(t.Context()); err != nil {
			t.Errorf("after the first pause of the new credentials: %v", err)
		}
	})
}
