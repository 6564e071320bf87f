package evidence

import (
	"fmt"
	"time"

	"mongodb_backup_exporter/internal/report"
)

// Chart is a drawing of a target over the span: the sizes of its backups above, and below when the objective was kept and what became
// of the windows of its schedule.
type Chart struct {
	Width, Height, Left, Right int
	Base, Strip, StripHeight   int
	MaxSize                    string // the greatest size; "": none is known
	Bars, Strips               []Box
	Ticks                      []Tick
	Summary                    string // what it shows, for those who do not see it
	Undrawn                    int    // backups for which there is no room
}

// Box is a rectangle with a class and a text.
type Box struct {
	X, Y, Width, Height float64
	Class, Title        string
}

// Tick is a mark of the time axis.
type Tick struct {
	X     float64
	Label string
}

// The measures of a chart.
const (
	chartWidth  = 1000
	chartHeight = 152
	chartLeft   = 70
	chartRight  = 992
	barTop      = 8
	barBase     = 84
	stripTop    = 90
	stripHigh   = 18
	windowTop   = 112
	windowHigh  = 8
	minBar      = 2.5 // the narrowest bar that can be seen
	maxBars     = 500
	labelWidth  = 45 // of a tick
)

// scale turns moments into places.
type scale struct{ from, until time.Time }

func (s scale) at(t time.Time) float64 {
	x := chartLeft + float64(t.Sub(s.from))/float64(s.until.Sub(s.from))*(chartRight-chartLeft)
	return min(max(x, chartLeft), chartRight)
}

func (s scale) box(from, until time.Time, class, text string) Box {
	x := s.at(from)
	return Box{X: x, Width: max(s.at(until)-x, 0.5), Class: class, Title: text}
}

// Chart returns the drawing of a target.
func (r *Report) Chart(t *Target) Chart {
	s := scale{r.Since, r.Until}
	c := Chart{Width: chartWidth, Height: chartHeight, Left: chartLeft, Right: chartRight, Base: barBase, Strip: stripTop, StripHeight: stripHigh}
	if !s.from.Before(s.until) {
		return c
	}
	c.strips(t, s)
	c.windowStrip(t, s)
	c.bars(t, s)
	c.Ticks = ticks(s)
	c.Summary = fmt.Sprintf("%s: within the objective for %s of the time that is known, %d gaps, %s of the time unknown; %d backups succeeded, %d attempts failed; schedule: %s.",
		t.Label(), keptShare(t.Within), len(t.Gaps), unsure(t.Unsure), t.Succeeded, t.Failed, t.Plan())
	return c
}

// strips draws the standings. What is neither broken nor unknown is kept, unless there was nothing to judge at all.
func (c *Chart) strips(t *Target, s scale) {
	add := func(spans []Span, class, text string) {
		for _, one := range spans {
			box := s.box(one.From, one.Until, class, text+": "+one.Text())
			if class == "broken" {
				box.Width = max(box.Width, minBar)
			}
			box.Y, box.Height = stripTop, stripHigh
			c.Strips = append(c.Strips, box)
		}
	}
	add(t.KeptSpans, "kept", "objective kept")
	add(t.UnknownSpans, "unknown", "not known")
	add(t.Gaps, "broken", "objective not kept")
}

// bars draws the backups: their height is the size.
func (c *Chart) bars(t *Target, s scale) {
	var most int64
	for _, b := range t.Backups {
		if b.SizeBytes != nil {
			most = max(most, *b.SizeBytes)
		}
	}
	if most > 0 {
		c.MaxSize = report.Bytes(&most)
	}
	for _, b := range t.Backups {
		if len(c.Bars) == maxBars {
			c.Undrawn++
			continue
		}
		began := b.Began
		if began == nil {
			began = b.Ended
		}
		if began == nil {
			continue
		}
		box := s.box(*began, *began, b.State, fmt.Sprintf("%s, %s, %s, %s", moment(*began), b.State, b.Kind, report.Bytes(b.SizeBytes)))
		if b.Note != "" {
			box.Title += ": " + report.OneLine(b.Note)
		}
		box.X, box.Width = min(box.X, chartRight-minBar), minBar
		high := 0.4 // of one without a size: it has none, and must be seen
		if b.SizeBytes != nil && most > 0 {
			high = max(float64(*b.SizeBytes)/float64(most), 0.04)
		}
		box.Height = high * (barBase - barTop)
		box.Y = barBase - box.Height
		c.Bars = append(c.Bars, box)
	}
}

// ticks returns midnights in UTC, at most some twelve of them.
func ticks(s scale) []Tick {
	days := int(s.until.Sub(s.from)/(24*time.Hour)) + 1
	step := (days + 11) / 12
	var all []Tick
	for t := s.from.UTC().Truncate(24 * time.Hour); t.Before(s.until); t = t.AddDate(0, 0, step) {
		if t.Before(s.from) {
			continue
		}
		tick := Tick{X: s.at(t), Label: t.Format("Jan 2")}
		if tick.X > chartRight-labelWidth {
			tick.Label = ""
		}
		all = append(all, tick)
	}
	return all
}
