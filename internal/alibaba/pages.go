package alibaba

import (
	"fmt"
	"slices"

	"mongodb_backup_exporter/internal/wire"
)

const (
	pageSize = 100 // the largest that the API takes
	maxPages = 200 // more than any honest list has
)

// page is one page of a list. total and size are what the cloud says of it, in vain or not.
type page[T any] struct {
	records     []T
	total, size wire.Scalar
}

// readPages reads a list to its end. The end is a page that is short or brings nothing new; the total count may be
// missing or wrong, and so can only lead to another page being asked for; but a first page without any of the records
// that it promises is no list of nothing. Records whose id was there before are dropped: the list may move between two
// pages.
func readPages[T any](op string, read func(number int) (page[T], error), id func(*T) string) ([]T, error) {
	var all []T
	seen := map[string]bool{}
	for number := 1; number <= maxPages; number++ {
		p, err := read(number)
		if err != nil {
			return nil, err
		}
		news := 0
		all = slices.Grow(all, len(p.records))
		for i := range p.records {
			rec := &p.records[i]
			if key := id(rec); key != "" {
				if seen[key] {
					continue
				}
				seen[key] = true
			}
			all = append(all, *rec)
			news++
		}
		expected := number64(p.total)
		switch complete := expected <= int64(len(all)); {
		case len(all) == 0 && !complete:
			return nil, protocolError(op, fmt.Sprintf("none of %d records is there", expected), "")
		case len(p.records) == 0, news == 0 && complete, len(p.records) < p.length() && complete:
			return all, nil
		case news == 0:
			return nil, protocolError(op, fmt.Sprintf("page %d repeats earlier ones; %d records of %d", number, len(all), expected), "")
		}
	}
	return nil, protocolError(op, fmt.Sprintf("the list has no end after %d pages", maxPages), "")
}

// length is how many records a full page has: a cloud that does not take the size asked for says so.
func (p page[T]) length() int {
	if n := number64(p.size); n > 0 && n < pageSize {
		return int(n)
	}
	return pageSize
}

// number64 returns 0 for what is no whole number.
func number64(s wire.Scalar) int64 {
	var r wire.Reader
	if n := r.Integer("", s); n != nil {
		return *n
	}
	return 0
}
