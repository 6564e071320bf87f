package backup

import (
	"fmt"
	"slices"
	"time"
)

// Entry is one record of a cloud's list of backups.
type Entry struct {
	Backup      // what could be read of it
	Unread bool // something is missing that a backup must have, so that it is left out of the list
}

// Unread is the records of a list that could not be read. The zero value is none.
type Unread struct {
	Count  int
	Failed time.Time // none of those that may be failures began later; zero: none of them may be one
}

// Sift parts the records of a list, in the cloud's order, into backups and what could not be read. asked is when the list
// was asked for.
func Sift(records []Entry, asked time.Time) (backups []Backup, unread Unread) {
	backups = make([]Backup, 0, len(records))
	sorted := newestFirst(records)
	var above time.Time // just before the start of the record above; zero: there is none that says
	for i := range records {
		rec := &records[i]
		began := rec.began()
		if !rec.Unread {
			backups = append(backups, rec.Backup)
		} else {
			unread.Count++
			if rec.State == StateUnknown || rec.State == StateFailed {
				unread.Failed = later(unread.Failed, latestStart(began, above, asked))
			}
		}
		if sorted && !began.IsZero() {
			above = began.Add(-time.Nanosecond) // no two backups of a target begin together
		}
	}
	return backups, unread
}

// newestFirst reports whether the list is sorted, as far as its records say when they began. No cloud documents its order.
func newestFirst(records []Entry) bool {
	var last time.Time
	dated := 0
	for i := range records {
		began := records[i].began()
		if began.IsZero() {
			continue
		}
		if dated++; dated > 1 && began.After(last) {
			return false
		}
		last = began
	}
	return dated > 1
}

// latestStart returns the latest time at which a record may have begun: when it says, or else before the record above it.
func latestStart(began, above, asked time.Time) time.Time {
	for _, t := range []time.Time{began, above} {
		if !t.IsZero() && t.Before(asked) {
			return t
		}
	}
	return asked
}

// Err returns nil for a list from which a verdict can be drawn. It returns an [*Error] of class protocol when no record of
// it could be read, and when one that could not be read may be a failure that no success of a full backup has followed:
// such a list must not make a target ok.
func (l List) Err() error {
	switch u := l.Unread; {
	case u.Count == 0:
		return nil
	case len(l.Backups) == 0:
		return &Error{Op: l.Op, Class: ClassProtocol, Err: fmt.Errorf("none of the %d listed records could be read", u.Count)}
	case u.Failed.IsZero() || slices.ContainsFunc(l.Backups, func(b Backup) bool { return b.follows(u.Failed) }):
		return nil
	}
	return &Error{
		Op: l.Op, Class: ClassProtocol,
		Err: fmt.Errorf("%d of the listed records could not be read, and may be a failure since the last success", l.Unread.Count),
	}
}

// follows reports whether b is a successful full backup that began after t.
func (b *Backup) follows(t time.Time) bool {
	return b.State == StateSuccess && b.Kind == KindFull && b.StartedAt.After(t)
}
