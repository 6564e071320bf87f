package huawei

import (
	"fmt"

	"mongodb_backup_exporter/internal/wire"
)

const (
	pageSize = 100  // the largest that the API takes
	maxPages = 1000 // more than any real list has
)

// page is one page of a list.
type page[T any] struct {
	records []T
	total   wire.Scalar // the cloud's claim; it may be missing or wrong
	extent  wire.Extent
}

// readPages reads a list to its end. Records may be in it twice, because pages begin at an offset and the list may grow
// between two of them.
//
// The list ends when it has as many records as the total, with an empty page, or with a short page after more records
// than the total: the total may be wrong. Without a total it ends with the first page that is short. But a first page
// without any of the promised records is an error, not an empty list.
func readPages[T any](op string, r *wire.Reader, read func(offset int32) (page[T], error), id func(*T) string) ([]T, error) {
	var all, previous []T
	var extent wire.Total
	for range maxPages {
		p, err := read(int32(len(all))) // extent bounds it
		if err == nil {
			err = extent.Add(op, p.extent)
		}
		if err != nil {
			return nil, err
		}
		if len(p.records) > 0 && len(previous) > 0 && firstID(p.records, id) == firstID(previous, id) {
			return nil, wire.ProtocolError(op, fmt.Sprintf("the page at offset %d repeats the one before", len(all)))
		}
		all, previous = append(all, p.records...), p.records
		total := int64(-1)
		if n := r.Integer("total_count", p.total); n != nil {
			total = *n
		}
		if len(all) == 0 && total > 0 {
			return nil, wire.ProtocolError(op, fmt.Sprintf("none of %d records is there", total))
		}
		count, short := int64(len(all)), len(p.records) < pageSize
		if len(p.records) == 0 || count == total || (short && count > total) {
			return all, nil
		}
	}
	return nil, wire.ProtocolError(op, fmt.Sprintf("the list has no end after %d pages", maxPages))
}

// firstID returns the id of the first record that has one; "" for none.
func firstID[T any](records []T, id func(*T) string) string {
	for i := range records {
		if key := id(&records[i]); key != "" {
			return key
		}
	}
	return ""
}
