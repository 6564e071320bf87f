package poll_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// cloud is a Source made of functions, each of which may be left out. It counts the calls by scope and target.
type cloud struct {
	instances func(context.Context) ([]backup.Instance, error)
	unread    int // listed instances that could not be read
	backups   func(ctx context.Context, id, node string) (backup.List, error)
	jobs      func(ctx context.Context, id string) ([]backup.Job, error)
	policy    func(ctx context.Context, id string) (backup.Policy, error)
	recovery  func(ctx context.Context, id string) (backup.Window, error)
	skew      *time.Duration // nil: not known
	restored  func(ctx context.Context, id string) (time.Time, error)
	check     func(ctx context.Context, id, backupID string) (backup.RestoreCheck, error)
	copies    func(ctx context.Context, id, node, to string) (backup.Copies, error)
	// increments: nil: backups lists all
	increments func(ctx context.Context, id string) (backup.List, error)
	older      func(ctx context.Context, id string, since time.Time) (backup.List, error) // not counted; nil: there are none

	mu    sync.Mutex
	calls map[string]int
	now   int // calls in flight
	most  int // calls ever in flight at once
}

func (c *cloud) enter(call string) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls = map[string]int{}
	}
	c.calls[call]++
	c.now++
	c.most = max(c.most, c.now)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.now--
	}
}

func (c *cloud) count() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	counted := c.calls
	c.calls = map[string]int{}
	return counted
}

func (c *cloud) inFlight() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *cloud) total() int {
	n := 0
	for _, calls := range c.count() {
		n += calls
	}
	return n
}

func (c *cloud) Skew() (time.Duration, bool) {
	if c.skew == nil {
		return 0, false
	}
	return *c.skew, true
}

func (c *cloud) Instances(ctx context.Context) (backup.Listing, error) {
	defer c.enter("instances")()
	found, err := c.instances(ctx)
	return backup.Listing{Op: "DescribeDBInstances", Instances: found, Unread: c.unread}, err
}

func (c *cloud) Backups(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error) {
	if time.Since(since) > 365*24*time.Hour {
		if c.older == nil {
			return backup.List{}, nil
		}
		return c.older(ctx, in.InstanceID, since)
	}
	defer c.enter("backups " + in.InstanceID + node)()
	if c.backups == nil {
		return backup.List{}, nil
	}
	return c.backups(ctx, in.InstanceID, node)
}

func (c *cloud) Jobs(ctx context.Context, in backup.Instance) ([]backup.Job, error) {
	defer c.enter("jobs " + in.InstanceID)()
	if c.jobs == nil {
		return nil, nil
	}
	return c.jobs(ctx, in.InstanceID)
}

func (c *cloud) Policy(ctx context.Context, in backup.Instance) (backup.Policy, error) {
	defer c.enter("policy " + in.InstanceID)()
	if c.policy == nil {
		return backup.Policy{}, nil
	}
	return c.policy(ctx, in.InstanceID)
}

func (c *cloud) Recovery(ctx context.Context, in backup.Instance) (backup.Window, error) {
	defer c.enter("recovery " + in.InstanceID)()
	if c.recovery == nil {
		return backup.Window{}, nil
	}
	return c.recovery(ctx, in.InstanceID)
}

func (c *cloud) Copies(ctx context.Context, in backup.Instance, node, to string, _ time.Time) (backup.Copies, error) {
	defer c.enter("copies " + in.InstanceID + node)()
	if c.copies == nil {
		return backup.Copies{Region: to}, nil
	}
	return c.copies(ctx, in.InstanceID, node, to)
}

func (c *cloud) Increments(ctx context.Context, in backup.Instance, node string, _ time.Time) (backup.List, error) {
	defer c.enter("increments " + in.InstanceID + node)()
	if c.increments == nil {
		return backup.List{}, &backup.Error{Class: backup.ClassUnsupported, Err: errors.New("they are in the list")}
	}
	return c.increments(ctx, in.InstanceID)
}

func (c *cloud) CheckRestore(ctx context.Context, in backup.Instance, backupID string) (backup.RestoreCheck, error) {
	defer c.enter("check " + in.InstanceID + " " + backupID)()
	if c.check == nil {
		return backup.RestoreCheck{BackupID: backupID}, nil
	}
	return c.check(ctx, in.InstanceID, backupID)
}

func (c *cloud) LastRestore(ctx context.Context, in backup.Instance) (time.Time, error) {
	defer c.enter("restores " + in.InstanceID)()
	if c.restored == nil {
		return time.Time{}, nil
	}
	return c.restored(ctx, in.InstanceID)
}

// lists returns an instances function for these ids; "c:x:y" is a cluster c with the shards x and y.
func lists(specs ...string) func(context.Context) ([]backup.Instance, error) {
	return func(context.Context) ([]backup.Instance, error) {
		var found []backup.Instance
		for _, spec := range specs {
			parts := strings.Split(spec, ":")
			in := backup.Instance{Name: "name of " + parts[0], Nodes: parts[1:]}
			in.InstanceID = parts[0]
			found = append(found, in)
		}
		return found, nil
	}
}

func one(id string) backup.List { return backup.List{Backups: []backup.Backup{{ID: id}}} }

// logs keeps the lines of a poller's log.
type logs struct {
	mu    sync.Mutex
	lines []string
}

func (l *logs) Log(pairs ...any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprint(pairs...))
	return nil
}

func (l *logs) matching(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(l.lines), func(line string) bool { return !strings.Contains(line, part) }))
}

func options(logger log.Logger) poll.Options {
	return poll.Options{
		Now: time.Now, Logger: logger,
		BackupsInterval: time.Minute, JobsInterval: time.Minute,
		PolicyInterval: time.Hour, RecoveryInterval: 10 * time.Minute, DiscoveryInterval: 10 * time.Minute,
		RoundTimeout: 5 * time.Minute, Lookback: 8 * 24 * time.Hour, StaleAfter: time.Hour,
	}
}

func region(source poll.Source) poll.Region {
	return poll.Region{Cloud: backup.Alibaba, Account: "prod", Region: "r1", Source: source, Concurrency: 16, Discover: true}
}

func newPoller(t *testing.T, opts poll.Options, regions ...poll.Region) *poll.Poller {
	t.Helper()
	p := poll.New(opts, regions)
	t.Cleanup(p.Close)
	return p
}

// find returns what is known of an instance.
func find(t *testing.T, p *poll.Poller, id string) backup.InstanceState {
	t.Helper()
	for _, in := range p.Snapshot().Instances {
		if in.Instance.InstanceID == id {
			return in
		}
	}
	t.Fatalf("no instance %s in the snapshot", id)
	return backup.InstanceState{}
}

func ids(p *poll.Poller) []string {
	found := []string{}
	for _, in := range p.Snapshot().Instances {
		found = append(found, in.Instance.InstanceID)
	}
	return found
}
