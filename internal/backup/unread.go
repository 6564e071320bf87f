package backup

import (
	"fmt"
	"time"
)

// Entry is one record of a cloud's list of backups.
type Entry struct {
	Backup      // what could be read of it
	Unread bool // something is missing that a backup must have, so that it is left out of the list
}

// Unread is what in a list could not be read. The zero value is nothing.
type Unread struct {
	Count   int       // records of which something could not be read
	Dated   time.Time // none of those that may be failures, and say when, ended or else began later; zero: there is none
	Undated int       // how many may be failures and do not say when
	Healed  time.Time // start of the newest successful full backup that is believed; zero: there is none
}

// Sift parts the records of a list into backups and what could not be read. asked is when the list was asked for. A failure
// without a time that is believed stays in the list, and counts as not read all the same: nobody knows what it is newer than.
func Sift(records []Entry, asked time.Time) (backups []Backup, unread Unread) {
	backups = make([]Backup, 0, len(records))
	horizon := horizonOf(asked)
	for i := range records {
		rec := &records[i]
		if rec.heals(horizon) && rec.StartedAt.After(unread.Healed) {
			unread.Healed = rec.StartedAt
		}
		if !rec.Unread {
			backups = append(backups, rec.Backup)
		}
		if rec.Unread || rec.State == StateFailed && horizon.finishedAt(&rec.Backup).IsZero() {
			unread.add(&rec.Backup, horizon)
		}
	}
	if unread.Count == 0 {
		return backups, Unread{}
	}
	return backups, unread
}

// add notes a record that could not be read. One that says that it succeeded or runs hides no failure.
func (u *Unread) add(b *Backup, horizon horizon) {
	u.Count++
	switch {
	case b.State != StateUnknown && b.State != StateFailed:
	case horizon.allows(b.EndedAt):
		u.Dated = later(u.Dated, b.EndedAt)
	case horizon.allows(b.StartedAt):
		u.Dated = later(u.Dated, b.StartedAt)
	default:
		u.Undated++
	}
}

// heals reports whether the record is a successful full backup with times that are believed. Failures that are older do not
// count any more.
func (e *Entry) heals(horizon horizon) bool {
	return !e.Unread && e.State == StateSuccess && e.Kind == KindFull && e.Part == "" &&
		horizon.allows(e.StartedAt) && horizon.allows(e.Finished())
}

// Err returns nil for a list from which a verdict can be drawn. It returns an [*Error] of class protocol when no record of
// it could be read, and when one that could not be read may be a failure that no success of a full backup has followed:
// such a list must not make a target ok. since is from when on there have been as many records without a time.
func (l List) Err(since time.Time) error {
	u := l.Unread
	dated, undated := !u.Dated.IsZero() && !u.Healed.After(u.Dated), u.Undated > 0 && !u.Healed.After(since)
	switch {
	case u.Count == 0:
		return nil
	case len(l.Backups) == 0:
		return &Error{Op: l.Op, Class: ClassProtocol, Err: fmt.Errorf("none of the %d listed records could be read", u.Count)}
	case dated || undated:
		return &Error{
			Op: l.Op, Class: ClassProtocol,
			Err: fmt.Errorf("%d of the listed records could not be read, and may be a failure since the last success", u.Count),
		}
	}
	return nil
}
