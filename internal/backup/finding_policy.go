package backup

import "time"

// policy finds what is wrong with the policy itself.
func (f *finder) policy(found []Finding) []Finding {
	p := &f.in.Policy.Value
	since := changedAt(f.in.PolicyChanges)
	switch {
	case !f.in.Policy.Known(f.clock) || f.in.Policy.NotOffered:
		return found
	case isFalse(p.Automatic):
		return append(found, Finding{Name: FindingAutomaticOff, Since: since, Text: "automatic backup is switched off"})
	}
	if text := p.keepsTooShort(f.in.Objectives.MinRetention); text != "" {
		found = append(found, Finding{Name: FindingRetentionShort, Since: since, Text: text})
	}
	return found
}

// keepsTooShort returns in which way backups are not kept for long enough, in words for a person; "": they are, or that is
// not known.
func (p Policy) keepsTooShort(objective time.Duration) string {
	retention := p.Retention()
	if retention <= 0 || retention == Forever {
		return ""
	}
	kept := "backups are kept for " + Span(retention)
	if retention < objective {
		return kept + ", the objective is " + Span(objective)
	}
	if apart := p.outlived(); apart > 0 {
		return kept + ", not longer than the " + Span(apart) + " that may pass between two of them"
	}
	return ""
}

// outlived returns how far apart backups may be where none of them is kept until the next one of its schedule: the longest gap
// and the window. 0: some are kept for longer, or that is not known.
func (p Policy) outlived() time.Duration {
	var widest time.Duration
	for i := range p.Schedules {
		s := &p.Schedules[i]
		gap, ok := s.gap()
		if !ok {
			continue
		}
		apart, kept := sum(gap, s.Window), p.kept(s)
		if kept <= 0 || kept > apart {
			return 0
		}
		widest = max(widest, apart)
	}
	return widest
}

// stalledAfter is how old the end of a log may be: backed-up logs are minutes behind, and a full backup in between may take
// an hour.
const stalledAfter = 2 * time.Hour

// logs finds logs that are not backed up although the policy says so. Where the cloud does not say what the log can restore,
// nothing is known.
func (f *finder) logs(found []Finding) []Finding {
	r := &f.in.Recovery
	if !f.in.Policy.Known(f.clock) || !isTrue(f.in.Policy.Value.LogBackup) || !r.OK(f.clock) || r.NotOffered {
		return found
	}
	end, text := PointInTime(*r, f.clock).End, "but the end of point-in-time recovery has not moved on"
	if r.Value.IsZero() {
		end, text = f.oldestNewestFull(), "but there has been neither point-in-time recovery nor another usable full backup"
	}
	began := later(end, f.logsOnAt())
	if end.IsZero() || !f.over(began, f.logLimit()) {
		return found
	}
	return append(found, Finding{
		Name: FindingLogStalled, Since: began, Text: "the policy says that logs are backed up, " + text,
	})
}

// logLimit returns from which age on a log is stalled. Between two readings of the window it grows older, too.
func (f *finder) logLimit() time.Duration {
	limit := stalledAfter
	if rpo := f.in.Objectives.RPO; rpo > 0 {
		limit = min(limit, rpo)
	}
	return max(limit, 2*f.in.RecoveryEvery)
}

// logsOnAt returns when log backup was seen to be switched on; zero: it was on before, as far as is known.
func (f *finder) logsOnAt() time.Time {
	n := len(f.in.PolicyChanges)
	if n == 0 || isTrue(f.in.PolicyChanges[n-1].Former.LogBackup) {
		return time.Time{}
	}
	return f.in.PolicyChanges[n-1].At
}

// oldestNewestFull returns when the newest usable full backup began, of the shard that is furthest behind; zero: one has
// none, or its backups are not known.
func (f *finder) oldestNewestFull() time.Time {
	var oldest time.Time
	for i := range f.nodes {
		if f.nodes[i].NewestFull.IsZero() {
			return time.Time{}
		}
		oldest = earlier(oldest, f.nodes[i].NewestFull)
	}
	return oldest
}
