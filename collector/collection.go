package collector

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"mongodb_backup_exporter/internal/backup"
)

// collection is the state of one call of Collect.
//
// It sends one family after the other, each in the order of the text format: by the values of labels, in the order of
// their names. Any order would be correct. This one is cheapest: the registry need not sort, and samples that it checks
// and writes one after the other are neighbours in memory.
type collection struct {
	out    chan<- prometheus.Metric
	pairs  labelPairs
	gauges slab[gauge]
	labels slab[*dto.LabelPair]
	group  []*gauge // samples of one family and one instance, or of a scattered family, that are not sent yet

	snapshot  *backup.Snapshot
	regions   []region
	instances []instance // in the order of the text format
}

func newCollection(out chan<- prometheus.Metric, snapshot *backup.Snapshot, now time.Time) *collection {
	c := &collection{out: out, pairs: labelPairs{}, snapshot: snapshot}
	for _, r := range snapshot.Regions {
		c.regions = append(c.regions, region{r, c.pairs.region(r), now})
	}
	c.instances = make([]instance, 0, len(snapshot.Instances))
	for _, in := range inOrder(snapshot.Instances) {
		c.instances = append(c.instances, newInstance(in, c.pairs, now))
	}
	return c
}

// family sends all samples of one family.
func (c *collection) family(f *described) {
	if f.exporter != nil {
		f.exporter(c.snapshot, samples{c, f, nil})
	}
	if f.region != nil {
		for i := range c.regions {
			f.region(&c.regions[i], samples{c, f, c.regions[i].labels})
		}
	}
	c.send()
	for i := range c.instances {
		c.instance(f, &c.instances[i])
		if !f.scattered {
			c.send()
		}
	}
	c.send()
}

// instance collects the samples of one family for one instance and its targets.
func (c *collection) instance(f *described, in *instance) {
	if f.instance != nil {
		f.instance(in, samples{c, f, in.labels})
	}
	if f.target != nil {
		for i := range in.targets {
			f.target(&in.targets[i], samples{c, f, in.targets[i].labels})
		}
	}
}

// send sorts and sends the samples of the group, and empties it.
func (c *collection) send() {
	slices.SortFunc(c.group, func(a, b *gauge) int { return slices.CompareFunc(a.labels, b.labels, byValue) })
	for _, g := range c.group {
		c.out <- g
	}
	c.group = c.group[:0]
}

// byValue compares the values of two labels of the same name.
func byValue(a, b *dto.LabelPair) int {
	if a == b {
		return 0
	}
	return strings.Compare(*a.Value, *b.Value)
}

// inOrder returns the instances in the order of the text format. The region does not count, because its label comes after
// instance_id and an instance is in one region.
func inOrder(instances []backup.InstanceState) []*backup.InstanceState {
	sorted := make([]*backup.InstanceState, len(instances))
	for i := range instances {
		sorted[i] = &instances[i]
	}
	slices.SortFunc(sorted, func(a, b *backup.InstanceState) int {
		return cmp.Or(
			strings.Compare(a.Instance.Account, b.Instance.Account),
			strings.Compare(a.Instance.Cloud, b.Instance.Cloud),
			strings.Compare(a.Instance.InstanceID, b.Instance.InstanceID),
		)
	})
	return sorted
}
