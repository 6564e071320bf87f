package huawei

import (
	"context"
	"fmt"
	"math"
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
	// mostRepairs is how often a list may move back while it is read. As many pages, and one for each that does not begin as it
	// should, are read once more where the total shows that records are missing.
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
//
// Records of the same second have no order among themselves: one may be on neither of two pages, and the total shows it. Then the
// records around the places where pages meet are read once more.
type pageReader[T any] struct {
	op    string
	r     *wire.Reader
	pages *pages[T]
	read  func(ctx context.Context, offset int32) (page[T], error)
	id    func(*T) string

	all      []T // what was read, in the order of the list
	seen     map[string]bool
	total    int64           // as the newest page has it; -1: it has none
	least    int64           // the lowest total of any page; -1: one has none
	joints   []int           // the offsets of the pages that continue another
	shifted  []int           // those of them that do not begin with the last record of the one before
	doubtful map[string]bool // ids that the next page should have and lacks: deleted meanwhile, unless another page has them
	extent   wire.Total
	repairs  int
	unjoined bool // a page did not show how it continues the one before
}

// readAll reads the list to its end: a page reaches the total (and is not a full first one), or is short and has nothing new or reaches
// beyond the total, which may be wrong. Without a total, a short page is the last. But a first page without any of the
// promised records is an error, not an empty list. So is a full page without a new id: records without one are no progress.
func (p *pageReader[T]) readAll(ctx context.Context) ([]T, error) {
	p.seen, p.doubtful, p.least = map[string]bool{}, map[string]bool{}, math.MaxInt64
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
			err := p.complete(ctx)
			return p.all, err
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
	p.least = min(p.least, p.total)
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
	if at == 0 {
		p.all = slices.Clone(part.records)
		return at, part, nil
	}
	if p.take(at, part.records) {
		return at, part, nil
	}
	if !p.unjoined && p.repairs < mostRepairs {
		p.repairs++
		ahead := max(0, at-pageSize/2)
		p.pages.Forget(at)
		p.pages.Forget(ahead)
		again, err := p.page(ctx, ahead)
		goesOn := p.unseen(again.records) || !p.unseen(part.records)
		if err != nil || goesOn && p.take(ahead, again.records) {
			return ahead, again, err
		}
	}
	p.unjoined = true
	p.add(part.records, true)
	return at, part, nil
}

// unseen reports whether one of the records has an id that was not there before.
func (p *pageReader[T]) unseen(records []T) bool {
	return slices.ContainsFunc(records, func(rec T) bool { return p.id(&rec) != "" && !p.seen[p.id(&rec)] })
}

// take takes over a page, from an offset on, that has one of the records before it: what is new in it. It returns false for any
// other page.
func (p *pageReader[T]) take(at int, records []T) bool {
	for i := len(p.all) - 1; i >= 0 && i >= len(p.all)-pageSize; i-- {
		key := p.id(&p.all[i])
		same := func(rec T) bool { return p.id(&rec) == key }
		if place := slices.IndexFunc(records, same); key != "" && place >= 0 {
			p.joints = append(p.joints, at)
			if place > 0 || i < len(p.all)-1 {
				p.shifted = append(p.shifted, at)
			}
			for _, rec := range p.all[i+1:] {
				p.doubtful[p.id(&rec)] = p.id(&rec) != ""
			}
			p.add(records[:place], false)
			p.add(records[place+1:], true)
			return true
		}
	}
	return false
}

// add adds the records that were not there before. Those without an id are taken for new ones or not.
func (p *pageReader[T]) add(records []T, nameless bool) {
	for i := range records {
		key := p.id(&records[i])
		delete(p.doubtful, key)
		if key == "" && nameless || key != "" && !p.seen[key] {
			p.all = append(p.all, records[i])
		}
	}
}

// complete reads once more, where the total shows that records are missing, what is around the places where pages meet, and the
// first page, which has what came meanwhile. It returns an error if they are still missing. Where the pages have an order it is
// the total that is wrong.
func (p *pageReader[T]) complete(ctx context.Context) error {
	missing := func() bool { return int64(len(p.all)) < p.least }
	if p.unjoined || len(p.all) < pageSize {
		return nil // the total was looked at, or a page holds all
	}
	around := slices.Concat([]int{0}, p.shifted, p.joints)
	for n := 0; n < mostRepairs+len(p.shifted) && missing(); n++ {
		at := max(0, around[n%len(around)]-pageSize/2)
		p.pages.Forget(at)
		part, err := p.page(ctx, at)
		if err != nil {
			return err
		}
		p.add(part.records, false)
		noteIDs(part.records, p.seen, p.id)
	}
	if p.total >= 0 && int64(len(p.all)) > p.total {
		p.all = slices.DeleteFunc(p.all, func(rec T) bool { return p.doubtful[p.id(&rec)] })
	}
	if missing() && len(p.shifted) > 0 {
		return wire.ProtocolError(p.op, fmt.Sprintf("the list moved while it was read: %d records of %d", len(p.all), p.least))
	}
	return nil
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
