package backup

import (
	"slices"
	"time"
)

// Adherence is how far a schedule was kept: what it asked for in a span, and what was made. A window counts once it is over.
type Adherence struct {
	Expected int // backups that the schedule asked for, and of which it is known what became
	Made     int // of those: a backup was begun that succeeded, by the schedule or by hand
	Late     int // of those that were made: begun after the window had closed
	Failed   int // of Expected: none succeeded, and one failed or has not ended
	Missed   int // of Expected: nothing was begun
	Unknown  int // backups that the schedule asked for besides, of which nobody knows any more what became
}

// PlannedBackup is a backup that the schedule asked for.
type PlannedBackup struct {
	From, Until time.Time // the window in which it was to begin; the interval of a high-frequency schedule
	Outcome     Outcome
	Began       time.Time // when the backup began that was made for it; zero: none was, or it began in an interval beside it
}

// Outcome is what became of a backup that the schedule asked for. The zero value is OutcomeUnknown.
type Outcome uint8

// The outcomes.
const (
	OutcomeUnknown Outcome = iota // nobody knows any more
	OutcomeHit                    // one was begun in the window, or ran when it opened, and succeeded
	OutcomeLate                   // one was begun after the window had closed, before the next one opened, and succeeded
	OutcomeFailed                 // one was begun, and none succeeded
	OutcomeMissed                 // none was begun
)

// String returns hit, late, unsuccessful, missed or unknown.
func (o Outcome) String() string {
	switch o {
	case OutcomeHit:
		return "hit"
	case OutcomeLate:
		return "late"
	case OutcomeFailed:
		return "unsuccessful"
	case OutcomeMissed:
		return "missed"
	case OutcomeUnknown:
	}
	return "unknown"
}

// adherence counts what became of the backups that a schedule asked for.
func adherence(all []PlannedBackup) Adherence {
	var a Adherence
	for i := range all {
		switch all[i].Outcome {
		case OutcomeHit:
			a.Made++
		case OutcomeLate:
			a.Made++
			a.Late++
		case OutcomeFailed:
			a.Failed++
		case OutcomeMissed:
			a.Missed++
		case OutcomeUnknown:
			a.Unknown++
			continue
		}
		a.Expected++
	}
	return a
}

// planned returns the backups that every policy that was in force in a span asked for, and that are over, the oldest first: one
// for each window, and for each interval of a high-frequency schedule. A backup counts for a window until the next one opens.
func (p *Past) planned(since, until time.Time) []PlannedBackup {
	c := assessment{in: p.State, want: p.Want, clock: p.now}
	c.conclude()
	patience := c.patience()
	var all []PlannedBackup
	var windows []ScheduledWindow
	for e := range c.eras {
		from, end := later(since, e.from), until
		if !e.until.IsZero() {
			end = earlier(end, e.until)
		}
		if !isFalse(e.policy.Automatic) && e.policy.frequent() {
			all = p.appendIntervals(all, e.policy.interval(), patience, from, end)
		}
		windows = e.appendWindows(windows, from, end)
	}
	opens := make([]time.Time, 0, len(windows))
	for _, w := range windows {
		if !w.From.Before(since) {
			opens = append(opens, w.From)
		}
	}
	for _, w := range windows {
		over := w.Until.Add(patience)
		if w.From.Before(since) || over.After(until) || !p.existed(w.From) {
			continue
		}
		next := p.read
		for _, t := range opens {
			if t.After(w.From) {
				next = earlier(next, t)
			}
		}
		one := PlannedBackup{From: w.From, Until: w.Until}
		p.became(&one, next, over)
		all = append(all, one)
	}
	slices.SortStableFunc(all, func(a, b PlannedBackup) int { return a.From.Compare(b.From) })
	return all
}

// longest is how long a backup may have run that counts for a window that opened meanwhile.
const longest = 7 * day

// firstSince returns the place of the first backup that began at t or later.
func (p *Past) firstSince(t time.Time) int {
	i, _ := slices.BinarySearchFunc(p.sets, t, func(set PastSet, t time.Time) int { return set.began().Compare(t) })
	return i
}

// became finds out what became of a backup that was to begin in a window, or before the next one opens, and to be listed by a
// third moment. Of several that succeeded the first counts. Unless a list is known that would have a backup of the very beginning
// of the window, one may have been made and deleted since: then only a hit is known for one.
func (p *Past) became(one *PlannedBackup, next, over time.Time) {
	from, whole := one.From, p.readBetween(over, one.From.Add(p.reach()))
	if whole {
		one.Outcome = OutcomeMissed
	}
	for i := p.firstSince(from.Add(-longest)); i < len(p.sets) && p.sets[i].began().Before(next); i++ {
		b := &p.sets[i].Backup
		if b.Kind == KindIncremental || b.Part != "" || b.State == StateUnknown {
			continue
		}
		began := b.began().Add(early)
		if counts := !began.Before(from) && began.Before(next) || began.Before(from) && b.EndedAt.After(from); !counts {
			continue
		}
		if b.State == StateSuccess || b.State == StateDeleting {
			switch late := b.began().After(one.Until.Add(early)); {
			case !late:
				one.Outcome, one.Began = OutcomeHit, b.began()
			case whole:
				one.Outcome, one.Began = OutcomeLate, b.began()
			}
			return
		}
		if whole {
			one.Outcome = OutcomeFailed
		}
	}
}

// appendIntervals appends the backups of a high-frequency schedule: one in each interval.
func (p *Past) appendIntervals(all []PlannedBackup, interval, patience time.Duration, from, until time.Time) []PlannedBackup {
	if p.State.Policy.Value.MayBeUnlisted && !p.State.ListsFrequent(p.Want) {
		for ; !from.Add(interval).After(until); from = from.Add(interval) {
			all = append(all, PlannedBackup{From: from, Until: from.Add(interval)})
		}
		return all
	}
	var slots []slot
	for began := from; !began.Add(interval + patience).After(until); began = began.Add(interval) {
		if !p.existed(began) {
			continue
		}
		one := slot{PlannedBackup: PlannedBackup{From: began, Until: began.Add(interval)}}
		p.became(&one.PlannedBackup, one.Until, one.Until.Add(patience))
		switch one.Outcome {
		case OutcomeHit:
			one.spare = p.successes(began, one.Until) - 1
		case OutcomeMissed, OutcomeUnknown:
			if p.drifted(began, one.Until, interval+patience) {
				one.Outcome = OutcomeHit
			}
		case OutcomeLate, OutcomeFailed:
		}
		slots = append(slots, one)
	}
	lend(slots)
	for i := range slots {
		all = append(all, slots[i].PlannedBackup)
	}
	return all
}

// drifted reports whether the successful backups before and after an interval are no further apart than most: the interval
// between two backups is kept, wherever the intervals are thought to begin.
func (p *Past) drifted(from, until time.Time, most time.Duration) bool {
	i := p.firstSince(from.Add(-early)) - 1
	for ; i >= 0 && !p.sets[i].isFull(); i-- {
	}
	if i < 0 {
		return false
	}
	before := p.sets[i].began()
	for i := p.firstSince(until.Add(-early)); i < len(p.sets) && p.sets[i].began().Sub(before) <= most; i++ {
		if p.sets[i].isFull() {
			return true
		}
	}
	return false
}

// isFull reports whether a backup is a full one of the whole that succeeded.
func (b *Backup) isFull() bool {
	return b.State == StateSuccess && b.Kind != KindIncremental && b.Part == ""
}

// slot is an interval of a high-frequency schedule.
type slot struct {
	PlannedBackup
	spare int // successful backups besides the one that the interval asks for
}

// lend lets an interval without a backup have one of an interval next to it that has several: backups drift. One of the interval
// after it is late. One that lies further away is no substitute: it would hide that nothing was made for a time.
func lend(slots []slot) {
	for i := range slots {
		if slots[i].Outcome != OutcomeMissed {
			continue
		}
		for _, beside := range []int{i - 1, i + 1} {
			if beside >= 0 && beside < len(slots) && slots[beside].spare > 0 {
				slots[beside].spare--
				slots[i].Outcome = OutcomeHit
				if beside > i {
					slots[i].Outcome = OutcomeLate
				}
				break
			}
		}
	}
}

// successes counts the successful full backups that began in a span.
func (p *Past) successes(from, until time.Time) int {
	n := 0
	for i := p.firstSince(from.Add(-early)); i < len(p.sets) && p.sets[i].began().Before(until); i++ {
		b := &p.sets[i].Backup
		began := b.began().Add(early)
		if b.isFull() && !began.Before(from) && began.Before(until) {
			n++
		}
	}
	return n
}
