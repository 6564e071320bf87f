package collector

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"mongodb_backup_exporter/internal/backup"
)

// gauge is one sample. Unlike a constant metric of client_golang it shares its label pairs with other samples: they
// are most of what a sample costs.
type gauge struct {
	desc   *prometheus.Desc
	labels []*dto.LabelPair // sorted by name
	value  float64
	body   dto.Gauge
}

// Desc returns the description of the family.
func (g *gauge) Desc() *prometheus.Desc { return g.desc }

// Write fills in what an exposition shows. It never fails.
func (g *gauge) Write(out *dto.Metric) error {
	g.body.Value = &g.value
	out.Label, out.Gauge = g.labels, &g.body
	return nil
}

// labelPairs holds the label pairs of one collection, each of them once.
type labelPairs map[[2]string]*dto.LabelPair

// of returns the pair of a name and a value.
func (p labelPairs) of(name, value string) *dto.LabelPair {
	key := [2]string{name, value}
	pair, ok := p[key]
	if !ok {
		pair = &dto.LabelPair{Name: new(name), Value: new(valid(value))}
		p[key] = pair
	}
	return pair
}

// region returns the labels of an account and region, sorted by name.
func (p labelPairs) region(r backup.Region) []*dto.LabelPair {
	return []*dto.LabelPair{p.of("account", r.Account), p.of("cloud", r.Cloud), p.of("region", r.Region)}
}

// target returns the labels of a target, or of an instance as a whole, sorted by name.
func (p labelPairs) target(t backup.Target) []*dto.LabelPair {
	return []*dto.LabelPair{
		p.of("account", t.Account), p.of("cloud", t.Cloud),
		p.of("instance_id", t.InstanceID), p.of("node_id", t.NodeID), p.of("region", t.Region),
	}
}

// valid makes s fit for a label: names come from clouds, which pass any bytes through.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// slab is memory for a great many small slices, allocated in a few large ones.
type slab[T any] struct{ free []T }

// cut returns a new slice of n zero values.
func (s *slab[T]) cut(n int) []T {
	const size = 128
	if len(s.free) < n {
		s.free = make([]T, max(n, size))
	}
	cut := s.free[:n:n]
	s.free = s.free[n:]
	return cut
}

// samples is where the readers of one family put what they found for one target, instance or region. Its methods hold
// the rules of absence: what is not known makes no sample. own are the values of the family's own labels.
type samples struct {
	to     *collection
	family *described
	level  []*dto.LabelPair // the labels that the level gives, sorted by name
}

// number adds a sample in any case.
func (s samples) number(value float64, own ...string) {
	labels := s.level
	if len(own) > 0 {
		labels = s.to.labels.cut(len(s.level) + len(own))
		copy(labels, s.level)
		for i, value := range own {
			labels[len(s.level)+i] = s.to.pairs.of(s.family.labels[i], value)
		}
		slices.SortFunc(labels, func(a, b *dto.LabelPair) int { return strings.Compare(*a.Name, *b.Name) })
	}
	g := &s.to.gauges.cut(1)[0]
	g.desc, g.labels, g.value = s.family.desc, labels, value
	s.to.group = append(s.to.group, g)
}

// count adds a sample in any case.
func (s samples) count(n int, own ...string) { s.number(float64(n), own...) }

// yes adds 1 for true and 0 for false.
func (s samples) yes(is bool, own ...string) {
	if is {
		s.number(1, own...)
	} else {
		s.number(0, own...)
	}
}

// bytes adds a size, unless it is not known.
func (s samples) bytes(size *int64, own ...string) {
	if size != nil {
		s.number(float64(*size), own...)
	}
}

// percent adds a progress, unless it is not known.
func (s samples) percent(progress *float64, own ...string) {
	if progress != nil {
		s.number(*progress, own...)
	}
}

// seconds adds a duration in seconds, +Inf for backup.Forever, and nothing when it is zero or less.
func (s samples) seconds(d time.Duration) {
	switch {
	case d == backup.Forever:
		s.number(math.Inf(1))
	case d > 0:
		s.number(d.Seconds())
	}
}

// time adds a moment in seconds since 1970, +Inf for backup.Never, and nothing when it is zero.
func (s samples) time(t time.Time, own ...string) {
	switch {
	case t.Equal(backup.Never):
		s.number(math.Inf(1), own...)
	case !t.IsZero():
		s.number(float64(t.Unix())+float64(t.Nanosecond())/float64(time.Second), own...)
	}
}
