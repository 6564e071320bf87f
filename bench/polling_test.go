package bench

import (
	"context"
	"io"
	stdlog "log"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/exporter"
)

const (
	scrapeInterval = time.Minute
	scrapeTimeout  = 49*time.Second + 500*time.Millisecond // what is left of Prometheus' 50 s
	latency        = 100 * time.Millisecond                // of an answer of a cloud
)

// dawn is when polling begins.
func dawn() time.Time { return time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC) }

// polling is hours of a fleet under a quota.
type polling struct {
	crowd
	quota quota
	poll  string // of the configuration; "": the defaults
	hours float64
}

// polled is what came of it. Everything but the times until all is known leaves out the start: the first quarter, and two
// hours at most.
type polled struct {
	*watcher
	span   time.Duration // what was counted
	calls  map[string]count
	late   map[string]count // calls after the first five minutes
	alive  time.Duration    // of the real clock
	config *config.Config
}

// run polls for the hours, in the time of a bubble.
func (p polling) run(t *testing.T) polled {
	t.Helper()
	began := time.Now()
	out := polled{calls: map[string]count{}, late: map[string]count{}}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(dawn()))
		s := newStage(t, p)
		out.config = s.config
		out.watcher = &watcher{
			start: time.Now(), staleAfter: time.Duration(s.config.Poll.StaleAfter), targets: p.Targets, newest: map[backup.Target]time.Time{},
		}
		s.scrapes(&out, time.Duration(p.hours*float64(time.Hour)))
		s.close()
	})
	runtime.GC()
	out.alive = time.Since(began)
	return out
}

// stage is an exporter and its clouds, in one bubble.
type stage struct {
	config   *config.Config
	cloud    *cloud
	exporter *exporter.Exporter
	server   *http.Server
	running  sync.WaitGroup
}

func newStage(t *testing.T, p polling) *stage {
	t.Helper()
	sim := cloudsim.New(cloudsim.Options{Fleet: p.fleet(time.Now()), Now: time.Now})
	s := &stage{cloud: newCloud(sim, time.Now, latency, p.quota)}
	net := newNetwork()
	s.server = &http.Server{Handler: s.cloud, ErrorLog: stdlog.New(io.Discard, "", 0)}
	s.running.Go(func() { _ = s.server.Serve(net) })
	var err error
	if s.config, err = config.Load([]byte(p.configuration("http://cloud.example", p.poll)), "."); err != nil {
		t.Fatal(err)
	}
	s.exporter, err = exporter.New(s.config, exporter.Options{Now: time.Now, Logger: log.NewNopLogger(), Dial: net.dial})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) close() {
	s.exporter.Close()
	_ = s.server.Close()    // an error means that it is closed
	time.Sleep(2 * latency) // what was being answered is over
	s.running.Wait()
}

// scrapes begins as serve does, and scrapes each minute.
func (s *stage) scrapes(out *polled, span time.Duration) {
	poller := s.exporter.Poller()
	first, stop := context.WithCancel(context.Background())
	s.running.Go(func() { poller.Refresh(first) })
	s.running.Go(func() { // between scrapes, too
		for tick := 2 * time.Second; !out.firsts(poller.Snapshot(), time.Now()) && first.Err() == nil; tick = max(tick, time.Since(out.start)/500) {
			time.Sleep(tick)
		}
	})
	settled := min(2*time.Hour, span/4)
	for n := 0; time.Since(out.start) < span; n++ {
		passed := time.Duration(n) * scrapeInterval
		time.Sleep(time.Until(out.start.Add(passed)))
		out.counting = passed >= settled
		s.tally(out, passed)
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
		began := time.Now()
		poller.Refresh(ctx)
		cancel()
		if out.counting {
			out.waits.add(time.Since(began))
		}
		out.look(poller.Snapshot(), time.Now())
	}
	out.span = span - settled
	stop()
}

// tally takes the calls of the last minute.
func (s *stage) tally(out *polled, passed time.Duration) {
	taken := s.cloud.taken()
	if out.counting {
		add(out.calls, taken)
	}
	if passed > 5*time.Minute {
		add(out.late, taken)
	}
}
