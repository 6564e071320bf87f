package exporter

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
)

// stored is a storage in a directory, by a clock, and its log.
func stored(t *testing.T, dir string, now func() time.Time) (*Storage, *bytes.Buffer) {
	t.Helper()
	var text bytes.Buffer
	s, err := OpenStorage(t.Context(), StorageOptions{
		Path: dir, Lookback: 8 * 24 * time.Hour, Now: now, Logger: log.NewLogfmtLogger(log.NewSyncWriter(&text)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, &text
}

// again returns a new exporter for the same clouds, with the catalog in a directory.
func (w *wide) again(t *testing.T, dir string) *Exporter {
	t.Helper()
	storage, _ := stored(t, dir, w.clock.Now)
	e, err := New(w.config(t, allRegions), Options{Now: w.clock.Now, Logger: log.NewNopLogger(), Storage: storage})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// known returns the time of each target's list of backups.
func known(s *backup.Snapshot) map[string]time.Time {
	times := map[string]time.Time{}
	for _, in := range s.Instances {
		for _, n := range in.Nodes {
			times[in.Instance.Node(n.NodeID).String()] = n.Backups.At
		}
	}
	return times
}

// TestStartWithoutTheCloud: regions that were found, their instances and all readings are those of before.
func TestStartWithoutTheCloud(t *testing.T) {
	w := newWide(t, allRegions)
	dir := t.TempDir()
	first := w.again(t, dir)
	first.Poller().Refresh(t.Context())
	before := first.Poller().Snapshot()
	if len(before.Instances) != 4 {
		t.Fatalf("%d instances", len(before.Instances))
	}
	first.Close()
	first.Close() // a second time does nothing
	w.clock.Advance(time.Minute)
	w.fault("", "", "InternalError", 500)

	second := w.again(t, dir)
	wantRegions(t, "a start", second.Poller().Snapshot(), names(before)...)
	if diff := cmp.Diff(known(before), known(second.Poller().Snapshot())); diff != "" {
		t.Errorf("readings (-before +after):\n%s", diff)
	}
	if all := second.Poller().Snapshot().Regions[0]; !all.OfRegions || !all.Unmonitored.At.IsZero() || len(second.catalog.Regions()) != 3 {
		t.Errorf("the list of regions counts as a region: %+v, %v", all, second.catalog.Regions())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	second.Poller().Refresh(ctx)
	if err := second.Reload(func() (*config.Config, error) { return w.config(t, allRegions), nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(known(before), known(second.Poller().Snapshot())); diff != "" {
		t.Errorf("readings after a reload (-before +after):\n%s", diff)
	}
	gatherer, err := second.Gatherer()
	if err != nil {
		t.Fatal(err)
	}
	if series := gathered(t, gatherer); series["listed_instances cn-hangzhou"] == 0 {
		t.Error("the number of listed instances is not known")
	}
}

// TestLookbackOfAReload: what left a list is held as long as the running configuration says.
func TestLookbackOfAReload(t *testing.T) {
	w := newWide(t, allRegions)
	now := w.clock.Now()
	target := backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", InstanceID: "i"}
	gone := backup.List{Backups: []backup.Backup{{ID: "b"}}}
	for _, age := range []int{4, 3} {
		w.catalog.LearnBackups(target, catalog.Backups{Times: catalog.Times{At: now.AddDate(0, 0, -age)}, List: gone})
		gone = backup.List{}
	}
	if err := w.Reload(func() (*config.Config, error) {
		cfg := w.config(t, allRegions)
		cfg.Poll.Lookback = config.Duration(48 * time.Hour)
		return cfg, nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(w.catalog.Left(target)) != 1 {
		t.Fatal("nothing left the list")
	}
	w.catalog.Trim(now)
	if left := w.catalog.Left(target); len(left) != 0 {
		t.Errorf("%d backups that left before the lookback are held", len(left))
	}
}

// TestRegionsThatTheAccountLost: a region that was not listed for a week while others were is not known at a start.
func TestRegionsThatTheAccountLost(t *testing.T) {
	c := catalog.New(time.Hour)
	now := time.Now()
	learn := func(account, region string, age time.Duration) {
		c.LearnListing(backup.Target{Cloud: backup.Alibaba, Account: account, Region: region}, catalog.Times{At: now.Add(-age)}, backup.Listing{})
	}
	learn("prod", "new", 0)
	learn("prod", "fails", regionHeld)
	learn("prod", "lost", regionHeld+time.Second)
	learn("other", "else", 0)
	a := &account{catalog: c, cloud: cloud{name: backup.Alibaba}}
	a.conf.Name = "prod"
	if diff := cmp.Diff([]string{"fails", "new"}, a.newRegionList().ids()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestStorageWritesWhileItRuns: what was learned is in the file five seconds later.
func TestStorageWritesWhileItRuns(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, _ := stored(t, dir, time.Now)
		target := backup.Target{Cloud: backup.Alibaba, Account: "a", Region: "r", InstanceID: "i"}
		s.file.Catalog().LearnPolicy(target, catalog.Times{At: time.Now()}, backup.Policy{Schedules: []backup.Schedule{{Retention: time.Hour}}})
		time.Sleep(flushEvery)
		synctest.Wait()
		if state := s.state(); !state.LastWrite.Equal(time.Now()) || state.SizeBytes == 0 || state.WriteFailures != 0 {
			t.Errorf("state %+v", state)
		}
		reader, err := catalog.OpenReader(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = reader.Close() }()
		if all, err := reader.Policies(t.Context(), target); err != nil || len(all) != 1 {
			t.Errorf("%d policies, %v", len(all), err)
		}
	})
}

func TestStorageThatCannotBeOpened(t *testing.T) {
	used := t.TempDir()
	stored(t, used, time.Now)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		used:          "another process writes to it; end that one first, or use another directory",
		file + "/dir": "cannot be made: mkdir " + file + ": not a directory; make the directory yourself, where this program may write to it, or name another one",
		"/proc/self":  "; let the user that runs this program write to it, see that the disk has room, or name another one",
	} {
		_, err := OpenStorage(t.Context(), StorageOptions{Path: path, Lookback: time.Hour, Now: time.Now, Logger: log.NewNopLogger()})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
}

func TestStorageLog(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "catalog.db"), []byte(strings.Repeat("no catalog ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	s, text := stored(t, dir, time.Now)
	s.report(errors.New("disk full"))
	s.report(nil)
	s.Close()
	for _, want := range []string{
		"level=warn msg=\"the catalog ", ".aside-", `msg="Catalog loaded" path=` + dir,
		`level=error msg="Writing the catalog failed; the exporter goes on from memory`, `err="disk full"`, `level=info msg="Writing the catalog works again"`,
	} {
		if strings.Count(text.String(), want) != 1 {
			t.Errorf("the log has %q not once:\n%s", want, text)
		}
	}
}
