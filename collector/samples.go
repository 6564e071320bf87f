package collector

import (
	"math"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/internal/backup"
)

// samples is where the readers of one family put what they found for one target, instance or region. Its methods hold
// the rules of absence: what is not known makes no sample. All of them take the values of the family's own labels.
type samples struct {
	out    chan<- prometheus.Metric
	desc   *prometheus.Desc
	labels []string // values of the labels that the level gives
}

// number adds a sample in any case.
func (s samples) number(value float64, own ...string) {
	metric, err := prometheus.NewConstMetric(s.desc, prometheus.GaugeValue, value, slices.Concat(s.labels, labels(own...))...)
	if err != nil {
		metric = prometheus.NewInvalidMetric(s.desc, err)
	}
	s.out <- metric
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
func (s samples) seconds(d time.Duration, own ...string) {
	switch {
	case d == backup.Forever:
		s.number(math.Inf(1), own...)
	case d > 0:
		s.number(d.Seconds(), own...)
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
