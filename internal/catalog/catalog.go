package catalog

import (
	"slices"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// An early removal is news for a week, so that the sets that it names are held that long even where the lookback is shorter.
const removalHeld = backup.RemovalStands

// trimEvery is how often memory is searched for what it may forget. What stays for that long costs little.
const trimEvery = time.Hour

// Catalog holds in memory what the clouds said. It is safe for concurrent use. What it is told must not be changed
// afterwards, and neither must what it returns.
//
// What it holds is bounded by what the clouds list: the newest list of each target, and of what left it, at most leftCap
// sets for at most the lookback.
type Catalog struct {
	lookback   time.Duration
	remembered time.Duration // how long the file keeps what left; 0: there is none

	mu      sync.Mutex
	regions map[backup.Target]*region
	queue   []*instance    // what has something to write, each once; only what is known is in it
	index   map[string]int // scratch of one call: places in a list by id
	trimmed time.Time      // when memory was last searched for what it may forget
}

// New returns a catalog that knows nothing. What left a list is held for the lookback, which must be positive.
func New(lookback time.Duration) *Catalog {
	return &Catalog{lookback: lookback, regions: map[backup.Target]*region{}, index: map[string]int{}}
}

// Hold changes for how long what left a list is held, as after a reload.
func (c *Catalog) Hold(lookback time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lookback = lookback
}

// held returns for how long what left a list is held.
func (c *Catalog) held() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lookback
}

// Times says when a cloud gave an answer.
type Times struct {
	At         time.Time // by our clock; zero: never
	CloudAt    time.Time // the same moment by the cloud's clock; zero: it did not say
	NotOffered bool      // the answer is that the cloud does not offer this for the instance
}

// TimesOf returns the times of a reading.
func TimesOf[T any](r backup.Reading[T]) Times {
	return Times{At: r.At, CloudAt: r.CloudAt, NotOffered: r.NotOffered}
}

// answer is the newest answer to one question, and whether it is still to be written.
type answer[T any] struct {
	Times
	value T
	dirty bool
}

func (a *answer[T]) learn(times Times, value T) {
	times.At, times.CloudAt = times.At.Round(0), times.CloudAt.Round(0)
	a.Times, a.value, a.dirty = times, value, true
}

// reading returns the answer as a reading. GoodUntil is for the caller to set, who knows the intervals: until then the
// reading counts as too old.
func (a *answer[T]) reading() backup.Reading[T] {
	return backup.Reading[T]{Value: a.value, At: a.At, CloudAt: a.CloudAt, TriedAt: a.At, NotOffered: a.NotOffered}
}

// regionOf returns the target that stands for the region of t.
func regionOf(t backup.Target) backup.Target {
	return backup.Target{Cloud: t.Cloud, Account: t.Account, Region: t.Region}
}

// region returns the region of t, and makes it if it is new.
func (c *Catalog) region(t backup.Target) *region {
	key := regionOf(t)
	r := c.regions[key]
	if r == nil {
		r = &region{key: key, instances: map[string]*instance{}}
		c.regions[key] = r
	}
	return r
}

// instance returns the instance of t, and makes it if it is new.
func (c *Catalog) instance(t backup.Target) *instance {
	r := c.region(t)
	in := r.instances[t.InstanceID]
	if in == nil {
		in = &instance{key: t.Instance(), region: r}
		r.instances[t.InstanceID] = in
	}
	return in
}

// find returns the instance of t; nil: nothing is known of it.
func (c *Catalog) find(t backup.Target) *instance {
	r := c.regions[regionOf(t)]
	if r == nil {
		return nil
	}
	return r.instances[t.InstanceID]
}

// findNode returns the node of t; nil: nothing is known of it.
func (c *Catalog) findNode(t backup.Target) *node {
	in := c.find(t)
	if in == nil {
		return nil
	}
	for _, n := range in.nodes {
		if n.key == t {
			return n
		}
	}
	return nil
}

// holds reports whether memory has the instance of a target, or the region that a target stands for, and whether it has the
// target as one with backups.
func (c *Catalog) holds(t backup.Target) (instance, backups bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t == regionOf(t) {
		return c.regions[t] != nil, false
	}
	return c.find(t) != nil, c.findNode(t) != nil
}

// node returns the node of t, and makes it if it is new.
func (c *Catalog) node(t backup.Target) *node {
	if n := c.findNode(t); n != nil {
		return n
	}
	in := c.instance(t)
	n := &node{key: t, in: in, afresh: true} // the file may know it from an earlier time
	in.nodes = append(in.nodes, n)
	return n
}

// changed notes that an instance has something to write.
func (c *Catalog) changed(in *instance) {
	if !in.queued {
		in.queued = true
		c.queue = append(c.queue, in)
	}
}

// Trim forgets what left before the lookback: sets, instances that are gone, and shards that nobody asks about any more.
// It does so once an hour, and returns at once between. Without a file it is to be called now and then; [File.Flush] calls
// it.
func (c *Catalog) Trim(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.trimmed.IsZero() && now.Sub(c.trimmed).Abs() < trimEvery {
		return
	}
	c.trimmed = now
	for _, r := range c.regions {
		for id, in := range r.instances {
			for _, n := range in.nodes {
				n.trim(now, c.lookback, c.remembered)
			}
			in.nodes = slices.DeleteFunc(in.nodes, func(n *node) bool {
				return !in.has(n) && n.asked() < stampOf(now.Add(-c.lookback))
			})
			if in.forgettable(stampOf(now.Add(-c.lookback))) {
				in.dropped = true
				delete(r.instances, id)
			} else if in.afresh() {
				c.changed(in)
			}
		}
	}
}

// stamp is a time in milliseconds since 1970, as the file has it. The zero stamp is the zero time.
type stamp int64

func stampOf(t time.Time) stamp {
	if t.IsZero() {
		return 0
	}
	return stamp(t.UnixMilli())
}

func (s stamp) time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(s)).UTC()
}
