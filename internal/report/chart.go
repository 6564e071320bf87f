package report

import (
	"fmt"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Chart is a timeline in the units of a drawing that is Width wide and Height high: sizes of backups above, how long they
// took below, the windows of the schedule under them, and the gaps behind all.
type Chart struct {
	Width, Height  int
	Left, Right    float64 // of the plot
	Summary        string  // what the drawing shows, for those who do not see it
	SizeTop, Size0 float64 // the ends of the axis of sizes
	TookTop, Took0 float64 // the ends of the axis of durations
	Strip          float64 // top of the strip of windows
	MaxSize        string  // the greatest size; "": none is known
	MaxTook        string  // the longest duration; "": none is known
	Ticks          []Tick
	Gaps, Windows  []Box
	Restorable     []Box // the point-in-time window, below the windows; none: there is none, or it ended before the timeline
	Sizes, Took    []Box
	Now            float64
	Undrawn        int // incremental backups that are left out
}

// Tick is a mark of the time axis.
type Tick struct {
	X     float64
	Label string
}

// Box is a rectangle with a class and a text.
type Box struct {
	X, Y, Width, Height float64
	Class, Title        string
}

// The measures of a chart.
const (
	chartWidth  = 1000
	chartHeight = 246
	chartLeft   = 72
	chartRight  = 992
	sizeTop     = 14
	sizeBase    = 124
	tookTop     = 142
	tookBase    = 192
	stripTop    = 200
	stripHeight = 12
	momentsTop  = 218
	momentsHigh = 9
	momentsRoom = 18 // more height where there is a point-in-time window
	minBar      = 4  // the narrowest bar that can be seen
	maxBars     = 300
	labelWidth  = 45 // of a tick
)

// scale turns moments into places.
type scale struct {
	from time.Time
	span time.Duration
}

func (s scale) at(t time.Time) float64 {
	x := chartLeft + float64(t.Sub(s.from))/float64(s.span)*(chartRight-chartLeft)
	return min(max(x, chartLeft), chartRight)
}

// box returns a rectangle for a span of time, at least minBar wide.
func (s scale) box(from, until time.Time, class string) Box {
	x := s.at(from)
	width := max(s.at(until)-x, minBar)
	return Box{X: min(x, chartRight-minBar), Width: width, Class: class}
}

func newChart(t backup.Timeline, now time.Time) Chart {
	s := scale{t.From, t.Until.Sub(t.From)}
	c := Chart{
		Width: chartWidth, Height: chartHeight, Left: chartLeft, Right: chartRight, SizeTop: sizeTop, Size0: sizeBase, TookTop: tookTop, Took0: tookBase,
		Strip: stripTop, Now: s.at(now), Ticks: ticks(s, t.Until),
	}
	for _, g := range t.Gaps {
		box := s.box(g.From, g.Until, "gap")
		box.Y, box.Height = sizeTop, tookBase-sizeTop
		box.Title = "objective not kept from " + Moment(&g.From) + " to " + Moment(&g.Until) + ", " + backup.Span(g.Until.Sub(g.From).Round(time.Minute))
		c.Gaps = append(c.Gaps, box)
	}
	for _, w := range t.Windows {
		box := s.box(w.From, w.Until, "window "+w.State.String())
		box.Y, box.Height, box.Title = stripTop, stripHeight, "window of "+Moment(&w.From)+": "+w.State.String()
		c.Windows = append(c.Windows, box)
	}
	c.bars(t, s, now)
	c.Summary = summary(t)
	return c
}

// restorable draws the point-in-time window, as far as the timeline goes; nil: there is none.
func (c *Chart) restorable(from, until *time.Time, t backup.Timeline) {
	if from == nil || until == nil || until.Before(t.From) {
		return
	}
	box := scale{t.From, t.Until.Sub(t.From)}.box(*from, *until, "pitr")
	box.Y, box.Height, box.Title = momentsTop, momentsHigh, "any moment from "+Moment(from)+" to "+Moment(until)+" can be restored"
	c.Restorable = []Box{box}
	c.Height += momentsRoom
}

// Has reports whether a rectangle with the class is drawn.
func (c Chart) Has(class string) bool {
	is := func(b Box) bool { return b.Class == class }
	return slices.ContainsFunc(c.Gaps, is) || slices.ContainsFunc(c.Windows, is) || slices.ContainsFunc(c.Restorable, is) || slices.ContainsFunc(c.Sizes, is)
}

// bars draws the backups: full ones and those that are not fine first, and incremental ones where there is room.
func (c *Chart) bars(t backup.Timeline, s scale, now time.Time) {
	var size int64
	var took time.Duration
	all := withRunning(t)
	for i := range all {
		took = max(took, lasted(&all[i], now))
		if n := all[i].SizeBytes; n != nil {
			size = max(size, *n)
		}
	}
	if size > 0 {
		c.MaxSize = Bytes(&size)
	}
	if took > 0 {
		c.MaxTook = backup.Span(took)
	}
	many := len(all) > maxBars
	for i := range all {
		b := &all[i]
		if many && b.Kind == backup.KindIncremental && b.State == backup.StateSuccess || len(c.Sizes) == maxBars {
			c.Undrawn++
			continue
		}
		c.bar(b, s, now, size, took)
	}
}

// withRunning returns the backups, and before them the jobs that run and that the list does not have.
func withRunning(t backup.Timeline) []backup.PastBackup {
	for i := range t.Backups {
		if t.Backups[i].State == backup.StateRunning {
			return t.Backups
		}
	}
	var all []backup.PastBackup
	for _, r := range t.Running {
		if r.State == backup.JobRunning && !r.StartedAt.Before(t.From) {
			all = append(all, backup.PastBackup{Backup: backup.Backup{State: backup.StateRunning, Trigger: r.Trigger, StartedAt: r.StartedAt}})
		}
	}
	return append(all, t.Backups...)
}

// lasted returns how long a backup took, or has been running.
func lasted(b *backup.PastBackup, now time.Time) time.Duration {
	if b.State == backup.StateRunning && !b.StartedAt.IsZero() {
		return max(0, now.Sub(b.StartedAt))
	}
	return b.Took()
}

func (c *Chart) bar(b *backup.PastBackup, s scale, now time.Time, maxSize int64, maxTook time.Duration) {
	began, took := b.StartedAt, lasted(b, now)
	if began.IsZero() {
		began = b.EndedAt
	}
	class := "bar " + b.State.String()
	if b.State == backup.StateSuccess && b.Flaw != "" {
		class = "bar unusable"
	}
	box := s.box(began, began.Add(took), class)
	box.Title = fmt.Sprintf("%s, %s, %s, began %s, took %s, %s", b.State, b.Kind, b.Trigger, Moment(&began), OrNone(spanOf(took)), Bytes(b.SizeBytes))
	if n := note(*b); n != "" {
		box.Title += ": " + n
	}
	high := 0.35 // of one without a size: it has none, and must be seen
	if b.SizeBytes != nil && maxSize > 0 {
		high = max(float64(*b.SizeBytes)/float64(maxSize), 0.03)
	}
	box.Height = high * (sizeBase - sizeTop)
	box.Y = sizeBase - box.Height
	c.Sizes = append(c.Sizes, box)
	if took > 0 {
		box.Height = max(float64(took)/float64(maxTook), 0.04) * (tookBase - tookTop)
		box.Y, box.Title = tookBase-box.Height, ""
		c.Took = append(c.Took, box)
	}
}

func spanOf(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return backup.Span(d)
}

// ticks returns midnights in UTC, at most some twelve of them.
func ticks(s scale, until time.Time) []Tick {
	days := int(s.span/(24*time.Hour)) + 1
	step := (days + 11) / 12
	var all []Tick
	for t := s.from.UTC().Truncate(24 * time.Hour); t.Before(until); t = t.AddDate(0, 0, step) {
		tick := Tick{X: s.at(t), Label: t.Format("Jan 2")}
		if tick.X > chartRight-labelWidth {
			tick.Label = ""
		}
		all = append(all, tick)
	}
	return all
}

// summary says in a sentence what a timeline shows.
func summary(t backup.Timeline) string {
	if !t.Known {
		return "The list of backups is not known."
	}
	var counts [backup.NumStates]int
	for i := range t.Backups {
		counts[min(int(t.Backups[i].State), backup.NumStates-1)]++
	}
	windows := map[backup.WindowState]int{}
	for _, w := range t.Windows {
		windows[w.State]++
	}
	return fmt.Sprintf("Since %s: backups that succeeded: %d, that failed: %d; windows of the schedule with a backup: %d, with one that was late: %d, "+
		"without a success: %d, missed: %d; times in which the objective was not kept: %d.", Moment(&t.From), counts[backup.StateSuccess], counts[backup.StateFailed],
		windows[backup.WindowKept], windows[backup.WindowLate], windows[backup.WindowFailed], windows[backup.WindowMissed], len(t.Gaps))
}
