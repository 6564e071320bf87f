package wire

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Weekdays reads names of days between commas, sorted from Sunday. parse reads one of them. One that is none costs the
// list: a schedule with fewer days than it has would excuse backups that are late.
func (r *Reader) Weekdays(field string, s Scalar, parse func(name string) (time.Weekday, bool)) []time.Weekday {
	if s.Kind == Composite {
		r.Reject(field, s, "a list of weekdays")
		return nil
	}
	var days []time.Weekday
	for name := range strings.SplitSeq(s.Text, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		day, ok := parse(name)
		if !ok {
			r.Reject(field, s, "a list of weekdays")
			return nil
		}
		days = append(days, day)
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// DailyWindow reads two times of day with a dash between them, each in the layout; the second may be on the next day.
func (r *Reader) DailyWindow(field string, s Scalar, layout string) (start, length time.Duration) {
	if !s.Said() {
		return 0, 0
	}
	from, to, _ := strings.Cut(s.Text, "-")
	begin, err1 := time.Parse(layout, strings.TrimSpace(from))
	end, err2 := time.Parse(layout, strings.TrimSpace(to))
	if s.Kind != String || err1 != nil || err2 != nil {
		r.Reject(field, s, "a time of day")
		return 0, 0
	}
	const day = 24 * time.Hour
	return begin.Sub(begin.Truncate(day)), (end.Sub(begin) + day) % day
}

// Span returns n units, which s says; ok is false for a negative number and for more than a hundred years.
func (r *Reader) Span(field string, s Scalar, n int64, unit time.Duration) (span time.Duration, ok bool) {
	const longest = 100 * 366 * 24 * time.Hour
	if n < 0 || n > int64(longest/unit) {
		r.Reject(field, s, "a number of "+strconv.Quote(unit.String()))
		return 0, false
	}
	return time.Duration(n) * unit, true
}
