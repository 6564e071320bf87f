package backup

import "time"

// Copies are the copies of one target's backups in another region.
type Copies struct {
	Region  string   // the region that they are in
	Backups []Backup // newest start first
}

// NewestCopy returns the usable full copy that ended last, as far as it is known at now; nil: none known. A copy
// is usable under the same conditions as a backup. It does not count for the verdict.
func NewestCopy(r Reading[Copies], now time.Time) *Backup {
	if !r.Known(now) {
		return nil
	}
	return newestUsable(r.Value.Backups, r.At, now)
}
