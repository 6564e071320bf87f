package catalog

import (
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Absence is why a set is not in the newest list of its target.
type Absence uint8

// The absences. The zero value is Listed.
const (
	Listed       Absence = iota // it is in the newest list
	OutOfRange                  // it began before the time since which the list was asked for, or the list does not cover its kind
	Missing                     // it should be in the list, and what became of it is not known yet
	Explained                   // it expired, was not usable, thins itself, or went with its instance
	RemovedEarly                // it was usable, and vanished before its expiry
)

// String returns listed, out_of_range, missing, explained or removed_early.
func (a Absence) String() string {
	switch a {
	case Listed:
		return "listed"
	case OutOfRange:
		return "out_of_range"
	case Missing:
		return "missing"
	case RemovedEarly:
		return "removed_early"
	case Explained:
	}
	return "explained"
}

// Sighting is a state that a set was seen in.
type Sighting struct {
	State backup.State
	First time.Time // when it was first seen in it
	Last  time.Time // when it was last seen in it
}

// Set is a backup set and what became of it.
type Set struct {
	backup.Backup            // as it was last listed
	Seen          []Sighting // every state, the oldest first; never empty
	Absence       Absence
	LeftAt        time.Time // when a list first lacked it; zero: it is listed
	Expiry        time.Time // with RemovedEarly: when it would have expired
}

// First returns when the set was first seen.
func (s *Set) First() time.Time { return s.Seen[0].First }

// Last returns when the set was last seen.
func (s *Set) Last() time.Time { return s.Seen[len(s.Seen)-1].Last }

// sightingCap is how many states of one set are kept: the first and the newest. A set has two or three. More are a cloud
// that flaps, of which the middle tells nothing.
const sightingCap = 8

// track is what is known of a set that is listed, besides the record. It is kept small, because there is one for each set
// of every list.
type track struct {
	earlier []Sighting // states before the one that it is in
	first   stamp      // when it was first seen in its state
	last    stamp      // when it was last seen, other than by a whole list
	usable  bool       // when it was last seen as a success, it was a full backup that could be restored
	dirty   bool
}

// leaver is a set that left the list.
type leaver struct {
	Set
	usable   bool
	misses   uint8 // whole lists in a row that should have it and do not; at most 2
	evidence evidence
	dirty    bool
}

// evidence is what was read since a set left.
type evidence uint8

const (
	sawPolicy   evidence = 1 << iota // the policy of its instance
	sawInstance                      // its instance, in a listing
)

// begin starts to follow a set that is new.
func begin(b *backup.Backup, at stamp) track {
	return track{first: at, last: at, usable: usable(b, at), dirty: true}
}

// usable reports whether b is a full backup that a restore could start from. Expiry is not its business.
func usable(b *backup.Backup, at stamp) bool {
	if b.State != backup.StateSuccess {
		return false
	}
	one := *b
	one.ExpiresAt = time.Time{}
	t := at.time()
	reading := backup.Reading[backup.List]{At: t, GoodUntil: t.Add(time.Second), Value: backup.List{Backups: []backup.Backup{one}}}
	return backup.ToCheck(reading, t) != nil
}

// observe notes that a set is listed with another record than before. seen is when it was last seen before.
func (tr *track) observe(was, is *backup.Backup, seen, at stamp) {
	if was.State != is.State {
		tr.earlier = appendSighting(tr.earlier, Sighting{was.State, tr.first.time(), max(seen, tr.first).time()})
		tr.first = at
	}
	if is.State != backup.StateDeleting { // it says nothing of whether it could be restored before
		tr.usable = usable(is, at)
	}
	tr.dirty = true
}

// appendSighting appends to a copy, because sets that were returned may hold the old slice.
func appendSighting(all []Sighting, s Sighting) []Sighting {
	longer := append(slices.Clip(all), s)
	if len(longer) >= sightingCap {
		longer = append(longer[:1:1], longer[2:]...)
	}
	return longer
}

// states returns every state of the set, when it was last seen at a moment.
func (tr *track) states(is backup.State, last stamp) []Sighting {
	return append(slices.Clip(tr.earlier), Sighting{is, tr.first.time(), max(last, tr.first).time()})
}

// began returns when a backup began, or else when it ended; zero: unknown.
func began(b *backup.Backup) time.Time {
	if b.StartedAt.IsZero() {
		return b.EndedAt
	}
	return b.StartedAt
}

// sameBackup reports whether two records say the same.
func sameBackup(a, b *backup.Backup) bool {
	return a.ID == b.ID && a.State == b.State && a.Kind == b.Kind && a.Trigger == b.Trigger && a.Method == b.Method &&
		a.Unusable == b.Unusable && a.Part == b.Part && a.StartedAt.Equal(b.StartedAt) && a.EndedAt.Equal(b.EndedAt) &&
		a.ExpiresAt.Equal(b.ExpiresAt) && sameNumber(a.SizeBytes, b.SizeBytes)
}

func sameNumber[T comparable](a, b *T) bool {
	return a == b || (a != nil && b != nil && *a == *b)
}
