package evidence

import (
	"fmt"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// Windows are windows of the schedule that follow each other and of which the same became. Each that was late stands alone.
type Windows struct {
	From    time.Time  `json:"from"`    // when the first of them opened
	Until   time.Time  `json:"until"`   // when the last of them closed
	Outcome string     `json:"outcome"` // hit, late, unsuccessful, missed or unknown
	Count   int        `json:"count"`
	Began   *time.Time `json:"began"` // of a late one: when its backup began; null: of another one, or it began in an interval beside it
}

// windows brings windows together of which the same became.
func windows(all []backup.PlannedBackup) []Windows {
	list := []Windows{}
	for i := range all {
		p := &all[i]
		outcome, late := p.Outcome.String(), p.Outcome == backup.OutcomeLate
		if n := len(list); n > 0 && !late && list[n-1].Outcome == outcome {
			list[n-1].Until = p.Until.UTC()
			list[n-1].Count++
			continue
		}
		one := Windows{From: p.From.UTC(), Until: p.Until.UTC(), Outcome: outcome, Count: 1}
		if late {
			one.Began = when(p.Began)
		}
		list = append(list, one)
	}
	return list
}

// Text returns them for a person.
func (w Windows) Text() string {
	text, outcome := moment(w.From)+" to "+moment(w.Until)+", ", w.Outcome
	if outcome == backup.OutcomeFailed.String() {
		outcome = "without success"
	}
	switch {
	case w.Count > 1:
		text += fmt.Sprintf("%d windows: %s", w.Count, outcome)
	case w.Began != nil:
		text += fmt.Sprintf("late: begun at %s, %s after it had closed", moment(*w.Began), backup.Span(w.Began.Sub(w.Until)))
	default:
		text += outcome
	}
	return text
}

// maxTold bounds how many windows a person is told of. The JSON has all.
const maxTold = 40

// Told returns the windows that were not hit, the oldest first: at most maxTold, the newest.
func (t *Target) Told() []Windows {
	missing := t.notHit()
	return missing[max(0, len(missing)-maxTold):]
}

// Untold counts the windows that were not hit and that Told leaves out.
func (t *Target) Untold() int {
	n := 0
	missing := t.notHit()
	for _, w := range missing[:max(0, len(missing)-maxTold)] {
		n += w.Count
	}
	return n
}

func (t *Target) notHit() []Windows {
	var missing []Windows
	for _, w := range t.Windows {
		if w.Outcome != backup.OutcomeHit.String() {
			missing = append(missing, w)
		}
	}
	return missing
}

// Plan says how far the schedule was kept.
func (t *Target) Plan() string {
	if t.Expected+t.ExpectedUnsure == 0 {
		return "the schedule asked for no backup"
	}
	parts := []string{fmt.Sprintf("%d of %d made", t.Made, t.Expected)}
	for _, part := range []struct {
		n    int
		what string
	}{{t.Late, "%d of them late"}, {t.Unsuccessful, "%d without success"}, {t.Missed, "%d missed"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf(part.what, part.n))
		}
	}
	text := strings.Join(parts, ", ")
	if t.ExpectedUnsure > 0 {
		text += fmt.Sprintf("; of %d more nobody knows", t.ExpectedUnsure)
	}
	return text
}

// Schedule counts windows of the schedules of all targets, by what became of them.
type Schedule struct {
	Hit          int `json:"hit"`
	Late         int `json:"late"`
	Unsuccessful int `json:"unsuccessful"`
	Missed       int `json:"missed"`
	Unknown      int `json:"unknown"`
}

func (s *Schedule) add(t *Target) {
	s.Hit += t.Hit
	s.Late += t.Late
	s.Unsuccessful += t.Unsuccessful
	s.Missed += t.Missed
	s.Unknown += t.ExpectedUnsure
}

// Text returns the counts for a person, those of 0 too: 0 missed is what is to be shown.
func (s Schedule) Text() string {
	return fmt.Sprintf("%d hit, %d late, %d without success, %d missed, %d of which nobody knows", s.Hit, s.Late, s.Unsuccessful, s.Missed, s.Unknown)
}

// windowStrip draws what became of the windows, under the standings.
func (c *Chart) windowStrip(t *Target, s scale) {
	for _, w := range t.Windows {
		box := s.box(w.From, w.Until, "window "+w.Outcome, report.OneLine("schedule: "+w.Text()))
		box.Width = max(box.Width, minBar)
		box.X = min(box.X, chartRight-box.Width)
		box.Y, box.Height = windowTop, windowHigh
		c.Strips = append(c.Strips, box)
	}
}

// HasWindows reports whether a schedule asked for something.
func (c Chart) HasWindows() bool {
	for i := range c.Strips {
		if strings.HasPrefix(c.Strips[i].Class, "window ") {
			return true
		}
	}
	return false
}
