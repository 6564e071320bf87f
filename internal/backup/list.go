package backup

import (
	"slices"
	"time"
)

// Since returns the list with the newest start first and without the backups that began before t. The end of a backup
// stands in for an unknown start. A backup with neither is kept. The slice of l is reused.
func (l List) Since(t time.Time) List {
	l.Backups = slices.DeleteFunc(l.Backups, func(b Backup) bool { return !b.began().IsZero() && b.began().Before(t) })
	slices.SortStableFunc(l.Backups, func(a, b Backup) int { return b.began().Compare(a.began()) })
	return l
}

// began returns the start, or else the end.
func (b *Backup) began() time.Time {
	if b.StartedAt.IsZero() {
		return b.EndedAt
	}
	return b.StartedAt
}

// Finished returns when a backup that has finished did: its end, or its start where the cloud does not tell the end. It did not
// finish earlier than that.
func (b *Backup) Finished() time.Time {
	if b.EndedAt.IsZero() {
		return b.StartedAt
	}
	return b.EndedAt
}

// After returns the list with what began before from taken from an older one, of which nothing that began before since counts.
// It is for an l that has all that began at from or later: what the older one has of that is gone.
func (l List) After(older List, from, since time.Time) List {
	for i := range older.Backups {
		if b := &older.Backups[i]; b.began().Before(from) && !b.began().Before(since) {
			l.Backups = append(l.Backups, *b)
		}
	}
	return l.Since(since)
}

// News returns from when on a list must be read again to have all news about the backups of l, if what ended a while ago does
// not change any more: from the start of the newest backup, or of the oldest that has not ended. Zero: from its beginning, as
// one began nobody knows when, or could not be read.
func (l List) News() time.Time {
	var newest, open time.Time
	for i := range l.Backups {
		b := &l.Backups[i]
		if b.began().IsZero() {
			return time.Time{}
		}
		newest = later(newest, b.began())
		if b.State != StateSuccess && b.State != StateFailed {
			open = earlier(open, b.began())
		}
	}
	if l.Unread.Count > 0 {
		return time.Time{}
	}
	return earlier(newest, open)
}
