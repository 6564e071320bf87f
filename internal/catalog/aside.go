package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Why a file cannot be used.
var (
	errDamaged = errors.New("it is damaged")
	errForeign = errors.New("it is no catalog of this program")
	errNewer   = errors.New("it is of a newer version of this program")
)

// unusable returns why the file itself cannot be used, in words for a person; "": it can, or the error is another one.
func unusable(err error) string {
	for _, known := range []error{errDamaged, errForeign, errNewer} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	switch code(err) {
	case codeError, codeCorrupt, codeConstraint, codeMismatch: // a table, a column or a row is not what was written
		return errDamaged.Error()
	case codeNotADB:
		return errForeign.Error()
	}
	return ""
}

// checkFormat reports whether the file is new and empty. It returns an error for one that is not a catalog, or a newer one.
func (h history) checkFormat(ctx context.Context) (isNew bool, err error) {
	var app, version, tables int64
	err = h.from.QueryRowContext(ctx, `SELECT a.application_id, u.user_version, (SELECT count(*) FROM sqlite_master)
		FROM pragma_application_id a, pragma_user_version u`).Scan(&app, &version, &tables)
	switch {
	case err != nil:
		return false, err
	case app == 0 && version == 0 && tables == 0:
		return true, nil
	case app != applicationID:
		return false, errForeign
	case version > format:
		return false, errNewer
	case version < 1 || tables == 0:
		return false, errDamaged
	}
	return false, nil
}

// look looks at a file without changing it in any way, which opening it for writing does. It returns an error for one that
// is no catalog, or a newer one, and reports whether it is new and empty.
func look(ctx context.Context, path string) (isNew bool, err error) {
	db := connectToRead(path)
	defer db.Close() //nolint:errcheck // nothing was written
	return history{db}.checkFormat(ctx)
}

// connectToRead returns the database in a file, for reading.
func connectToRead(path string) *sql.DB {
	query := "mode=ro&_pragma=busy_timeout(5000)"
	if !exists(path + "-wal") {
		query += "&immutable=1" // nobody has it open; otherwise SQLite would make files beside it
	}
	return connect(path, query)
}

// suffixes returns what SQLite's files of a database end with.
func suffixes() []string { return []string{"", "-wal", "-shm"} }

// asideAgain is how long after a file was set aside another one may be, so that a disk that damages everything is not filled
// with them.
const asideAgain = 24 * time.Hour

// setAside renames the file, and what belongs to it. It never overwrites one.
func (f *File) setAside(reason string, now time.Time) error {
	if f.db != nil {
		_ = f.db.Close() // it cannot be used anyway
	}
	to := f.path + ".aside-" + now.UTC().Format("20060102T150405Z")
	for i := 2; exists(to); i++ {
		to = f.path + ".aside-" + now.UTC().Format("20060102T150405Z") + "-" + strconv.Itoa(i)
	}
	for _, suffix := range suffixes() {
		if err := os.Rename(f.path+suffix, to+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s cannot be set aside although %s: %w; move it away yourself, or name another directory", f.path, reason, err)
		}
	}
	f.setAsideAt = now
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state.SetAside = fmt.Sprintf("the catalog %s cannot be used: %s; it was renamed to %s, and a new one is begun", f.path, reason, to)
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// touch makes a file that its group may read, unless it exists, and finds out whether it can be written to.
func touch(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file; move it away", path)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return err
	}
	return file.Close()
}

// connect returns the database in a file. It is opened when it is first used.
func connect(path, query string) *sql.DB {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	location := url.URL{Scheme: "file", Path: path, RawQuery: query}
	db, err := sql.Open("sqlite", location.String())
	if err != nil {
		panic("catalog: " + err.Error()) // the driver is not registered
	}
	return db
}
