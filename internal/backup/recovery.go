package backup

import "time"

// flaw is why a backup is no recovery point, in words for a person; "": it is one.
type flaw string

const (
	flawNone    flaw = ""
	flawState   flaw = "is no success"
	flawPart    flaw = "holds only a part of the instance"
	flawKind    flaw = "is of an unknown type"
	flawUndated flaw = "has no believable start and end" // a cloud need not tell the end
	flawEmpty   flaw = "is zero-sized"
	flawExpired flaw = "has expired"
	flawNoFull  flaw = "has no usable full backup before it"
)

// flawOf returns why b is no recovery point, without regard to other backups. Expiry is checked last, so that
// flawExpired means that b was usable until then. Only the cloud's own expiry counts: a backup that the cloud still
// lists as successful after its start plus the retention is usable.
func (c *assessment) flawOf(b *Backup) flaw {
	switch {
	case b.State != StateSuccess:
		return flawState
	case b.Part != "":
		return flawPart
	case b.Kind != KindFull && b.Kind != KindIncremental:
		return flawKind
	case !c.horizon.allows(b.StartedAt), !c.horizon.allows(b.Finished()):
		return flawUndated
	case b.Unusable != "":
		return flaw(b.Unusable)
	case c.in.RestoreChecks.refusal(b.ID) != "":
		return flaw(c.in.RestoreChecks.refusal(b.ID))
	case b.SizeBytes != nil && *b.SizeBytes <= 0:
		return flawEmpty
	case !b.ExpiresAt.IsZero() && c.reached(b.ExpiresAt):
		return flawExpired
	}
	return flawNone
}

// recoveryPoints finds the moments that can be restored.
func (c *assessment) recoveryPoints() {
	h := &c.health
	c.addUsable(KindFull, time.Time{})
	// An incremental backup is restored together with the full one before it. A list that does not cover full backups
	// cannot show that one, and the cloud is believed.
	switch {
	case !h.Kinds[KindFull].Asked:
		c.addUsable(KindIncremental, time.Time{})
	case h.Usable > 0:
		c.addUsable(KindIncremental, h.OldestRecoveryPoint)
	}
	if c.outlasts && !h.LastUsableExpiry.Equal(Never) {
		h.LastUsableExpiry = time.Time{}
	}
	if c.known.recovery {
		w := believedWindow(c.in.Recovery)
		h.RecoveryPoint = later(h.RecoveryPoint, w.End)
		h.OldestRecoveryPoint = earlier(h.OldestRecoveryPoint, w.Start)
	}
}

// PointInTime returns the window of point-in-time recovery that is believed at now; the zero Window when there is none or
// it is not known. It ends no later than when the cloud was asked, and does not start after its end.
func PointInTime(r Reading[Window], now time.Time) Window {
	if !r.Known(now) {
		return Window{}
	}
	return believedWindow(r)
}

// believedWindow is PointInTime for a reading that is known.
func believedWindow(r Reading[Window]) Window {
	if !horizonOf(r.At).allows(r.Value.End) {
		return Window{}
	}
	end := earlier(r.Value.End, r.At)
	return Window{Start: earlier(r.Value.Start, end), End: end}
}

// addUsable adds the usable backups of a kind that started at since or later.
func (c *assessment) addUsable(kind Kind, since time.Time) {
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		if b.Kind != kind {
			continue
		}
		why := c.flawOf(b)
		c.lapsed = c.lapsed || why == flawExpired
		if why != flawNone || b.StartedAt.Before(since) {
			continue
		}
		c.count(b)
	}
}

// count counts a usable backup.
func (c *assessment) count(b *Backup) {
	h := &c.health
	h.Usable++
	point := earlier(earlier(b.StartedAt, b.EndedAt), c.in.Backups.At)
	h.RecoveryPoint = later(h.RecoveryPoint, point)
	h.OldestRecoveryPoint = earlier(h.OldestRecoveryPoint, point)
	if b.Kind == KindFull {
		h.NewestFull = later(h.NewestFull, point)
	}
	if b.Kind == KindFull || !h.Kinds[KindFull].Asked {
		expiry := c.expiry(b)
		switch { // a backup that is older than those that are known to expire is not what one relies on
		case point.After(c.newest):
			c.newest, c.outlasts = point, expiry.IsZero()
		case point.Equal(c.newest): // whichever the cloud lists first
			c.outlasts = c.outlasts || expiry.IsZero()
		}
		h.LastUsableExpiry = later(h.LastUsableExpiry, expiry)
	}
}

// expiry returns when b expires: as the cloud says, or else after the retention of the policy, which applies to
// automatic backups only. Never: it is kept until somebody deletes it. Zero: unknown.
func (c *assessment) expiry(b *Backup) time.Time {
	retention := c.in.Policy.Value.ShortestRetention()
	switch {
	case !b.ExpiresAt.IsZero():
		return b.ExpiresAt
	case c.in.Policy.At.IsZero() || retention <= 0 || b.Trigger == TriggerManual:
		return time.Time{}
	case retention == Forever:
		return Never
	}
	return b.StartedAt.Add(retention)
}
