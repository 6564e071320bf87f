package backup

import "time"

// Schedule is a rule by which a cloud makes automatic backups: on days of the week, or at an interval. The zero value says
// nothing.
type Schedule struct {
	Weekdays []time.Weekday // days with a backup (UTC), sorted from Sunday; empty: unknown, or there is an interval
	StartsAt time.Duration  // start of the window on each of the days, counted from 00:00 UTC
	Window   time.Duration  // length of the window in which the cloud picks the start; 0: unknown
	Interval time.Duration  // time between two backups, the longest where it varies (a month: 31 days); 0: none or unknown
	// Retention is how long a backup is kept. 0: unknown, except that one at an interval is then kept as long as those of the
	// first schedule. Forever: never deleted.
	Retention time.Duration
}

// HighFrequency reports whether several backups are made a day, at an interval.
func (s Schedule) HighFrequency() bool { return s.Interval > 0 && s.Interval < day }

// gap returns the longest time between two backups of the schedule alone; false: unknown.
func (s Schedule) gap() (time.Duration, bool) {
	return Policy{Schedules: []Schedule{s}}.LongestGap()
}

func (s Schedule) weekdays() weekdays {
	var days weekdays
	for _, d := range s.Weekdays {
		if d >= time.Sunday && d <= time.Saturday {
			days |= 1 << d
		}
	}
	return days
}

// weekdays is a set of days of the week: bit 0 is Sunday.
type weekdays uint8

func (w weekdays) has(d time.Weekday) bool { return w&(1<<d) != 0 }

// gap returns the longest time from one of the days to the next, across the end of the week too; false: there is no day.
func (w weekdays) gap() (time.Duration, bool) {
	longest, since := 0, 0
	for d := range 14 {
		since++
		if !w.has(time.Weekday(d % 7)) {
			continue
		}
		if d >= 7 {
			longest = max(longest, since)
		}
		since = 0
	}
	return time.Duration(longest) * day, longest > 0
}

// windowDays returns the days with a window; none when its hours are unknown.
func (s Schedule) windowDays() weekdays {
	if s.Window <= 0 || s.StartsAt < 0 || s.StartsAt >= day {
		return 0
	}
	return s.weekdays()
}

// windowBefore returns the start of the newest window that starts at t or earlier; zero: the schedule has no window.
func (s Schedule) windowBefore(t time.Time) time.Time {
	days := s.windowDays()
	if days == 0 {
		return time.Time{}
	}
	date := t.UTC().Truncate(day)
	for !days.has(date.Weekday()) || date.Add(s.StartsAt).After(t) { // at most eight times: the set is not empty
		date = date.Add(-day)
	}
	return date.Add(s.StartsAt)
}

// windowAfter returns the start of the first window that starts after t; zero: the schedule has no window.
func (s Schedule) windowAfter(t time.Time) time.Time {
	days := s.windowDays()
	date := t.UTC().Truncate(day)
	for range 8 { // the window of t's own day may have started, and the next one be a week away
		if start := date.Add(s.StartsAt); days.has(date.Weekday()) && start.After(t) {
			return start
		}
		date = date.Add(day)
	}
	return time.Time{}
}

// kept returns how long the backups of a schedule are kept; 0: unknown.
func (p Policy) kept(s *Schedule) time.Duration {
	if s.Retention <= 0 && s.Interval > 0 {
		return p.Schedules[0].Retention
	}
	return s.Retention
}

// Retention returns how long the backups are kept of the schedule that makes the fewest, which are kept for longest where there
// are several schedules; 0: unknown.
func (p Policy) Retention() time.Duration {
	var kept, widest time.Duration
	for i := range p.Schedules {
		s := &p.Schedules[i]
		gap, ok := s.gap()
		if !ok {
			gap = Forever
		}
		if gap > widest || gap == widest && p.kept(s) > kept {
			kept, widest = p.kept(s), gap
		}
	}
	return kept
}

// ShortestRetention returns how long any automatic backup is kept at least; 0: unknown. Lists of backups do not say by which
// schedule one was made.
func (p Policy) ShortestRetention() time.Duration {
	shortest := Forever
	for i := range p.Schedules {
		shortest = min(shortest, p.kept(&p.Schedules[i]))
	}
	if len(p.Schedules) == 0 {
		return 0
	}
	return shortest
}

// Thins reports whether the cloud may thin out automatic backups before they expire: it does so with high-frequency ones.
func (p Policy) Thins() bool {
	for i := range p.Schedules {
		if p.Schedules[i].HighFrequency() {
			return true
		}
	}
	return false
}

// opening is a window of a schedule. The zero value is none.
type opening struct {
	at     time.Time
	length time.Duration
}

// windowBefore returns the newest window of any schedule that starts at t or earlier.
func (p Policy) windowBefore(t time.Time) opening {
	var newest opening
	for i := range p.Schedules {
		s := &p.Schedules[i]
		if at := s.windowBefore(t); at.After(newest.at) || at.Equal(newest.at) && s.Window > newest.length {
			newest = opening{at, s.Window}
		}
	}
	return newest
}

// windowAfter returns the first window of any schedule that starts after t.
func (p Policy) windowAfter(t time.Time) opening {
	var first opening
	for i := range p.Schedules {
		s := &p.Schedules[i]
		at := s.windowAfter(t)
		if !at.IsZero() && (first.at.IsZero() || at.Before(first.at) || at.Equal(first.at) && s.Window > first.length) {
			first = opening{at, s.Window}
		}
	}
	return first
}

// longestWindow returns the length of the longest window; 0: none is known.
func (p Policy) longestWindow() time.Duration {
	var longest time.Duration
	for i := range p.Schedules {
		longest = max(longest, p.Schedules[i].Window)
	}
	return longest
}

// hasWindows reports whether there is a schedule with windows.
func (p Policy) hasWindows() bool {
	for i := range p.Schedules {
		if p.Schedules[i].windowDays() != 0 {
			return true
		}
	}
	return false
}

// withoutIntervals returns the policy with the schedules on days of the week alone.
func (p Policy) withoutIntervals() Policy {
	var rest []Schedule
	for _, s := range p.Schedules {
		if s.Interval <= 0 {
			rest = append(rest, s)
		}
	}
	p.Schedules = rest
	return p
}
