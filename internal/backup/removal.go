package backup

import "time"

// RemovalStands is for how long an early removal is news.
const RemovalStands = 7 * day

// Removal is a backup that vanished from the cloud's list before its expiry, although its instance was there.
type Removal struct {
	Backup           // as it was last listed
	LeftAt time.Time // when a list first lacked it
	Expiry time.Time // when it would have expired at the earliest; Never: it was kept forever
}

// Removals are the early removals of one target that are known. The zero value is none.
type Removals struct {
	Last time.Time // LeftAt of the newest, also of one that Sets does not have any more; zero: none was seen
	Sets []Removal // the newest LeftAt first; at least those of the last RemovalStands
}

// Recent returns the removals that are news at now.
func (r Removals) Recent(now time.Time) []Removal {
	for i := range r.Sets {
		if now.Sub(r.Sets[i].LeftAt) >= RemovalStands {
			return r.Sets[:i:i]
		}
	}
	return r.Sets
}
