// Package sourcetest is the conformance suite that every poll.Source must pass: it runs one against the simulated
// cloud over HTTP and checks what the poller relies on, cloud by cloud in the same words.
//
// It is for tests only, and knows no provider: a provider's test describes itself with a [Provider] and calls [Run].
package sourcetest

import (
	"cmp"
	"context"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"mongodb_backup_exporter/internal/backup"
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
)

func allScopes() []Scope { return []Scope{Instances, Backups, Jobs, Policy, Recovery} }

// Provider is how a cloud's package presents itself to the suite.
type Provider struct {
	Cloud  string // fleet.Alibaba or fleet.Huawei
	Region string // a region id of that cloud
	// New returns the Source under test, whose account is named "suite". It is made once per case; everything it needs
	// is in env, and what closes its idle connections goes to t.Cleanup.
	New func(t *testing.T, env Env) poll.Source
	// Operations names, in the cloud's own words, the call that each scope stands or falls with. A scope that is
	// left out is one that the provider answers without a call of its own.
	Operations map[Scope]string
	// PerShard says that the shards of a sharded cluster are targets of their own.
	PerShard bool
	// JobsInList says that the cloud lists running backups among the backup sets.
	JobsInList bool
	// EndField and SizeField are the JSON names of a record's end time and size.
	EndField, SizeField string
	// WantPolicy, WantJobs and WantRecovery are how this cloud tells [Fleet]'s policy, jobs and recovery window.
	WantPolicy   backup.Policy
	WantJobs     []backup.Job
	WantRecovery backup.Window
	// Answers overrides what the suite expects of a fault where clouds rightly differ: the acceptable classes, ""
	// being a normal answer.
	Answers map[FaultCase][]backup.Class
}

// FaultCase is one fault met by the call of one scope.
type FaultCase struct {
	Scope Scope
	Kind  cloudsim.FaultKind
}

// Env is what a Source under test is made from.
type Env struct {
	URL         string        // of the simulated cloud (Huawei: of IAM too), http://127.0.0.1:port
	Account     fleet.Account // whose credentials to use
	Region      string
	Now         func() time.Time               // the time in which the fleet lives
	Timeout     time.Duration                  // of one attempt
	FirstRetry  time.Duration                  // mean pause before the first retry
	MaxAttempts uint                           // of one call
	Requested   func(operation, result string) // to be told of every attempt, as cloudcall.Observer is
	Rejected    func(field string)             // to be told of every record or value that could not be read
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
	t.Run("concurrency", func(t *testing.T) { testConcurrency(t, p) })
}

// Now is the time in which the suite's fleets live.
var Now = time.Date(2026, time.January, 15, 10, 30, 30, 0, time.UTC) //nolint:gochecknoglobals // a constant of a type that Go has no constants for

// bench is one simulated cloud and one Source on it.
type bench struct {
	*cloudsim.Sim
	Source   poll.Source
	Provider Provider

	mu       sync.Mutex
	attempts map[string]int // by operation and result, "DescribeBackups ok"
	rejected map[string]int // by field
}

// start serves the fleet and returns a Source on it. At the end of the test nothing of either may be left running.
func start(t *testing.T, p Provider, f fleet.Fleet) *bench {
	t.Helper()
	leaks := goleak.IgnoreCurrent()
	b := &bench{Provider: p, attempts: map[string]int{}, rejected: map[string]int{}}
	now := func() time.Time { return Now }
	b.Sim = cloudsim.New(cloudsim.Options{Fleet: f, Now: now, WallNow: time.Now})
	server := httptest.NewServer(b.Sim)
	t.Cleanup(func() {
		server.Close()
		goleak.VerifyNone(t, leaks)
	})
	b.Source = p.New(t, Env{
		URL: server.URL, Account: f.Accounts[0], Region: p.Region, Now: now,
		Timeout: 2 * time.Second, FirstRetry: time.Millisecond, MaxAttempts: 3,
		Requested: func(operation, result string) { b.count(b.attempts, operation+" "+result) },
		Rejected:  func(field string) { b.count(b.rejected, field) },
	})
	return b
}

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

// instance returns one instance as the Source lists it.
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

// ask makes the call of one scope about one instance, and returns how many things it answered.
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
		return len(policy.Weekdays), err
	case Recovery:
		window, err := b.Source.Recovery(ctx, in)
		if window.IsZero() {
			return 0, err
		}
		return 1, err
	}
	panic("unknown scope " + scope)
}
