package bench

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
)

// cloud is simulated clouds that take their time, throttle, and count.
type cloud struct {
	sim     *cloudsim.Sim
	now     func() time.Time
	latency time.Duration // of each answer
	quota   quota

	mu     sync.Mutex
	counts map[string]*count
	minute time.Time
	used   map[string]int // calls in this minute, by what the quota counts together
}

// quota is how many calls the cloud answers in each minute of the clock. The zero value is no limit.
type quota struct {
	PerMinute int
	Together  bool // all operations together, as Huawei Cloud counts; otherwise, each operation
}

// count is what became of the calls of one operation.
type count struct {
	Asked, Throttled int
	Lists            int           // calls for the first page of a list
	Took             time.Duration // to answer, all of them together
}

func newCloud(sim *cloudsim.Sim, now func() time.Time, latency time.Duration, q quota) *cloud {
	return &cloud{sim: sim, now: now, latency: latency, quota: q, counts: map[string]*count{}, used: map[string]int{}}
}

// ServeHTTP implements http.Handler.
func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := c.now()
	op := operationOf(r)
	throttled := c.begin(op, r)
	if c.latency > 0 {
		time.Sleep(c.latency)
	}
	if throttled {
		throttle(w, r)
	} else {
		c.sim.ServeHTTP(w, r)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[op].Took += c.now().Sub(began)
}

// begin counts a call and reports whether it is one too many.
func (c *cloud) begin(op string, r *http.Request) (throttled bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.counts[op]
	if n == nil {
		n = &count{}
		c.counts[op] = n
	}
	n.Asked++
	if page := r.URL.Query(); (page.Get("PageNumber") == "" || page.Get("PageNumber") == "1") && (page.Get("offset") == "" || page.Get("offset") == "0") {
		n.Lists++
	}
	if c.quota.PerMinute == 0 {
		return false
	}
	if now := c.now().Truncate(time.Minute); now.After(c.minute) {
		c.minute, c.used = now, map[string]int{}
	}
	if c.quota.Together {
		op = ""
	}
	c.used[op]++
	if c.used[op] <= c.quota.PerMinute {
		return false
	}
	n.Throttled++
	return true
}

// taken returns the counts so far and begins anew.
func (c *cloud) taken() map[string]count {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]count{}
	for op, n := range c.counts {
		all[op] = *n
		*n = count{}
	}
	return all
}

// sum adds up all operations.
func sum(counts map[string]count) (all count) {
	for _, n := range counts {
		all.Asked += n.Asked
		all.Throttled += n.Throttled
		all.Took += n.Took
	}
	return all
}

// add adds counts to others.
func add(to, from map[string]count) {
	for op, n := range from {
		s := to[op]
		to[op] = count{s.Asked + n.Asked, s.Throttled + n.Throttled, s.Lists + n.Lists, s.Took + n.Took}
	}
}

func ofHuawei(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v3") }

// operationOf returns the cloud's own name of what is called.
func operationOf(r *http.Request) string {
	if !ofHuawei(r) {
		return r.Header.Get("X-Acs-Action")
	}
	path := r.URL.Path
	for _, known := range [][2]string{
		{"/backups/policy", "ShowBackupPolicy"},
		{"/restore-time", "ListRestoreTimes"},
		{"/backups", "ListBackups"},
		{"/instances", "ListInstances"},
		{"/jobs", "ListTasks"},
	} {
		if strings.HasSuffix(path, known[0]) {
			return known[1]
		}
	}
	return path
}

// throttle answers that there were too many calls, without saying how long to wait, as the clouds mostly do.
func throttle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if ofHuawei(r) {
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached."}`)
		return
	}
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprint(w, `{"Code":"Throttling.User","Message":"Request was denied due to user flow control.","RequestId":"R","HostId":"H"}`)
}
