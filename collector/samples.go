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

// gauge is a sample for a registry. It shares its label pairs with other samples, which a constant metric of client_golang
// cannot do: the label pairs are most of the memory of a sample.
type gauge struct {
	sample
	desc *prometheus.Desc
	body dto.Gauge
}

// Desc returns the description of the family.
func (g *gauge) Desc() *prometheus.Desc { return g.desc }

// Write fills in the labels and the value. It never fails.
func (g *gauge) Write(out *dto.Metric) error {
	g.body.Value = &g.value
	out.Label, out.Gauge = g.labels, &g.body
	return nil
}

// labelPairs holds each label pair of one collection once.
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

// region returns the label pairs of an account and region, sorted by name.
func (p labelPairs) region(r backup.Region) []*dto.LabelPair {
	return []*dto.LabelPair{p.of("account", r.Account), p.of("cloud", r.Cloud), p.of("region", r.Region)}
}

// target returns the label pairs of a target, or of an instance as a whole, sorted by name.
func (p labelPairs) target(t backup.Target) []*dto.LabelPair {
	return []*dto.LabelPair{
		p.of("account", t.Account), p.of("cloud", t.Cloud),
		p.of("instance_id", t.InstanceID), p.of("node_id", t.NodeID), p.of("region", t.Region),
	}
}

// valid replaces bytes that are not UTF-8, which a label must not have: names that owners give may contain any bytes.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// slab allocates many small slices in a few large pieces.
type slab[T any] struct{ free []T }

// cut returns a slice of n zero values that nobody else has.
func (s *slab[T]) cut(n int) []T {
	const size = 128
	if len(s.free) < n {
		s.free = make([]T, max(n, size))
	}
	cut := s.free[:n:n]
	s.free = s.free[n:]
	return cut
}

// samples adds samples of one family to the collection, all for the same target, instance or region. Its methods apply
// the rules of absence: an unknown value adds no sample. The parameters own are the values of the family's own labels,
// in the order of family.labels.
type samples struct {
	to     *collection
	family *described
	level  []*dto.LabelPair // labels of the target, instance or region, sorted by name
}

// number always adds a sample.
func (s samples) number(value float64, own ...string) {
	labels := s.level
	if len(own) > 0 {
		labels = s.to.slab.cut(len(s.level) + len(own))
		copy(labels, s.level)
		for i, value := range own {
			labels[len(s.level)+i] = s.to.pairs.of(s.family.labels[i], value)
		}
		slices.SortFunc(labels, func(a, b *dto.LabelPair) int { return strings.Compare(*a.Name, *b.Name) })
	}
	s.to.group = append(s.to.group, sample{labels, value})
}

// count always adds a sample.
func (s samples) count(n int, own ...string) { s.number(float64(n), own...) }

// flag adds 1 for true and 0 for false.
func (s samples) flag(is bool, own ...string) {
	if is {
		s.number(1, own...)
	} else {
		s.number(0, own...)
	}
}

// answer adds 1 for true and 0 for false. nil, not known, adds nothing.
func (s samples) answer(is *bool) {
	if is != nil {
		s.flag(*is)
	}
}

// bytes adds a size. nil, not known, adds nothing.
func (s samples) bytes(size *int64, own ...string) {
	if size != nil {
		s.number(float64(*size), own...)
	}
}

// percent adds a progress. nil, not known, adds nothing.
func (s samples) percent(progress *float64, own ...string) {
	if progress != nil {
		s.number(*progress, own...)
	}
}

// seconds adds a duration in seconds, +Inf for backup.Forever. Zero or less adds nothing.
func (s samples) seconds(d time.Duration) {
	switch {
	case d == backup.Forever:
		s.number(math.Inf(1))
	case d > 0:
		s.number(d.Seconds())
	}
}

// time adds a time in seconds since 1970, +Inf for backup.Never. The zero time, not known, adds nothing.
func (s samples) time(t time.Time, own ...string) {
	switch {
	case t.Equal(backup.Never):
		s.number(math.Inf(1), own...)
	case !t.IsZero():
		s.number(float64(t.Unix())+float64(t.Nanosecond())/float64(time.Second), own...)
	}
}

// moment adds a time that the exporter took itself, in whole seconds. The zero time, not known, adds nothing.
func (s samples) moment(t time.Time, own ...string) {
	if !t.IsZero() {
		s.number(float64(t.Unix()), own...)
	}
}
