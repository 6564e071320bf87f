package catalog

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// written writes a catalog with many sets into a directory, and returns what it knows.
func written(t *testing.T, dir string) (string, []backup.Target) {
	t.Helper()
	f := open(t, dir)
	targets := tell(f.Catalog())
	for i := range 50 {
		f.Catalog().LearnBackups(one.Node(fmt.Sprint(i)), list(start, dailies(i, 30, start)...))
		targets = append(targets, one.Node(fmt.Sprint(i)))
	}
	if err := f.Close(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	return view(f.Catalog(), targets...), targets
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	change := func(edit func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			data, err := os.ReadFile(path)
			must(t, err)
			must(t, os.WriteFile(path, edit(data), 0o640))
		}
	}
	execute := func(statement string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			db := connect(path, "")
			defer func() { _ = db.Close() }()
			_, err := db.ExecContext(t.Context(), statement)
			must(t, err)
		}
	}
	for name, row := range map[string]struct {
		spoil  func(*testing.T, string)
		reason string
	}{
		"cut in half":     {change(func(b []byte) []byte { return b[:len(b)/2] }), "damaged"},
		"cut by a page":   {change(func(b []byte) []byte { return b[:len(b)-4096] }), "damaged"},
		"cut to 100":      {change(func(b []byte) []byte { return b[:100] }), ""},
		"text":            {change(func([]byte) []byte { return []byte(strings.Repeat("a text that is no catalog\n", 200)) }), "no catalog"},
		"short text":      {change(func([]byte) []byte { return []byte("hello") }), "no catalog"},
		"zeros inside":    {change(func(b []byte) []byte { clear(b[4096 : len(b)-4096]); return b }), "damaged"},
		"garbage inside":  {change(func(b []byte) []byte { return append(b[:4096:4096], bytes.Repeat([]byte{0xa5}, len(b)-4096)...) }), "damaged"},
		"newer":           {execute("PRAGMA user_version = 2"), "newer version"},
		"another program": {execute("PRAGMA application_id = 7"), "no catalog"},
		"another database": {func(t *testing.T, path string) {
			must(t, os.Remove(path))
			execute("CREATE TABLE mine (a)")(t, path)
		}, "no catalog"},
		"a table is gone":    {execute("DROP TABLE backup_set"), ""},
		"a value is no JSON": {execute("UPDATE reading SET value = '{' WHERE scope = 'backups'"), "damaged"},
		"a target is gone":   {execute("DELETE FROM target WHERE id = 1"), "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			written(t, dir)
			path := filepath.Join(dir, fileName)
			row.spoil(t, path)
			spoiled, err := os.ReadFile(path)
			must(t, err)
			f := open(t, dir)
			message := f.State().SetAside
			if message == "" || !strings.Contains(message, row.reason) {
				t.Errorf("the message is %q, want it to say %q", message, row.reason)
			}
			aside := path + ".aside-20260302T120000Z"
			if kept, err := os.ReadFile(aside); err != nil || !bytes.Equal(kept, spoiled) {
				t.Errorf("the file that was set aside is not as it was: %v", err)
			}
			if !strings.Contains(message, aside) || !strings.Contains(message, path) {
				t.Errorf("the message names not both files: %s", message)
			}
			if len(f.Catalog().Regions()) != 0 {
				t.Error("something is known of a file that cannot be used")
			}
			targets := tell(f.Catalog())
			want := view(f.Catalog(), targets...)
			must(t, f.Close(t.Context(), start))
			f = open(t, dir)
			if diff := cmp.Diff(want, view(f.Catalog(), targets...)); diff != "" || f.State().SetAside != "" {
				t.Errorf("the new file: %s%s", f.State().SetAside, diff)
			}
		})
	}
}

// TestDamageNeverEndsTheProgram spoils random bytes: the file opens, and flushes and reads end.
func TestDamageNeverEndsTheProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	dir := t.TempDir()
	_, targets := written(t, dir)
	path := filepath.Join(dir, fileName)
	good, err := os.ReadFile(path)
	must(t, err)
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 1))
		bad := bytes.Clone(good)
		for range 1 + random.IntN(20) {
			bad[random.IntN(len(bad))] ^= byte(1 + random.IntN(255))
		}
		must(t, os.WriteFile(path, bad, 0o640))
		f := open(t, dir)
		for i, target := range targets {
			f.Catalog().LearnBackups(target, list(start.Add(time.Hour), dailies(i, 5, start.Add(time.Hour))...))
			_, _ = f.Sets(t.Context(), target, time.Time{}, start)
		}
		_ = f.Flush(t.Context(), start.Add(time.Hour)) // damage may be found now
		if err := f.Flush(t.Context(), start.Add(3*day)); err != nil {
			t.Errorf("seed %d: after a flush: %v", seed, err)
		}
		f.closeAll()
	}
}

func TestDirectoriesThatCannotBeUsed(t *testing.T) {
	base := t.TempDir()
	file := filepath.Join(base, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	inside := filepath.Join(base, "inside")
	must(t, os.MkdirAll(filepath.Join(inside, fileName), 0o700))
	closed := filepath.Join(base, "closed")
	must(t, os.Mkdir(closed, 0o500))
	dirs := []string{file, filepath.Join(file, "below"), inside, "/proc/no/such"}
	if os.Getuid() != 0 {
		dirs = append(dirs, closed)
	}
	for _, dir := range dirs {
		f, err := Open(t.Context(), Options{Dir: dir, Lookback: lookback}, start)
		if err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: error %v", dir, err)
		}
		if f != nil {
			f.closeAll()
		}
	}
}

// TestDiskThatFillsUp: the catalog goes on from memory, tells it once, and writes everything when it works again.
func TestDiskThatFillsUp(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	dir := t.TempDir()
	var told []error
	f, err := Open(t.Context(), Options{Dir: dir, Lookback: lookback, Report: func(err error) { told = append(told, err) }}, start)
	must(t, err)
	defer f.closeAll()
	flush(t, f, start)
	f.db.SetMaxOpenConns(1) // so that the limit is one of the connection that writes
	limit := func(pages int) {
		_, err := f.db.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		must(t, err)
	}
	limit(1)
	var targets []backup.Target
	at := start
	for i := range 300 {
		targets = append(targets, killTarget(i))
	}
	for range 3 {
		at = at.Add(time.Minute)
		for i := range 300 {
			f.Catalog().LearnBackups(killTarget(i), list(at, dailies(i, 30, at)...))
		}
		if err := f.Flush(t.Context(), at); err == nil || !strings.Contains(err.Error(), f.path) {
			t.Errorf("a full disk: error %v", err)
		}
	}
	if s := f.State(); s.Failures != 3 || s.Err == nil || !s.LastWrite.Equal(start) || len(told) != 1 {
		t.Errorf("state %+v, told %v", s, told)
	}
	limit(1 << 30)
	want := view(f.Catalog(), targets...)
	flush(t, f, at)
	if s := f.State(); s.Failures != 3 || s.Err != nil || !s.LastWrite.Equal(at) || len(told) != 2 || told[1] != nil {
		t.Errorf("state %+v, told %v", s, told)
	}
	f.closeAll()
	f = open(t, dir)
	if diff := cmp.Diff(want, view(f.Catalog(), targets...)); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
}

// TestFileThatIsDamagedLater: it is set aside, and all that is in memory goes to a new one.
func TestFileThatIsDamagedLater(t *testing.T) {
	dir := t.TempDir()
	_, targets := written(t, dir)
	f := open(t, dir)
	want := view(f.Catalog(), targets...)
	flush(t, f, start)
	data, err := os.ReadFile(f.path)
	must(t, err)
	must(t, os.WriteFile(f.path, append(data[:4096:4096], bytes.Repeat([]byte{0xa5}, len(data)-4096)...), 0o640))
	f.db.SetMaxIdleConns(0) // pages that are in memory hide the damage
	f.db.SetMaxIdleConns(2)
	f.Catalog().LearnLastRestore(one, TimesOf(f.Catalog().Known(one).LastRestore), start.Add(-30*day))
	flush(t, f, start)
	if !strings.Contains(f.State().SetAside, "damaged") {
		t.Errorf("state %+v", f.State())
	}
	must(t, f.Close(t.Context(), start))
	f = open(t, dir)
	if diff := cmp.Diff(want, view(f.Catalog(), targets...)); diff != "" {
		t.Errorf("the new file (-want +got):\n%s", diff)
	}
}

// A reader says which file it cannot read, and what to do.
func TestReadersSayWhatToDo(t *testing.T) {
	newer := func(t *testing.T, path string) {
		db := connect(path, "")
		defer func() { _ = db.Close() }()
		_, err := db.ExecContext(t.Context(), "PRAGMA user_version = 99")
		must(t, err)
	}
	spoil := func(data []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) { must(t, os.WriteFile(path, data, 0o640)) }
	}
	setsAside := "an exporter that is started with this --storage.path sets it aside"
	tests := []struct {
		name   string
		spoil  func(*testing.T, string)
		reason string
		next   string
	}{
		{"text", spoil([]byte("hello, I am no catalog")), "it is no catalog of this program", setsAside},
		{"of a newer version", newer, "it is of a newer version of this program", "use the program that wrote it, or a newer one"},
		{"damaged", func(t *testing.T, path string) {
			data, err := os.ReadFile(path)
			must(t, err)
			clear(data[4096:])
			must(t, os.WriteFile(path, data, 0o640))
		}, "it is damaged", setsAside},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			written(t, dir)
			path := filepath.Join(dir, fileName)
			tt.spoil(t, path)
			r, err := OpenReader(t.Context(), dir)
			if err == nil {
				_, err = r.Load(t.Context(), lookback, start)
				must(t, r.Close())
			}
			if err == nil || !strings.HasPrefix(err.Error(), "the catalog "+path+" cannot be read: "+tt.reason) || !strings.Contains(err.Error(), "; "+tt.next) {
				t.Errorf("error %v, want %s and %s", err, tt.reason, tt.next)
			}
		})
	}
}

func TestOneWriterAndReadersBesideIt(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenReader(t.Context(), dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("a reader without a file: error %v", err)
	}
	f := open(t, dir)
	targets := tell(f.Catalog())
	flush(t, f, start)
	if _, err := Open(t.Context(), Options{Dir: dir, Lookback: lookback}, start); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second writer: error %v", err)
	}
	read := func() string {
		t.Helper()
		r, err := OpenReader(t.Context(), dir)
		must(t, err)
		defer func() { _ = r.Close() }()
		c, err := r.Load(t.Context(), lookback, start)
		must(t, err)
		return view(c, targets...)
	}
	if diff := cmp.Diff(view(f.Catalog(), targets...), read()); diff != "" {
		t.Errorf("a reader beside the writer (-want +got):\n%s", diff)
	}
	// A reader in the middle of its work keeps what was not moved into the file there. That is no damage.
	f.Catalog().LearnBackups(one.Node("busy"), list(start, dailies(1, 30, start)...))
	slow, err := OpenReader(t.Context(), dir)
	must(t, err)
	reading, err := slow.db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	must(t, err)
	count(t, reading)
	flush(t, f, start)
	f.closeAll()
	f = open(t, dir)
	if aside := f.State().SetAside; aside != "" {
		t.Error(aside)
	}
	must(t, reading.Rollback())
	must(t, slow.Close())
	// A reader in the middle of its work does not stop the writer, and sees one moment.
	r, err := OpenReader(t.Context(), dir)
	must(t, err)
	defer func() { _ = r.Close() }()
	tx, err := r.db.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	must(t, err)
	before := count(t, tx)
	f.Catalog().LearnBackups(one, list(start.Add(time.Hour), daily(start.Add(time.Hour))))
	flush(t, f, start.Add(time.Hour))
	if after := count(t, tx); after != before {
		t.Errorf("a reader saw %d sets, then %d", before, after)
	}
	must(t, tx.Rollback())
	if _, err := r.db.ExecContext(t.Context(), "DELETE FROM backup_set"); err == nil {
		t.Error("a reader wrote")
	}
	want := view(f.Catalog(), targets...)
	must(t, f.Close(t.Context(), start.Add(time.Hour)))
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Errorf("a reader without a writer (-want +got):\n%s", diff)
	}
	open(t, dir) // the lock is free
}

func count(t *testing.T, tx *sql.Tx) (n int) {
	t.Helper()
	must(t, tx.QueryRowContext(t.Context(), "SELECT count(*) FROM backup_set").Scan(&n))
	return n
}

// A file that somebody deletes or moves away while it is open would still be written to, and be lost with the process. It is a
// failure, and what is missing is written once the file is back.
func TestFileThatIsMovedAway(t *testing.T) {
	dir := t.TempDir()
	path, away := filepath.Join(dir, fileName), filepath.Join(t.TempDir(), "away")
	f := open(t, dir)
	targets := tell(f.Catalog())
	flush(t, f, start)
	must(t, os.Rename(path, away))
	f.Catalog().LearnBackups(one.Node("new"), list(start, dailies(1, 30, start)...))
	if err := f.Flush(t.Context(), start); err == nil || !strings.Contains(err.Error(), path) || f.State().Failures != 1 {
		t.Errorf("a flush to a file that is not there: %v, %d failures", err, f.State().Failures)
	}
	must(t, os.WriteFile(path, nil, 0o640))
	if err := f.Flush(t.Context(), start); err == nil {
		t.Error("another file in its place was not noticed")
	}
	must(t, os.Rename(away, path))
	must(t, f.Close(t.Context(), start))
	targets = append(targets, one.Node("new"))
	again := open(t, dir)
	if diff := cmp.Diff(view(f.Catalog(), targets...), view(again.Catalog(), targets...)); diff != "" {
		t.Errorf("after the file was back (-want +got):\n%s", diff)
	}
}

// What is in the way of the lock is named.
func TestLockThatIsAnotherFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "writer.lock"), []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Dir: dir, Lookback: lookback}, start)
	if err == nil || !strings.Contains(err.Error(), "writer.lock in it is not a file of this program; delete it") {
		t.Errorf("error %v", err)
	}
}
