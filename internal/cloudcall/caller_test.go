package cloudcall

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"mongodb_backup_exporter/internal/backup"
)

var place = Place{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou"}

// book is an Observer that keeps what it receives.
type book struct {
	mu       sync.Mutex
	results  []string
	elapsed  []time.Duration
	rejected []string
}

func (b *book) Request(p Place, operation, result string, elapsed time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p != place {
		operation = "elsewhere " + operation
	}
	b.results = append(b.results, operation+" "+result)
	b.elapsed = append(b.elapsed, elapsed)
}

func (b *book) Rejected(field string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rejected = append(b.rejected, field)
}

// unknown classifies as a provider that does not know the error.
func unknown(op string, err error) *backup.Error {
	return &backup.Error{Op: op, Class: backup.ClassProtocol, Err: err}
}

func newCaller(opts Options) (*Caller, *book) {
	b := &book{}
	opts.Place, opts.Observer, opts.Now, opts.Classify = place, b, time.Now, unknown
	return New(opts), b
}

func failure(class backup.Class) *backup.Error {
	return &backup.Error{Op: "Op", Class: class, Err: errors.New("because of " + string(class))}
}

// script makes attempts end with its answers in turn, the last one again and again, and keeps when they began.
type script struct {
	begin  time.Time
	at     []time.Duration
	answer []error
}

func newScript(answers ...error) *script { return &script{begin: time.Now(), answer: answers} }

func (s *script) attempt(context.Context) (int, error) {
	n := len(s.at)
	s.at = append(s.at, time.Since(s.begin).Round(time.Microsecond)) // x/time/rate counts in floating point
	return n + 1, s.answer[min(n, len(s.answer)-1)]
}

func TestEndOfContextKeepsTheLastRealFailure(t *testing.T) {
	hang := func(ctx context.Context) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	tests := []struct {
		name   string
		first  error // outcome of the first attempt; nil: it hangs, as all later ones do
		ctx    func(context.Context) (context.Context, context.CancelFunc)
		want   string
		within time.Duration
	}{
		{
			"cancelled in the second attempt", failure(backup.ClassServer),
			func(ctx context.Context) (context.Context, context.CancelFunc) { return cancelAfter(ctx, time.Minute) },
			"Op: server: because of server", time.Minute,
		},
		{
			"cancelled in the pause", failure(backup.ClassServer),
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return cancelAfter(ctx, 100*time.Millisecond)
			},
			"Op: server: because of server", 100 * time.Millisecond,
		},
		{
			"deadline in the second attempt", failure(backup.ClassThrottled),
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 40*time.Second)
			},
			"Op: throttled: because of throttled", 40 * time.Second,
		},
		{
			"nothing else is known: cancelled", nil,
			func(ctx context.Context) (context.Context, context.CancelFunc) { return cancelAfter(ctx, time.Second) },
			"Op: canceled: context canceled", time.Second,
		},
		{
			"nothing else is known: deadline", nil,
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, time.Second)
			},
			"Op: timeout: no answer in time", time.Second,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, _ := newCaller(Options{})
				ctx, cancel := tt.ctx(t.Context())
				defer cancel()
				begin, attempts := time.Now(), 0
				_, err := Do(ctx, c, "Op", func(ctx context.Context) (int, error) {
					attempts++
					if attempts == 1 && tt.first != nil {
						return 0, tt.first
					}
					return hang(ctx)
				})
				if err.Error() != tt.want || time.Since(begin) != tt.within {
					t.Errorf("%q after %v, want %q after %v", err, time.Since(begin), tt.want, tt.within)
				}
			})
		})
	}
}

func cancelAfter(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := time.AfterFunc(d, cancel)
	return ctx, func() { stop.Stop(); cancel() }
}

func TestTimeoutBoundsOneAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, seen := newCaller(Options{Timeout: 10 * time.Second, MaxAttempts: 2})
		begin := time.Now()
		_, err := Do(t.Context(), c, "Op", func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
		if err.Error() != "Op: timeout: no answer in time" {
			t.Errorf("error = %q", err)
		}
		if diff := cmp.Diff([]time.Duration{10 * time.Second, 10 * time.Second}, seen.elapsed); diff != "" {
			t.Errorf("times reported (-want +got):\n%s", diff)
		}
		if took := time.Since(begin); took < 20*time.Second || took > 21*time.Second {
			t.Errorf("took %v, want two attempts and a pause", took)
		}
	})
}

func TestEndedContextSendsNothing(t *testing.T) {
	c, seen := newCaller(Options{Gate: NewGate(time.Now, nil), Budget: NewBudget(1, false)})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := newScript(nil)
	_, err := Do(ctx, c, "Op", s.attempt)
	if err == nil || err.Error() != "Op: canceled: context canceled" || len(s.at) != 0 || len(seen.results) != 0 {
		t.Errorf("%v, %d attempts, counted %q; want class canceled and none", err, len(s.at), seen.results)
	}
}

func TestOnceIsNeverRepeated(t *testing.T) {
	c, seen := newCaller(Options{})
	s := newScript(failure(backup.ClassServer))
	if _, err := Once(t.Context(), c, "Op", s.attempt); err == nil || len(s.at) != 1 || len(seen.results) != 1 {
		t.Errorf("%v after %d attempts, counted %q; want one", err, len(s.at), seen.results)
	}
	if got, err := Once(t.Context(), c, "Op", newScript(nil).attempt); got != 1 || err != nil {
		t.Errorf("Once = %d, %v; want the value and no error", got, err)
	}
}

func TestRejectedIsPassedOn(t *testing.T) {
	c, seen := newCaller(Options{})
	c.Rejected("BackupSize")
	if diff := cmp.Diff([]string{"BackupSize"}, seen.rejected); diff != "" || c.Place() != place {
		t.Errorf("place %v, rejected (-want +got):\n%s", c.Place(), diff)
	}
}

func TestHangingCallsLeaveNothingBehind(t *testing.T) {
	const calls = 30
	leaks := goleak.IgnoreCurrent()
	reached := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		<-r.Context().Done()
	}))
	closed := make(chan struct{}, calls)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	server.Start()
	transport := NewTransport(4)
	c, _ := newCaller(Options{MaxAttempts: 1})
	for range calls {
		ctx, giveUp := context.WithCancel(t.Context())
		var patience sync.WaitGroup
		patience.Go(func() {
			<-reached
			giveUp()
		})
		if _, err := Do(ctx, c, "Op", get(transport, server.URL)); backup.ClassOf(err) != backup.ClassCanceled {
			t.Fatalf("error = %v, want class canceled", err)
		}
		patience.Wait()
	}
	for range calls { // the server still runs: it is the client that closes each connection
		<-closed
	}
	server.Close()
	goleak.VerifyNone(t, leaks)
}

// get returns an attempt that sends one POST and reads the answer.
func get(transport http.RoundTripper, url string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
		if err != nil {
			return "", err
		}
		resp, err := (&http.Client{Transport: transport}).Do(r)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}
}

// Every attempt can be read in the log, at level debug: what was asked, about what, how it ended.
func TestAttemptsAreLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var text strings.Builder
		c, _ := newCaller(Options{Logger: log.NewLogfmtLogger(&text)})
		ctx := About(t.Context(), "dds-1", "d-1")
		call := func(ctx context.Context) (int, error) {
			time.Sleep(2 * time.Second)
			answerHead{requestID: "R-1"}.storeIn(ctx)
			return 1, nil
		}
		if _, err := Do(ctx, c, "Describe", call); err != nil {
			t.Fatal(err)
		}
		refused := refusal()
		refused.RequestID = "R-2"
		if _, err := Once(t.Context(), c, "Create", newScript(refused).attempt); err == nil {
			t.Fatal("no error")
		}
		want := `level=debug msg="Asked the cloud" operation=Describe target=dds-1/d-1 duration=2s result=ok code= request_id=R-1
level=debug msg="Asked the cloud" operation=Create target= duration=0s result=auth code=InvalidAccessKeyId.NotFound request_id=R-2
`
		if diff := cmp.Diff(want, text.String()); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

func TestTroubleWithAProxySaysProxy(t *testing.T) {
	const hint = "check the proxy that HTTPS_PROXY or HTTP_PROXY of this process names, or exclude the cloud with NO_PROXY"
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer refusing.Close()
	for name, c := range map[string]struct{ proxy, says string }{
		"it refuses":      {refusing.URL, "the proxy did not connect to the cloud: HTTP status 403"},
		"it is not there": {"http://127.0.0.1:1", "proxyconnect tcp"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HTTPS_PROXY", c.proxy)
			transport := NewTransport(1)
			caller, _ := newCaller(Options{MaxAttempts: 1})
			_, err := Do(t.Context(), caller, "Op", func(ctx context.Context) (int, error) {
				r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://cloud.example/", http.NoBody)
				if err != nil {
					return 0, err
				}
				resp, err := (&http.Client{Transport: transport}).Do(r)
				if err == nil {
					resp.Body.Close()
				}
				return 0, err
			})
			if backup.ClassOf(err) != backup.ClassNetwork || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), hint) {
				t.Errorf("error %v, want one of class network that says %q and names the proxy", err, c.says)
			}
		})
	}
}
