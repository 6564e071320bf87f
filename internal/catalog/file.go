package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite" // registers itself as the driver "sqlite"

	"mongodb_backup_exporter/internal/backup"
)

// The files in the directory. SQLite adds two more while it works: catalog.db-wal and catalog.db-shm.
const (
	fileName = "catalog.db"
	lockName = "writer.lock" // locked as long as a writer runs
)

// DefaultRetention is how long the file keeps what is not listed any more.
const DefaultRetention = 400 * 24 * time.Hour

// Options say how a file is kept.
type Options struct {
	Dir       string        // the directory, which is made if it does not exist
	Lookback  time.Duration // as in [New]; [Catalog.Hold] changes it
	Retention time.Duration // how long the file keeps what is not listed any more; 0: DefaultRetention
	// Report is told when writing begins to fail, with an error that names the file, and with nil when it works again. It is
	// called by Flush. nil: nobody is told.
	Report func(error)
}

// State says how writing goes.
type State struct {
	LastWrite time.Time // when a flush last worked; zero: none did yet
	Size      int64     // bytes of the file and of what SQLite has beside it
	Failures  int       // flushes that failed since the start
	Err       error     // why the newest flush failed; nil: it worked, or there was none
	SetAside  string    // what became of a file that could not be used, in words for a person; "": there was none
}

// File is a catalog with a file behind it. It is safe for concurrent use. A process holds at most one for a directory, and
// a second process gets an error.
type File struct {
	history
	db      *sql.DB // used by Flush and Close
	pool    pool    // the same, for history
	opts    Options
	catalog *Catalog
	path    string
	lock    *sql.DB
	opened  os.FileInfo // of the file that is open

	flushing   sync.Mutex // held by Flush and Close
	ids        map[backup.Target]int64
	nextID     int64
	unready    bool      // there is no file to write to: another one is to be begun
	setAsideAt time.Time // when a file was last set aside; zero: none was
	pruned     int64     // the number of the target that was pruned last
	prepared   map[string]*sql.Stmt

	mu    sync.Mutex
	state State
}

// Open opens the file of a directory for writing, and loads what it knows. now names a file that is set aside: one that is
// damaged, no catalog, or of a newer version of this program is renamed, State has a message, and a new file is begun. An
// error means that the directory cannot be written to, or that another process writes to it; the error names the directory.
func Open(ctx context.Context, opts Options, now time.Time) (*File, error) {
	if opts.Retention <= 0 {
		opts.Retention = DefaultRetention
	}
	f := &File{opts: opts, path: filepath.Join(opts.Dir, fileName)}
	f.history = history{&f.pool}
	if err := f.open(ctx, now); err != nil {
		f.closeAll()
		return nil, fmt.Errorf("storage path %s: %w", opts.Dir, err)
	}
	return f, nil
}

func (f *File) open(ctx context.Context, now time.Time) error {
	if err := os.MkdirAll(f.opts.Dir, 0o750); err != nil {
		return fmt.Errorf("cannot be made: %w; make the directory yourself, where this program may write to it, or name another one", err)
	}
	if err := f.takeLock(ctx); err != nil {
		return err
	}
	c, err := f.load(ctx, now)
	if reason := unusable(err); reason != "" {
		if err := f.setAside(reason, now); err != nil {
			return err
		}
		c, err = f.load(ctx, now)
	}
	if err != nil {
		return unwritable(err)
	}
	f.catalog = c
	f.measure()
	return nil
}

// takeLock makes this process the only writer. The lock is one of the operating system: it ends with the process.
func (f *File) takeLock(ctx context.Context) error {
	path := filepath.Join(f.opts.Dir, lockName)
	if err := touch(path); err != nil {
		return unwritable(err)
	}
	f.lock = connect(path, "_pragma=busy_timeout(500)")
	f.lock.SetMaxOpenConns(1)
	_, err := f.lock.ExecContext(ctx, "BEGIN EXCLUSIVE")
	switch code(err) {
	case 0:
		return nil
	case codeNotADB:
		return fmt.Errorf("%s in it is not a file of this program; delete it, or use another directory", lockName)
	case codeBusy:
		return errors.New("another process writes to it; end that one first, or use another directory")
	}
	return fmt.Errorf("cannot be locked: %w; use a directory on a disk of this machine", err)
}

// unwritable says why a directory cannot be written to, and what to do.
func unwritable(err error) error {
	return fmt.Errorf("cannot be written to: %w; let the user that runs this program write to it, see that the disk has room, or name another one", err)
}

// load opens the file, makes its tables if it is new, and loads it.
func (f *File) load(ctx context.Context, now time.Time) (*Catalog, error) {
	if err := touch(f.path); err != nil {
		return nil, err
	}
	isNew, err := look(ctx, f.path)
	if err != nil {
		return nil, err
	}
	if f.opened, err = os.Stat(f.path); err != nil {
		return nil, err
	}
	if f.db != nil {
		_ = f.db.Close() // it could not be used
	}
	// What a flush writes is on the disk when it returns: synchronous is full.
	f.db = connect(f.path, "_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(full)"+
		"&_pragma=journal_size_limit(67108864)&_pragma=cache_size(-8000)&_txlock=immediate")
	f.db.SetMaxOpenConns(4)
	f.pool.Store(f.db)
	if err := f.check(ctx, isNew); err != nil {
		return nil, err
	}
	f.prepared = map[string]*sql.Stmt{}
	l := loader{history: history{f.db}, c: New(f.opts.Lookback), now: now, retention: f.opts.Retention}
	l.c.remembered = f.opts.Retention
	if err := l.load(ctx); err != nil {
		return nil, err
	}
	f.ids, f.nextID = l.ids(), l.highest+1
	f.pruned = now.Unix() % f.nextID // somewhere, so that frequent restarts do not leave out the others
	return l.c, f.prepare(ctx)
}

// check makes the tables of a new file, or finds out whether the file is whole, and tries whether it can be written to.
func (f *File) check(ctx context.Context, isNew bool) error {
	if isNew {
		return f.inTx(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, format)+schema)
			return err
		})
	}
	// After this, all is in the one file, so that its length tells whether it is whole, unless a reader is in the way.
	var busy, inLog, moved int
	if err := f.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &inLog, &moved); err != nil {
		return err
	}
	if busy == 0 {
		if err := f.checkLength(ctx); err != nil {
			return err
		}
	}
	return f.inTx(ctx, func(*sql.Tx) error { return nil }) // which takes the right to write
}

// checkLength returns errDamaged for a file that is shorter than it says.
func (f *File) checkLength(ctx context.Context) error {
	var pages, size int64
	err := f.db.QueryRowContext(ctx, "SELECT page_count, page_size FROM pragma_page_count, pragma_page_size").Scan(&pages, &size)
	if err != nil {
		return err
	}
	if info, err := os.Stat(f.path); err != nil || info.Size() < pages*size {
		return errDamaged
	}
	return nil
}

// Catalog returns the catalog whose changes Flush writes.
func (f *File) Catalog() *Catalog {
	return f.catalog
}

// State returns how writing goes.
func (f *File) State() State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// Close writes what is left to write, and gives the file free.
func (f *File) Close(ctx context.Context, now time.Time) error {
	err := f.Flush(ctx, now)
	f.flushing.Lock()
	defer f.flushing.Unlock()
	f.closeAll()
	return err
}

func (f *File) closeAll() {
	for _, db := range []*sql.DB{f.db, f.lock} {
		if db != nil {
			_ = db.Close() // it was written and synced before
		}
	}
}

// measure notes the size of the file.
func (f *File) measure() {
	size := int64(0)
	for _, suffix := range suffixes() {
		if info, err := os.Stat(f.path + suffix); err == nil {
			size += info.Size()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state.Size = size
}

// inTx runs a transaction.
func (f *File) inTx(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback() // the first error counts
		return err
	}
	return tx.Commit()
}

// SQLite's result codes, without what they say in detail.
const (
	codeError      = 1
	codeBusy       = 5
	codeCorrupt    = 11
	codeConstraint = 19
	codeMismatch   = 20
	codeNotADB     = 26
)

// code returns SQLite's result code of an error; 0 for nil, and -1 for an error that is not SQLite's.
func code(err error) int {
	if err == nil {
		return 0
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return -1
}
