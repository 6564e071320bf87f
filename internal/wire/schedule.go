package wire

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Weekdays reads names of days with commas between them, and returns each day once, sorted from Sunday; nil when none is
// set. parse reads one name. If any name is not a weekday, the whole list is rejected: with a day missing, late backups
// would look on time.
func (r *Reader) Weekdays(field string, s Scalar, parse func(name string) (time.Weekday, bool)) []time.Weekday {
	if s.Kind == Composite || s.Kind == Repeated || s.Kind == Long {
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

// WeekdayByName reads an English name, in any case. It serves [Reader.Weekdays].
func WeekdayByName(name string) (day time.Weekday, ok bool) {
	for day := time.Sunday; day <= time.Saturday; day++ {
		if strings.EqualFold(day.String(), name) {
			return day, true
		}
	}
	return 0, false
}

// WeekdayByNumber reads a number from 1, Monday, to 7, Sunday. It serves [Reader.Weekdays].
func WeekdayByNumber(number string) (day time.Weekday, ok bool) {
	n, ok := wholeNumber(number)
	return time.Weekday(n % 7), ok && n >= 1 && n <= 7
}

// DailyWindow reads two times of day with a dash between them, each in the layout. start is counted from midnight. An
// end before the start is on the next day, and 24:00 is the end of the day. Both are 0 when the field is not set or was
// rejected.
func (r *Reader) DailyWindow(field string, s Scalar, layout string) (start, length time.Duration) {
	if !s.IsSet() {
		return 0, 0
	}
	from, to, _ := strings.Cut(s.Text, "-")
	begin, err1 := timeOfDay(strings.TrimSpace(from), layout)
	end, err2 := timeOfDay(strings.TrimSpace(to), layout)
	if s.Kind != String || err1 != nil || err2 != nil {
		r.Reject(field, s, "a time of day")
		return 0, 0
	}
	begin %= day
	if end < begin {
		end += day
	}
	return begin, end - begin
}

const day = 24 * time.Hour

// timeOfDay reads a time of day in the layout, counted from midnight, up to 24:00.
func timeOfDay(text, layout string) (time.Duration, error) {
	const midnight, nextMidnight = "00:00", "24:00"
	rest, last := strings.CutPrefix(text, nextMidnight)
	if last {
		text = midnight + rest
	}
	t, err := time.Parse(layout, text)
	if last {
		return day, err
	}
	return t.Sub(t.Truncate(day)), err
}

// Span returns n units as a duration, n being the value of s. It rejects a negative number and more than a hundred
// years; ok is false then.
func (r *Reader) Span(field string, s Scalar, n int64, unit time.Duration) (span time.Duration, ok bool) {
	const longest = 100 * 366 * 24 * time.Hour
	if n < 0 || n > int64(longest/unit) {
		r.Reject(field, s, "a number of "+strconv.Quote(unit.String()))
		return 0, false
	}
	return time.Duration(n) * unit, true
}
