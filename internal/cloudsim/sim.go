package cloudsim

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/alibaba"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
	"mongodb_backup_exporter/internal/cloudsim/huawei"
)

// Options is what a simulation is made of.
type Options struct {
	Fleet        fleet.Fleet      // what the clouds hold; copied
	Now          func() time.Time // the time in the fleet; required
	WallNow      func() time.Time // against which the dates of signatures are checked; nil: Now
	ClockAhead   time.Duration    // how far the clouds' clock, which the header Date shows, is ahead of Now
	BackupLength time.Duration    // how long a backup takes that a client starts; 0: 40 s
	Variants     Variants
}

// Variants chooses among the behaviours that the documentation of the clouds allows. The zero value is the likeliest.
type Variants struct {
	Alibaba alibaba.Variants
	Huawei  huawei.Variants
}

// Sim is both clouds on one HTTP handler: ApsaraDB for MongoDB and STS on the path "/", Huawei DDS on /v3/{project}/… and
// /v3.1/{project}/…, Huawei IAM on /v3/projects, /v3/auth/tokens, /v3/auth/catalog and
// /v3.0/OS-CREDENTIAL/securitytokens. It is safe for concurrent use.
type Sim struct {
	now    func() time.Time
	ahead  time.Duration // Options.ClockAhead
	faults faultList
	log    callLog

	connections connectionList

	mu              sync.Mutex // guards all below, except for Parse of the protocols
	world           *fleet.World
	alibaba, huawei protocol
}

// protocol is the API of one cloud. Parse is safe for concurrent use, the other methods are not.
type protocol interface {
	// Parse reads what the request says of itself. It fails when the request cannot be read.
	Parse(req *httpsim.Request) error
	// Locate completes the region of a request that does not name one. It leaves an unknown region empty.
	Locate(req *httpsim.Request)
	// Answer returns the cloud's answer at req.Now.
	Answer(req *httpsim.Request) httpsim.Answer
	// Refuse returns the documented error for a reason. For Throttled, a positive wait is how long the client should wait.
	Refuse(req *httpsim.Request, why httpsim.Refusal, wait time.Duration) httpsim.Answer
	// Fail returns an error with the given HTTP status and code; "": a code that fits the status.
	Fail(req *httpsim.Request, status int, code string) httpsim.Answer
}

// request is one call and the cloud that it goes to.
type request struct {
	*httpsim.Request

	cloud string
	api   protocol
}

// New returns simulated clouds.
func New(opts Options) *Sim {
	if opts.WallNow == nil {
		opts.WallNow = opts.Now
	}
	if opts.BackupLength == 0 {
		opts.BackupLength = 40 * time.Second
	}
	world, v := fleet.NewWorld(opts.Fleet), opts.Variants
	return &Sim{
		now:   opts.Now,
		ahead: opts.ClockAhead,
		log:   callLog{now: opts.Now},
		world: world,
		alibaba: alibaba.New(alibaba.Options{
			World: world, WallNow: opts.WallNow, BackupLength: opts.BackupLength,
			Variants: v.Alibaba,
		}),
		huawei: huawei.New(huawei.Options{
			World: world, WallNow: opts.WallNow, BackupLength: opts.BackupLength,
			Variants: v.Huawei,
		}),
	}
}

// ServeHTTP answers one request to either cloud.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.now().Add(s.ahead).UTC().Format(http.TimeFormat))
	req, err := s.parse(r)
	if err != nil {
		http.Error(w, "cannot read the request: "+err.Error(), http.StatusBadRequest)
		return
	}
	if r.URL.Path == loginPath {
		httpsim.NewHTML(http.StatusOK, "Please log in").Write(w)
		return
	}
	call := s.log.begin(req)
	out := outcome{w: w, r: r, note: func(a httpsim.Answer) { s.log.end(call, a) }}
	if fault, found := s.faults.match(req); found {
		fault.serve(faultyCall{outcome: out, sim: s, req: req, fault: fault})
		return
	}
	out.send(s.answer(req))
}

func (s *Sim) parse(r *http.Request) (*request, error) {
	parsed, err := httpsim.NewRequest(r)
	if err != nil {
		return nil, err
	}
	req := &request{Request: parsed, cloud: fleet.Alibaba, api: s.alibaba}
	if strings.HasPrefix(r.URL.Path, "/v3") {
		req.cloud, req.api = fleet.Huawei, s.huawei
	}
	if err := req.api.Parse(parsed); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	req.api.Locate(parsed)
	return req, nil
}

// answer returns the cloud's answer when nothing is wrong with it.
func (s *Sim) answer(req *request) httpsim.Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	req.Now = s.now().UTC()
	return req.api.Answer(req.Request)
}

// refuse returns a documented error of the request's cloud.
func (s *Sim) refuse(req *request, why httpsim.Refusal, wait time.Duration) httpsim.Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return req.api.Refuse(req.Request, why, wait)
}

// fail returns an error of the request's cloud.
func (s *Sim) fail(req *request, status int, code string) httpsim.Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return req.api.Fail(req.Request, status, code)
}

// Update changes the fleet. No request is answered meanwhile.
func (s *Sim) Update(change func(*fleet.Fleet)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.Update(change)
}

// Inject adds a fault and returns a function that removes it. Of several faults that match a call, the newest hits it.
func (s *Sim) Inject(f Fault) (remove func()) {
	id := s.inject(f)
	return func() { s.faults.remove(id) }
}

// inject adds a fault and returns its number.
func (s *Sim) inject(f Fault) int {
	added := s.faults.add(f)
	if added.serve == nil {
		s.connections.closeMatching(f)
	}
	return added.id
}

// Calls returns the requests so far, oldest first. Of more than 20,000 it returns the newest.
func (s *Sim) Calls() []Call { return s.log.list() }

// Count returns how often an operation was called, by the cloud's own name. "" counts every request.
func (s *Sim) Count(operation string) int { return s.log.count(operation) }
