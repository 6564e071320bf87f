package backup

import (
	"slices"
	"time"
)

// Adherence is how far a schedule was kept: what it asked for in a span, and what was made. A window counts once it is over.
type Adherence struct {
	Expected int // backups that the schedule asked for, and of which it is known what became
	Made     int // of those: a backup was begun that succeeded, by the schedule or by hand
	Failed   int // of those: none succeeded, and one failed or has not ended
	Missed   int // of those: nothing was begun
	Unknown  int // backups that the schedule asked for besides, of which nobody knows any more what became
}

// adherence counts the windows of every policy that was in force in a span, and the intervals of high-frequency ones. A backup
// counts for a window until the next one opens.
func (p *Past) adherence(since, until time.Time) Adherence {
	c := assessment{in: p.State, want: p.Want, clock: p.now}
	c.conclude()
	patience := c.patience()
	var a Adherence
	var windows []ScheduledWindow
	for e := range c.eras {
		from, end := later(since, e.from), until
		if !e.until.IsZero() {
			end = earlier(end, e.until)
		}
		if !isFalse(e.policy.Automatic) && e.policy.frequent() {
			p.countIntervals(&a, e.policy.interval(), patience, from, end)
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
		a.count(p.outcome(w.From, next, over))
	}
	return a
}

// outcome is what became of a time in which a backup was to be begun.
type outcome uint8

const (
	outcomeUnknown outcome = iota
	outcomeMade
	outcomeFailed
	outcomeMissed
)

func (a *Adherence) count(o outcome) {
	switch o {
	case outcomeMade:
		a.Made++
	case outcomeFailed:
		a.Failed++
	case outcomeMissed:
		a.Missed++
	case outcomeUnknown:
		a.Unknown++
		return
	}
	a.Expected++
}

// longest is how long a backup may have run that counts for a window that opened meanwhile.
const longest = 7 * day

// firstSince returns the place of the first backup that began at t or later.
func (p *Past) firstSince(t time.Time) int {
	i, _ := slices.BinarySearchFunc(p.sets, t, func(set PastSet, t time.Time) int { return set.began().Compare(t) })
	return i
}

// outcome returns what became of a backup that was to begin between two moments, and to be listed by a third.
func (p *Past) outcome(from, until, over time.Time) outcome {
	found := outcomeUnknown
	for i := p.firstSince(from.Add(-longest)); i < len(p.sets) && p.sets[i].began().Before(until); i++ {
		b := &p.sets[i].Backup
		if b.Kind == KindIncremental || b.Part != "" || b.State == StateUnknown {
			continue
		}
		began := b.began().Add(early)
		if counts := !began.Before(from) && began.Before(until) || began.Before(from) && b.EndedAt.After(from); !counts {
			continue
		}
		if b.State == StateSuccess || b.State == StateDeleting {
			return outcomeMade
		}
		found = outcomeFailed
	}
	if found == outcomeUnknown && p.readBetween(over, from.Add(p.reach())) {
		return outcomeMissed
	}
	return found
}

// countIntervals counts the backups of a high-frequency schedule: one in each interval.
func (p *Past) countIntervals(a *Adherence, interval, patience time.Duration, from, until time.Time) {
	if p.State.Policy.Value.MayBeUnlisted && !p.State.ListsFrequent(p.Want) {
		a.Unknown += int(max(0, until.Sub(from)) / interval)
		return
	}
	var slots []slot
	for began := from; !began.Add(interval + patience).After(until); began = began.Add(interval) {
		if !p.existed(began) {
			continue
		}
		one := slot{outcome: p.outcome(began, began.Add(interval), began.Add(interval+patience))}
		if one.outcome == outcomeMade {
			one.spare = p.successes(began, began.Add(interval)) - 1
		}
		slots = append(slots, one)
	}
	lend(slots)
	for _, one := range slots {
		a.count(one.outcome)
	}
}

// slot is an interval of a high-frequency schedule.
type slot struct {
	outcome outcome
	spare   int // successful backups besides the one that the interval asks for
}

// lend lets an interval without a backup have one of an interval next to it that has several: backups drift. One that lies further
// away is no substitute: it would hide that nothing was made for a time.
func lend(slots []slot) {
	for i := range slots {
		if slots[i].outcome != outcomeMissed {
			continue
		}
		for _, beside := range []int{i - 1, i + 1} {
			if beside >= 0 && beside < len(slots) && slots[beside].spare > 0 {
				slots[beside].spare--
				slots[i].outcome = outcomeMade
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
		if b.State == StateSuccess && b.Kind != KindIncremental && b.Part == "" && !began.Before(from) && began.Before(until) {
			n++
		}
	}
	return n
}
