package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// history reads what a file keeps, on demand. It sees what was flushed.
type history struct{ from querier }

// querier is a database, or a transaction of one.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// pool is a database that may be replaced by another while it is read.
type pool struct{ atomic.Pointer[sql.DB] }

func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.Load().QueryContext(ctx, query, args...)
}

func (p *pool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.Load().QueryRowContext(ctx, query, args...)
}

// Job is a backup job and when it was seen.
type Job struct {
	backup.Job
	First, Last time.Time
}

// Count is how many instances the listings of a region had over a time.
type Count struct {
	Instances   int
	First, Last time.Time
}

// targetIs selects the number of a target.
const targetIs = `target = (SELECT id FROM target WHERE cloud = ? AND account = ? AND region = ? AND instance_id = ? AND node_id = ?)`

func whose(t backup.Target, more ...any) []any {
	return append([]any{t.Cloud, t.Account, t.Region, t.InstanceID, t.NodeID}, more...)
}

// Sets returns the sets of a target that began, or of which the start is unknown and that were seen, in a span: at since or
// later, and before until. The oldest is first.
func (h history) Sets(ctx context.Context, t backup.Target, since, until time.Time) ([]Set, error) {
	const began = `CASE WHEN started > 0 THEN started WHEN ended > 0 THEN ended ELSE state_first END`
	var all []Set
	scanner := newSetScanner()
	err := h.each(ctx, `SELECT target, `+setColumns+` FROM (
		SELECT * FROM backup_set WHERE `+targetIs+` UNION ALL
		SELECT * FROM past_set p WHERE `+targetIs+` AND NOT EXISTS (SELECT 1 FROM backup_set b WHERE b.target = p.target AND b.id = p.id)
		) WHERE `+began+` >= ? AND `+began+` < ? ORDER BY `+began+`, id`, func(rows *sql.Rows) error {
		if err := scanner.scan(rows); err != nil {
			return err
		}
		all = append(all, scanner.leaver().Set)
		return nil
	}, append(whose(t), whose(t, int64(stampOf(since)), int64(stampOf(until)))...)...)
	return all, err
}

// Jobs returns the jobs of an instance that were seen in a span. The oldest is first.
func (h history) Jobs(ctx context.Context, t backup.Target, since, until time.Time) ([]Job, error) {
	var all []Job
	err := h.each(ctx, `SELECT target, `+jobColumns+` FROM job WHERE `+targetIs+` AND last_seen >= ? AND first_seen < ?
		ORDER BY started, id`, func(rows *sql.Rows) error {
		_, job, err := scanJob(rows)
		all = append(all, job)
		return err
	}, whose(t.Instance(), int64(stampOf(since)), int64(stampOf(until)))...)
	return all, err
}

// Policies returns every version of an instance's policy that the file has.
func (h history) Policies(ctx context.Context, t backup.Target) (Policies, error) {
	var all Policies
	err := h.each(ctx, `SELECT p.target, p.first_seen, CASE WHEN p.first_seen = (SELECT max(first_seen) FROM policy WHERE target = p.target)
		THEN max(p.last_seen, coalesce((SELECT at FROM reading r WHERE r.target = p.target AND scope = 'policy'), 0))
		ELSE p.last_seen END, p.value FROM policy p WHERE p.`+targetIs+` ORDER BY p.first_seen`, func(rows *sql.Rows) error {
		_, version, err := scanPolicy(rows)
		all = append(all, version)
		return err
	}, whose(t.Instance())...)
	return all, err
}

// Counts returns how many instances the whole listings of a region had over time. The oldest is first.
func (h history) Counts(ctx context.Context, of backup.Target) ([]Count, error) {
	var all []Count
	err := h.each(ctx, `SELECT instances, first_seen, last_seen FROM listing WHERE `+targetIs+` ORDER BY first_seen`,
		func(rows *sql.Rows) error {
			var c Count
			var first, last stamp
			err := rows.Scan(&c.Instances, &first, &last)
			c.First, c.Last = first.time(), last.time()
			all = append(all, c)
			return err
		}, whose(regionOf(of))...)
	return all, err
}

// Instances returns every instance that the file has, also those that are gone, sorted by target.
func (h history) Instances(ctx context.Context) ([]Instance, error) {
	var all []Instance
	err := h.each(ctx, `SELECT t.cloud, t.account, t.region, t.instance_id, i.first_seen, i.status_first, i.lacking, i.gone_at, i.value,
		CASE WHEN i.lacking OR i.gone_at > 0 THEN i.last_seen ELSE max(i.last_seen, coalesce((SELECT r.at FROM reading r
			JOIN target g ON g.id = r.target WHERE r.scope = 'discovery' AND g.instance_id = '' AND g.node_id = ''
			AND g.cloud = t.cloud AND g.account = t.account AND g.region = t.region), 0)) END
		FROM instance i JOIN target t ON t.id = i.target ORDER BY t.cloud, t.account, t.region, t.instance_id`,
		func(rows *sql.Rows) error {
			var t backup.Target
			var first, status, gone, last stamp
			var in Instance
			var value string
			if err := rows.Scan(&t.Cloud, &t.Account, &t.Region, &t.InstanceID, &first, &status, &in.Lacking, &gone, &value, &last); err != nil {
				return err
			}
			var r instanceRecord
			err := decode(value, &r)
			in.Instance, in.First, in.Last = r.instance(t), first.time(), last.time()
			in.StatusSince, in.GoneAt = status.time(), gone.time()
			all = append(all, in)
			return err
		})
	return all, err
}

// Reader reads the file of a directory, beside the process that writes it. It is safe for concurrent use.
type Reader struct {
	history
	db   *sql.DB
	path string
}

// OpenReader opens the file of a directory for reading. An error means that there is none, or that it cannot be read: it is
// damaged, no catalog, or of a newer version. The file is not changed. The user needs to be able to write to the directory
// only where no process has the file open and the last one was killed.
func OpenReader(ctx context.Context, dir string) (*Reader, error) {
	path := filepath.Join(dir, fileName)
	switch _, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("storage path %s: there is no %s; name the directory that an exporter writes with `serve --storage.path`, once it has run", dir, path)
	case err != nil:
		return nil, fmt.Errorf("storage path %s: %w; name the directory that an exporter writes with `serve --storage.path`, and let this user read it", dir, err)
	}
	db := connectToRead(path)
	r := &Reader{history{db}, db, path}
	isNew, err := r.checkFormat(ctx)
	if isNew {
		err = errForeign
	}
	if err != nil {
		return nil, errors.Join(unreadable(path, err), r.Close())
	}
	return r, nil
}

// Load returns what a process that starts at now would know. Lookback is as in [New].
func (r *Reader) Load(ctx context.Context, lookback time.Duration, now time.Time) (*Catalog, error) {
	tx, err := r.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // all of one moment, while another process writes
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() //nolint:errcheck // nothing was written
	l := loader{history: history{tx}, c: New(lookback), now: now, single: true}
	if err := l.load(ctx); err != nil {
		return nil, unreadable(r.path, err)
	}
	return l.c, nil
}

// Kept returns what the file has of the past of a target, of sets that began at since or later.
func (r *Reader) Kept(ctx context.Context, t backup.Target, since time.Time) (backup.Kept, error) {
	kept, err := r.history.Kept(ctx, t, since)
	if err != nil {
		err = unreadable(r.path, err)
	}
	return kept, err
}

// Gone returns the instances that the file has of those that were there at since or later and are not any more.
func (r *Reader) Gone(ctx context.Context, since time.Time) ([]backup.InstanceState, error) {
	gone, err := r.history.Gone(ctx, since)
	if err != nil {
		err = unreadable(r.path, err)
	}
	return gone, err
}

// unreadable says why a file cannot be read, and what to do.
func unreadable(path string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	next := "check that this user may read it, and its directory"
	switch reason := unusable(err); {
	case errors.Is(err, errNewer):
		next = "use the program that wrote it, or a newer one"
	case reason != "":
		next = "an exporter that is started with this --storage.path sets it aside and begins a new one; " +
			"or put back a copy of it, or leave --storage.path out to ask the clouds"
	}
	if reason := unusable(err); reason != "" && err.Error() != reason {
		err = fmt.Errorf("%s (%w)", reason, err)
	}
	return fmt.Errorf("the catalog %s cannot be read: %w; %s", path, err, next)
}

// Close closes the file.
func (r *Reader) Close() error { return r.db.Close() }
