package exporter

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/collector"
	"mongodb_backup_exporter/internal/catalog"
)

// What was learned is on the disk flushEvery later at the latest. A disk that hangs holds up the end of the process for
// lastFlush at most.
const (
	flushEvery = 5 * time.Second
	lastFlush  = 10 * time.Second
)

// StorageOptions say where the catalog is kept in a file.
type StorageOptions struct {
	Path      string        // the directory; it is made if it does not exist
	Retention time.Duration // how long the file keeps what is not listed any more; 0: catalog.DefaultRetention
	Lookback  time.Duration // of the configuration at the start
	Now       func() time.Time
	Logger    log.Logger
}

// Storage writes what a catalog learns to a file, until it is closed.
type Storage struct {
	opts StorageOptions
	file *catalog.File

	ticking sync.WaitGroup
	end     context.CancelFunc // ends the ticking
	giveUp  context.CancelFunc // ends the writing
	writing context.Context    // of every flush, also of the last one
	closing sync.Once
	aside   string // the message about the file that was set aside last; guarded by the order of flushes
}

// OpenStorage opens the file of a directory and loads what it knows. An error names the directory, and says why it cannot be
// written to: another exporter may do so.
func OpenStorage(ctx context.Context, opts StorageOptions) (*Storage, error) {
	s := &Storage{opts: opts}
	began := opts.Now()
	file, err := catalog.Open(ctx, catalog.Options{
		Dir: opts.Path, Lookback: opts.Lookback, Retention: opts.Retention, Report: s.report,
	}, began)
	if err != nil {
		return nil, err
	}
	s.file = file
	s.tellAside()
	level.Info(opts.Logger).Log(
		"msg", "Catalog loaded", "path", opts.Path, "size_bytes", file.State().Size,
		"regions", len(file.Catalog().Regions()), "took", opts.Now().Sub(began).Round(time.Millisecond),
	)
	s.writing, s.giveUp = context.WithCancel(context.WithoutCancel(ctx))
	ticking, end := context.WithCancel(s.writing)
	s.end = end
	s.ticking.Go(func() { s.tick(ticking) })
	return s, nil
}

// tick flushes now and then until ctx ends. A flush under way goes on.
func (s *Storage) tick(ctx context.Context) {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = s.file.Flush(s.writing, s.opts.Now()) // which reports when that begins to fail
			s.tellAside()
		}
	}
}

// report logs when writing begins to fail, and when it works again.
func (s *Storage) report(err error) {
	if err != nil {
		level.Error(s.opts.Logger).Log("msg", "Writing the catalog failed; the exporter goes on from memory, and tries again every few seconds; "+
			"not logged again until it works", "path", s.opts.Path, "err", err)
		return
	}
	level.Info(s.opts.Logger).Log("msg", "Writing the catalog works again", "path", s.opts.Path)
}

// tellAside logs that a file was set aside.
func (s *Storage) tellAside() {
	if aside := s.file.State().SetAside; aside != s.aside {
		s.aside = aside
		level.Warn(s.opts.Logger).Log("msg", aside)
	}
}

// state returns how writing goes, as the metrics show it.
func (s *Storage) state() collector.CatalogState {
	state := s.file.State()
	return collector.CatalogState{SizeBytes: state.Size, LastWrite: state.LastWrite, WriteFailures: state.Failures}
}

// Close writes what is left, and gives the file free.
func (s *Storage) Close() {
	s.closing.Do(func() {
		defer s.giveUp()
		defer time.AfterFunc(lastFlush, s.giveUp).Stop()
		s.end()
		s.ticking.Wait()
		_ = s.file.Close(s.writing, s.opts.Now()) // which reports when that begins to fail
	})
}

// catalogOf returns what the poller learns into, and starts from.
func catalogOf(opts Options, lookback time.Duration) *catalog.Catalog {
	switch {
	case opts.Catalog != nil:
		return opts.Catalog
	case opts.Storage != nil:
		return opts.Storage.file.Catalog()
	case opts.Record != nil:
		return opts.Record.catalog
	}
	return catalog.New(lookback)
}

// ReadCatalog returns what the catalog in a directory knows at now. Another process may write it meanwhile: the file is only
// read. An error names the directory.
func ReadCatalog(ctx context.Context, dir string, lookback time.Duration, now time.Time) (*catalog.Catalog, error) {
	reader, err := catalog.OpenReader(ctx, dir)
	if err != nil {
		return nil, err
	}
	known, err := reader.Load(ctx, lookback, now)
	if err = errors.Join(err, reader.Close()); err != nil {
		return nil, err
	}
	return known, nil
}
