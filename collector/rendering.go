package collector

import (
	"bytes"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

const (
	// perBlock is how many instances share a block: few, so that one that moves takes few others along, and enough that a
	// scrape consists of few pieces.
	perBlock = 16
	// drift is how far the wall clock and the monotonic clock may move apart before all is rendered anew: a reading is trusted
	// by both.
	drift = time.Second
)

// rendering is the text of all instances in one dialect, kept from scrape to scrape. What moved is rendered anew: an instance
// of which something else is known, or whose verdict does not hold any longer. Texts are never changed, only replaced.
type rendering struct {
	dialect
	families []described
	headers  [][]byte // of each family
	usedAt   time.Time

	snapshot *backup.Snapshot // that is rendered; nil: none is
	at       time.Time        // for which it is
	clocks   time.Time        // when all was rendered last
	order    []int            // of the instances of the snapshot, as they are shown
	until    []time.Time      // when each of them, in order, may show something else; zero: never
	blocks   []block
	packed   []packed // the text of each family, compressed
}

// block is the text of some instances, by family.
type block []run

// run is the text of one family for the instances of a block.
type run struct {
	text []byte
	ends []uint32 // of the text of each instance; nil: there is no text
}

// of returns the text of one instance.
func (r *run) of(i int) []byte {
	if r.ends == nil {
		return nil
	}
	from := uint32(0)
	if i > 0 {
		from = r.ends[i-1]
	}
	return r.text[from:r.ends[i]]
}

func newRendering(d dialect, families []described) *rendering {
	r := &rendering{dialect: d, families: families, packed: make([]packed, len(families))}
	for i := range families {
		r.headers = append(r.headers, d.appendHeader(nil, &families[i]))
	}
	return r
}

// renew brings the text in line with a snapshot and a moment.
func (r *rendering) renew(to *collection) {
	former := r.snapshot
	still := former != nil && sameAddress(former.Instances, to.snapshot.Instances)
	if former == nil || !still && !sameOrder(former, to.snapshot) {
		r.order = inOrder(to.snapshot.Instances)
		r.until = make([]time.Time, len(r.order))
		r.blocks = make([]block, (len(r.order)+perBlock-1)/perBlock)
		former = nil
	}
	everything := former == nil || r.clockStepped(to.now)
	if everything {
		r.clocks = to.now
	}
	wall := to.now.Round(0)
	p := newPen(r, to)
	for b := range r.blocks {
		p.moved = p.moved[:0]
		from := b * perBlock
		for i := from; i < min(from+perBlock, len(r.order)); i++ {
			at, until := r.order[i], r.until[i]
			turned := !until.IsZero() && !wall.Before(until)
			if everything || turned || !still && !same(&former.Instances[at], &to.snapshot.Instances[at]) {
				p.moved = append(p.moved, i-from)
			}
		}
		if len(p.moved) > 0 {
			p.rewrite(b)
		}
	}
	r.snapshot, r.at = to.snapshot, to.now
}

// sameAddress reports whether two snapshots share their instances. Nobody changes those of a snapshot.
func sameAddress(a, b []backup.InstanceState) bool {
	return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0]
}

// sameOrder reports whether two snapshots have the same instances at the same places.
func sameOrder(a, b *backup.Snapshot) bool {
	return slices.EqualFunc(a.Instances, b.Instances, func(a, b backup.InstanceState) bool { return a.Instance.Target == b.Instance.Target })
}

// clockStepped reports whether a moment may not be compared with what was noted: the wall clock went back, or has moved away
// from the monotonic clock.
func (r *rendering) clockStepped(now time.Time) bool {
	wall := now.Round(0)
	apart := wall.Sub(r.clocks.Round(0)) - now.Sub(r.clocks)
	return wall.Before(r.at.Round(0)) || apart.Abs() > drift
}

// pen writes blocks anew, one after the other.
type pen struct {
	*rendering
	to    *collection
	moved []int // instances of the block that moved, by their places in it

	fresh []byte   // text of the moved instances: all families of the first, then of the second
	cuts  []uint32 // where each of these texts ends
	text  []byte
	ends  []uint32
}

func newPen(r *rendering, to *collection) *pen { return &pen{rendering: r, to: to} }

// rewrite writes a block anew, in which some instances moved.
func (p *pen) rewrite(b int) {
	p.fresh, p.cuts = p.fresh[:0], p.cuts[:0]
	for _, i := range p.moved {
		place := b*perBlock + i
		in := newInstance(&p.to.snapshot.Instances[p.order[place]], p.to.pairs, p.to.now)
		p.until[place] = in.holdsUntil()
		for f := range p.families {
			p.fresh = p.appendLines(p.fresh, &p.families[f], p.to.of(&in, &p.families[f]))
			p.cuts = append(p.cuts, uint32(len(p.fresh))) //nolint:gosec // the text of a few instances
		}
	}
	if p.blocks[b] == nil {
		p.blocks[b] = make(block, len(p.families))
	}
	count := min(perBlock, len(p.order)-b*perBlock)
	for f := range p.families {
		if p.differs(&p.blocks[b][f], f) {
			p.blocks[b][f] = p.spliced(&p.blocks[b][f], f, count)
			p.packed[f].stale = true
		}
	}
}

// freshly returns the new text of a family for the n-th instance that moved.
func (p *pen) freshly(n, f int) []byte {
	at, from := n*len(p.families)+f, uint32(0)
	if at > 0 {
		from = p.cuts[at-1]
	}
	return p.fresh[from:p.cuts[at]]
}

// differs reports whether an instance that moved shows something else in a family.
func (p *pen) differs(r *run, f int) bool {
	for n, i := range p.moved {
		if !bytes.Equal(r.of(i), p.freshly(n, f)) {
			return true
		}
	}
	return false
}

// spliced returns the text of a family with the new text of the instances that moved.
func (p *pen) spliced(r *run, f, count int) run {
	p.text, p.ends = p.text[:0], p.ends[:0]
	n := 0
	for i := range count {
		if n < len(p.moved) && p.moved[n] == i {
			p.text = append(p.text, p.freshly(n, f)...)
			n++
		} else {
			p.text = append(p.text, r.of(i)...)
		}
		p.ends = append(p.ends, uint32(len(p.text))) //nolint:gosec // as above
	}
	if len(p.text) == 0 {
		return run{}
	}
	return run{bytes.Clone(p.text), slices.Clone(p.ends)}
}

// pieces appends the text of a family; nothing when no instance shows it.
func (r *rendering) pieces(to [][]byte, f int) [][]byte {
	begun := false
	for b := range r.blocks {
		text := r.blocks[b][f].text
		if len(text) == 0 {
			continue
		}
		if !begun {
			to, begun = append(to, r.headers[f]), true
		}
		to = append(to, text)
	}
	return to
}
