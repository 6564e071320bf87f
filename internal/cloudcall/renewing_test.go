package cloudcall

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
)

var (
	errRefused = errors.New("refused")
	errDown    = errors.New("down")
)

// lender gives numbered credentials, that are good for an hour unless a test says otherwise.
type lender struct {
	*Renewing[int]
	log    strings.Builder
	life   time.Duration
	takes  time.Duration // to give them
	broken error
	asked  int
	busy   bool
}

func newLender() *lender {
	l := &lender{life: time.Hour, takes: time.Second}
	l.Renewing = NewRenewing(RenewingOptions[int]{
		Now: time.Now, Fetch: l.lend, Logger: log.NewLogfmtLogger(&l.log),
		Refused: func(err error) bool { return errors.Is(err, errRefused) },
	})
	return l
}

func (l *lender) lend(ctx context.Context) (Expiring[int], error) {
	if l.busy {
		return Expiring[int]{}, errors.New("asked by two at once")
	}
	l.busy = true
	defer func() { l.busy = false }()
	l.asked++
	select {
	case <-time.After(l.takes):
	case <-ctx.Done():
		return Expiring[int]{}, ctx.Err()
	}
	return Expiring[int]{Key: l.asked, Life: l.life}, l.broken
}

// want checks what the lender gives; 0: the error.
func (l *lender) want(t *testing.T, when string, key int, failure error) {
	t.Helper()
	got, err := l.Credentials(t.Context())
	if got != key || !errors.Is(err, failure) {
		t.Errorf("%s: %d, %v; want %d, %v", when, got, err, key, failure)
	}
}

func TestRenewing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLender()
		for _, step := range []struct {
			name    string
			passes  time.Duration
			do      func()
			key     int
			failure error
		}{
			{"at first", 0, nil, 1, nil},
			{"while they are fresh", 54*time.Minute + 58*time.Second, nil, 1, nil},
			{"five minutes before they expire", time.Second, nil, 2, nil},
			{"the renewal fails", 55 * time.Minute, func() { l.broken = errDown }, 2, nil},
			{"and is not tried with each call", 58 * time.Second, nil, 2, nil},
			{"but a minute later", time.Second, nil, 2, nil},
			{"a second before they expire", 3*time.Minute + 56*time.Second, nil, 2, nil},
			{"when they have expired", time.Second, nil, 0, errDown},
			{"and again", 0, nil, 0, errDown},
			{"when it works again", 0, func() { l.broken = nil }, 8, nil},
			{"of a refusal that is another's", 0, func() { l.Invalidate(errDown) }, 8, nil},
			{"when the cloud refused them", 0, func() { l.Invalidate(errRefused) }, 9, nil},
		} {
			time.Sleep(step.passes)
			if step.do != nil {
				step.do()
			}
			l.want(t, step.name, step.key, step.failure)
		}
		if logged := strings.Count(l.log.String(), `err=down`); logged != 3 {
			t.Errorf("%d failed renewals logged, want the 3 while credentials were held:\n%s", logged, l.log.String())
		}
	})
}

func TestRenewingOneCallerAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLender()
		all := func(when string, key int, failure error) (took time.Duration) {
			began := time.Now()
			var callers sync.WaitGroup
			for range 20 {
				callers.Go(func() { l.want(t, when, key, failure) })
			}
			callers.Wait()
			return time.Since(began)
		}
		all("at first", 1, nil)
		time.Sleep(57 * time.Minute)
		l.takes = 2 * time.Minute
		var renewing sync.WaitGroup
		renewing.Go(func() { l.want(t, "who renews", 2, nil) })
		synctest.Wait()
		for range 2 { // also when it takes longer than the pause between renewals
			if took := all("during a renewal", 1, nil); took != 0 {
				t.Errorf("callers waited %v for a renewal though the credentials are good", took)
			}
			time.Sleep(90 * time.Second)
		}
		renewing.Wait()
		l.takes = time.Second
		l.Invalidate(errRefused)
		l.broken = errDown
		if took := all("while it fails", 0, errDown); took != time.Second || l.asked != 3 {
			t.Errorf("callers of one moment took %v and %d fetches, want to share one failure", took, l.asked-2)
		}
	})
}

func TestRenewingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLender()
		impatient, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, err := l.Credentials(impatient); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the impatient one got %v", err)
			}
		})
		synctest.Wait()
		callers.Go(func() { l.want(t, "who waited", 2, nil) })
		callers.Go(func() {
			if _, err := l.Credentials(impatient); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the impatient one who waited got %v", err)
			}
		})
		callers.Wait()
	})
}

// A wall clock that jumps changes nothing, because lives are counted by the monotonic one. A life that is over from the
// beginning is good for one call: the cloud decides.
func TestRenewingShortLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLender()
		l.life = -time.Hour
		l.want(t, "at first", 1, nil)
		l.want(t, "and again", 2, nil)
		l.life = 4 * time.Minute
		l.want(t, "of four minutes", 3, nil)
		time.Sleep(2*time.Minute + 58*time.Second)
		l.want(t, "before the last quarter", 3, nil)
		time.Sleep(time.Second)
		l.want(t, "in the last quarter", 4, nil)
	})
}
