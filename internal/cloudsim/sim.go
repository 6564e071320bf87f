package cloudsim

import (
	"net/http"
	"sync"
	"time"
)

// Options is what a simulation is made of.
type Options struct {
	Fleet        Fleet            // what the clouds hold; copied
	Now          func() time.Time // the time in which the fleet lives; required
	WallNow      func() time.Time // the time against which the dates of signatures are checked; nil: Now
	BackupLength time.Duration    // how long a backup takes that a client starts; 0: 40 s
	Variants     Variants
}

// Variants chooses where the documentation of the clouds leaves open what they do. The zero value is the likeliest.
type Variants struct {
	BareEmptyList          bool // Alibaba: a list without records is {} rather than {"Backup":[]}
	FutureEndRejected      bool // Alibaba: an EndTime in the future is InvalidEndTime.Malformed
	EmptyBackupID          bool // Alibaba: CreateBackup answers an empty BackupId, as it is deprecated
	LowerCaseTypes         bool // Huawei: backups have the type "auto" rather than "Auto"
	BuildingEndNull        bool // Huawei: the end_time of a running backup is null rather than ""
	UnknownInstanceRefused bool // Huawei: listing the backups of an unknown instance is DBS.280110 rather than an empty list
}

// Sim is both clouds on one HTTP handler: ApsaraDB for MongoDB on the path "/", Huawei DDS on /v3/{project}/… and
// /v3.1/{project}/…, Huawei IAM on /v3/projects and /v3/auth/tokens. It is safe for concurrent use.
type Sim struct {
	opts   Options
	faults faultList
	log    callLog

	mu     sync.Mutex // guards all below
	fleet  Fleet
	index  map[string]*Instance // by cloud, access key id and instance id; see indexKey
	nonces nonceMemory
	locks  map[string]keyLock   // Huawei: by access key id
	tokens map[string]userToken // Huawei: given by IAM
	serial uint64               // of request, job and backup ids
}

// New returns simulated clouds.
func New(opts Options) *Sim {
	if opts.WallNow == nil {
		opts.WallNow = opts.Now
	}
	if opts.BackupLength == 0 {
		opts.BackupLength = 40 * time.Second
	}
	s := &Sim{
		opts:   opts,
		fleet:  opts.Fleet.clone(),
		log:    callLog{now: opts.Now},
		locks:  make(map[string]keyLock),
		tokens: make(map[string]userToken),
	}
	s.reindex()
	return s
}

// ServeHTTP answers one request to either cloud.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req, err := parseRequest(r)
	if err != nil {
		http.Error(w, "cannot read the request: "+err.Error(), http.StatusBadRequest)
		return
	}
	if r.URL.Path == loginPath {
		newHTML(http.StatusOK, "Please log in").write(w)
		return
	}
	s.locate(req)
	call := s.log.begin(req)
	fault, found := s.faults.match(req)
	out := outcome{w: w, r: r, note: func(a answer) { s.log.end(call, a) }}
	if !found {
		out.send(s.answer(req))
		return
	}
	s.serveFault(out, req, fault)
}

// answer returns what the cloud says when nothing is wrong with it.
func (s *Sim) answer(req *request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	req.id = requestID(req.cloud, s.serial)
	req.now = s.opts.Now().UTC()
	if req.cloud == Huawei {
		return s.huawei(req)
	}
	return s.alibaba(req)
}

// Update changes the fleet; no request is answered meanwhile.
func (s *Sim) Update(change func(*Fleet)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.fleet)
	s.reindex()
}

// Inject adds a fault and returns what removes it. Of several that match a call, the newest wins.
func (s *Sim) Inject(f Fault) (remove func()) {
	id := s.faults.add(f)
	return func() { s.faults.remove(id) }
}

// Calls returns the requests so far, oldest first: all of them up to 20,000, then the newest.
func (s *Sim) Calls() []Call { return s.log.list() }

// Count returns how often an operation was asked for, by the cloud's own name; "" counts every request.
func (s *Sim) Count(operation string) int { return s.log.count(operation) }

// reindex makes instances findable; it must run after every change to the fleet's slices.
func (s *Sim) reindex() {
	s.index = make(map[string]*Instance)
	for i := range s.fleet.Accounts {
		account := &s.fleet.Accounts[i]
		for j := range account.Instances {
			in := &account.Instances[j]
			s.index[indexKey(account, in.ID)] = in
		}
	}
}

func indexKey(a *Account, instanceID string) string {
	return a.Cloud + "\x00" + a.AccessKeyID + "\x00" + instanceID
}

// instance returns an instance of the account; nil when it has none with that id.
func (s *Sim) instance(a *Account, id string) *Instance { return s.index[indexKey(a, id)] }

// account returns the customer with the key id; nil when there is none.
func (s *Sim) account(cloud, keyID string) *Account {
	for i := range s.fleet.Accounts {
		if a := &s.fleet.Accounts[i]; a.Cloud == cloud && a.AccessKeyID == keyID {
			return a
		}
	}
	return nil
}
