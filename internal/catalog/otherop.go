package catalog

import "time"

// formerMode is how long before its last list an operation may have been the wrong one to ask. A mode that says which
// operation lists the backups is remembered for an hour, and a list may take a while.
const formerMode = 2 * time.Hour

// takeBack takes back that sets are missing or were removed early, when a list comes from another operation than the one
// before. As it was the wrong operation for a while, its last lists lacked sets that were there, and no list of the new
// one can confirm or refute that they are gone: it may have them under other ids, or not at all. What left earlier stays as
// it was concluded.
func (n *node) takeBack(a *Backups) {
	before := &n.backups
	if before.At.IsZero() || before.value.Op == a.List.Op {
		return
	}
	since := before.At.Add(-formerMode)
	for i := range n.left {
		l := &n.left[i]
		if (l.Absence == Missing || l.Absence == RemovedEarly) && !l.LeftAt.Before(since) {
			n.settle(l, OutOfRange)
			l.Expiry = time.Time{}
		}
	}
}
