package collector

import (
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/internal/backup"
)

const namespace = "mongodb_backup_"

// Collector is a prometheus.Collector of all that a snapshot says. It holds no state of its own and is safe for
// concurrent use.
type Collector struct {
	snapshot func() *backup.Snapshot
	now      func() time.Time
	families []described
}

type described struct {
	family
	desc *prometheus.Desc
}

// New returns a Collector of the snapshots that snapshot returns, which must never be nil. Both functions are called
// once per collection.
func New(snapshot func() *backup.Snapshot, now func() time.Time) *Collector {
	c := &Collector{snapshot: snapshot, now: now}
	for _, f := range families() {
		desc := prometheus.NewDesc(namespace+f.name, f.help, append(f.levelLabels(), f.labels...), nil)
		c.families = append(c.families, described{f, desc})
	}
	return c
}

// Describe sends the description of every family.
func (c *Collector) Describe(out chan<- *prometheus.Desc) {
	for _, f := range c.families {
		out <- f.desc
	}
}

// Collect sends every sample that the newest snapshot supports.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	snapshot, now := c.snapshot(), c.now()
	c.collectLevel(out, nil, func(f family, to samples) {
		if f.exporter != nil {
			f.exporter(snapshot, to)
		}
	})
	for _, r := range snapshot.Regions {
		at := region{r, now}
		c.collectLevel(out, labels(r.Cloud, r.Account, r.Region), func(f family, to samples) {
			if f.region != nil {
				f.region(at, to)
			}
		})
	}
	for _, in := range snapshot.Instances {
		c.collectInstance(out, in, now)
	}
}

func (c *Collector) collectInstance(out chan<- prometheus.Metric, in backup.InstanceState, now time.Time) {
	nodes := make([]backup.Health, 0, len(in.Nodes))
	for _, node := range in.Nodes {
		one := newTarget(in, node, now)
		nodes = append(nodes, one.health)
		c.collectLevel(out, targetLabels(one.state.Target), func(f family, to samples) {
			if f.target != nil {
				f.target(one, to)
			}
		})
	}
	whole := newInstance(in, nodes, now)
	c.collectLevel(out, targetLabels(in.Instance.Target.Instance()), func(f family, to samples) {
		if f.instance != nil {
			f.instance(whole, to)
		}
	})
}

// collectLevel calls read for every family with the place where its samples go.
func (c *Collector) collectLevel(out chan<- prometheus.Metric, labels []string, read func(family, samples)) {
	for _, f := range c.families {
		read(f.family, samples{out: out, desc: f.desc, labels: labels})
	}
}

func targetLabels(t backup.Target) []string {
	return labels(t.Cloud, t.Account, t.Region, t.InstanceID, t.NodeID)
}

func labels(values ...string) []string {
	for i, value := range values {
		values[i] = valid(value)
	}
	return values
}

// valid makes s fit for a label: names come from clouds, which pass any bytes through.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
