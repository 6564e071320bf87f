package collector

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"mongodb_backup_exporter/internal/backup"
)

const namespace = "mongodb_backup_"

// Collector is a prometheus.Collector that shows a snapshot. It keeps no state and is safe for concurrent use.
type Collector struct {
	snapshot func() *backup.Snapshot
	now      func() time.Time
	families []described // sorted by name
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
	slices.SortFunc(c.families, func(a, b described) int { return strings.Compare(a.name, b.name) })
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
	to := newCollection(c.snapshot(), c.now())
	all := to.instances()
	var gauges slab[gauge]
	for i := range c.families {
		f := &c.families[i]
		to.each(f, all, func(s sample) {
			g := &gauges.cut(1)[0]
			g.desc, g.sample = f.desc, s
			out <- g
		})
	}
}

// gather returns the families of the newest snapshot without the checks of a registry.
func (c *Collector) gather() []*dto.MetricFamily {
	to := newCollection(c.snapshot(), c.now())
	all := to.instances()
	var found []*dto.MetricFamily
	for i := range c.families {
		f := &c.families[i]
		family := &dto.MetricFamily{Name: new(namespace + f.name), Help: new(f.help), Type: dto.MetricType_GAUGE.Enum()}
		to.each(f, all, func(s sample) {
			family.Metric = append(family.Metric, &dto.Metric{Label: s.labels, Gauge: &dto.Gauge{Value: new(s.value)}})
		})
		if len(family.Metric) > 0 {
			found = append(found, family)
		}
	}
	return found
}
