package backup

import (
	"fmt"
	"strconv"
	"time"
)

// findings returns what is found about the target. What rests on the list of backups is found only while that is known.
func (c *assessment) findings() []Finding {
	if !c.in.Lifecycle.Exists() {
		return nil
	}
	var found []Finding
	if c.health.Known {
		found = c.sizeDropped(found)
		found = c.tookTooLong(found)
		found = c.lastUsableExpiring(found)
	}
	return c.removedEarly(found)
}

// sizeDropped looks at full backups only. An incremental one is as big as what was written in its few minutes.
func (c *assessment) sizeDropped(found []Finding) []Finding {
	of := &c.health.Kinds[KindFull]
	if of.LastSuccess == nil || of.LastSuccess.SizeBytes == nil || of.MedianSize == nil || *of.MedianSize <= 0 {
		return found
	}
	ratio := float64(*of.LastSuccess.SizeBytes) / float64(*of.MedianSize)
	if ratio >= c.want.MinSizeRatio {
		return found
	}
	return append(found, Finding{
		Name: FindingSizeDropped, Since: of.LastSuccess.Finished(),
		Text: fmt.Sprintf("the last full backup has %.0f %% of the usual size, at least %.0f %% are expected", 100*ratio, 100*c.want.MinSizeRatio),
	})
}

// tookTooLong compares how long the last success of each kind took with how long one may run.
func (c *assessment) tookTooLong(found []Finding) []Finding {
	for _, kind := range []Kind{KindFull, KindIncremental} {
		last := c.health.Kinds[kind].LastSuccess
		if last == nil || c.want.MaxDuration <= 0 || !c.horizon.allows(last.StartedAt) {
			continue
		}
		if took := last.Took(); took > c.want.MaxDuration {
			return append(found, Finding{
				Name: FindingTookTooLong, Since: last.EndedAt,
				Text: "the last " + kind.String() + " backup took " + Span(took) + ", at most " + Span(c.want.MaxDuration) + " are expected",
			})
		}
	}
	return found
}

// lastUsableExpiring finds that soon nothing can be restored. It does not depend on a log or a configured objective: a log
// restores nothing without a full backup.
func (c *assessment) lastUsableExpiring(found []Finding) []Finding {
	expiry := c.health.LastUsableExpiry
	if c.health.Usable == 0 || expiry.IsZero() || expiry.Equal(Never) {
		return found
	}
	within := c.scheduleInterval()
	if !c.reached(expiry.Add(-within)) { // mostly: looking for a successor costs more
		return found
	}
	why, since := c.notReplaced()
	if why == "" {
		return found
	}
	when := "expires at "
	if !expiry.After(c.now) {
		when = "was to expire at "
	}
	return append(found, Finding{
		Name: FindingLastUsableExpiring, Since: later(since, expiry.Add(-within)),
		Text: "the last usable backup " + when + minute(expiry) + ", and none is coming to replace it: " + why,
	})
}

// scheduleInterval returns the longest time between two scheduled backups, or else the RPO.
func (c *assessment) scheduleInterval() time.Duration {
	p := &c.in.Policy.Value
	gap, scheduled := p.LongestGap()
	if c.in.Policy.At.IsZero() || !scheduled || isFalse(p.Automatic) {
		return c.health.RPO
	}
	return gap
}

// notReplaced returns why no scheduled full backup has followed the newest usable one, in words for a person, and since when
// that is so; "": one may still come in time. A running attempt is none that failed.
func (c *assessment) notReplaced() (why string, since time.Time) {
	if isFalse(c.in.Policy.Value.Automatic) {
		return "automatic backup is switched off", c.in.policyChangedAt()
	}
	if missed := c.unattended(); missed.After(c.health.NewestFull) {
		return "no backup was begun in the window of " + minute(missed) + " or since", missed
	}
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		end := c.horizon.finishedAt(b)
		if b.State == StateFailed && b.Kind == KindFull && b.Part == "" && end.After(c.health.NewestFull) {
			return "the attempt of " + minute(b.began()) + " failed", end
		}
	}
	if rpo, ok := c.scheduleRPO(); ok && c.over(c.health.NewestFull, rpo) && c.runs.IsZero() {
		return "the schedule has made no full backup since " + minute(c.health.NewestFull), c.health.NewestFull.Add(rpo)
	}
	return "", time.Time{}
}

// scheduleRPO returns the RPO that follows from the schedule, whatever the configured objective is; false: there is no
// schedule.
func (c *assessment) scheduleRPO() (time.Duration, bool) {
	other := *c
	other.want.RPO = 0
	rpo, source := other.objective()
	c.heeds(other.until)
	return rpo, source == RPOFromPolicy || source == RPOFormer
}

// policyChangedAt returns when the policy was last seen to change; zero: it was not.
func (in *TargetState) policyChangedAt() time.Time { return changedAt(in.PolicyChanges) }

func changedAt(changes []PolicyChange) time.Time {
	if len(changes) == 0 {
		return time.Time{}
	}
	return changes[len(changes)-1].At
}

// removedEarly finds backups that vanished in the last days. What was seen counts while the list cannot be read, too.
func (c *assessment) removedEarly(found []Finding) []Finding {
	recent := c.in.Removals.Recent(c.now)
	n := len(recent)
	if n == 0 {
		return found
	}
	text := strconv.Itoa(n) + " backups were removed before their expiry, the newest"
	if n == 1 {
		text = "a backup was removed before its expiry:"
	}
	for i := range recent {
		c.reached(recent[i].LeftAt.Add(RemovalStands))
	}
	newest := &recent[0]
	return append(found, Finding{
		Name: FindingRemovedEarly, Since: recent[n-1].LeftAt,
		Text: text + " " + newest.ID + " of " + minute(newest.began()) + ", gone since " + minute(newest.LeftAt),
	})
}

// isTrue and isFalse are false for nil, not known.
func isTrue(is *bool) bool { return is != nil && *is }

func isFalse(is *bool) bool { return is != nil && !*is }
