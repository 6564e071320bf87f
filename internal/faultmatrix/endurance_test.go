package faultmatrix

import (
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-kit/log"
	"go.uber.org/goleak"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/server"
)

const (
	endurance = 1000 / fraction // scrapes under faults, half of them before the first measurement

	// What may be more after the second half: all the connections that are kept, with their goroutines at both ends, and
	// what the runtime does not give back. Whatever is lost by each scrape is more.
	connections     = 4 // of each account
	moreGoroutines  = 2 * 3 * connections
	moreDescriptors = 2 * 2 * connections
	moreHeap        = 1 << 20 // bytes: on a busy machine more calls are still under way when it is measured
)

// use is what an exporter holds of the machine.
type use struct {
	goroutines, descriptors int
	heap                    uint64 // bytes
}

func measure(t *testing.T) use {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not list the descriptors of a process")
	}
	runtime.GC()
	runtime.GC() // the first one empties pools into a second chance
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return use{runtime.NumGoroutine(), len(open), m.HeapAlloc}
}

// runner is an exporter and the clouds that it watches, over real sockets. Its clock goes on by an interval with each
// scrape.
type runner struct {
	clouds   atomic.Pointer[cloudsim.Sim]
	server   *httptest.Server
	exporter *exporter.Exporter
	handler  http.Handler
	passed   atomic.Int64
}

func (r *runner) now() time.Time { return dawn().Add(time.Duration(r.passed.Load())) }

// ServeHTTP answers as the clouds of the moment do.
func (r *runner) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.clouds.Load().ServeHTTP(w, request)
}

// renew replaces the clouds by new ones with the same fleet: their log of calls must not count as the exporter's memory.
func (r *runner) renew(accounts []account) {
	var world fleet.Fleet
	for _, a := range accounts {
		world.Accounts = append(world.Accounts, a.Account)
	}
	r.clouds.Store(cloudsim.New(cloudsim.Options{Fleet: world, Now: r.now, WallNow: time.Now}))
}

func newRunner(t *testing.T, accounts []account) *runner {
	t.Helper()
	r := &runner{}
	r.renew(accounts)
	r.server = httptest.NewServer(r)
	cfg := configOf(accounts, "http")
	cfg.Poll.CallTimeout, cfg.Poll.RoundTimeout = config.Duration(200*time.Millisecond), config.Duration(2*time.Second)
	cfg.Poll.RequestsPerSecond, cfg.Poll.Concurrency = 1000, connections
	for i := range cfg.Accounts {
		for j := range cfg.Accounts[i].Regions {
			region := &cfg.Accounts[i].Regions[j]
			region.Endpoint, region.Instances = r.server.URL, nil
			if region.IAMEndpoint != "" {
				region.IAMEndpoint = r.server.URL
			}
		}
	}
	var err error
	if r.exporter, err = exporter.New(cfg, exporter.Options{Now: r.now, Logger: log.NewNopLogger()}); err != nil {
		t.Fatal(err)
	}
	metrics, err := r.exporter.Gatherer()
	if err != nil {
		t.Fatal(err)
	}
	r.handler = server.New(server.Options{
		Poller: r.exporter.Poller(), Metrics: metrics, Probe: r.exporter.Probe, Now: r.now, Logger: log.NewNopLogger(),
	})
	return r
}

// scrape scrapes n times, for that many seconds at most each time, and returns the last answer.
func (r *runner) scrape(n int, seconds float64) (last exposition) {
	for range n {
		request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		request.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", strconv.FormatFloat(seconds, 'f', -1, 64))
		answer := httptest.NewRecorder()
		r.handler.ServeHTTP(answer, request)
		last = parse(answer.Body.String())
		r.passed.Add(int64(interval))
	}
	return last
}

// TestEndurance scrapes a thousand times while the clouds fail in every way in turn, twice. After the second time the
// exporter must hold no more than after the first, it must be good again both times, and it must hold nothing after its
// end.
func TestEndurance(t *testing.T) {
	before := goleak.IgnoreCurrent()
	accounts := []account{
		newAccount(fleet.Alibaba, mainAccount, replicaSet(fleet.Alibaba, named, "cn-hangzhou"), sharded(inSets, "cn-beijing", true)),
		newAccount(fleet.Huawei, mainAccount, replicaSet(fleet.Huawei, named, "cn-north-4")),
	}
	for i := range accounts {
		for j := range accounts[i].Instances {
			in := &accounts[i].Instances[j]
			in.Live = &fleet.Schedule{Since: dawn().AddDate(0, 0, -5), Shards: in.Shards, Length: 9 * time.Minute, SizeBytes: 1 << 30}
			in.Backups = nil
		}
	}
	start := measure(t)
	r := newRunner(t, accounts)
	r.endure(t, accounts)
	first := measure(t)
	r.endure(t, accounts)
	second := measure(t)
	r.exporter.Close()
	r.server.Close()
	t.Logf("at the start %+v, after %d scrapes %+v, after %d scrapes %+v", start, endurance/2, first, endurance, second)
	if second.goroutines > first.goroutines+moreGoroutines || second.descriptors > first.descriptors+moreDescriptors || second.heap > first.heap+moreHeap {
		t.Errorf("after %d scrapes %+v, after %d scrapes %+v", endurance/2, first, endurance, second)
	}
	goleak.VerifyNone(t, before)
	if closed := measure(t); closed.descriptors > start.descriptors+1 { // one is the runtime's poller
		t.Errorf("%d descriptors after the end of all, %d at the start", closed.descriptors, start.descriptors)
	}
}

// endure scrapes under each kind of fault in turn, and then until all is good again.
func (r *runner) endure(t *testing.T, accounts []account) {
	t.Helper()
	const quick = 0.008 // of a second: a scrape that waits for a hanging cloud
	kinds := cloudsim.FaultKinds()
	for _, kind := range kinds {
		remove := r.clouds.Load().Inject(cloudsim.Fault{Kind: kind})
		r.scrape(endurance/2/len(kinds)+1, quick)
		remove()
	}
	r.renew(accounts)
	r.awaitGood(t)
	r.renew(accounts)
}

// awaitGood scrapes until every target is ok and every poll works. Refused credentials wait for minutes of the
// exporter's clock, operations that are not offered for an hour.
func (r *runner) awaitGood(t *testing.T) {
	t.Helper()
	const most = 200
	var bad string
	for range most {
		bad = ""
		for key, x := range r.scrape(1, 2) {
			if (x.family == "poll_success" || x.family == "account_up" || x.labels["state"] == "ok") && x.value != "1" {
				bad = key
			}
		}
		if bad == "" {
			return
		}
	}
	t.Errorf("not good %d scrapes after the last fault: %s", most, bad)
}
