package collector

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/internal/backup"
)

const namespace = "mongodb_backup_"

// Collector is a prometheus.Collector that shows a snapshot. It keeps no state and is safe for concurrent use.
type Collector struct {
	snapshot func() *backup.Snapshot
	now      func() time.Time
	families []described
}

// described is a family with its description, which is made once.
type described struct {
	family
	desc *prometheus.Desc
}

// New returns a Collector. snapshot returns the newest snapshot and never nil; now returns the time for which verdicts
// are computed. Each is called once per collection.
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

// Collect sends the samples of the newest snapshot.
func (c *Collector) Collect(out chan<- prometheus.Metric) {
	to := newCollection(out, c.snapshot(), c.now())
	for i := range c.families {
		to.family(&c.families[i])
	}
}
