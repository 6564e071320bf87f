package poll

import (
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
)

// maxPolicyChanges is how many changes of an instance's policy are kept: verdicts look at the last ones only.
const maxPolicyChanges = 16

// policyHistory is what was seen of the policies of one instance.
type policyHistory struct {
	askedAt time.Time // when the first question was launched; zero: none was
	known   bool      // a policy was read
	readAt  time.Time // when current was read last
	current backup.Policy
	changes []backup.PolicyChange // the oldest first; replaced rather than changed, because snapshots share it
}

// learn takes over a reading that was stored, and completes it: what a policy does not say once is as it was said last.
func (h *policyHistory) learn(r *backup.Reading[backup.Policy]) {
	if r.At.IsZero() || r.NotOffered || r.Err != nil {
		return
	}
	if h.known {
		r.Value = r.Value.Filled(h.current)
	}
	if h.known && h.current.Differs(r.Value) {
		older := h.changes
		if len(older) == maxPolicyChanges {
			older = older[1:]
		}
		h.changes = append(slices.Clip(older), backup.PolicyChange{At: r.At, LastAt: h.readAt, Former: h.current})
	}
	h.known, h.current, h.readAt = true, r.Value, r.At
}

// recall takes over the versions of the policy that the catalog knows, the newest of which was read as r says.
func (h *policyHistory) recall(versions catalog.Policies, r backup.Reading[backup.Policy]) {
	if r.At.IsZero() || r.NotOffered {
		return
	}
	h.known, h.current, h.readAt = true, r.Value, r.At
	for i := max(1, len(versions)-maxPolicyChanges); i < len(versions); i++ {
		former := versions[i-1]
		h.changes = append(h.changes, backup.PolicyChange{At: versions[i].First, LastAt: former.Last, Former: former.Policy})
	}
}

// firstAsked returns when the first question about the instance was launched; now, while none was: between a start and the
// first questions, verdicts that rest on what was recalled wait as they will after them.
func (h *policyHistory) firstAsked(now time.Time) time.Time {
	if h.askedAt.IsZero() {
		return now
	}
	return h.askedAt
}

// awaitedUntil returns until when a verdict waits for the policy; zero: it does not. It waits for one interval, or until
// the cloud says that it will not tell.
func (h *policyHistory) awaitedUntil(r backup.Reading[backup.Policy], interval time.Duration, now time.Time) time.Time {
	refusals := []backup.Class{backup.ClassPermission, backup.ClassUnsupported, backup.ClassBadRequest}
	if !r.At.IsZero() || slices.Contains(refusals, backup.ClassOf(r.Err)) {
		return time.Time{}
	}
	return h.firstAsked(now).Add(interval).Round(0)
}

// awaitedUntil returns until when a verdict waits for a value that is not known: for patience, from when the last good one
// became too old, or else from the first question about the instance. zero: the cloud does not offer it.
func (c *cell[T]) awaitedUntil(firstAsked time.Time, patience time.Duration) time.Time {
	from := c.reading.GoodUntil
	if c.reading.At.IsZero() {
		from = firstAsked
	}
	if c.reading.NotOffered {
		return time.Time{}
	}
	return from.Add(patience).Round(0)
}
