package catalog

import (
	"database/sql"
	"strings"

	"mongodb_backup_exporter/internal/backup"
)

// jobColumns are the columns that scanJob reads, after the target.
const jobColumns = `id, state, origin, started, progress, reason, first_seen, last_seen`

// setScanner reads sets. It keeps what it reads into, because there may be a million rows.
type setScanner struct {
	owner                                int64 // the number of the target
	id, method                           string
	kind, origin, state, absence, follow int64
	started, ended, expires              stamp
	first, last, left, expiry            stamp
	size                                 sql.NullInt64
	unusable, part, earlier              sql.NullString

	into    []any
	methods map[string]string
}

func newSetScanner() *setScanner {
	s := &setScanner{methods: map[string]string{}}
	s.into = []any{
		&s.owner, &s.id, &s.kind, &s.origin, &s.method, &s.state, &s.started, &s.ended, &s.expires, &s.size, &s.unusable, &s.part,
		&s.first, &s.last, &s.earlier, &s.left, &s.absence, &s.expiry, &s.follow,
	}
	return s
}

// scan reads a row.
func (s *setScanner) scan(rows *sql.Rows) error { return rows.Scan(s.into...) }

// backup returns the record that was read.
func (s *setScanner) backup() backup.Backup {
	method, known := s.methods[s.method]
	if !known {
		method = s.method
		s.methods[method] = method
	}
	b := backup.Backup{
		ID: s.id, Kind: word(kinds, s.kind), Trigger: word(triggers, s.origin), Method: method, State: word(states, s.state),
		StartedAt: s.started.time(), EndedAt: s.ended.time(), ExpiresAt: s.expires.time(),
		Unusable: s.unusable.String, Part: s.part.String,
	}
	if s.size.Valid {
		size := s.size.Int64
		b.SizeBytes = &size
	}
	return b
}

// track returns the track that was read.
func (s *setScanner) track() track {
	return track{earlier: parseSightings(s.earlier.String), first: s.first, last: s.last, usable: s.follow&1 != 0}
}

// leaver returns the set that was read.
func (s *setScanner) leaver() leaver {
	tr, b := s.track(), s.backup()
	return leaver{
		Set: Set{
			Backup: b, Seen: tr.states(b.State, s.last),
			Absence: word(absences, s.absence), LeftAt: s.left.time(), Expiry: s.expiry.time(),
		},
		usable: tr.usable, misses: uint8(s.follow >> followMisses & 3), evidence: evidence(s.follow >> followEvidence),
	}
}

// scanJob reads a job and the number of its target.
func scanJob(rows *sql.Rows) (target int64, j Job, err error) {
	var state, origin int64
	var started, first, last stamp
	var progress sql.NullFloat64
	var reason sql.NullString
	if err := rows.Scan(&target, &j.ID, &state, &origin, &started, &progress, &reason, &first, &last); err != nil {
		return 0, Job{}, err
	}
	if strings.HasPrefix(j.ID, noID) {
		j.ID = ""
	}
	j.State, j.Trigger, j.Reason = word(jobStates, state), word(triggers, origin), reason.String
	j.StartedAt, j.First, j.Last = started.time(), first.time(), last.time()
	if progress.Valid {
		j.Progress = &progress.Float64
	}
	return target, j, nil
}

// scanPolicy reads a version of a policy and the number of its target.
func scanPolicy(rows *sql.Rows) (target int64, version PolicyVersion, err error) {
	var first, last stamp
	var value string
	if err := rows.Scan(&target, &first, &last, &value); err != nil {
		return 0, PolicyVersion{}, err
	}
	var r policyRecord
	if err := decode(value, &r); err != nil {
		return 0, PolicyVersion{}, err
	}
	return target, PolicyVersion{Policy: r.policy(), First: first.time(), Last: last.time()}, nil
}
