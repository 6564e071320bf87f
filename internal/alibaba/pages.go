package alibaba

import (
	"fmt"
	"slices"

	"mongodb_backup_exporter/internal/wire"
)

const (
	pageSize = 100 // the largest that the API takes
	maxPages = 200 // more than any real list has
	// largestPage is how many records a page may have. A cloud that knows another page size may send more than asked for.
	largestPage = 10 * pageSize
)

// page is one page of a list. total and size are the cloud's claims; either may be missing or wrong.
type page[T any] struct {
	records     []T
	total, size wire.Scalar
	extent      wire.Extent
}

// readPages reads a list to its end. Records whose id was there before are dropped, because the list may move between
// two pages.
//
// The list ends with a page that is short or has no new id: records without one are no progress. The total can only cause another page to be read, because
// it may be missing or wrong. But a first page without any of the promised records is an error, not an empty list.
func readPages[T any](op string, read func(number int) (page[T], error), id func(*T) string) ([]T, error) {
	var all []T
	seen := map[string]bool{}
	var extent wire.Total
	for number := 1; number <= maxPages; number++ {
		p, err := read(number)
		if err == nil {
			err = extent.Add(op, p.extent)
		}
		if err != nil {
			return nil, err
		}
		before := len(seen)
		all = appendUnseen(all, p.records, seen, id)
		if len(p.records) > largestPage || len(all) > maxPages*pageSize {
			return nil, tooMany(op, len(p.records), len(all))
		}
		added := len(seen) - before
		total := wholeNumber(p.total)
		switch complete := total <= int64(len(all)); {
		case len(all) == 0 && !complete:
			return nil, wire.ProtocolError(op, fmt.Sprintf("none of %d records is there", total))
		case len(p.records) == 0, added == 0 && complete, len(p.records) < p.fullSize() && complete:
			return all, nil
		case added == 0:
			return nil, wire.ProtocolError(op, fmt.Sprintf("page %d has no new id; %d records of %d", number, len(all), total))
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

// appendUnseen appends the records whose id is not in seen, and adds their ids to it. A record without an id counts as
// unseen.
func appendUnseen[T any](all, records []T, seen map[string]bool, id func(*T) string) []T {
	all = slices.Grow(all, len(records))
	for i := range records {
		key := id(&records[i])
		if key != "" && seen[key] {
			continue
		}
		if key != "" {
			seen[key] = true
		}
		all = append(all, records[i])
	}
	return all
}

// fullSize returns how many records a full page has. A cloud that uses a smaller size than asked for names it.
func (p page[T]) fullSize() int {
	if n := wholeNumber(p.size); n > 0 && n < pageSize {
		return int(n)
	}
	return pageSize
}

// wholeNumber returns 0 for anything but a whole number.
func wholeNumber(s wire.Scalar) int64 {
	var r wire.Reader
	if n := r.Integer("", s); n != nil {
		return *n
	}
	return 0
}
