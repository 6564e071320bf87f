package collector

import (
	"bufio"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"

	"mongodb_backup_exporter/internal/backup"
)

// History says which moments are written by WriteHistory, and how. All fields but Labels are required.
type History struct {
	At           func(time.Time) *backup.Snapshot // what a scrape would have been made from; asked in order, the oldest first
	Since, Until time.Time
	Step         time.Duration     // from one moment to the next; whole seconds
	Labels       map[string]string // what a scrape would add, e.g. job and instance
}

// WriteHistory writes what scrapes would have shown as OpenMetrics text, for promtool tsdb create-blocks-from openmetrics. It has the
// families of targets and instances, and of regions account_up alone: of the others the past is not known.
func WriteHistory(to io.Writer, h History) error {
	w := &historyWriter{history: h, collector: New(nil, nil)}
	for i := range w.collector.families {
		w.series = append(w.series, map[string]*line{})
		if f := &w.collector.families[i]; f.exporter == nil && (f.region == nil || f.name == "account_up") {
			w.written = append(w.written, i)
		}
	}
	for t := h.Since; !t.After(h.Until); t = t.Add(h.Step) {
		w.collect(t)
		w.steps++
	}
	return w.write(to)
}

// historyWriter collects moments one after the other, because what it writes is in the order of families and series.
type historyWriter struct {
	history   History
	collector *Collector
	written   []int              // places of the families that are written
	series    []map[string]*line // by family, then by labels
	steps     int
}

// line is one series. Values of gauges stay for long, so that runs of the same value are few.
type line struct {
	labels string // as they are written
	runs   []steady
}

// steady is a value that a series had at a number of moments.
type steady struct {
	first, steps int
	value        float64
}

// collect takes the samples of one moment.
func (w *historyWriter) collect(t time.Time) {
	c := newCollection(w.history.At(t), t)
	all := c.instances()
	for _, i := range w.written {
		c.each(&w.collector.families[i], all, func(s sample) { w.add(i, s) })
	}
}

// add adds a sample of the moment that is collected.
func (w *historyWriter) add(family int, of sample) {
	var key strings.Builder
	for _, pair := range of.labels {
		key.WriteString(pair.GetValue())
		key.WriteByte(0)
	}
	s := w.series[family][key.String()]
	if s == nil {
		s = &line{labels: w.labels(of.labels)}
		w.series[family][key.String()] = s
	}
	if n := len(s.runs); n > 0 && s.runs[n-1].value == of.value && s.runs[n-1].first+s.runs[n-1].steps == w.steps {
		s.runs[n-1].steps++
		return
	}
	s.runs = append(s.runs, steady{w.steps, 1, of.value})
}

// labels writes the labels of a series, those that a scrape adds among them.
func (w *historyWriter) labels(pairs []*dto.LabelPair) string {
	all := map[string]string{}
	maps.Copy(all, w.history.Labels)
	for _, pair := range pairs {
		all[pair.GetName()] = pair.GetValue()
	}
	var parts []string
	for name, value := range all {
		parts = append(parts, name+`="`+string(appendEscaped(nil, valid(value)))+`"`)
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ",") + "}"
}

// write writes all that was collected.
func (w *historyWriter) write(to io.Writer) error {
	out, format := bufio.NewWriterSize(to, 1<<16), dialect{openMetrics: true}
	for _, i := range w.written {
		if len(w.series[i]) == 0 {
			continue
		}
		f := &w.collector.families[i]
		_, _ = out.Write(format.appendHeader(nil, f)) // the error comes again with Flush
		keys := make([]string, 0, len(w.series[i]))
		for key := range w.series[i] {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			w.writeSeries(out, namespace+f.name, w.series[i][key])
		}
	}
	if _, err := out.WriteString("# EOF\n"); err != nil {
		return err
	}
	return out.Flush()
}

func (w *historyWriter) writeSeries(out *bufio.Writer, name string, s *line) {
	var buf []byte
	for _, r := range s.runs {
		for step := range r.steps {
			at := w.history.Since.Add(time.Duration(r.first+step) * w.history.Step)
			buf = append(append(buf[:0], name...), s.labels...)
			buf = append(dialect{openMetrics: true}.appendValue(append(buf, ' '), r.value), ' ')
			buf = append(strconv.AppendInt(buf, at.Unix(), 10), '\n')
			_, _ = out.Write(buf) // the error comes again with Flush
		}
	}
}
