package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// loader fills a catalog from a file.
type loader struct {
	history
	c         *Catalog
	now       time.Time
	retention time.Duration // how long the file keeps what nothing is said of; 0: all of it is loaded
	targets   map[int64]backup.Target
	highest   int64 // number of a target
	single    bool  // history has a single connection
}

// load loads all that memory holds. A value that cannot be read makes the file damaged: a part of a list would look like
// a list.
func (l *loader) load(ctx context.Context) error {
	l.targets = map[int64]backup.Target{}
	steps := []struct {
		sql string
		row func(*sql.Rows) error
	}{
		{`SELECT id, cloud, account, region, instance_id, node_id FROM target`, l.target},
		{`SELECT target, scope, at, cloud_at, not_offered, value FROM reading`, l.reading},
		{`SELECT target, first_seen, last_seen, status_first, lacking, gone_at, value FROM instance`, l.instance},
		{`SELECT target, max(first_seen), instances FROM listing GROUP BY target`, l.listing},
		{`SELECT target, first_seen, last_seen, value FROM policy ORDER BY target, first_seen`, l.policy},
		{`SELECT target, ` + jobColumns + ` FROM job WHERE listed = 1 ORDER BY target, started DESC, id`, l.job},
		{`SELECT target, max(left_at) FROM past_set WHERE absence = 4 GROUP BY target`, l.removal},
	}
	for _, step := range steps {
		if err := l.each(ctx, step.sql, step.row); err != nil {
			return err
		}
	}
	if err := l.loadSets(ctx); err != nil {
		return err
	}
	l.finish()
	return nil
}

// each calls row for each row of an answer. A row that cannot be read shows that the file is damaged.
func (h history) each(ctx context.Context, query string, row func(*sql.Rows) error, args ...any) error {
	rows, err := h.from.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err says whether all was read
	for rows.Next() {
		if err := row(rows); err != nil {
			return fmt.Errorf("%w: %w", errDamaged, err)
		}
	}
	return rows.Err()
}

func (l *loader) ids() map[backup.Target]int64 {
	ids := make(map[backup.Target]int64, len(l.targets))
	for id, t := range l.targets {
		ids[t] = id
	}
	return ids
}

func (l *loader) target(rows *sql.Rows) error {
	var id int64
	var t backup.Target
	err := rows.Scan(&id, &t.Cloud, &t.Account, &t.Region, &t.InstanceID, &t.NodeID)
	l.targets[id] = t
	l.highest = max(l.highest, id)
	return err
}

// of returns the target with a number.
func (l *loader) of(id int64) (backup.Target, error) {
	t, known := l.targets[id]
	if !known {
		return t, fmt.Errorf("no target has number %d", id)
	}
	return t, nil
}

func decode(text string, record any) error { return json.Unmarshal([]byte(text), record) }

func (l *loader) reading(rows *sql.Rows) error {
	var id int64
	var scope string
	var at, cloudAt stamp
	var times Times
	var value sql.NullString
	if err := rows.Scan(&id, &scope, &at, &cloudAt, &times.NotOffered, &value); err != nil {
		return err
	}
	t, err := l.of(id)
	if err != nil {
		return err
	}
	times.At, times.CloudAt = at.time(), cloudAt.time()
	return l.store(t, backup.Scope(scope), times, value.String)
}

// store stores a reading. One of a scope that this program does not know is left out.
func (l *loader) store(t backup.Target, scope backup.Scope, times Times, value string) (err error) {
	switch scope {
	case backup.ScopeDiscovery:
		l.c.region(t).listing.Times = times
	case backup.ScopeBackups:
		var r listRecord
		err = decode(value, &r)
		n := l.c.node(t)
		n.backups = answer[backup.List]{Times: times, value: r.list()}
		n.since, n.whole, n.apart, n.watches = r.Since, r.Whole, r.Apart, r.watches()
	case backup.ScopeJobs:
		l.c.instance(t).jobs.Times = times
	case backup.ScopePolicy:
		var r policyRecord
		err = decode(value, &r)
		l.c.instance(t).policy = answer[backup.Policy]{Times: times, value: r.policy()}
	case backup.ScopeRecovery:
		var r windowRecord
		err = decode(value, &r)
		l.c.instance(t).recovery = answer[backup.Window]{Times: times, value: backup.Window{Start: r.Start.time(), End: r.End.time()}}
	case backup.ScopeRestores:
		var r restoreRecord
		err = decode(value, &r)
		l.c.instance(t).lastRestore = answer[time.Time]{Times: times, value: r.At.time()}
	case scopeOlder:
		var r *olderRecord
		err = decode(value, &r)
		l.c.node(t).older = answer[*backup.Older]{Times: times, value: r.older(times.At)}
	case backup.ScopeCopies:
		var r copiesRecord
		err = decode(value, &r)
		l.c.node(t).copies = answer[backup.Copies]{Times: times, value: r.copies()}
	case backup.ScopeRestoreCheck:
		var r []checkRecord
		err = decode(value, &r)
		l.c.node(t).checks = answer[backup.RestoreChecks]{Times: times, value: checksOf(r)}
	default:
	}
	return err
}

func (l *loader) instance(rows *sql.Rows) error {
	var id int64
	var s sight
	var value string
	if err := rows.Scan(&id, &s.first, &s.last, &s.status, &s.lacking, &s.gone, &value); err != nil {
		return err
	}
	t, err := l.of(id)
	if err != nil {
		return err
	}
	var r instanceRecord
	if err := decode(value, &r); err != nil {
		return err
	}
	in := l.c.instance(t)
	in.listed, in.record = s, r.instance(t)
	return nil
}

func (l *loader) listing(rows *sql.Rows) error {
	var id int64
	var since stamp
	var count int
	if err := rows.Scan(&id, &since, &count); err != nil {
		return err
	}
	t, err := l.of(id)
	if err != nil {
		return err
	}
	r := l.c.region(t)
	r.since, r.listing.value = since, count
	return nil
}

func (l *loader) policy(rows *sql.Rows) error {
	id, version, err := scanPolicy(rows)
	if err != nil {
		return err
	}
	t, err := l.of(id)
	if err != nil {
		return err
	}
	p := &l.c.instance(t).policies
	p.add(version)
	p.written = len(p.versions)
	return nil
}

func (l *loader) job(rows *sql.Rows) error {
	id, job, err := scanJob(rows)
	if err != nil {
		return err
	}
	t, err := l.of(id)
	if err != nil {
		return err
	}
	in := l.c.instance(t)
	in.jobs.value = append(in.jobs.value, job.Job)
	return nil
}

func (l *loader) removal(rows *sql.Rows) error {
	var id int64
	var at stamp
	if err := rows.Scan(&id, &at); err != nil {
		return err
	}
	t, err := l.of(id)
	if err != nil {
		return err
	}
	if n := l.c.findNode(t); n != nil {
		n.removed = at
	}
	return nil
}
