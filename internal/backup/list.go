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
