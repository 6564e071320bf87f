package collector

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// keptUnused is how long the text of a format is kept that nobody asks for.
const keptUnused = 10 * time.Minute

// Exposition is what /metrics shows: the families of a Collector and, from a registry, all else. It is a prometheus.Gatherer,
// and has the text of a scrape ready: only what moved since the scrape before is written anew. It is safe for concurrent use.
// Make it with [NewExposition].
type Exposition struct {
	collector *Collector
	rest      prometheus.Gatherer

	mu     sync.Mutex
	texts  map[dialect]*rendering // two at most
	packer *packer
}

// NewExposition returns an Exposition of the backups, the exporter's own work, its version, the Go runtime and the process.
// It fails when two of these have a metric of the same name.
func NewExposition(c *Collector, m *Metrics) (*Exposition, error) {
	rest, err := newRegistry(c, m)
	if err != nil {
		return nil, err
	}
	return &Exposition{collector: c, rest: rest, texts: map[dialect]*rendering{}, packer: newPacker()}, nil
}

// Gather implements prometheus.Gatherer.
func (e *Exposition) Gather() ([]*dto.MetricFamily, error) {
	rest, err := e.rest.Gather()
	all := append(rest, e.collector.gather()...)
	slices.SortFunc(all, func(a, b *dto.MetricFamily) int { return strings.Compare(a.GetName(), b.GetName()) })
	return all, err
}

// Text returns what Gather has, as text in a format, in pieces that nobody may change; compressed with gzip where that is asked
// for. ok is false for a format that is not text, and when gathering failed: then Gather tells why.
func (e *Exposition) Text(format expfmt.Format, gzipped bool) (pieces [][]byte, ok bool) {
	d, ok := dialectOf(format)
	if !ok {
		return nil, false
	}
	rest, err := e.rest.Gather()
	if err != nil {
		return nil, false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.collector.now()
	to := newCollection(e.collector.snapshot(), now)
	text := e.rendering(d, now)
	text.renew(to)
	c := composer{rendering: text, to: to, rest: rest}
	if gzipped {
		c.packer = e.packer
	}
	pieces, err = c.compose(format)
	return pieces, err == nil
}

// dialectOf returns the dialect of a format; false: it is not text.
func dialectOf(format expfmt.Format) (d dialect, ok bool) {
	switch format.FormatType() {
	case expfmt.TypeTextPlain:
		return dialect{}, true
	case expfmt.TypeOpenMetrics:
		return dialect{openMetrics: true}, true
	default:
		return dialect{}, false
	}
}

// rendering returns the text in a dialect, and forgets others that were not asked for a while.
func (e *Exposition) rendering(d dialect, now time.Time) *rendering {
	for other, text := range e.texts {
		if now.Sub(text.usedAt) > keptUnused {
			delete(e.texts, other)
		}
	}
	if e.texts[d] == nil {
		e.texts[d] = newRendering(d, e.collector.families)
	}
	e.texts[d].usedAt = now
	return e.texts[d]
}

// composer puts the families of a scrape together, in the order of their names.
type composer struct {
	*rendering
	to     *collection
	rest   []*dto.MetricFamily // sorted by name
	packer *packer             // nil: the text is not compressed

	small  bytes.Buffer // what is written anew for every scrape, until the next text that was kept
	text   [][]byte     // of one family
	pieces [][]byte
}

func (c *composer) compose(format expfmt.Format) ([][]byte, error) {
	encoder := expfmt.NewEncoder(&c.small, format)
	if c.packer != nil {
		c.packer.begin()
	}
	for i := range c.families {
		f := &c.families[i]
		n, _ := slices.BinarySearchFunc(c.rest, namespace+f.name, func(m *dto.MetricFamily, name string) int {
			return strings.Compare(m.GetName(), name)
		})
		if err := encode(encoder, c.rest[:n]); err != nil {
			return nil, err
		}
		c.rest = c.rest[n:]
		if whole := c.to.whole(f); len(whole) > 0 {
			c.small.Write(c.appendLines(slices.Clone(c.headers[i]), f, whole))
		}
		c.kept(i)
	}
	if err := encode(encoder, c.rest); err != nil {
		return nil, err
	}
	if closer, ok := encoder.(expfmt.Closer); ok {
		if err := closer.Close(); err != nil { // writes the end that OpenMetrics asks for
			return nil, err
		}
	}
	c.flush()
	if c.packer != nil {
		return c.packer.end(), nil
	}
	return c.pieces, nil
}

func encode(to expfmt.Encoder, all []*dto.MetricFamily) error {
	for _, family := range all {
		if err := to.Encode(family); err != nil {
			return err
		}
	}
	return nil
}

// kept adds the text of a family that was kept from earlier scrapes.
func (c *composer) kept(f int) {
	text := c.rendering.pieces(c.text[:0], f)
	c.text = text
	if len(text) == 0 {
		return
	}
	c.flush()
	if c.packer == nil {
		c.pieces = append(c.pieces, text...)
		return
	}
	p := &c.packed[f]
	if p.stale || p.deflated == nil {
		*p = c.packer.pack(text)
	}
	c.packer.add(*p)
}

// flush adds what was written anew.
func (c *composer) flush() {
	text := [][]byte{bytes.Clone(c.small.Bytes())}
	c.small.Reset()
	switch {
	case len(text[0]) == 0:
	case c.packer == nil:
		c.pieces = append(c.pieces, text...)
	default:
		c.packer.add(c.packer.pack(text))
	}
}
