package huawei

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
	// stride is how far apart pages begin: each begins with the last record of the one before.
	stride = pageSize - 1
	// mostRepairs is how often a list may move back while it is read.
	mostRepairs = 20
)

// page is one page of a list.
type page[T any] struct {
	records []T
	total   wire.Scalar // the cloud's claim; it may be missing or wrong
	extent  wire.Extent
}

// pages are those of one list, by the offset at which each begins.
type pages[T any] = cloudcall.Pages[page[T]]

// newPages returns the pages of a list that is read from its beginning each time.
func newPages[T any]() *pages[T] { return cloudcall.NewPages[page[T]](time.Time{}, time.Time{}) }

// pageReader reads a list page by page.
//
// The list may move between two pages. Each page begins with the last record of the one before. Where that comes later in the
// page, the list grew, and nothing is taken twice. Where it is missing, the list moved back, because something was deleted:
// then the page is read again from further ahead, so that no record is lost. Where records have no ids or no order, the pages
// are put together as they come, and the total has to show that no record is missing.
type pageReader[T any] struct {
	op    string
	r     *wire.Reader
	pages *pages[T]
	read  func(ctx context.Context, offset int32) (page[T], error)
	id    func(*T) string

	all      []T // what was read, in the order of the list
	seen     map[string]bool
	total    int64 // as the newest page has it; -1: it has none
	extent   wire.Total
	repairs  int
	unjoined bool // a page did not show how it continues the one before
}

// readAll reads the list to its end: a page reaches the total (and is not a full first one), or is short and has nothing new or reaches
// beyond the total, which may be wrong. Without a total, a short page is the last. But a first page without any of the
// promised records is an error, not an empty list. So is a full page without a new id: records without one are no progress.
func (p *pageReader[T]) readAll(ctx context.Context) ([]T, error) {
	p.seen = map[string]bool{}
	at := 0
	for range maxPages {
		part, err := p.page(ctx, at)
		if err != nil {
			return nil, err
		}
		if at, part, err = p.join(ctx, at, part); err != nil {
			return nil, err
		}
		if len(part.records) > largestPage || len(p.all) > maxPages*pageSize {
			return nil, tooMany(p.op, len(part.records), len(p.all))
		}
		switch ended, err := p.ended(at, part.records); {
		case err != nil:
			return nil, err
		case ended:
			return p.all, nil
		}
		if at == 0 {
			p.readAhead(ctx)
		}
		at = p.pages.Last(at+len(part.records)/2, at+max(1, len(part.records)-1)) // one that was read ahead, if it is far enough
	}
	return nil, wire.ProtocolError(p.op, fmt.Sprintf("the list has no end after %d pages", maxPages))
}

// page returns the page at an offset.
func (p *pageReader[T]) page(ctx context.Context, at int) (page[T], error) {
	part, err := p.pages.Get(ctx, at, p.readAt)
	if err == nil {
		err = p.extent.Add(p.op, part.extent)
	}
	if err != nil {
		return page[T]{}, err
	}
	p.total = -1
	if n := p.r.Integer("total_count", part.total); n != nil {
		p.total = *n
	}
	return part, nil
}

func (p *pageReader[T]) readAt(ctx context.Context, at int) (page[T], error) {
	return p.read(ctx, int32(at)) // extent bounds it
}

// readAhead asks for the pages that the total of the first one promises.
func (p *pageReader[T]) readAhead(ctx context.Context) {
	var offsets []int
	for at := stride; int64(at) < p.total-1 && len(offsets) < maxPages && len(p.all) == pageSize; at += stride {
		offsets = append(offsets, at)
	}
	p.pages.ReadAhead(ctx, offsets, p.readAt)
}

// join takes over a page. It returns the page with its offset, or the one that was read in its place.
func (p *pageReader[T]) join(ctx context.Context, at int, part page[T]) (int, page[T], error) {
	if at == 0 || p.take(part.records) {
		if at == 0 {
			p.all = slices.Clone(part.records)
		}
		return at, part, nil
	}
	if !p.unjoined && p.repairs < mostRepairs {
		p.repairs++
		ahead := max(0, at-pageSize/2)
		p.pages.Forget(at)
		p.pages.Forget(ahead)
		again, err := p.page(ctx, ahead)
		goesOn := p.unseen(again.records) || !p.unseen(part.records)
		if err != nil || goesOn && p.take(again.records) {
			return ahead, again, err
		}
	}
	p.unjoined = true
	for i := range part.records {
		if key := p.id(&part.records[i]); key == "" || !p.seen[key] {
			p.all = append(p.all, part.records[i])
		}
	}
	return at, part, nil
}

// unseen reports whether one of the records has an id that was not there before.
func (p *pageReader[T]) unseen(records []T) bool {
	return slices.ContainsFunc(records, func(rec T) bool { return p.id(&rec) != "" && !p.seen[p.id(&rec)] })
}

// take takes over a page that has one of the records before it, from that record on. It returns false for any other page.
func (p *pageReader[T]) take(records []T) bool {
	for i := len(p.all) - 1; i >= 0 && i >= len(p.all)-pageSize; i-- {
		key := p.id(&p.all[i])
		same := func(rec T) bool { return p.id(&rec) == key }
		if at := slices.IndexFunc(records, same); key != "" && at >= 0 {
			p.all = append(p.all[:i], records[at:]...)
			return true
		}
	}
	return false
}

// ended reports whether the list ends with a page that was taken over.
func (p *pageReader[T]) ended(at int, records []T) (bool, error) {
	behind, short := int64(at+len(records)), len(records) < pageSize
	ofPage := at == 0 && !short // a total that is the page's size may be that of the page alone
	added := noteIDs(records, p.seen, p.id)
	switch {
	case len(p.all) == 0 && p.total > 0:
		return false, wire.ProtocolError(p.op, fmt.Sprintf("none of %d records is there", p.total))
	case len(records) == 0, behind == p.total && !ofPage, short && (behind > p.total || !added), !added && int64(len(p.seen)) >= p.total:
		return true, p.moved()
	case !added:
		return false, wire.ProtocolError(p.op, fmt.Sprintf("the page at offset %d has no new id; %d records of %d", at, len(p.all), p.total))
	}
	return false, nil
}

// moved returns an error for a list whose pages do not show that they belong together, and whose total does not either.
func (p *pageReader[T]) moved() error {
	if p.unjoined && p.total >= 0 && int64(len(p.seen)) != p.total {
		return wire.ProtocolError(p.op, fmt.Sprintf("the list moved while it was read: %d records of %d", len(p.seen), p.total))
	}
	return nil
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
