package collector

import (
	"cmp"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"

	"mongodb_backup_exporter/internal/backup"
)

// sample is one sample of a family, a gauge.
type sample struct {
	labels []*dto.LabelPair // sorted by name
	value  float64
}

// collection makes samples of a snapshot for one moment. Samples share their label pairs.
type collection struct {
	pairs labelPairs
	slab  slab[*dto.LabelPair]
	group []sample // that were made last; the next ones take their place

	snapshot *backup.Snapshot
	regions  []region
	now      time.Time
}

func newCollection(snapshot *backup.Snapshot, now time.Time) *collection {
	c := &collection{pairs: labelPairs{}, snapshot: snapshot, now: now}
	for _, r := range snapshot.Regions {
		c.regions = append(c.regions, region{r, c.pairs.region(r), now})
	}
	return c
}

// instances returns what families read of every instance, in the order in which they are shown.
func (c *collection) instances() []instance {
	all := make([]instance, 0, len(c.snapshot.Instances))
	for _, i := range inOrder(c.snapshot.Instances) {
		all = append(all, newInstance(&c.snapshot.Instances[i], c.pairs, c.now))
	}
	return all
}

// whole returns the samples of one family for regions and for the exporter, sorted by labels.
func (c *collection) whole(f *described) []sample {
	c.group = c.group[:0]
	if f.exporter != nil {
		f.exporter(c.snapshot, samples{c, f, nil})
	}
	if f.region != nil {
		for i := range c.regions {
			f.region(&c.regions[i], samples{c, f, c.regions[i].labels})
		}
	}
	return c.sorted()
}

// of returns the samples of one family for one instance and its targets, sorted by labels.
func (c *collection) of(in *instance, f *described) []sample {
	c.group = c.group[:0]
	if f.instance != nil {
		f.instance(in, samples{c, f, in.labels})
	}
	if f.target != nil {
		for i := range in.targets {
			f.target(&in.targets[i], samples{c, f, in.targets[i].labels})
		}
	}
	return c.sorted()
}

// each calls use with every sample of one family.
func (c *collection) each(f *described, all []instance, use func(sample)) {
	for _, s := range c.whole(f) {
		use(s)
	}
	for i := range all {
		for _, s := range c.of(&all[i], f) {
			use(s)
		}
	}
}

func (c *collection) sorted() []sample {
	slices.SortFunc(c.group, func(a, b sample) int { return slices.CompareFunc(a.labels, b.labels, byValue) })
	return c.group
}

// byValue compares the values of two labels of the same name.
func byValue(a, b *dto.LabelPair) int {
	if a == b {
		return 0
	}
	return strings.Compare(*a.Value, *b.Value)
}

// inOrder returns the indexes of the instances in the order in which they are shown: that of the text format as far as their
// labels go. The region does not count, because its label comes after instance_id and an instance is in one region.
func inOrder(instances []backup.InstanceState) []int {
	order := make([]int, len(instances))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := &instances[i].Instance, &instances[j].Instance
		return cmp.Or(
			strings.Compare(a.Account, b.Account),
			strings.Compare(a.Cloud, b.Cloud),
			strings.Compare(a.InstanceID, b.InstanceID),
		)
	})
	return order
}
