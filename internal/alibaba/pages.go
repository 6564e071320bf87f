package alibaba

import (
	"context"
	"fmt"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

const (
	pageSize = 100  // the largest that the API takes
	maxPages = 1000 // more than any real list has
	// largestPage is how many records a page may have. A cloud that knows another page size may send more than asked for.
	largestPage = 10 * pageSize
)

// page is one page of a list. total and size are the cloud's claims; either may be missing or wrong.
type page[T any] struct {
	records     []T
	total, size wire.Scalar
	extent      wire.Extent
}

// pages are those of one list, by their numbers, which begin with 1.
type pages[T any] = cloudcall.Pages[page[T]]

// newPages returns the pages of a list that is read from its beginning each time.
func newPages[T any]() *pages[T] { return cloudcall.NewPages[page[T]](time.Time{}, time.Time{}) }

// pageReader reads a list page by page. Records whose id was there before are dropped, because the list may move between two
// pages. Where a page has a lower total than the one before, something was deleted, and records may have moved from this page
// into the one before: both are read again. So are they where a page has nothing new and more is promised: it may have been read
// ahead, before the ones in front of it.
type pageReader[T any] struct {
	op    string
	pages *pages[T]
	read  func(ctx context.Context, number int) (page[T], error)
	id    func(*T) string

	all    []T
	seen   map[string]bool
	total  int64 // as the newest page has it; 0: it has none
	most   int64 // the highest total of any page
	sizes  []int // how many records each page has, or had when it had the most
	extent wire.Total
}

// readAll reads the list to its end: a page that is short or has no new id, as records without one are no progress. The total
// can only cause another page to be read, because it may be missing or wrong. But a first page without any of the promised
// records is an error, not an empty list. So is an empty page behind a full one, or behind a short one and others, while more is
// promised: those pages are not what the list has.
func (p *pageReader[T]) readAll(ctx context.Context) ([]T, error) {
	p.seen = map[string]bool{}
	for number := 1; number <= maxPages; number++ {
		former := p.total
		part, added, err := p.page(ctx, number)
		if err == nil && number > 1 && p.moved(former, added) {
			part, added, err = p.again(ctx, number, added)
		}
		if err != nil {
			return nil, err
		}
		switch ended, err := p.ended(number, added, part); {
		case err != nil:
			return nil, err
		case ended && p.another():
			return nil, wire.ProtocolError(p.op, fmt.Sprintf("%d records of %d: the list is another one than when it was begun", len(p.all), p.total))
		case ended:
			return p.all, nil
		}
		if number == 1 {
			p.readAhead(ctx, part)
		}
	}
	return nil, wire.ProtocolError(p.op, fmt.Sprintf("the list has no end after %d pages", maxPages))
}

// page takes over the page with a number, and returns how many of its records are new.
func (p *pageReader[T]) page(ctx context.Context, number int) (part page[T], added int, err error) {
	part, err = p.pages.Get(ctx, number, p.read)
	if err == nil {
		err = p.extent.Add(p.op, part.extent)
	}
	if err != nil {
		return part, 0, err
	}
	p.total = wholeNumber(part.total)
	p.most = max(p.most, p.total)
	if number > len(p.sizes) {
		p.sizes = append(p.sizes, 0)
	}
	p.sizes[number-1] = max(p.sizes[number-1], len(part.records))
	before := len(p.seen)
	p.all = appendUnseen(p.all, part.records, p.seen, p.id)
	if len(part.records) > largestPage || len(p.all) > maxPages*pageSize {
		return part, 0, tooMany(p.op, len(part.records), len(p.all))
	}
	return part, len(p.seen) - before, nil
}

// incomplete reports whether records are promised that were not read.
func (p *pageReader[T]) incomplete() bool { return int64(len(p.all)) < p.total }

// moved reports whether the list may have moved before the newest page was read, which had so many new records, or a page may have
// been short for once, so that some are to be read again. Those without an id cannot be: nobody could tell which are new.
func (p *pageReader[T]) moved(former int64, added int) bool {
	if len(p.seen) < len(p.all) {
		return false
	}
	return p.total > 0 && p.total < former || added == 0 && p.incomplete()
}

// another reports whether the total fell so far below what was read that most of it is not of the list any more. A few records
// may have been deleted meanwhile.
func (p *pageReader[T]) another() bool {
	return p.total > 0 && p.total < p.most && int64(len(p.all)) > p.total+pageSize
}

// again reads the page before the one with a number once more, and then that one, which it returns. It also returns how many
// records are new in all.
func (p *pageReader[T]) again(ctx context.Context, number, added int) (part page[T], sum int, err error) {
	for _, n := range []int{number - 1, number} {
		p.pages.Forget(n)
		var more int
		if part, more, err = p.page(ctx, n); err != nil {
			return part, 0, err
		}
		added += more
	}
	return part, added, nil
}

// readAhead asks for the pages that the total of the first one promises.
func (p *pageReader[T]) readAhead(ctx context.Context, first page[T]) {
	var numbers []int
	size := first.fullSize()
	for number := 2; int64((number-1)*size) < p.total && number <= maxPages && len(first.records) == size; number++ {
		numbers = append(numbers, number)
	}
	p.pages.ReadAhead(ctx, numbers, p.read)
}

// ended reports whether the list ends with a page of which so many records were new.
func (p *pageReader[T]) ended(number, added int, part page[T]) (bool, error) {
	switch complete := !p.incomplete(); {
	case len(p.all) == 0 && !complete:
		return false, wire.ProtocolError(p.op, fmt.Sprintf("none of %d records is there", p.total))
	case len(part.records) == 0 && p.lacks(part):
		return false, wire.ProtocolError(p.op, fmt.Sprintf("page %d is empty; %d records of %d", number, len(p.all), p.promised()))
	case len(part.records) == 0, added == 0 && complete, len(part.records) < part.fullSize() && complete:
		return true, nil
	case added == 0:
		return false, wire.ProtocolError(p.op, fmt.Sprintf("page %d has no new id; %d records of %d", number, len(p.all), p.total))
	}
	return false, nil
}

// promised returns how many records the list has, as the newest total says; 0: nothing does.
func (p *pageReader[T]) promised() int64 {
	if p.total == 0 {
		return p.most
	}
	return p.total
}

// lacks reports whether an empty page shows that records are missing: more are promised, and the pages before it are not those of
// a list whose total is only wrong, of which the last one alone is short.
func (p *pageReader[T]) lacks(empty page[T]) bool {
	if p.promised() <= int64(len(p.all)) {
		return false
	}
	before := p.sizes[:len(p.sizes)-1]
	short := slices.IndexFunc(before, func(size int) bool { return size < empty.fullSize() })
	return short < len(before)-1
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
