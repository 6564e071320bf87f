package sourcetest

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/poll"
)

// Scope is one method of a Source.
type Scope string

// The scopes, one per method.
const (
	Instances Scope = "instances"
	Backups   Scope = "backups"
	Jobs      Scope = "jobs"
	Policy    Scope = "policy"
	Recovery  Scope = "recovery"

	Copies       Scope = "copies"
	RestoreCheck Scope = "restore check"
	Restores     Scope = "restores"
)

func extras() []Scope { return []Scope{Copies, RestoreCheck, Restores} }

// scopes returns the scopes that the cloud has something to say about, the listing of instances first.
func (p Provider) scopes() []Scope {
	list := []Scope{Instances, Backups, Jobs, Policy, Recovery}
	for _, scope := range extras() {
		if p.Operations[scope] != "" {
			list = append(list, scope)
		}
	}
	return list
}

// Provider describes a cloud's package to the suite.
type Provider struct {
	Cloud  string // fleet.Alibaba or fleet.Huawei
	Region string // a region id of that cloud
	// New returns the Source under test. It is called once per case. Everything that the Source needs is in env.
	New func(t *testing.T, env Env) poll.Source
	// Operations names the call of each scope, in the cloud's own words: when the call fails, the scope fails. A scope
	// that is left out needs no call of its own, or is one of poll.Extras that the cloud does not have.
	Operations map[Scope]string
	// PerShard says that the shards of a sharded cluster are targets of their own.
	PerShard bool
	// JobsInList says that the cloud lists running backups among the backup sets.
	JobsInList bool
	// EndField and SizeField are the JSON names of a record's end time and size.
	EndField, SizeField string
	// WantPolicy, WantJobs and WantRecovery are what this cloud answers about the policy, the jobs and the recovery window
	// of [Fleet].
	WantPolicy   backup.Policy
	WantJobs     []backup.Job
	WantRecovery backup.Window
	// Lifecycles are words that the cloud has for the status of an instance, and what they mean. A word that it does not have
	// must change nothing.
	Lifecycles map[string]backup.Lifecycle
	// Answers replaces the classes that the suite expects after a fault, where clouds rightly differ; "" is a normal
	// answer.
	Answers map[FaultCase][]backup.Class
	// StartOperation is the call that starts a manual backup.
	StartOperation string
	// Orders are orders for manual backups, and say which ones this cloud refuses.
	Orders []Order
}

// FaultCase is a fault in the call of a scope.
type FaultCase struct {
	Scope Scope
	Kind  cloudsim.FaultKind
}

// Env is what a Source under test is made from.
type Env struct {
	URL       string // of the simulated cloud, http://127.0.0.1:port; Huawei Cloud: of IAM too
	Account   string // the account's name
	ProjectID string // Huawei Cloud: of the region
	Region    string
	Now       func() time.Time // the time in which the fleet lives
	Keys      cloudcall.KeySource
	Transport http.RoundTripper
	// Caller returns what makes the calls. classify is the provider's.
	Caller func(classify func(op string, err error) *backup.Error) *cloudcall.Caller
}

// Run checks a provider against the whole suite.
func Run(t *testing.T, p Provider) {
	t.Run("reads", func(t *testing.T) { testReads(t, p) })
	t.Run("pages", func(t *testing.T) { testPages(t, p) })
	t.Run("shards", func(t *testing.T) { testShards(t, p) })
	t.Run("records", func(t *testing.T) { testRecords(t, p) })
	t.Run("credentials", func(t *testing.T) { testCredentials(t, p) })
	t.Run("faults", func(t *testing.T) { testFaults(t, p) })
	t.Run("contexts", func(t *testing.T) { testContexts(t, p) })
	t.Run("start", func(t *testing.T) { testStart(t, p) })
	t.Run("concurrency", func(t *testing.T) { testConcurrency(t, p) })
}

// Now is the time in which the suite's fleets live.
var Now = time.Date(2026, time.January, 15, 10, 30, 30, 0, time.UTC) //nolint:gochecknoglobals // a constant of a type that Go has no constants for

// bench is a simulated cloud and a Source on it. It counts what the Source reports.
type bench struct {
	*cloudsim.Sim
	Source   poll.Source
	Provider Provider

	mu       sync.Mutex
	attempts map[string]int // by operation and result, "DescribeBackups ok"
	rejected map[string]int // by field
}

// start serves the fleet and returns a Source on it. The test fails if anything of either still runs at its end.
func start(t *testing.T, p Provider, f fleet.Fleet) *bench {
	t.Helper()
	leaks := goleak.IgnoreCurrent()
	b := &bench{Provider: p, attempts: map[string]int{}, rejected: map[string]int{}}
	now := func() time.Time { return Now }
	b.Sim = cloudsim.New(cloudsim.Options{Fleet: f, Now: now, WallNow: time.Now, ClockAhead: ahead})
	server := httptest.NewServer(b.Sim)
	transport := cloudcall.NewTransport(16)
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
		goleak.VerifyNone(t, leaks)
	})
	account := f.Accounts[0]
	b.Source = p.New(t, Env{
		URL: server.URL, Account: accountName, ProjectID: account.ProjectIDs[p.Region], Region: p.Region, Now: now,
		Keys: func() (cloudcall.Keys, error) {
			return cloudcall.Keys{
				AccessKeyID: account.AccessKeyID, AccessKeySecret: account.AccessKeySecret, SecurityToken: account.SecurityToken,
			}, nil
		},
		Transport: transport,
		Caller:    b.caller,
	})
	return b
}

const (
	accountName = "suite"
	ahead       = 90 * time.Second // how far the cloud's clock is ahead
)

func (b *bench) caller(classify func(op string, err error) *backup.Error) *cloudcall.Caller {
	return cloudcall.New(cloudcall.Options{
		Place:    cloudcall.Place{Cloud: b.Provider.Cloud, Account: accountName, Region: b.Provider.Region},
		Observer: b, Now: func() time.Time { return Now }, Classify: classify, Gate: cloudcall.NewGate(time.Now, nil),
		Timeout: time.Minute, MaxAttempts: 3, FirstRetry: time.Millisecond,
	})
}

// Request implements cloudcall.Observer.
func (b *bench) Request(_ cloudcall.Place, operation, result string, _ time.Duration) {
	b.count(b.attempts, operation+" "+result)
}

// Rejected implements cloudcall.Observer.
func (b *bench) Rejected(field string) { b.count(b.rejected, field) }

func (b *bench) count(in map[string]int, key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	in[key]++
}

func (b *bench) sum(of map[string]int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, count := range of {
		n += count
	}
	return n
}

// list returns the instances of the region, all of which must be readable.
func (b *bench) list(t *testing.T) []backup.Instance {
	t.Helper()
	listing, err := b.Source.Instances(t.Context())
	if err := cmp.Or(err, listing.Err()); err != nil {
		t.Fatalf("Instances: %v", err)
	}
	return listing.Instances
}

// instance returns one of the listed instances.
func (b *bench) instance(t *testing.T, id string) backup.Instance {
	t.Helper()
	list := b.list(t)
	for _, in := range list {
		if in.InstanceID == id {
			return in
		}
	}
	t.Fatalf("Instances does not list %q; got %d instances", id, len(list))
	return backup.Instance{}
}

// since is early enough for every backup of a fleet.
func since() time.Time { return Now.AddDate(0, 0, -30) }

// ask calls the method of one scope about one instance, and returns how many things the answer has.
func (b *bench) ask(ctx context.Context, scope Scope, in backup.Instance) (int, error) {
	switch scope {
	case Instances:
		listing, err := b.Source.Instances(ctx)
		return len(listing.Instances), cmp.Or(err, listing.Err())
	case Backups:
		list, err := b.Source.Backups(ctx, in, in.Targets()[0].NodeID, since())
		return len(list.Backups), err
	case Jobs:
		list, err := b.Source.Jobs(ctx, in)
		return len(list), err
	case Policy:
		policy, err := b.Source.Policy(ctx, in)
		if len(policy.Schedules) == 0 {
			return 0, err
		}
		return len(policy.Schedules[0].Weekdays), err
	case Recovery:
		window, err := b.Source.Recovery(ctx, in)
		if window.IsZero() {
			return 0, err
		}
		return 1, err
	case Copies:
		copies, err := b.Source.Copies(ctx, in, in.Targets()[0].NodeID, copyRegion, since())
		return len(copies.Backups), err
	case RestoreCheck:
		check, err := b.Source.CheckRestore(ctx, in, "b-3")
		return len(check.BackupID), err
	case Restores:
		last, err := b.Source.LastRestore(ctx, in)
		if last.IsZero() {
			return 0, err
		}
		return 1, err
	}
	panic("unknown scope " + scope)
}
