package backup

import (
	"slices"
	"time"
)

// keptOlder is how many backups from before a list are kept: one that is usable is enough.
const keptOlder = 20

// LacksUsable reports whether a list has no usable full backup, so that it matters whether there is an older one. asked is
// when the cloud gave the list.
func (l List) LacksUsable(asked, now time.Time) bool {
	return newestUsable(l.Backups, asked, now) == nil
}

// UsableUntil returns until when a list has a usable full backup, if nothing else is known: Never for one that is kept, or of
// which nobody knows when it expires. Zero: it has none. asked is when the cloud gave the list.
func (l List) UsableUntil(asked, now time.Time) time.Time {
	c := assessment{instant: instant{now: now}, horizon: horizonOf(asked)}
	var until time.Time
	for i := range l.Backups {
		b := &l.Backups[i]
		if b.Kind != KindFull || c.flawOf(b) != flawNone {
			continue
		}
		if b.ExpiresAt.IsZero() {
			return Never
		}
		until = later(until, b.ExpiresAt)
	}
	return until
}

// OlderThan returns what the list, which goes back further, has from before a moment. asked is when the cloud gave it.
func (l List) OlderThan(t, asked time.Time) *Older {
	older := &Older{At: asked.Round(0)}
	for _, b := range l.Backups {
		if b.State == StateSuccess && b.Kind == KindFull && b.Part == "" && b.began().Before(t) {
			older.Backups = append(older.Backups, b)
		}
	}
	slices.SortStableFunc(older.Backups, func(a, b Backup) int { return b.began().Compare(a.began()) })
	older.Backups = slices.Clip(older.Backups[:min(len(older.Backups), keptOlder)])
	return older
}

// lookBack counts what is usable from before the list, where the list has nothing usable. Such a backup is the last success
// where the list has none.
func (c *assessment) lookBack() {
	h, older := &c.health, c.in.Backups.Value.Older
	if h.Usable > 0 || older == nil {
		return
	}
	for i := range older.Backups {
		b := &older.Backups[i]
		if c.flawOf(b) != flawNone {
			continue
		}
		c.count(b)
		if of := &h.Kinds[b.Kind.index()]; of.LastSuccess == nil {
			of.LastSuccess = b
		}
	}
	if h.Last == nil {
		h.Last = h.NewestSuccess()
	}
}

// looksBack reports whether it is not known yet what there is from before the list.
func (c *assessment) looksBack() bool {
	older := c.in.Backups.Value.Older
	return older != nil && older.At.IsZero() && !c.reached(older.By)
}
