package exporter

import (
	"context"
	"errors"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
)

// Record is the catalog's file of a directory, read beside the process that writes it.
type Record struct {
	reader  *catalog.Reader
	catalog *catalog.Catalog
}

// OpenRecord opens the file of a directory and loads what an exporter that starts at now would know. The file is not changed.
// An error names the directory.
func OpenRecord(ctx context.Context, dir string, lookback time.Duration, now time.Time) (*Record, error) {
	reader, err := catalog.OpenReader(ctx, dir)
	if err != nil {
		return nil, err
	}
	known, err := reader.Load(ctx, lookback, now)
	if err != nil {
		return nil, errors.Join(err, reader.Close())
	}
	return &Record{reader, known}, nil
}

// keeper is a catalog in memory or in a file.
type keeper interface {
	Kept(ctx context.Context, t backup.Target, since time.Time) (backup.Kept, error)
	Gone(ctx context.Context, since time.Time) ([]backup.InstanceState, error)
}

// History is what is kept of earlier answers. It is safe for concurrent use.
type History struct {
	keeper
	exporter *Exporter
}

// History returns what is kept of earlier answers: in the file of the catalog, or else in memory.
func (e *Exporter) History() *History {
	switch {
	case e.record != nil:
		return &History{e.record.reader, e}
	case e.storage != nil:
		return &History{e.storage.file, e}
	}
	return &History{e.catalog, e}
}

// Gone returns the instances of the watched regions that were there at since or later and are not any more, with the objectives
// that they would have.
func (h *History) Gone(ctx context.Context, since time.Time) ([]backup.InstanceState, error) {
	all, err := h.keeper.Gone(ctx, since)
	if err != nil {
		return nil, err
	}
	var watched []backup.InstanceState
	for _, in := range all {
		for _, r := range h.exporter.Regions() {
			if r.OfRegions || r.Cloud != in.Instance.Cloud || r.Account != in.Instance.Account || r.Region != in.Instance.Region {
				continue
			}
			in.Objectives = r.Objectives
			for i := range slices.Values(r.Instances) {
				if i.ID == in.Instance.InstanceID {
					in.Objectives = i.Objectives
				}
			}
			watched = append(watched, in)
		}
	}
	return watched, nil
}
