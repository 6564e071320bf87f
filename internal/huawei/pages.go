package huawei

import (
	"fmt"

	"mongodb_backup_exporter/internal/wire"
)

const (
	pageSize = 100  // the largest that the API takes
	maxPages = 1000 // more than any honest list has
)

// page is one page of a list. total is what the cloud says of it, in vain or not.
type page[T any] struct {
	records []T
	total   wire.Scalar
}

// readPages reads a list to its end. The total count may be wrong: it ends the list when it agrees with what was read;
// otherwise the list ends with an empty page, or with a short one after more records than it promised. But a first page
// without any of the records that it promises is no list of nothing. Records may be there twice: pages are counted by
// offset, and the list may grow between two of them.
func readPages[T any](op string, r *wire.Reader, read func(offset int32) (page[T], error), id func(*T) string) ([]T, error) {
	var all, before []T
	for range maxPages {
		p, err := read(int32(len(all))) // at most pageSize*maxPages
		if err != nil {
			return nil, err
		}
		if len(p.records) > 0 && len(before) > 0 && firstID(p.records, id) == firstID(before, id) {
			return nil, protocolError(op, fmt.Sprintf("the page at offset %d repeats the one before", len(all)))
		}
		all, before = append(all, p.records...), p.records
		expected := int64(-1)
		if n := r.Integer("total_count", p.total); n != nil {
			expected = *n
		}
		if len(all) == 0 && expected > 0 {
			return nil, protocolError(op, fmt.Sprintf("none of %d records is there", expected))
		}
		read, short := int64(len(all)), len(p.records) < pageSize
		if len(p.records) == 0 || read == expected || (short && read > expected) {
			return all, nil
		}
	}
	return nil, protocolError(op, fmt.Sprintf("the list has no end after %d pages", maxPages))
}

// firstID returns the id of the first record that has one.
func firstID[T any](records []T, id func(*T) string) string {
	for i := range records {
		if key := id(&records[i]); key != "" {
			return key
		}
	}
	return ""
}
