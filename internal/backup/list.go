package backup

import (
	"slices"
	"time"
)

// Since returns the list in the order that it promises, newest start first, without what began before t. The end of a
// backup stands in for a start that is not known, and one with neither stays. The slice of l is reused.
func (l List) Since(t time.Time) List {
	l.Backups = slices.DeleteFunc(l.Backups, func(b Backup) bool { return !b.began().IsZero() && b.began().Before(t) })
	slices.SortStableFunc(l.Backups, func(a, b Backup) int { return b.began().Compare(a.began()) })
	return l
}

// began is the start, or else the end.
func (b *Backup) began() time.Time {
	if b.StartedAt.IsZero() {
		return b.EndedAt
	}
	return b.StartedAt
}
