package collector

import (
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
	to := newCollection(out, c.snapshot(), c.now())
	for i := range c.families {
		to.family(&c.families[i])
	}
}
