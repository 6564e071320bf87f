package huawei

import (
	"fmt"

	"mongodb_backup_exporter/internal/wire"
)

const (
	pageSize = 100  // the largest that the API takes
	maxPages = 1000 // more than any real list has
	// largestPage is how many records a page may have. A cloud that knows another page size may send more than asked for.
	largestPage = 10 * pageSize
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
// without any of the promised records is an error, not an empty list. So is a page without a new id before the end:
// records without one are no progress.
func readPages[T any](op string, r *wire.Reader, read func(offset int32) (page[T], error), id func(*T) string) ([]T, error) {
	var all, previous []T
	var extent wire.Total
	seen := map[string]bool{}
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
		if len(p.records) > largestPage || len(all) > maxPages*pageSize {
			return nil, tooMany(op, len(p.records), len(all))
		}
		added := noteIDs(p.records, seen, id)
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
		if !added && total < 0 {
			return all, nil
		}
		if !added {
			return nil, wire.ProtocolError(op, fmt.Sprintf("the page before offset %d has no new id; %d records of %d", len(all), len(all), total))
		}
	}
	return nil, wire.ProtocolError(op, fmt.Sprintf("the list has no end after %d pages", maxPages))
}

// tooMany returns the error of a page or a list that is larger than any that was asked for.
func tooMany(op string, page, all int) error {
	if page > largestPage {
		return wire.ProtocolError(op, fmt.Sprintf("a page has %d records; %d were asked for", page, pageSize))
	}
	return wire.ProtocolError(op, fmt.Sprintf("the list has %d records, which is more than %d pages hold", all, maxPages))
}

// noteIDs adds the ids of records to seen, and reports whether one of them is new.
func noteIDs[T any](records []T, seen map[string]bool, id func(*T) string) (added bool) {
	for i := range records {
		if key := id(&records[i]); key != "" && !seen[key] {
			seen[key], added = true, true
		}
	}
	return added
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
