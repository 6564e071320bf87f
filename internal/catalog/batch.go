package catalog

import (
	"strconv"
	"strings"

	"mongodb_backup_exporter/internal/backup"
)

// row is one statement of a batch.
type row struct {
	sql  string
	of   backup.Target // its number in the file is the first argument
	args []any         // the others
}

// batch is what a transaction writes: all that changed of some instances, so that the file never has a reading without
// its sets.
type batch struct {
	rows      []row
	instances []*instance
	regions   []*region
}

func (b *batch) add(sql string, of backup.Target, args ...any) {
	b.rows = append(b.rows, row{sql, of, args})
}

// batchRows is how many rows one transaction has at most, except that what belongs to one instance is not parted. It keeps
// the catalog locked for a few milliseconds.
const batchRows = 4000

// take returns what is to be written next, and counts it as written. It has no rows when there is nothing.
func (c *Catalog) take() *batch {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := &batch{}
	for _, r := range c.regions {
		if r.dirty {
			r.write(b)
		}
	}
	done := 0
	for _, in := range c.queue {
		if len(b.rows) >= batchRows {
			break
		}
		done++
		in.queued = false
		if !in.dropped {
			in.write(b)
		}
	}
	c.queue = c.queue[:copy(c.queue, c.queue[done:])]
	return b
}

// putBack makes all of a batch that could not be written be written again. Of an instance it is everything, because what
// was written of it is not known.
func (c *Catalog) putBack(b *batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range b.regions {
		r.writeAfresh()
	}
	for _, in := range b.instances {
		in.writeAfresh()
		c.changed(in)
	}
}

// putBackAll makes everything be written again, as to a new file.
func (c *Catalog) putBackAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.regions {
		r.writeAfresh()
		for _, in := range r.instances {
			in.writeAfresh()
			c.changed(in)
		}
	}
}

func (r *region) writeAfresh() {
	r.dirty, r.listing.dirty = r.listing.known(), r.listing.known()
}

func (in *instance) writeAfresh() {
	in.listed.dirty = in.listed.first != 0
	in.jobs.dirty, in.jobsDirty = in.jobs.known(), in.jobs.known()
	in.policy.dirty, in.policies.written = in.policy.known(), 0
	in.recovery.dirty, in.lastRestore.dirty = in.recovery.known(), in.lastRestore.known()
	for _, n := range in.nodes {
		n.afresh = true
		n.backups.dirty, n.older.dirty = n.backups.known(), n.older.known()
		n.copies.dirty, n.checks.dirty = n.copies.known(), n.checks.known()
	}
}

func (a *answer[T]) known() bool { return !a.At.IsZero() }

// write writes the times and the value of an answer, if they are to be written.
func (a *answer[T]) write(b *batch, of backup.Target, scope backup.Scope, value func() any) {
	if !a.dirty {
		return
	}
	a.dirty = false
	var text any
	if value != nil {
		text = marshal(value())
	}
	b.add(putReading, of, scope.String(), int64(stampOf(a.At)), int64(stampOf(a.CloudAt)), flag(a.NotOffered), text)
}

func flag(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

func (r *region) write(b *batch) {
	r.dirty = false
	b.regions = append(b.regions, r)
	r.listing.write(b, r.key, backup.ScopeDiscovery, nil)
	b.add(putListing, r.key, int64(r.since), int64(stampOf(r.listing.At)), int64(r.listing.value))
}

// write writes what changed of an instance.
func (in *instance) write(b *batch) {
	b.instances = append(b.instances, in)
	if s := &in.listed; s.dirty {
		s.dirty = false
		b.add(putInstance, in.key, in.record.Name, in.record.Status, int64(s.first), int64(in.seen()), int64(s.status),
			flag(s.lacking), int64(s.gone), marshal(recordOfInstance(&in.record)))
	}
	in.writeJobs(b)
	in.policy.write(b, in.key, backup.ScopePolicy, func() any { return recordOfPolicy(&in.policy.value) })
	for _, version := range in.policies.versions[in.policies.written:] {
		value := marshal(recordOfPolicy(&version.Policy))
		b.add(putPolicy, in.key, int64(stampOf(version.First)), int64(stampOf(version.Last)), value)
	}
	in.policies.written = len(in.policies.versions)
	in.recovery.write(b, in.key, backup.ScopeRecovery, func() any {
		return windowRecord{stampOf(in.recovery.value.Start), stampOf(in.recovery.value.End)}
	})
	in.lastRestore.write(b, in.key, backup.ScopeRestores, func() any {
		return restoreRecord{stampOf(in.lastRestore.value)}
	})
	for _, n := range in.nodes {
		n.write(b)
	}
}

func (in *instance) writeJobs(b *batch) {
	in.jobs.write(b, in.key, backup.ScopeJobs, nil)
	if !in.jobsDirty {
		return
	}
	in.jobsDirty = false
	at := int64(stampOf(in.jobs.At))
	b.add(dropJobs, in.key, int64(in.jobsUntil))
	for i := range in.jobs.value {
		j := &in.jobs.value[i]
		b.add(putJob, in.key, jobKey(j), number(jobStates, j.State), number(triggers, j.Trigger), int64(stampOf(j.StartedAt)),
			orNull(j.Progress), textOrNull(j.Reason), at, at)
	}
}

// jobKey returns the id of a job, or else what tells it from other jobs without an id.
func jobKey(j *backup.Job) string {
	if j.ID != "" {
		return j.ID
	}
	return noID + strconv.FormatInt(int64(stampOf(j.StartedAt)), 10)
}

// noID begins the key of a job that has no id.
const noID = "?"

func (n *node) write(b *batch) {
	n.backups.write(b, n.key, backup.ScopeBackups, func() any { return n.record() })
	n.older.write(b, n.key, scopeOlder, func() any { return recordOfOlder(n.older.value) })
	n.copies.write(b, n.key, backup.ScopeCopies, func() any { return recordOfCopies(&n.copies.value) })
	n.checks.write(b, n.key, backup.ScopeRestoreCheck, func() any { return recordOfChecks(n.checks.value) })
	if n.afresh {
		b.add(dropSets, n.key, int64(stampOf(n.backups.At)))
	}
	for i := range n.tracks {
		tr := &n.tracks[i]
		if !tr.dirty && !n.afresh {
			continue
		}
		tr.dirty = false
		writeSet(b, n.key, &setRow{
			backup: &n.backups.value.Backups[i], earlier: tr.earlier, first: tr.first, last: n.lastSeen(tr), usable: tr.usable,
		})
	}
	for i := range n.left {
		l := &n.left[i]
		if !l.dirty && !n.afresh {
			continue
		}
		l.dirty = false
		last := len(l.Seen) - 1
		writeSet(b, n.key, &setRow{
			backup: &l.Backup, earlier: l.Seen[:last], first: stampOf(l.Seen[last].First), last: stampOf(l.Seen[last].Last),
			left: stampOf(l.LeftAt), absence: l.Absence, expiry: stampOf(l.Expiry),
			usable: l.usable, misses: l.misses, evidence: l.evidence,
		})
	}
	n.afresh = false
}

// setRow is a row of a set.
type setRow struct {
	backup       *backup.Backup
	earlier      []Sighting
	first, last  stamp
	left, expiry stamp
	absence      Absence
	usable       bool
	misses       uint8
	evidence     evidence
}

// The column follow has what is needed to conclude what became of a set: bit 0 that it was usable, bits 1 and 2 how many
// lists missed it, the bits from 3 on what was read since.
const (
	followMisses   = 1
	followEvidence = 3
)

func (s *setRow) follow() int64 {
	return flag(s.usable) | int64(s.misses)<<followMisses | int64(s.evidence)<<followEvidence
}

func writeSet(b *batch, of backup.Target, s *setRow) {
	r := s.backup
	b.add(putSet, of, r.ID, number(kinds, r.Kind), number(triggers, r.Trigger), r.Method, number(states, r.State),
		int64(stampOf(r.StartedAt)), int64(stampOf(r.EndedAt)), int64(stampOf(r.ExpiresAt)),
		orNull(r.SizeBytes), textOrNull(r.Unusable), textOrNull(r.Part),
		int64(s.first), int64(s.last), textOrNull(formatSightings(s.earlier)),
		int64(s.left), number(absences, s.absence), int64(s.expiry), s.follow())
}

func orNull[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// formatSightings writes sightings as state:first-last, with commas between them.
func formatSightings(all []Sighting) string {
	var text strings.Builder
	for i, s := range all {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(s.State.String() + ":" + strconv.FormatInt(int64(stampOf(s.First)), 10) + "-" +
			strconv.FormatInt(int64(stampOf(s.Last)), 10))
	}
	return text.String()
}

// parseSightings reads what formatSightings wrote. What it cannot read is left out.
func parseSightings(text string) []Sighting {
	if text == "" {
		return nil
	}
	var all []Sighting
	for part := range strings.SplitSeq(text, ",") {
		name, span, _ := strings.Cut(part, ":")
		from, to, _ := strings.Cut(span, "-")
		first, err := strconv.ParseInt(from, 10, 64)
		last, err2 := strconv.ParseInt(to, 10, 64)
		if err != nil || err2 != nil {
			continue
		}
		s := Sighting{First: stamp(first).time(), Last: stamp(last).time()}
		for _, state := range states {
			if state.String() == name {
				s.State = state
			}
		}
		all = append(all, s)
	}
	return all
}
