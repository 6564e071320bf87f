package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// prepare prepares the statements that write often.
func (f *File) prepare(ctx context.Context) error {
	writers := []string{putTarget, putReading, putSet, dropSets, dropJobs, putJob, putPolicy, putInstance, putListing, isDead}
	for _, text := range append(writers, pruners()...) {
		stmt, err := f.db.PrepareContext(ctx, text)
		if err != nil {
			return err
		}
		f.prepared[text] = stmt
	}
	return nil
}

// Flush writes what was learned since the last one, in transactions of a few thousand rows, and forgets a little of what is
// too old. When it returns nil, all that was learned before it was called is on the disk. When it fails, the catalog goes
// on from memory, and the next Flush writes what is missing. It is meant to be called every few seconds.
func (f *File) Flush(ctx context.Context, now time.Time) error {
	f.flushing.Lock()
	defer f.flushing.Unlock()
	f.catalog.Trim(now)
	err := f.ready(ctx, now)
	if err == nil {
		err = f.inPlace()
	}
	if err == nil {
		err = f.writeAll(ctx)
	}
	if err == nil {
		err = f.prune(ctx, now)
	}
	if reason := unusable(err); reason != "" && (f.setAsideAt.IsZero() || now.Sub(f.setAsideAt).Abs() > asideAgain) {
		err = f.begin(ctx, reason, now)
	}
	f.measure()
	if err != nil {
		err = fmt.Errorf("catalog %s: %w", f.path, err)
	}
	f.note(err, now)
	return err
}

// begin sets a file aside that turned out to be damaged, and writes all that is in memory to a new one.
func (f *File) begin(ctx context.Context, reason string, now time.Time) error {
	if err := f.setAside(reason, now); err != nil {
		return err
	}
	f.unready = true
	if err := f.ready(ctx, now); err != nil {
		return err
	}
	return f.writeAll(ctx)
}

// ready begins a new file where the one before was set aside, so that all is written again.
func (f *File) ready(ctx context.Context, now time.Time) error {
	if !f.unready {
		return nil
	}
	if _, err := f.load(ctx, now); err != nil {
		return err
	}
	f.unready = false
	f.catalog.putBackAll()
	return nil
}

// errMoved says that what is written would be lost with the process.
var errMoved = errors.New("it was deleted, moved or replaced while it is open: put it back, or start the exporter again")

// inPlace returns an error when the file that is open is not in its place any more. The system would still write to it.
func (f *File) inPlace() error {
	if info, err := os.Stat(f.path); err != nil || !os.SameFile(info, f.opened) {
		return errMoved
	}
	return nil
}

// note notes how a flush went, and tells when that changes.
func (f *File) note(err error, now time.Time) {
	f.mu.Lock()
	changed := (err == nil) != (f.state.Err == nil)
	f.state.Err = err
	if err != nil {
		f.state.Failures++
	} else {
		f.state.LastWrite = now.Round(0)
	}
	f.mu.Unlock()
	if changed && f.opts.Report != nil {
		f.opts.Report(err)
	}
}

// writeAll writes batch after batch until there is nothing to write.
func (f *File) writeAll(ctx context.Context) error {
	for {
		b := f.catalog.take()
		if len(b.rows) == 0 {
			return nil
		}
		if err := f.write(ctx, b); err != nil {
			f.catalog.putBack(b)
			return err
		}
	}
}

// write writes a batch in one transaction.
func (f *File) write(ctx context.Context, b *batch) error {
	var added []backup.Target
	err := f.inTx(ctx, func(tx *sql.Tx) error {
		stmts := map[string]*sql.Stmt{}
		for i := range b.rows {
			if text := b.rows[i].sql; stmts[text] == nil {
				stmts[text] = tx.StmtContext(ctx, f.prepared[text])
			}
		}
		stmts[putTarget] = tx.StmtContext(ctx, f.prepared[putTarget])
		var args []any
		for i := range b.rows {
			r := &b.rows[i]
			id, known := f.ids[r.of]
			if !known {
				id = f.nextID
				t := r.of
				if _, err := stmts[putTarget].ExecContext(ctx, id, t.Cloud, t.Account, t.Region, t.InstanceID, t.NodeID); err != nil {
					return err
				}
				f.ids[t] = id
				f.nextID++
				added = append(added, t)
			}
			args = append(append(args[:0], id), r.args...)
			if _, err := stmts[r.sql].ExecContext(ctx, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for _, t := range added {
			delete(f.ids, t)
		}
	}
	return err
}
